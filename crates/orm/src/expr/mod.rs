//! Typed expressions: a front over [`Node`] that carries the model and the type in `PhantomData`.
//!
//! [`Col`] is a column, [`Expr`] anything computed; both have the same methods, one file a family
//! (`compare`, `text`, `number`, `calendar`, `json` …). What may stand on the other side of a method is
//! [`IntoExpr`], so that a wrong value is an error at the value.
mod aggregate;
mod assign;
mod calendar;
mod call;
mod case;
mod cast;
mod compare;
mod cond;
mod into_expr;
mod json;
mod literal;
mod math;
mod names;
mod null;
mod number;
mod order;
mod search;
mod subquery;
mod text;
mod window;

use std::marker::PhantomData;

pub use aggregate::{Aggregated, Aggregates, JsonItem, PerRow};
pub use assign::{Assign, AssignValue, IntoAssigns, IntoSet, RawAssign};
pub use calendar::{now, today};
pub use call::{Arguments, call};
pub use case::{Case, CaseStart, case};
pub use cast::CastTarget;
pub use into_expr::{ExprOf, IntoExpr};
pub use json::IntoJsonStep;
pub use literal::{Valued, value};
pub use math::random;
pub use names::ColumnNames;
pub(crate) use names::name;
pub use order::{IntoGroupOrders, IntoOrders, Order};
pub(crate) use search::{search_matches, search_rank};
pub use subquery::{exists, outer};
pub use window::{
    IntoBounds, IntoPartition, IntoWindow, Window, WindowFn, cume_dist, dense_rank, ntile, percent_rank,
    rank, row_number, window,
};

use crate::{
    ast::Node,
    field::FieldType,
    path::{Nullability, Path},
};

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

/// A column or an expression: what is computed from it may be missing where it may itself.
pub trait Operand {
    /// A `U` computed from it.
    type Out<U: FieldType<Base = U>>: FieldType<Base = U>;
}

#[diagnostic::do_not_recommend]
impl<P: Path, T: FieldType> Operand for Col<P, T> {
    type Out<U: FieldType<Base = U>> = <P::Null as Nullability>::Of<T::Like<U>>;
}

#[diagnostic::do_not_recommend]
impl<M, T: FieldType> Operand for Expr<M, T> {
    type Out<U: FieldType<Base = U>> = T::Like<U>;
}

/// A `U` that may be missing where the operand `S` may.
pub type Like<S, U> = <S as Operand>::Out<U>;

/// Gives a column and an expression the same methods. Inside, `M` is the model and `T` the type.
macro_rules! operand_methods {
    ($($body:tt)*) => {
        impl<M: $crate::model::Model, P: $crate::path::Path<Root = M>, T: FieldType> Col<P, T> { $($body)* }
        impl<M, T: FieldType> Expr<M, T> { $($body)* }
    };
}
pub(crate) use operand_methods;
