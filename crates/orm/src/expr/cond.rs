//! Conditions combined: `&`, `|`, `!`, and lists of them.

use std::ops::{BitAnd, BitOr, Not};

use super::{Col, Cond, Expr};
use crate::{ast::Node, path::Path};

impl<M> Cond<M> {
    /// All of these hold; an empty list holds.
    ///
    /// For lists that are put together at run time; otherwise write `a & b`.
    pub fn all_of(conditions: impl IntoIterator<Item = Cond<M>>) -> Self {
        Expr::from_node(Node::And(conditions.into_iter().map(Expr::node).collect()))
    }

    /// At least one of these holds; with an empty list none does.
    pub fn any_of(conditions: impl IntoIterator<Item = Cond<M>>) -> Self {
        Expr::from_node(Node::Or(conditions.into_iter().map(Expr::node).collect()))
    }
}

/// Both hold.
impl<M> BitAnd for Cond<M> {
    type Output = Cond<M>;

    fn bitand(self, other: Self) -> Self {
        Expr::from_node(self.node().and(other.node()))
    }
}

/// At least one holds.
impl<M> BitOr for Cond<M> {
    type Output = Cond<M>;

    fn bitor(self, other: Self) -> Self {
        Expr::from_node(self.node().or(other.node()))
    }
}

/// The complement: every row is in one of `c` and `!c`, NULLs included.
impl<M> Not for Cond<M> {
    type Output = Cond<M>;

    fn not(self) -> Self {
        Expr::from_node(match self.node() {
            Node::Not(inner) => *inner,
            node => Node::Not(Box::new(node)),
        })
    }
}

/// `!Film.classic`
impl<P: Path> Not for Col<P, bool> {
    type Output = Cond<P::Root>;

    fn not(self) -> Cond<P::Root> {
        !self.expr()
    }
}
