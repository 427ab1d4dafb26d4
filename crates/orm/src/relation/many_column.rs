use std::marker::PhantomData;

use quintet_core::Value;

use super::IntoPk;
use crate::{
    ast::{Aggregate, ManyNode, Node},
    expr::{Aggregated, Assign, AssignValue, Cond, Expr, ExprOf, IntoOrders},
    field::{FieldType, Number},
    key::key_is,
    model::Model,
    path::{OwnColumn, Path},
    query::{IntoPrefetch, QuerySet, ToOne},
};

/// A to-many relation in a query: `Film.reviews`.
///
/// It has no columns on purpose. A condition on it needs a quantifier (`any`, `none`, `every`), a value an aggregate
/// (`count`, `max` …): each is a subquery of its own, so that no row is repeated and no sum multiplied.
pub struct Many<P, C, const I: u16>(PhantomData<fn() -> (P, C)>);

/// A to-many relation, narrowed and ordered: `Film.reviews.filter(Review.stars.ge(4))`.
#[must_use = "a relation does nothing until it is counted, tested or prefetched"]
pub struct ManyQuery<P, C, const I: u16> {
    pub(crate) query: QuerySet<C>,
    marker: PhantomData<fn() -> P>,
}

impl<P, C, const I: u16> Clone for Many<P, C, I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, C, const I: u16> Copy for Many<P, C, I> {}

impl<P, C, const I: u16> Default for Many<P, C, I> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P, C, const I: u16> Many<P, C, I> {
    /// The relation number `I`.
    #[must_use]
    pub const fn new() -> Self {
        Many(PhantomData)
    }
}

impl<P: Path, C: Model, const I: u16> Many<P, C, I> {
    /// The whole relation as a query.
    pub fn query(self) -> ManyQuery<P, C, I> {
        ManyQuery { query: QuerySet::new(), marker: PhantomData }
    }

    /// Only some of the related rows.
    pub fn filter(self, condition: Cond<C>) -> ManyQuery<P, C, I> {
        self.query().filter(condition)
    }

    /// Without some of the related rows.
    pub fn exclude(self, condition: Cond<C>) -> ManyQuery<P, C, I> {
        self.query().exclude(condition)
    }

    /// The related rows in this order, for a prefetch.
    pub fn order_by(self, order: impl IntoOrders<C>) -> ManyQuery<P, C, I> {
        self.query().order_by(order)
    }

    /// The related rows with an object of theirs in the same query, for a prefetch.
    pub fn select_related(self, relation: impl ToOne<Root = C>) -> ManyQuery<P, C, I> {
        self.query().select_related(relation)
    }

    /// The related rows with theirs, for a prefetch: one more query.
    pub fn prefetch_related(self, relation: impl IntoPrefetch<C>) -> ManyQuery<P, C, I> {
        self.query().prefetch_related(relation)
    }

    /// At least one related row matches.
    pub fn any(self, condition: Cond<C>) -> Cond<P::Root> {
        self.filter(condition).exists()
    }

    /// No related row matches (there may be none at all).
    pub fn none(self, condition: Cond<C>) -> Cond<P::Root> {
        !self.any(condition)
    }

    /// All related rows match (there may be none at all).
    pub fn every(self, condition: Cond<C>) -> Cond<P::Root> {
        !self.any(!condition)
    }

    /// There is a related row.
    pub fn exists(self) -> Cond<P::Root> {
        self.query().exists()
    }

    /// This object is among the related.
    pub fn contains(self, object: impl IntoPk<C>) -> Cond<P::Root> {
        self.any(Expr::from_node(key_is(C::meta(), object.into_pk())))
    }

    /// How many related rows there are.
    pub fn count(self) -> Expr<P::Root, i64> {
        self.query().count()
    }

    /// The sum over the related rows; `None` without rows.
    pub fn sum<T: Number>(self, of: impl ExprOf<C, T>) -> Expr<P::Root, Option<T::Sum>> {
        self.query().sum(of)
    }

    /// The mean over the related rows; `None` without rows.
    pub fn avg<T: Number>(self, of: impl ExprOf<C, T>) -> Expr<P::Root, Option<f64>> {
        self.query().avg(of)
    }

    /// The least over the related rows; `None` without rows.
    pub fn min<T: FieldType>(self, of: impl ExprOf<C, T>) -> Expr<P::Root, Option<T::Base>> {
        self.query().min(of)
    }

