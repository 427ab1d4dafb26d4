//! Searching text. Plain methods mind the case on every database; those with an `i` don't, beyond ASCII too.
//!
//! The searched text is taken literally: `%`, `_` and `*` have no meaning.

use super::{Col, Cond, Expr, operand_methods};
use crate::{
    ast::{Function, Node, TextTest, Where},
    field::{FieldType, TextLike},
    model::Model,
    path::Path,
};

fn test<M>(node: Node, place: Where, fold: bool, part: &str) -> Cond<M> {
    Expr::from_node(Node::Text(TextTest { place, fold }, Box::new(node), part.to_owned()))
}

operand_methods! {
    /// Has this part, with this case.
    pub fn contains(self, part: impl AsRef<str>) -> Cond<M> where T: TextLike {
        test(self.node(), Where::Inside, false, part.as_ref())
    }

    /// Has this part in any case: `"är"` is in `"Fährte"` and in `"ÄRGER"`.
    pub fn icontains(self, part: impl AsRef<str>) -> Cond<M> where T: TextLike {
        test(self.node(), Where::Inside, true, part.as_ref())
    }

    /// Starts so, with this case. On a plain column it can use an index.
    pub fn starts_with(self, part: impl AsRef<str>) -> Cond<M> where T: TextLike {
        test(self.node(), Where::Start, false, part.as_ref())
    }

    /// Starts so, in any case.
    pub fn istarts_with(self, part: impl AsRef<str>) -> Cond<M> where T: TextLike {
        test(self.node(), Where::Start, true, part.as_ref())
    }

    /// Ends so, with this case.
    pub fn ends_with(self, part: impl AsRef<str>) -> Cond<M> where T: TextLike {
        test(self.node(), Where::End, false, part.as_ref())
    }

    /// Ends so, in any case.
    pub fn iends_with(self, part: impl AsRef<str>) -> Cond<M> where T: TextLike {
        test(self.node(), Where::End, true, part.as_ref())
    }

    /// The same text but for case.
    pub fn iexact(self, text: impl AsRef<str>) -> Cond<M> where T: TextLike {
        test(self.node(), Where::Whole, true, text.as_ref())
    }

    /// How many characters the text has.
    pub fn length(self) -> Expr<M, i64> where T: TextLike {
        Expr::from_node(Node::Function(Function::Length, vec![self.node()]))
    }
}
