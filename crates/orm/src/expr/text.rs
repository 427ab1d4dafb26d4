//! Searching text. Plain methods mind the case on every database; those with an `i` don't, beyond ASCII too.
//!
//! The searched text is taken literally: `%`, `_` and `*` have no meaning.

use quintet_core::Value;

use super::{Col, Cond, Expr, IntoExpr, Like, operand_methods};
use crate::{
    ast::{Function, Hash, Node, TextTest, Where},
    field::{FieldType, TextLike},
};

fn test<M>(node: Node, place: Where, fold: bool, part: &str) -> Cond<M> {
    Expr::from_node(Node::Text(TextTest { place, fold }, Box::new(node), part.to_owned()))
}

fn call<M, O>(function: Function, arguments: Vec<Node>) -> Expr<M, O> {
    Expr::from_node(Node::Function(function, arguments))
}

fn number(n: u32) -> Node {
    Node::Value(Value::Int(n.into()))
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
    pub fn length(self) -> Expr<M, Like<Self, i64>> where T: TextLike {
        call(Function::Length, vec![self.node()])
    }

    /// In lower case, beyond ASCII too.
    pub fn lower(self) -> Expr<M, Like<Self, T::Base>> where T: TextLike {
        call(Function::Lower, vec![self.node()])
    }

    /// In upper case, beyond ASCII too.
    pub fn upper(self) -> Expr<M, Like<Self, T::Base>> where T: TextLike {
        call(Function::Upper, vec![self.node()])
    }

    /// Without spaces at both ends.
    pub fn trim(self) -> Expr<M, Like<Self, T::Base>> where T: TextLike {
        call(Function::Trim, vec![self.node()])
    }

    /// Without spaces at its start.
    pub fn trim_start(self) -> Expr<M, Like<Self, T::Base>> where T: TextLike {
        call(Function::TrimStart, vec![self.node()])
    }

    /// Without spaces at its end.
    pub fn trim_end(self) -> Expr<M, Like<Self, T::Base>> where T: TextLike {
        call(Function::TrimEnd, vec![self.node()])
    }

    /// With `to` wherever `from` stands, with this case.
    pub fn replace(self, from: impl AsRef<str>, to: impl AsRef<str>) -> Expr<M, Like<Self, T::Base>> where T: TextLike {
        let text = |text: &str| Node::Value(Value::Text(text.to_owned()));
        call(Function::Replace, vec![self.node(), text(from.as_ref()), text(to.as_ref())])
    }

    /// So many characters, from the one with this number, counted from 1.
    pub fn substr(self, start: u32, length: u32) -> Expr<M, Like<Self, T::Base>> where T: TextLike {
        call(Function::Substr, vec![self.node(), number(start.max(1)), number(length)])
    }

    /// The first characters.
    pub fn left(self, length: u32) -> Expr<M, Like<Self, T::Base>> where T: TextLike {
        call(Function::Left, vec![self.node(), number(length)])
    }

    /// The last characters.
    pub fn right(self, length: u32) -> Expr<M, Like<Self, T::Base>> where T: TextLike {
        call(Function::Right, vec![self.node(), number(length)])
    }

    /// The characters from the last to the first.
    pub fn reverse(self) -> Expr<M, Like<Self, T::Base>> where T: TextLike {
        call(Function::Reverse, vec![self.node()])
    }

    /// So many times one after the other.
    pub fn repeat(self, times: u32) -> Expr<M, Like<Self, T::Base>> where T: TextLike {
        call(Function::Repeat, vec![self.node(), number(times)])
    }

    /// With so many characters, filled with these at its start, or cut at its end: `"7".pad_start(3, "0")` is `"007"`.
    pub fn pad_start(self, length: u32, fill: impl AsRef<str>) -> Expr<M, Like<Self, T::Base>> where T: TextLike {
        call(Function::PadStart, vec![self.node(), number(length), Node::Value(Value::Text(fill.as_ref().to_owned()))])
    }

    /// With so many characters, filled with these at its end, or cut there.
    pub fn pad_end(self, length: u32, fill: impl AsRef<str>) -> Expr<M, Like<Self, T::Base>> where T: TextLike {
        call(Function::PadEnd, vec![self.node(), number(length), Node::Value(Value::Text(fill.as_ref().to_owned()))])
    }

    /// Where this part starts, counted from 1; 0 if it isn't there. With this case.
    pub fn position(self, part: impl IntoExpr<M, String>) -> Expr<M, Like<Self, i64>> where T: TextLike {
        call(Function::Position, vec![self.node(), part.into_node()])
    }

    /// The text's MD5 in hexadecimal digits: to compare with what others made, never for secrets.
    pub fn md5(self) -> Expr<M, Like<Self, String>> where T: TextLike {
        call(Function::Hash(Hash::Md5), vec![self.node()])
    }

    /// The text's SHA-224 in hexadecimal digits.
    pub fn sha224(self) -> Expr<M, Like<Self, String>> where T: TextLike {
        call(Function::Hash(Hash::Sha224), vec![self.node()])
    }

    /// The text's SHA-256 in hexadecimal digits.
    pub fn sha256(self) -> Expr<M, Like<Self, String>> where T: TextLike {
        call(Function::Hash(Hash::Sha256), vec![self.node()])
    }

    /// The text's SHA-384 in hexadecimal digits.
    pub fn sha384(self) -> Expr<M, Like<Self, String>> where T: TextLike {
        call(Function::Hash(Hash::Sha384), vec![self.node()])
    }

    /// The text's SHA-512 in hexadecimal digits.
    pub fn sha512(self) -> Expr<M, Like<Self, String>> where T: TextLike {
        call(Function::Hash(Hash::Sha512), vec![self.node()])
    }

    /// With this text behind it. A missing text on either side counts as an empty one.
    pub fn concat(self, other: impl IntoExpr<M, String>) -> Expr<M, String> where T: TextLike {
        // A text of several parts stays one call.
        let mut parts = match self.node() {
            Node::Function(Function::Concat, parts) => parts,
            one => vec![one],
        };
        parts.push(other.into_node());
        call(Function::Concat, parts)
    }

    /// Matches this regular expression somewhere, with this case: `^` and `$` are the text's ends, a point is any character. The
    /// language is the database's own (PostgreSQL's, on SQLite that of the crate `regex`): what all know is much the same.
    ///
    /// A pattern is code: PostgreSQL can be kept busy by a clever one, so take none from strangers.
    pub fn regex(self, pattern: impl AsRef<str>) -> Cond<M> where T: TextLike {
        Expr::from_node(Node::Regex(false, Box::new(self.node()), pattern.as_ref().to_owned()))
    }

    /// [`regex`](Self::regex) in any case.
    pub fn iregex(self, pattern: impl AsRef<str>) -> Cond<M> where T: TextLike {
        Expr::from_node(Node::Regex(true, Box::new(self.node()), pattern.as_ref().to_owned()))
    }
}
