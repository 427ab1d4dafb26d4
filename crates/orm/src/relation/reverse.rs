use std::{collections::HashMap, marker::PhantomData, panic::Location};

use quintet_core::{BoxFuture, Result, Value};

use super::{FkCol, IntoPk, Link};
use crate::{
    ast::{Aggregate, AggregateNode, Comparison, Node, OuterNode, PathKey, Select},
    executor::Executor,
    expr::{Aggregated, Cond, Expr, ExprOf, IntoOrders},
    field::{FieldType, Number},
    key::{Key, key_node, keys_at_once},
    model::Model,
    path::Path,
    query::{QuerySet, children},
};

/// The rows of `C` whose foreign key number `I` points to a `T`, seen from the `T`: `Review.user.reverse()`.
///
/// What `HasMany` is for models of the same crate, for a `T` that can't have the field because another crate declares
/// it. It filters and counts in queries on `T`, fills a `Vec` of a shape
/// (`#[shape(nested = Review.user.reverse())] reviews: Vec<ReviewCard>`) and [`load`](Self::load)s the rows of many
/// objects at once.
///
/// ```no_run
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct User { pub name: String }
/// # #[model(app = "docs")] pub struct Review { pub user: ForeignKey<User>, pub stars: i32 }
/// # async fn show(db: &dyn Executor) -> Result {
/// let fans = User.filter(Review.user.reverse().any(Review.stars.eq(5))).all(db).await?;
/// let reviews = Review.user.reverse().order_by(Review.stars.desc()).load(&fans, db).await?;
/// for fan in &fans {
///     println!("{}: {}", fan.name, reviews.get(&fan.id).map_or(0, Vec::len));
/// }
/// # Ok(()) }
/// ```
#[must_use = "a relation does nothing until it is counted, tested or loaded"]
pub struct Reverse<C, T, const I: u16> {
    pub(crate) query: QuerySet<C>,
    marker: PhantomData<fn() -> T>,
}

impl<C: Model + Path, T: Model, const I: u16, const NULL: bool> FkCol<C, T, I, NULL> {
    /// The relation from the other side: the rows that point to an object.
    pub fn reverse(self) -> Reverse<C, T, I> {
        Reverse { query: QuerySet::new(), marker: PhantomData }
    }
}

impl<C: Model, T: Model, const I: u16> Reverse<C, T, I> {
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

    /// In this order, where rows are loaded.
    pub fn order_by(mut self, order: impl IntoOrders<C>) -> Self {
        self.query = self.query.order_by(order);
        self
    }

    /// At least one of the rows matches.
    pub fn any(self, condition: Cond<C>) -> Cond<T> {
        self.filter(condition).exists()
    }

    /// None of the rows matches (there may be none at all).
    pub fn none(self, condition: Cond<C>) -> Cond<T> {
        !self.any(condition)
    }

    /// All of the rows match (there may be none at all).
    pub fn every(self, condition: Cond<C>) -> Cond<T> {
        !self.any(!condition)
    }

    /// There is such a row.
    pub fn exists(self) -> Cond<T> {
        Expr::from_node(Node::Exists(self.correlated()))
    }

    /// How many such rows there are.
    pub fn count(self) -> Expr<T, i64> {
        self.over(Aggregate::Count, None)
    }

    /// The sum over these rows; `None` without rows.
    pub fn sum<N: Number>(self, of: impl ExprOf<C, N>) -> Expr<T, Option<N::Sum>> {
        self.over(Aggregate::Sum, Some(of.into_node()))
    }

    /// The mean over these rows; `None` without rows.
    pub fn avg<N: Number>(self, of: impl ExprOf<C, N>) -> Expr<T, Option<f64>> {
        self.over(Aggregate::Average, Some(of.into_node()))
    }

    /// The least over these rows; `None` without rows.
    pub fn min<F: FieldType>(self, of: impl ExprOf<C, F>) -> Expr<T, Option<F::Base>> {
        self.over(Aggregate::Min, Some(of.into_node()))
    }

    /// The greatest over these rows; `None` without rows.
    pub fn max<F: FieldType>(self, of: impl ExprOf<C, F>) -> Expr<T, Option<F::Base>> {
        self.over(Aggregate::Max, Some(of.into_node()))
    }

    /// Any value over these rows: `Review.user.reverse().aggregate(Review.stars.stddev())`.
    pub fn aggregate<F: FieldType>(self, value: Expr<Aggregated<C>, F>) -> Expr<T, F> {
        let mut select = self.correlated();
        select.columns = vec![value.node()];
        Expr::from_node(Node::Scalar(select))
    }

    /// The rows that point to one object, as a query.
    pub fn of(self, object: impl IntoPk<T>) -> QuerySet<C> {
        let column = Node::Column(PathKey::ROOT, I);
        let points = Node::compare(Comparison::Eq, column, Node::Value(object.into_pk()));
        self.query.filter(Expr::from_node(points))
    }

    /// The rows that point to these objects, in one query, by the object's key. Objects that no row points to have no
    /// entry.
    ///
    /// # Errors
    /// If the database fails, or a row does not hold what the model says.
    #[track_caller]
    pub fn load<'a, V: IntoPk<T>>(
        self,
        objects: impl IntoIterator<Item = V>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<HashMap<T::Pk, Vec<C>>>>
    where
        C: 'a,
        T: 'a,
    {
        let at = Location::caller();
        let mut keys: Vec<Value> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut wrong = None;
        for object in objects {
            let value = object.into_pk();
            match T::Pk::from_key(&value) {
                Ok(key) if seen.insert(key.clone()) => keys.push(value),
                Ok(_) => {}
                Err(error) => wrong = Some(error),
            }
        }
        Box::pin(async move {
            if let Some(error) = wrong {
                return Err(error.at(at));
            }
            let mut groups: HashMap<T::Pk, Vec<C>> = HashMap::with_capacity(keys.len());
            for chunk in keys.chunks(keys_at_once(db.dialect().max_parameters, T::Pk::WIDTH)) {
                let query = children::<T::Pk, C>(&self.query, Link::Key { via: I }, chunk);
                for (key, child) in query.rows(db, at).await? {
                    groups.entry(key).or_default().push(child);
                }
            }
            Ok(groups)
        })
    }

    /// The rows that point to the object of the query around this one.
    fn correlated(self) -> Box<Select> {
        let key = key_node(T::meta(), PathKey::ROOT);
        let outer = OuterNode { model: T::meta(), at: PathKey::ROOT, node: key };
        let mut select = self.query.into_select();
        select.order.clear();
        let column = Node::Column(PathKey::ROOT, I);
        select.filter.push(Node::compare(Comparison::Eq, column, Node::Outer(Box::new(outer))));
        select
    }

    fn over<O>(self, aggregate: Aggregate, argument: Option<Node>) -> Expr<T, O> {
        let mut select = self.correlated();
        let node = AggregateNode::new(aggregate, argument);
        select.columns = vec![Node::Aggregate(Box::new(node))];
        Expr::from_node(Node::Scalar(select))
    }
}
