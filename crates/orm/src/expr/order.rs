use std::marker::PhantomData;

use super::{Aggregated, Col, Expr, operand_methods};
use crate::{
    ast::{Node, Nulls, OrderBy},
    field::FieldType,
    model::Model,
    path::Path,
};

/// A part of an order of rows: `Film.released.desc()`.
#[must_use = "an order does nothing until it is part of a query"]
#[derive(Debug)]
pub struct Order<M> {
    by: OrderBy,
    marker: PhantomData<fn() -> M>,
}

impl<M> Order<M> {
    pub(crate) fn new(node: Node, descending: bool) -> Self {
        Order { by: OrderBy { node, descending, nulls: Nulls::Default }, marker: PhantomData }
    }

    /// With missing values at the end.
    pub fn nulls_last(mut self) -> Self {
        self.by.nulls = Nulls::Last;
        self
    }

    /// With missing values at the start.
    pub fn nulls_first(mut self) -> Self {
        self.by.nulls = Nulls::First;
        self
    }
}

operand_methods! {
    /// From small to great. Missing values come first, as `None` does in Rust.
    pub fn asc(self) -> Order<M> {
        Order::new(self.node(), false)
    }

    /// From great to small. Missing values come last.
    pub fn desc(self) -> Order<M> {
        Order::new(self.node(), true)
    }
}

/// An order, a column (from small to great), or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "a query on `{M}` can't be ordered by `{Self}`",
    label = "expected a column of `{M}`, `.asc()` or `.desc()` of it, or a tuple of them"
)]
pub trait IntoOrders<M> {
    /// Adds the parts.
    fn orders(self, out: &mut Vec<OrderBy>);
}

impl<M> IntoOrders<M> for Order<M> {
    fn orders(self, out: &mut Vec<OrderBy>) {
        out.push(self.by);
    }
}

impl<P: Path, T: FieldType> IntoOrders<P::Root> for Col<P, T> {
    fn orders(self, out: &mut Vec<OrderBy>) {
        self.asc().orders(out);
    }
}

impl<M: Model, T: FieldType> IntoOrders<M> for Expr<M, T> {
    fn orders(self, out: &mut Vec<OrderBy>) {
        self.asc().orders(out);
    }
}

impl<M> IntoOrders<M> for Vec<Order<M>> {
    fn orders(self, out: &mut Vec<OrderBy>) {
        out.extend(self.into_iter().map(|order| order.by));
    }
}

macro_rules! tuples {
    ($($($n:ident)+;)*) => {$(
        impl<M, $($n: IntoOrders<M>),+> IntoOrders<M> for ($($n,)+) {
            #[allow(non_snake_case)]
            fn orders(self, out: &mut Vec<OrderBy>) {
                let ($($n,)+) = self;
                $($n.orders(out);)+
            }
        }
    )*};
}
tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E F; }

/// In the order of groups: what they are grouped by, or aggregates.
#[diagnostic::on_unimplemented(
    message = "groups of `{M}` can't be ordered by `{Self}`",
    label = "expected a column of `{M}` that is grouped by, an aggregate, `.asc()` or `.desc()` of one, or a tuple of them"
)]
pub trait IntoGroupOrders<M> {
    /// Adds the parts.
    fn group_orders(self, out: &mut Vec<OrderBy>);
}

impl<M> IntoGroupOrders<M> for Order<M> {
    fn group_orders(self, out: &mut Vec<OrderBy>) {
        out.push(self.by);
    }
}

impl<M> IntoGroupOrders<M> for Order<Aggregated<M>> {
    fn group_orders(self, out: &mut Vec<OrderBy>) {
        out.push(self.by);
    }
}

impl<P: Path, T: FieldType> IntoGroupOrders<P::Root> for Col<P, T> {
    fn group_orders(self, out: &mut Vec<OrderBy>) {
        out.push(self.asc().by);
    }
}

impl<M, T: FieldType> IntoGroupOrders<M> for Expr<M, T> {
    fn group_orders(self, out: &mut Vec<OrderBy>) {
        out.push(self.asc().by);
    }
}

impl<M, T: FieldType> IntoGroupOrders<M> for Expr<Aggregated<M>, T> {
    fn group_orders(self, out: &mut Vec<OrderBy>) {
        out.push(self.asc().by);
    }
}

macro_rules! group_tuples {
    ($($($n:ident)+;)*) => {$(
        impl<M, $($n: IntoGroupOrders<M>),+> IntoGroupOrders<M> for ($($n,)+) {
            #[allow(non_snake_case)]
            fn group_orders(self, out: &mut Vec<OrderBy>) {
                let ($($n,)+) = self;
                $($n.group_orders(out);)+
            }
        }
    )*};
}
group_tuples! { A; A B; A B C; A B C D; }
