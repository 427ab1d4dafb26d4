//! JSON documents: steps inside, plain values, members.

use quintet_core::{Value, value::JsonValue};

use super::{Col, Cond, Expr, operand_methods};
use crate::{
    ast::{JsonAs, JsonStep, Node},
    field::{FieldType, JsonLike},
};

/// A step into a JSON document: the name of a member, or the number of an item.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no step into JSON",
    label = "expected a name or a number"
)]
pub trait IntoJsonStep {
    /// The step.
    fn into_step(self) -> JsonStep;
}

impl IntoJsonStep for &str {
    fn into_step(self) -> JsonStep {
        JsonStep::Key(self.to_owned())
    }
}

impl IntoJsonStep for String {
    fn into_step(self) -> JsonStep {
        JsonStep::Key(self)
    }
}

impl IntoJsonStep for i32 {
    fn into_step(self) -> JsonStep {
        JsonStep::Index(self)
    }
}

fn at(node: Node, step: impl IntoJsonStep) -> Node {
    Node::JsonAt(Box::new(node), step.into_step())
}

fn read<M, O>(node: Node, what: JsonAs) -> Expr<M, Option<O>> {
    Expr::from_node(Node::JsonAs(what, Box::new(node)))
}

fn there<M>(node: Node, step: impl IntoJsonStep) -> Cond<M> {
    !Expr::from_node(Node::IsNull(Box::new(at(node, step))))
}

operand_methods! {
    /// A member of an object, or an item of an array (counted from 0; from the end when negative); `None` if there is none.
    /// Steps follow each other: `Film.info.at("cast").at(0).at("name").text().eq("Sigourney Weaver")`.
    pub fn at(self, step: impl IntoJsonStep) -> Expr<M, Option<JsonValue>> where T: JsonLike {
        Expr::from_node(at(self.node(), step))
    }

    /// The document as a text; `None` if it is none.
    pub fn text(self) -> Expr<M, Option<String>> where T: JsonLike {
        read(self.node(), JsonAs::Text)
    }

    /// The document as a whole number; `None` if it is no number.
    pub fn int(self) -> Expr<M, Option<i64>> where T: JsonLike {
        read(self.node(), JsonAs::Int)
    }

    /// The document as a number; `None` if it is none.
    pub fn float(self) -> Expr<M, Option<f64>> where T: JsonLike {
        read(self.node(), JsonAs::Float)
    }

    /// The document as true or false; `None` if it is neither.
    pub fn bool(self) -> Expr<M, Option<bool>> where T: JsonLike {
        read(self.node(), JsonAs::Bool)
    }

    /// Has an object this member, or an array this item, be it `null`?
    pub fn has_key(self, key: impl IntoJsonStep) -> Cond<M> where T: JsonLike {
        there(self.node(), key)
    }

    /// Has an object all of these members?
    pub fn has_keys<K: IntoJsonStep>(self, keys: impl IntoIterator<Item = K>) -> Cond<M> where T: JsonLike {
        let node = self.node();
        Cond::all_of(keys.into_iter().map(|key| there(node.clone(), key)))
    }

    /// Has an object one of these members?
    pub fn has_any_key<K: IntoJsonStep>(self, keys: impl IntoIterator<Item = K>) -> Cond<M> where T: JsonLike {
        let node = self.node();
        Cond::any_of(keys.into_iter().map(|key| there(node.clone(), key)))
    }

    /// Has the document all of this: the members of objects, the items of arrays, however deep?
    pub fn json_contains(self, part: impl Into<JsonValue>) -> Cond<M> where T: JsonLike {
        let part = Node::Value(Value::Json(part.into()));
        Expr::from_node(Node::JsonContains(Box::new(self.node()), Box::new(part)))
    }

    /// Has this all of the document?
    pub fn json_contained_by(self, whole: impl Into<JsonValue>) -> Cond<M> where T: JsonLike {
        let whole = Node::Value(Value::Json(whole.into()));
        Expr::from_node(Node::JsonContains(Box::new(whole), Box::new(self.node())))
    }
}
