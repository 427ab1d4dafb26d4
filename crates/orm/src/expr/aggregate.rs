//! One value over many rows: `Film.votes.sum()`, `Film.price.max()`.
//!
//! An aggregate is an expression over [`Aggregated<M>`] instead of `M`, so that it can't stand in a filter, whose rows
//! are looked at one by one. It has the methods of all expressions: `Film.rows().gt(3)` is a condition for `having`.

use std::marker::PhantomData;

use quintet_core::{
    Result, Value,
    value::{Date, Decimal, JsonValue},
};

use super::{Col, Cond, Expr, IntoOrders};
use crate::{
    ast::{Aggregate, AggregateNode, Node},
    decode::Cursor,
    field::{FieldType, Number, TextLike},
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

/// A value that JSON has, so that every database writes it the same.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an item of a JSON array made by the database",
    label = "this needs numbers, texts, dates, choices, true or false, or JSON"
)]
pub trait JsonItem: FieldType {}

macro_rules! items {
    ($($t:ty),+) => {$(
        impl JsonItem for $t {}
    )+};
}
items!(bool, i16, i32, i64, u8, u16, u32, u64, f32, f64, Decimal, String, Date, JsonValue);

#[diagnostic::do_not_recommend]
impl<T: JsonItem + FieldType<Base = T>> JsonItem for Option<T> {}

fn node(aggregate: Aggregate, distinct: bool, argument: Option<Node>) -> Node {
    Node::Aggregate(Box::new(AggregateNode { distinct, ..AggregateNode::new(aggregate, argument) }))
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

        /// The variance that a population is guessed to have of which the rows are a sample. `None` with fewer than two.
        pub fn sample_variance(self) -> Expr<Aggregated<M>, Option<f64>>
        where
            M: PerRow,
            T: Number,
        {
            over(Aggregate::SampleVariance, self.node())
        }

        /// The root of the [`sample_variance`](Self::sample_variance).
        pub fn sample_stddev(self) -> Expr<Aggregated<M>, Option<f64>>
        where
            M: PerRow,
            T: Number,
        {
            over(Aggregate::SampleDeviation, self.node())
        }

        /// The texts one after the other with this between them, missing ones left out; `None` without any. In which order is
        /// said by `.order_by(..)`.
        pub fn string_agg(self, separator: impl AsRef<str>) -> Expr<Aggregated<M>, Option<String>>
        where
            M: PerRow,
            T: TextLike,
        {
            let mut texts = AggregateNode::new(Aggregate::Text, Some(self.node()));
            texts.more.push(Node::Value(Value::Text(separator.as_ref().to_owned())));
            Expr::from_node(Node::Aggregate(Box::new(texts)))
        }

        /// The values as a JSON array, missing ones as `null`; an empty one without rows.
        pub fn json_agg(self) -> Expr<Aggregated<M>, JsonValue>
        where
            M: PerRow,
            T: JsonItem,
        {
            over(Aggregate::Json(T::KIND), self.node())
        }

        /// Any of the values, whichever is at hand; `None` without any.
        pub fn any_value(self) -> Expr<Aggregated<M>, Option<T::Base>>
        where
            M: PerRow,
        {
            over(Aggregate::Any, self.node())
        }

        /// Do all hold? A missing one doesn't count; `None` without any.
        pub fn bool_and(self) -> Expr<Aggregated<M>, Option<bool>>
        where
            M: PerRow,
            T: FieldType<Base = bool>,
        {
            over(Aggregate::All, self.node())
        }

        /// Does one hold? A missing one doesn't count; `None` without any.
        pub fn bool_or(self) -> Expr<Aggregated<M>, Option<bool>>
        where
            M: PerRow,
            T: FieldType<Base = bool>,
        {
            over(Aggregate::Some, self.node())
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
        let (mut node, condition) = (self.node(), condition.node());
        node.each_aggregate(&mut |aggregate| match &condition {
            Node::And(all) => aggregate.filter.extend(all.iter().cloned()),
            one => aggregate.filter.push(one.clone()),
        });
        Expr::from_node(node)
    }

    /// Each different value counts once: `Film.price.sum().distinct()`.
    pub fn distinct(self) -> Self {
        let mut node = self.node();
        node.each_aggregate(&mut |aggregate| aggregate.distinct = true);
        Expr::from_node(node)
    }

    /// Takes the rows in this order, where what is made of them is a list: `Tag.name.string_agg(", ").order_by(Tag.name)`.
    pub fn order_by(self, order: impl IntoOrders<M>) -> Self {
        let (mut node, mut orders) = (self.node(), Vec::new());
        order.orders(&mut orders);
        node.each_aggregate(&mut |aggregate| aggregate.order.clone_from(&orders));
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
