use std::panic::Location;

use quintet_core::Result;

use super::{JsonRows, QuerySet};
use crate::{
    ast::{Combine, Select},
    dialect::Dialect,
    executor::Executor,
    expr::IntoOrders,
    model::Model,
    stmt::Stmt,
};

/// The rows of several queries put together: [`QuerySet::union`] and its like. Repeated rows are left out, but by `union_all`.
///
/// What comes after concerns the whole: it can be ordered (by what its rows have), cut and counted. Filters belong into
/// the queries that it is made of.
#[must_use = "a query does nothing until it is awaited: `.all(&db).await?`"]
#[derive(Debug)]
pub struct Combined<M, O = M>(QuerySet<M, O>);

impl<M, O> Clone for Combined<M, O> {
    fn clone(&self) -> Self {
        Combined(self.0.clone())
    }
}

impl<M: Model, O: Send + 'static> QuerySet<M, O> {
    /// The rows of this query and of another one with the same type of rows.
    ///
    /// Objects that this query joins ([`select_related`](Self::select_related)) are not loaded; what it prefetches is.
    pub fn union(self, other: impl Into<Combined<M, O>>) -> Combined<M, O> {
        combined(self, Combine::Union, other.into().0)
    }

    /// The rows of this query and of another one, repeated ones as often as they come: the database need not compare them.
    pub fn union_all(self, other: impl Into<Combined<M, O>>) -> Combined<M, O> {
        combined(self, Combine::UnionAll, other.into().0)
    }

    /// The rows that another query has as well.
    pub fn intersection(self, other: impl Into<Combined<M, O>>) -> Combined<M, O> {
        combined(self, Combine::Intersection, other.into().0)
    }

    /// The rows that another query does not have.
    pub fn difference(self, other: impl Into<Combined<M, O>>) -> Combined<M, O> {
        combined(self, Combine::Difference, other.into().0)
    }
}

impl<M, O> From<QuerySet<M, O>> for Combined<M, O> {
    fn from(query: QuerySet<M, O>) -> Self {
        Combined(query)
    }
}

fn combined<M: Model, O>(
    mut first: QuerySet<M, O>,
    how: Combine,
    mut second: QuerySet<M, O>,
) -> Combined<M, O> {
    // Parts without an order of their own need none, unless they are cut.
    for part in [&mut first.select, &mut second.select] {
        part.prepare();
    }
    let mut whole = Box::new(Select::new(M::meta()));
    whole.database = first.select.database.clone().or_else(|| second.select.database.clone());
    whole.columns.clone_from(&first.select.columns);
    whole.combined = vec![(how, first.select), (how, second.select)];
    let mut query = QuerySet::of(whole, first.decode);
    query.loads = first.loads.map(|mut loads| {
        loads.joins.clear();
        loads
    });
    query.parts = first.parts;
    Combined(query)
}

impl<M: Model, O: Send + 'static> Combined<M, O> {
    /// In this order: of columns that the rows have.
    pub fn order_by(self, order: impl IntoOrders<M>) -> Self {
        Combined(self.0.order_by(order))
    }

    /// Of the database of this name: see [`QuerySet::using`].
    pub fn using(self, database: &str) -> Self {
        Combined(self.0.using(database))
    }

    /// At most this many rows.
    pub fn limit(self, rows: u64) -> Self {
        Combined(self.0.limit(rows))
    }

    /// Without this many rows at the start.
    pub fn offset(self, rows: u64) -> Self {
        Combined(self.0.offset(rows))
    }

    /// With the rows of a further query.
    pub fn union(self, other: impl Into<Combined<M, O>>) -> Self {
        self.0.union(other)
    }

    /// With the rows of a further query, repeated ones as often as they come.
    pub fn union_all(self, other: impl Into<Combined<M, O>>) -> Self {
        self.0.union_all(other)
    }

    /// Only the rows that another query has as well.
    pub fn intersection(self, other: impl Into<Combined<M, O>>) -> Self {
        self.0.intersection(other)
    }

    /// Without the rows that another query has.
    pub fn difference(self, other: impl Into<Combined<M, O>>) -> Self {
        self.0.difference(other)
    }

    /// All rows.
    ///
    /// # Errors
    /// If the database fails, or a row does not hold what the model says.
    #[track_caller]
    pub fn all(self, db: &dyn Executor) -> impl Future<Output = Result<Vec<O>>> + Send {
        self.0.rows(db, Location::caller())
    }

    /// The first row in the order given, if there is any.
    ///
    /// # Errors
    /// If the database fails, or the row does not hold what the model says.
    #[track_caller]
    pub fn first(self, db: &dyn Executor) -> impl Future<Output = Result<Option<O>>> + Send {
        self.0.first(db)
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// If the database fails.
    #[track_caller]
    pub fn count(self, db: &dyn Executor) -> impl Future<Output = Result<u64>> + Send {
        self.0.count(db)
    }

    /// Is there any row?
    ///
    /// # Errors
    /// If the database fails.
    #[track_caller]
    pub fn exists(self, db: &dyn Executor) -> impl Future<Output = Result<bool>> + Send {
        self.0.exists(db)
    }

    /// The statement that [`all`](Self::all) would run.
    ///
    /// # Errors
    /// If the model is in no app, or the query can't be said in this dialect.
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Stmt> {
        self.0.to_sql(dialect)
    }
}

impl<M: Model> Combined<M> {
    /// The rows as JSON, as [`QuerySet::json`] gives them.
    ///
    /// # Errors
    /// If the database fails, or a row does not hold what the model says.
    #[track_caller]
    pub fn json(self, db: &dyn Executor) -> impl Future<Output = Result<JsonRows>> + Send {
        self.0.json(db)
    }
}
