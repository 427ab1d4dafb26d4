//! Typed expressions: a front over [`Node`] that carries the model and the type in `PhantomData`.
//!
//! [`Col`] is a column, [`Expr`] anything computed; both have the same methods, one file a family
//! (`compare`, `text`, `number`, `null`, `ops`, `order`). What may stand on the other side of a method is
//! [`IntoExpr`], so that a wrong value is an error at the value.
mod assign;
mod compare;
mod cond;
mod into_expr;
mod null;
mod number;
mod order;
mod text;

use std::marker::PhantomData;

pub use assign::{Assign, AssignValue, IntoAssigns, IntoSet, RawAssign};
pub use into_expr::{ExprOf, IntoExpr};
pub use order::{IntoOrders, Order};

use crate::{ast::Node, path::Path};

/// A column of type `T`, reached by the path `P`: `Film.title`, `Film.director.name`.
pub struct Col<P, T> {
    pub(crate) index: u16,
    marker: PhantomData<fn() -> (P, T)>,
}

impl<P, T> Clone for Col<P, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, T> Copy for Col<P, T> {}

impl<P, T> Col<P, T> {
    /// The column of the field at this index.
    #[must_use]
    pub const fn new(index: u16) -> Self {
        Col { index, marker: PhantomData }
    }
}

impl<P: Path, T> Col<P, T> {
    /// The column as the renderer sees it.
    #[must_use]
    pub fn node(self) -> Node {
        Node::Column(P::KEY, self.index)
    }

    /// The column as an expression.
    pub fn expr(self) -> Expr<P::Root, T> {
        Expr::from_node(self.node())
    }
}

/// An expression of type `T` in a query on `M`.
#[must_use = "an expression does nothing until it is part of a query"]
pub struct Expr<M, T> {
    node: Node,
    marker: PhantomData<fn() -> (M, T)>,
}

/// A condition in a query on `M`.
pub type Cond<M> = Expr<M, bool>;

impl<M, T> Clone for Expr<M, T> {
    fn clone(&self) -> Self {
        Expr::from_node(self.node.clone())
    }
}

impl<M, T> std::fmt::Debug for Expr<M, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.node.fmt(f)
    }
}

impl<M, T> Expr<M, T> {
    /// An expression that the caller knows to be of this type.
    pub fn from_node(node: Node) -> Self {
        Expr { node, marker: PhantomData }
    }

    /// The expression as the renderer sees it.
    pub fn node(self) -> Node {
        self.node
    }
}

/// Gives a column and an expression the same methods. Inside, `M` is the model and `T` the type.
macro_rules! operand_methods {
    ($($body:tt)*) => {
        impl<M: Model, P: Path<Root = M>, T: FieldType> Col<P, T> { $($body)* }
        impl<M: Model, T: FieldType> Expr<M, T> { $($body)* }
    };
}
pub(crate) use operand_methods;