    /// The greatest over the related rows; `None` without rows.
    pub fn max<T: FieldType>(self, of: impl ExprOf<C, T>) -> Expr<P::Root, Option<T::Base>> {
        self.query().max(of)
    }

    /// Any value over the related rows: `Film.tags.aggregate(Tag.name.string_agg(", "))`,
    /// `Film.reviews.aggregate(Review.stars.stddev())`.
    pub fn aggregate<T: FieldType>(self, value: Expr<Aggregated<C>, T>) -> Expr<P::Root, T> {
        self.query().aggregate(value)
    }
}

impl<P: OwnColumn, C: Model, const I: u16> Many<P, C, I> {
    /// The related objects of a new row: `tags: [&drama, &classic]`. Many-to-many only.
    pub fn set<V: IntoPk<C>>(self, objects: impl IntoIterator<Item = V>) -> Assign<P::Root> {
        let keys: Vec<Value> = objects.into_iter().map(IntoPk::into_pk).collect();
        Assign::new(I, AssignValue::Many(keys))
    }
}

impl<P: Path, C: Model, const I: u16> ManyQuery<P, C, I> {
    /// Also the rows that their model's default scope leaves out.
    pub fn unscoped(mut self) -> Self {
        self.query = self.query.unscoped();
        self
    }

    /// Only rows that match this too.
    pub fn filter(mut self, condition: Cond<C>) -> Self {
        self.query = self.query.filter(condition);
        self
    }

    /// Without rows that match this.
    pub fn exclude(mut self, condition: Cond<C>) -> Self {
        self.query = self.query.exclude(condition);
        self
    }

    /// In this order, for a prefetch.
    pub fn order_by(mut self, order: impl IntoOrders<C>) -> Self {
        self.query = self.query.order_by(order);
        self
    }

    /// With an object of theirs in the same query, for a prefetch.
    pub fn select_related(mut self, relation: impl ToOne<Root = C>) -> Self {
        self.query = self.query.select_related(relation);
        self
    }

    /// With theirs, for a prefetch: one more query.
    pub fn prefetch_related(mut self, relation: impl IntoPrefetch<C>) -> Self {
        self.query = self.query.prefetch_related(relation);
        self
    }

    /// There is such a row.
    pub fn exists(self) -> Cond<P::Root> {
        self.many(Aggregate::Exists, None)
    }

    /// How many such rows there are.
    pub fn count(self) -> Expr<P::Root, i64> {
        self.many(Aggregate::Count, None)
    }

    /// The sum over these rows; `None` without rows.
    pub fn sum<T: Number>(self, of: impl ExprOf<C, T>) -> Expr<P::Root, Option<T::Sum>> {
        self.many(Aggregate::Sum, Some(of.into_node()))
    }

    /// The mean over these rows; `None` without rows.
    pub fn avg<T: Number>(self, of: impl ExprOf<C, T>) -> Expr<P::Root, Option<f64>> {
        self.many(Aggregate::Average, Some(of.into_node()))
    }

    /// The least over these rows; `None` without rows.
    pub fn min<T: FieldType>(self, of: impl ExprOf<C, T>) -> Expr<P::Root, Option<T::Base>> {
        self.many(Aggregate::Min, Some(of.into_node()))
    }

    /// The greatest over these rows; `None` without rows.
    pub fn max<T: FieldType>(self, of: impl ExprOf<C, T>) -> Expr<P::Root, Option<T::Base>> {
        self.many(Aggregate::Max, Some(of.into_node()))
    }

    /// Any value over these rows.
    pub fn aggregate<T: FieldType>(self, value: Expr<Aggregated<C>, T>) -> Expr<P::Root, T> {
        self.many(Aggregate::Expression, Some(value.node()))
    }

    fn many<T>(self, aggregate: Aggregate, argument: Option<Node>) -> Expr<P::Root, T> {
        let filter = self.query.into_select().filter;
        Expr::from_node(Node::Many(Box::new(ManyNode {
            path: P::KEY,
            field: I,
            aggregate,
            argument,
            filter,
        })))
    }
}

impl<P: Path, C: Model, const I: u16> crate::expr::ColumnNames<P::Root> for Many<P, C, I> {
    fn names(self) -> Vec<String> {
        vec![crate::expr::name::<P>(I)]
    }
}
