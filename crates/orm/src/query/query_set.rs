use std::{fmt, marker::PhantomData, sync::Arc};

use super::{
    Selection,
    join::{Join, ToOne},
    prefetch::{IntoPrefetch, Prefetch},
};
use crate::{
    ast::{Node, Select},
    decode::sink::{Carrier, Decode},
    expr::{Cond, IntoAssigns, IntoOrders, IntoPartition},
    model::{Model, Record},
    shape::{Parts, Plan, Shape},
    write::Update,
};

/// A query on `M` whose rows become `O`s: the models themselves, unless [`select`](Self::select) chose columns.
///
/// Each method gives a narrower query back; nothing is asked until one of the methods that take a database handle is
/// awaited ([`all`](Self::all), [`first`](Self::first), [`one`](Self::one), [`get`](Self::get),
/// [`count`](Self::count), [`exists`](Self::exists)).
///
/// ```no_run
/// # use quintet_orm::prelude::*;
/// # #[model(app = "docs")] pub struct Director { pub name: String }
/// # #[model(app = "docs")] pub struct Film { pub title: String, pub votes: i32, pub director: ForeignKey<Director> }
/// # async fn show(db: &dyn Executor) -> Result {
/// let films = Film
///     .filter(Film.title.icontains("alien") & Film.votes.gt(100))
///     .exclude(Film.director.name.eq("Alan Smithee"))
///     .order_by((Film.votes.desc(), Film.title))
///     .select_related(Film.director)
///     .limit(20)
///     .all(db)
///     .await?;
/// # let _ = films; Ok(()) }
/// ```
#[must_use = "a query does nothing until it is awaited: `.all(&db).await?`"]
pub struct QuerySet<M, O = M> {
    pub(crate) select: Box<Select>,
    pub(crate) decode: Decode<O>,
    pub(crate) loads: Option<Box<Loads<O>>>,
    /// What further queries load, where rows are shapes.
    pub(crate) parts: Option<Parts<O>>,
    marker: PhantomData<fn() -> M>,
}

/// The related objects that a query loads.
pub(crate) struct Loads<O> {
    /// Finds the model inside a row.
    pub(crate) carrier: Carrier<O>,
    /// Objects in the same row.
    pub(crate) joins: Vec<Arc<Join>>,
    /// Objects in further queries.
    pub(crate) prefetches: Vec<Arc<dyn Prefetch>>,
}

impl<O> Clone for Loads<O> {
    fn clone(&self) -> Self {
        Loads { carrier: self.carrier, joins: self.joins.clone(), prefetches: self.prefetches.clone() }
    }
}

impl<M, O> Clone for QuerySet<M, O> {
    fn clone(&self) -> Self {
        QuerySet {
            select: self.select.clone(),
            decode: self.decode,
            loads: self.loads.clone(),
            parts: self.parts.clone(),
            marker: PhantomData,
        }
    }
}

impl<M, O> fmt::Debug for QuerySet<M, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.select.fmt(f)
    }
}

/// Rows that have the model inside, so that relations can be loaded into it.
#[diagnostic::on_unimplemented(
    message = "the rows of this query are `{Self}`, not `{M}` objects: no relation can be loaded into them",
    label = "call select_related(..) and prefetch_related(..) on a query for whole objects, without .select(..)"
)]
pub trait Carry<M> {
    /// The model.
    #[doc(hidden)]
    fn record(&mut self) -> &mut dyn Record;
}

impl<M: Model> Carry<M> for M {
    fn record(&mut self) -> &mut dyn Record {
        self
    }
}

impl<M: Model> QuerySet<M> {
    /// All rows that the model's default scope lets through.
    pub fn new() -> Self {
        Self::of(Box::new(Select::in_scope(M::meta())), M::from_row)
    }

    /// Only these columns and expressions: rows become one value, or a tuple.
    ///
    /// A column over an optional foreign key is an `Option`.
    ///
    /// This takes the place of `only` and `defer` in other ORMs: an object with some of its fields missing has no type that
    /// says so, a tuple or a [`Shape`](crate::Shape) has.
    ///
    /// ```no_run
    /// # use quintet_orm::prelude::*;
    /// # #[model(app = "docs")] pub struct Studio { pub city: String }
    /// # #[model(app = "docs")] pub struct Film { pub title: String, pub studio: Option<ForeignKey<Studio>> }
    /// # async fn show(db: &dyn Executor) -> Result {
    /// let rows: Vec<(String, Option<String>)> = Film.select((Film.title, Film.studio.city)).all(db).await?;
    /// # let _ = rows; Ok(()) }
    /// ```
    pub fn select<S: Selection<M>>(mut self, selection: S) -> QuerySet<M, S::Out> {
        selection.nodes(&mut self.select.columns);
        QuerySet::of(self.select, S::decode)
    }

    /// Exactly what the fields of a `#[derive(Shape)]` struct say, nested shapes included: see [`Shape`].
    ///
    /// The query can still be narrowed, ordered and cut: `Film.query().shape::<FilmCard>().limit(5).all(&db)`.
    pub fn shape<S: Shape<Model = M>>(mut self) -> QuerySet<M, S> {
        let parts = Plan::<S>::of().into_query(&mut self.select.columns);
        let mut shapes = QuerySet::of(self.select, S::decode);
        shapes.parts = Some(parts.into());
        shapes
    }

