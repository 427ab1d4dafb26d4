use std::{collections::HashMap, fmt, marker::PhantomData, ops::Deref, panic::Location};

use quintet_core::{BoxFuture, Result, meta::ModelMeta};

use crate::{
    ast::DateUnit,
    executor::Executor,
    expr::{Aggregates, Cond, ExprOf, IntoOrders},
    field::{DateLike, FieldType},
    model::{Columns, Model},
    query::{Grouped, IntoPrefetch, JsonRows, QuerySet, Rows, Selection, ToOne, by_key},
    relation::IntoPk,
    shape::Shape,
    write::{Draft, Existing, IntoFields, NewRows, bulk_insert, bulk_update, bulk_upsert},
};

/// The constant `Film` beside the struct `Film`: it derefs to the typed columns (`Film.title`), and starts queries.
pub struct Table<M>(PhantomData<fn() -> M>);

impl<M> Clone for Table<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Table<M> {}

impl<M> Default for Table<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Model> fmt::Debug for Table<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        M::meta().fmt(f)
    }
}

impl<M: Model> Deref for Table<M> {
    type Target = M::Columns<M>;

    fn deref(&self) -> &Self::Target {
        <M::Columns<M> as Columns>::NEW
    }
}

impl<M> Table<M> {
    /// The table of `M`. `#[model]` writes it.
    #[must_use]
    pub const fn new() -> Self {
        Table(PhantomData)
    }
}

