//! One value over many rows: `Film.votes.sum()`, `Film.price.max()`.
//!
//! An aggregate is an expression over [`Aggregated<M>`] instead of `M`, so that it can't stand in a filter, whose rows
//! are looked at one by one. It has the methods of all expressions: `Film.rows().gt(3)` is a condition for `having`.

use std::marker::PhantomData;

use quintet_core::Result;

use super::{Col, Cond, Expr};
use crate::{
    ast::{Aggregate, AggregateNode, Node},
    decode::Cursor,
    field::{FieldType, Number},
    model::Model,
    path::Path,
    table::Table,
};

/// Many rows of `M` seen as one: what aggregates are about.
pub struct Aggregated<M>(PhantomData<fn() -> M>);

/// Rows that are looked at one by one, as those of a model are.
#[diagnostic::on_unimplemented(
    message = "an aggregate of an aggregate can't be asked for",
    label = "this is one value over many rows already"
)]
pub trait PerRow {}

#[diagnostic::do_not_recommend]
impl<M: Model> PerRow for M {}

fn node(aggregate: Aggregate, distinct: bool, argument: Option<Node>) -> Node {
    Node::Aggregate(Box::new(AggregateNode { aggregate, distinct, argument, filter: Vec::new() }))
}

fn over<M, T>(aggregate: Aggregate, argument: Node) -> Expr<Aggregated<M>, T> {
    Expr::from_node(node(aggregate, false, Some(argument)))
}

macro_rules! aggregates {
    () => {
        /// How many rows have a value here.
        pub fn count(self) -> Expr<Aggregated<M>, i64>
        where
            M: PerRow,
        {
            over(Aggregate::Count, self.node())
        }

        /// How many different values there are; a missing one is none.
        pub fn count_distinct(self) -> Expr<Aggregated<M>, i64>
        where
            M: PerRow,
        {
            Expr::from_node(node(Aggregate::Count, true, Some(self.node())))
        }

        /// The sum, exact for decimals; `None` without rows.
        pub fn sum(self) -> Expr<Aggregated<M>, Option<T::Sum>>
        where
            M: PerRow,
            T: Number,
        {
            over(Aggregate::Sum, self.node())
        }

        /// The mean; `None` without rows.
        pub fn avg(self) -> Expr<Aggregated<M>, Option<f64>>
        where
            M: PerRow,
            T: Number,
        {
            over(Aggregate::Average, self.node())
        }

        /// The least; `None` without rows.
        pub fn min(self) -> Expr<Aggregated<M>, Option<T::Base>>
        where
            M: PerRow,
        {
            over(Aggregate::Min, self.node())
        }

        /// The greatest; `None` without rows.
        pub fn max(self) -> Expr<Aggregated<M>, Option<T::Base>>
        where
            M: PerRow,
        {
            over(Aggregate::Max, self.node())
        }

        /// The variance of the whole population: the mean square of the distances to the mean. `None` without rows.
        pub fn variance(self) -> Expr<Aggregated<M>, Option<f64>>
        where
            M: PerRow,
            T: Number,
        {
            over(Aggregate::Variance, self.node())
        }

        /// The standard deviation of the whole population, the root of the variance; `None` without rows.
        pub fn stddev(self) -> Expr<Aggregated<M>, Option<f64>>
        where
            M: PerRow,
            T: Number,
        {
            over(Aggregate::Deviation, self.node())
        }
    };
}

impl<M: Model, P: Path<Root = M>, T: FieldType> Col<P, T> {
    aggregates!();
}

impl<M, T: FieldType> Expr<M, T> {
    aggregates!();
}

impl<M: Model> Table<M> {
    /// How many rows there are, as an aggregate: `Film.group_by(Film.studio.city).aggregate(Film.rows())`.
    pub fn rows(self) -> Expr<Aggregated<M>, i64> {
        Expr::from_node(node(Aggregate::Count, false, None))
    }
}

impl<M: Model, T> Expr<Aggregated<M>, T> {
    /// Only over the rows that match this: `Film.rows().filter(Film.classic.eq(true))`.
    pub fn filter(self, condition: Cond<M>) -> Self {
        let mut node = self.node();
        node.filter_aggregates(&condition.node());
        Expr::from_node(node)
    }
}

/// An aggregate of `M`, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no aggregate of `{M}`",
    label = "expected `{M}.rows()`, `{M}.column.sum()` and the like, or a tuple of them"
)]
pub trait Aggregates<M> {
    /// What it becomes in a row.
    type Out: Send + 'static;

    /// Adds its columns.
    #[doc(hidden)]
    fn nodes(self, out: &mut Vec<Node>);

    /// Reads its columns.
    #[doc(hidden)]
    fn decode(cursor: &mut Cursor<'_>) -> Result<Self::Out>;
}

impl<M, T: FieldType> Aggregates<M> for Expr<Aggregated<M>, T> {
    type Out = T;

    fn nodes(self, out: &mut Vec<Node>) {
        out.push(self.node());
    }

    fn decode(cursor: &mut Cursor<'_>) -> Result<T> {
        cursor.next()
    }
}

macro_rules! tuples {
    ($($($n:ident)+;)*) => {$(
        impl<M, $($n: Aggregates<M>),+> Aggregates<M> for ($($n,)+) {
            type Out = ($($n::Out,)+);

            #[allow(non_snake_case)]
            fn nodes(self, out: &mut Vec<Node>) {
                let ($($n,)+) = self;
                $($n.nodes(out);)+
            }

            fn decode(cursor: &mut Cursor<'_>) -> Result<Self::Out> {
                Ok(($($n::decode(cursor)?,)+))
            }
        }
    )*};
}
tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; }