    /// Changes of all rows of the query: `.update(Film.votes.set(Film.votes + 1)).exec(&db)`.
    pub fn update(self, assigns: impl IntoAssigns<M>) -> Update<M> {
        Update::new(self.select, assigns)
    }
}

impl<M: Model> Default for QuerySet<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M, O> QuerySet<M, O> {
    /// A query whose rows are read so.
    pub(crate) fn of(select: Box<Select>, decode: Decode<O>) -> Self {
        QuerySet { select, decode, loads: None, parts: None, marker: PhantomData }
    }

    /// Does `limit` or `offset` cut it?
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.select.limit.is_some() || self.select.offset.is_some()
    }

    /// The query without types.
    #[doc(hidden)]
    #[must_use]
    pub fn into_select(self) -> Box<Select> {
        self.select
    }

    /// Of the database of this name (`default`, or one of `[databases.NAME]`), wherever the model says that its rows live.
    /// What the query loads beside is loaded from there, too, and updates and deletions go there.
    ///
    /// For a handle of that database, which knows transactions and creates rows as well, see
    /// [`Db::using`](crate::Db::using). Inside of a transaction of another database it is an error.
    ///
    /// ```no_run
    /// # use quintet_orm::prelude::*;
    /// # #[model(app = "docs")] pub struct Film { pub title: String }
    /// # async fn show(db: &dyn Executor) -> Result {
    /// let old = Film.query().using("archive").order_by(Film.title).all(db).await?;
    /// # let _ = old; Ok(()) }
    /// ```
    pub fn using(mut self, database: &str) -> Self {
        self.select.database = Some(database.into());
        self
    }

    /// Also the rows that the model's default scope leaves out: see `#[model(scope = ..)]`.
    pub fn unscoped(mut self) -> Self {
        self.select.leave_scope();
        self
    }

    /// Only rows that match this too.
    pub fn filter(mut self, condition: Cond<M>) -> Self {
        self.select.add_filter(condition.node());
        self
    }

    /// Without rows that match this: the complement of `filter`, NULLs included.
    pub fn exclude(mut self, condition: Cond<M>) -> Self {
        self.select.filter.push(Node::Not(Box::new(condition.node())));
        self
    }

    /// In this order, instead of any order given before.
    pub fn order_by(mut self, order: impl IntoOrders<M>) -> Self {
        self.select.order.clear();
        order.orders(&mut self.select.order);
        self
    }

    /// At most this many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.select.limit = Some(rows);
        self
    }

    /// Without this many rows at the start.
    pub fn offset(mut self, rows: u64) -> Self {
        self.select.offset = Some(rows);
        self
    }

    /// Without repeated rows: for [`select`](Self::select), as whole objects never repeat.
    pub fn distinct(mut self) -> Self {
        self.select.distinct = true;
        self
    }

    /// Only the first row, in the query's order, of those that share these values: `Film.query().distinct_on(Film.director)
    /// .order_by((Film.director.asc(), Film.votes.desc()))` is the best film of each director. The order begins with what is
    /// shared.
    ///
    /// Refused by databases without `DISTINCT ON`, as SQLite: there, and everywhere,
    /// `filter(row_number().over(window().partition_by(..).order_by(..)).eq(1))` says the same.
    pub fn distinct_on(mut self, keys: impl IntoPartition<M>) -> Self {
        self.select.distinct_on.clear();
        keys.keys(&mut self.select.distinct_on);
        self
    }

    /// No rows: the database is not even asked.
    pub fn none(mut self) -> Self {
        self.select.empty = true;
        self
    }
}

// The bounds stand on the methods: on the block, the compiler would only say that they are not met.
impl<M: Model, O> QuerySet<M, O> {
    /// With the object of this foreign key, in the same query: a join.
    ///
    /// Objects on the way are loaded too: `select_related(Film.director.country)` also loads the director.
    pub fn select_related<J: ToOne<Root = M>>(mut self, _relation: J) -> Self
    where
        O: Carry<M>,
    {
        let mut joins = Vec::new();
        J::joins(&mut joins);
        self.loads().join(joins);
        self
    }

    /// With the objects of this to-many relation: one further query for all rows.
    ///
    /// The relation may be narrowed, ordered and have relations loaded itself:
    /// `prefetch_related(Film.reviews.filter(Review.stars.ge(4)).select_related(Review.author))`.
    pub fn prefetch_related<R: IntoPrefetch<M>>(mut self, relation: R) -> Self
    where
        O: Carry<M>,
    {
        let mut joins = Vec::new();
        R::joins(&mut joins);
        let loads = self.loads();
        loads.join(joins);
        loads.prefetches.push(relation.into_prefetch());
        self
    }

    fn loads(&mut self) -> &mut Loads<O>
    where
        O: Carry<M>,
    {
        self.loads.get_or_insert_with(|| {
            Box::new(Loads { carrier: O::record, joins: Vec::new(), prefetches: Vec::new() })
        })
    }
}

impl<O> Loads<O> {
    /// Adds joins that are not there yet.
    fn join(&mut self, joins: Vec<Join>) {
        for join in joins {
            if !self.joins.iter().any(|other| other.path() == join.path()) {
                self.joins.push(Arc::new(join));
            }
        }
    }
}