impl<M: Model> Table<M> {
    /// The model's metadata.
    #[must_use]
    pub fn meta(self) -> &'static ModelMeta {
        M::meta()
    }

    /// A query on all rows.
    pub fn query(self) -> QuerySet<M> {
        QuerySet::new()
    }

    /// A query on all rows, also those that the model's default scope leaves out.
    pub fn unscoped(self) -> QuerySet<M> {
        self.query().unscoped()
    }

    /// A query on all rows in the database of this name: see [`QuerySet::using`].
    pub fn using(self, database: &str) -> QuerySet<M> {
        self.query().using(database)
    }

    /// A query on the rows that match.
    pub fn filter(self, condition: Cond<M>) -> QuerySet<M> {
        self.query().filter(condition)
    }

    /// A query on the rows that don't match.
    pub fn exclude(self, condition: Cond<M>) -> QuerySet<M> {
        self.query().exclude(condition)
    }

    /// A query on all rows in this order.
    pub fn order_by(self, order: impl IntoOrders<M>) -> QuerySet<M> {
        self.query().order_by(order)
    }

    /// A query on some columns of all rows.
    pub fn select<S: Selection<M>>(self, selection: S) -> QuerySet<M, S::Out> {
        self.query().select(selection)
    }

    /// A query on all rows with the object of a foreign key.
    pub fn select_related(self, relation: impl ToOne<Root = M>) -> QuerySet<M> {
        self.query().select_related(relation)
    }

    /// A query on all rows with the objects of a to-many relation.
    pub fn prefetch_related(self, relation: impl IntoPrefetch<M>) -> QuerySet<M> {
        self.query().prefetch_related(relation)
    }

    /// A query on the first rows.
    pub fn limit(self, rows: u64) -> QuerySet<M> {
        self.query().limit(rows)
    }

    /// A query on all rows for exactly what a shape says.
    pub fn shape<S: Shape<Model = M>>(self) -> QuerySet<M, S> {
        self.query().shape()
    }

    /// A query that gives no rows and asks nobody.
    pub fn none(self) -> QuerySet<M> {
        self.query().none()
    }

    /// All rows.
    ///
    /// # Errors
    /// See [`QuerySet::all`].
    #[track_caller]
    pub fn all(self, db: &dyn Executor) -> impl Future<Output = Result<Vec<M>>> + Send {
        self.query().all(db)
    }

    /// The first row, if there is any.
    ///
    /// # Errors
    /// See [`QuerySet::first`].
    #[track_caller]
    pub fn first(self, db: &dyn Executor) -> impl Future<Output = Result<Option<M>>> + Send {
        self.query().first(db)
    }

    /// The row with this key.
    ///
    /// # Errors
    /// See [`QuerySet::get`].
    #[track_caller]
    pub fn get<K: IntoPk<M>>(self, key: K, db: &dyn Executor) -> impl Future<Output = Result<M>> + Send {
        by_key(key.into_pk(), db, Location::caller())
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// See [`QuerySet::count`].
    #[track_caller]
    pub fn count(self, db: &dyn Executor) -> impl Future<Output = Result<u64>> + Send {
        self.query().count(db)
    }

    /// Is there any row?
    ///
    /// # Errors
    /// See [`QuerySet::exists`].
    #[track_caller]
    pub fn exists(self, db: &dyn Executor) -> impl Future<Output = Result<bool>> + Send {
        self.query().exists(db)
    }

    /// All rows as JSON.
    ///
    /// # Errors
    /// See [`QuerySet::json`].
    #[track_caller]
    pub fn json(self, db: &dyn Executor) -> impl Future<Output = Result<JsonRows>> + Send {
        self.query().json(db)
    }

    /// All objects with values computed for each.
    pub fn annotate<S: Selection<M>>(self, selection: S) -> QuerySet<M, (M, S::Out)> {
        self.query().annotate(selection)
    }

    /// Values over all rows.
    ///
    /// # Errors
    /// See [`QuerySet::aggregate`].
    #[track_caller]
    pub fn aggregate<A: Aggregates<M>>(
        self,
        aggregates: A,
        db: &dyn Executor,
    ) -> impl Future<Output = Result<A::Out>> + Send {
        self.query().aggregate(aggregates, db)
    }

    /// Groups of rows that share these values.
    pub fn group_by<K: Selection<M>>(self, keys: K) -> Grouped<M, K> {
        self.query().group_by(keys)
    }

    /// The years, months … that have rows, in order.
    pub fn dates<T: DateLike>(self, of: impl ExprOf<M, T>, unit: DateUnit) -> QuerySet<M, T::Base> {
        self.query().dates(of, unit)
    }

    /// The last row in the model's order, if there is any.
    ///
    /// # Errors
    /// See [`QuerySet::last`].
    #[track_caller]
    pub fn last(self, db: &dyn Executor) -> impl Future<Output = Result<Option<M>>> + Send {
        self.query().last(db)
    }

    /// The row with the least value here, if there is any.
    ///
    /// # Errors
    /// See [`QuerySet::earliest`].
    #[track_caller]
    pub fn earliest<T: FieldType>(
        self,
        by: impl ExprOf<M, T>,
        db: &dyn Executor,
    ) -> impl Future<Output = Result<Option<M>>> + Send {
        self.query().earliest(by, db)
    }

    /// The row with the greatest value here, if there is any.
    ///
    /// # Errors
    /// See [`QuerySet::latest`].
    #[track_caller]
    pub fn latest<T: FieldType>(
        self,
        by: impl ExprOf<M, T>,
        db: &dyn Executor,
    ) -> impl Future<Output = Result<Option<M>>> + Send {
        self.query().latest(by, db)
    }

    /// The latest row by the model's `get_latest_by`, if there is any.
    ///
    /// # Errors
    /// See [`QuerySet::newest`].
    #[track_caller]
    pub fn newest(self, db: &dyn Executor) -> impl Future<Output = Result<Option<M>>> + Send {
        self.query().newest(db)
    }

    /// The earliest row by the model's `get_latest_by`, if there is any.
    ///
    /// # Errors
    /// See [`QuerySet::oldest`].
    #[track_caller]
    pub fn oldest(self, db: &dyn Executor) -> impl Future<Output = Result<Option<M>>> + Send {
        self.query().oldest(db)
    }

    /// The rows with these keys, by key.
    ///
    /// # Errors
    /// See [`QuerySet::in_bulk`].
    #[track_caller]
    pub fn in_bulk<K: IntoPk<M>>(
        self,
        keys: impl IntoIterator<Item = K>,
        db: &dyn Executor,
    ) -> impl Future<Output = Result<HashMap<M::Pk, M>>> + Send {
        self.query().in_bulk(keys, db)
    }

    /// All rows one by one.
    #[track_caller]
    pub fn stream(self, db: &dyn Executor) -> Rows<'_, M> {
        self.query().stream(db)
    }

    /// All rows one by one, of a handle that they keep.
    #[track_caller]
    pub fn stream_owned(self, db: impl Executor + 'static) -> Rows<'static, M> {
        self.query().stream_owned(db)
    }

    /// Inserts many rows in as few statements as the database takes, all or none, and gives them back in order.
    ///
    /// # Errors
    /// As [`Draft::insert`].
    #[track_caller]
    pub fn bulk_create<'a>(
        self,
        drafts: impl IntoIterator<Item = Draft<M>>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<Vec<M>>> {
        NewRows::create(drafts.into_iter(), db, Location::caller())
    }

    /// [`bulk_create`](Self::bulk_create) without reading the rows back: gives their number. For very many rows it takes half
    /// the time, and hardly any memory: drafts are asked for as rows are written, some hundreds at a time. That is inside of the
    /// transaction, so what gives them should not take long over each.
    ///
    /// ```no_run
    /// # use quintet_orm::prelude::*;
    /// # #[model(app = "docs")] pub struct Reading { pub sensor: i32, pub celsius: f64 }
    /// # async fn show(db: &dyn Executor, readings: Vec<(i32, f64)>) -> Result {
    /// let drafts = readings.into_iter().map(|(sensor, celsius)| create!(Reading { sensor, celsius }));
    /// let count = Reading.bulk_insert(drafts, db).await?;
    /// # let _ = count; Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Draft::insert`].
    #[track_caller]
    pub fn bulk_insert<'a>(
        self,
        drafts: impl IntoIterator<Item = Draft<M>, IntoIter: Send + 'a>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<u64>> {
        let drafts = Box::new(drafts.into_iter().map(|draft| draft.raw));
        Box::pin(bulk_insert(M::meta(), drafts, db, Location::caller()))
    }

    /// Inserts many rows in as few statements as the database takes, all or none; where a row with the same unique fields `by`
    /// exists, it takes `fields` of the draft. Gives back all rows as they are now, in no certain order.
    ///
    /// # Errors
    /// As [`Draft::or_update`]; if two drafts are the same row, or one has many-to-many objects.
    #[track_caller]
    pub fn bulk_upsert<'a>(
        self,
        drafts: impl IntoIterator<Item = Draft<M>>,
        by: impl IntoFields<M>,
        fields: impl IntoFields<M>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<Vec<M>>> {
        let existing = Existing::Take(fields.fields());
        Box::pin(bulk_upsert(drafts.into_iter().collect(), by.fields(), existing, db, Location::caller()))
    }

    /// Inserts those of many rows that don't exist yet, all or none, and gives these back, in no certain order: rows with the
    /// same unique fields `by` stay as they are.
    ///
    /// # Errors
    /// As [`bulk_upsert`](Self::bulk_upsert).
    #[track_caller]
    pub fn bulk_create_missing<'a>(
        self,
        drafts: impl IntoIterator<Item = Draft<M>>,
        by: impl IntoFields<M>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<Vec<M>>> {
        Box::pin(bulk_upsert(
            drafts.into_iter().collect(),
            by.fields(),
            Existing::Stay,
            db,
            Location::caller(),
        ))
    }

    /// Writes these fields of many rows in as few statements as the database takes, all or none. Gives the number of
    /// rows that were found by their keys.
    ///
    /// # Errors
    /// As [`Edit::save`](crate::Edit::save).
    #[track_caller]
    pub fn bulk_update<'a>(
        self,
        rows: &'a [M],
        fields: impl IntoFields<M>,
        db: &'a dyn Executor,
    ) -> BoxFuture<'a, Result<u64>> {
        Box::pin(bulk_update(rows, fields.fields(), db, Location::caller()))
    }
}
