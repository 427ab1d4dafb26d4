//! Equal, less, greater, between, one of.

use quintet_core::Value;

use super::{Col, Cond, Expr, IntoExpr, Like, operand_methods};
use crate::{
    ast::{Comparison, Function, Node},
    field::FieldType,
    model::Model,
    query::QuerySet,
};

operand_methods! {
    /// Equal. A NULL equals nothing: see `is_null`.
    pub fn eq(self, value: impl IntoExpr<M, T::Base>) -> Cond<M> {
        Expr::from_node(Node::compare(Comparison::Eq, self.node(), value.into_node()))
    }

    /// Not equal: the complement of `eq`, so a NULL differs from every value.
    pub fn ne(self, value: impl IntoExpr<M, T::Base>) -> Cond<M> {
        Expr::from_node(Node::compare(Comparison::Ne, self.node(), value.into_node()))
    }

    /// Greater.
    pub fn gt(self, value: impl IntoExpr<M, T::Base>) -> Cond<M> {
        Expr::from_node(Node::compare(Comparison::Gt, self.node(), value.into_node()))
    }

    /// Greater or equal.
    pub fn ge(self, value: impl IntoExpr<M, T::Base>) -> Cond<M> {
        Expr::from_node(Node::compare(Comparison::Ge, self.node(), value.into_node()))
    }

    /// Less.
    pub fn lt(self, value: impl IntoExpr<M, T::Base>) -> Cond<M> {
        Expr::from_node(Node::compare(Comparison::Lt, self.node(), value.into_node()))
    }

    /// Less or equal.
    pub fn le(self, value: impl IntoExpr<M, T::Base>) -> Cond<M> {
        Expr::from_node(Node::compare(Comparison::Le, self.node(), value.into_node()))
    }

    /// From `low` to `high`, both included.
    pub fn between(self, low: impl IntoExpr<M, T::Base>, high: impl IntoExpr<M, T::Base>) -> Cond<M> {
        let node = self.node();
        let above = Node::compare(Comparison::Ge, node.clone(), low.into_node());
        Expr::from_node(above.and(Node::compare(Comparison::Le, node, high.into_node())))
    }

    /// The greater of both; a missing one doesn't count.
    pub fn greatest(self, other: impl IntoExpr<M, T::Base>) -> Expr<M, Like<Self, T::Base>> {
        Expr::from_node(Node::Function(Function::Greatest, vec![self.node(), other.into_node()]))
    }

    /// The lesser of both; a missing one doesn't count.
    pub fn least(self, other: impl IntoExpr<M, T::Base>) -> Expr<M, Like<Self, T::Base>> {
        Expr::from_node(Node::Function(Function::Least, vec![self.node(), other.into_node()]))
    }

    /// One of these values. An empty list matches nothing.
    pub fn is_in<V: IntoExpr<M, T::Base>>(self, values: impl IntoIterator<Item = V>) -> Cond<M> {
        Expr::from_node(one_of(self.node(), values.into_iter().map(IntoExpr::into_node)))
    }

    /// One of the answers of another query: `Review.film.in_query(..)` for keys, or
    /// `Film.year.in_query(Award.filter(..).select(Award.year))`.
    pub fn in_query<S: Model, O: FieldType<Base = T::Base>>(self, query: QuerySet<S, O>) -> Cond<M> {
        Expr::from_node(Node::InQuery(Box::new(self.node()), query.into_select()))
    }
}

/// Values become one list; an expression among them is compared by itself.
fn one_of(node: Node, values: impl Iterator<Item = Node>) -> Node {
    let (mut list, mut others): (Vec<Value>, Vec<Node>) = (Vec::new(), Vec::new());
    for value in values {
        match value {
            Node::Value(value) => list.push(value),
            other => others.push(Node::compare(Comparison::Eq, node.clone(), other)),
        }
    }
    if others.is_empty() {
        return Node::In(Box::new(node), list);
    }
    others.push(Node::In(Box::new(node), list));
    Node::Or(others)
}
