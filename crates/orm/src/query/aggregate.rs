//! Values computed by the database: beside each row ([`QuerySet::annotate`]), over all rows
//! ([`QuerySet::aggregate`]), over groups of rows ([`QuerySet::group_by`]).

use std::{marker::PhantomData, panic::Location};

use quintet_core::{Error, Result};

use super::{Carry, QuerySet, Selection, is_empty, query_set::Loads};
use crate::{
    ast::{Node, PathKey, Select, model_columns},
    db::at_home,
    decode::sink::fetch,
    executor::Executor,
    expr::{Aggregated, Aggregates, Cond, IntoGroupOrders},
    key::{key_columns, key_node},
    model::{Model, Record},
    sql::{self, Ask},
};

impl<M: Model, A> Carry<M> for (M, A) {
    fn record(&mut self) -> &mut dyn Record {
        &mut self.0
    }
}

impl<M: Model> QuerySet<M> {
    /// Each object with values computed for it: rows are `(M, Out)`. Relations can still be loaded.
    ///
    /// To filter or order by such a value, write its expression again: the database computes it once.
    ///
    /// ```no_run
    /// # use quintet_orm::prelude::*;
    /// # #[model(app = "docs")] pub struct Director { pub name: String, pub films: HasMany<Film> }
    /// # #[model(app = "docs")] pub struct Film { pub votes: i32, pub director: ForeignKey<Director> }
    /// # async fn show(db: &dyn Executor) -> Result {
    /// let busy: Vec<(Director, (i64, Option<i32>))> = Director
    ///     .annotate((Director.films.count(), Director.films.max(Film.votes)))
    ///     .filter(Director.films.count().gt(1))
    ///     .order_by(Director.films.count().desc())
    ///     .all(db)
    ///     .await?;
    /// # let _ = busy; Ok(()) }
    /// ```
    pub fn annotate<S: Selection<M>>(mut self, selection: S) -> QuerySet<M, (M, S::Out)> {
        model_columns(M::meta(), PathKey::ROOT, &mut self.select.columns);
        selection.nodes(&mut self.select.columns);
        let mut annotated =
            QuerySet::of(self.select, |cursor| Ok((M::from_row(cursor)?, S::decode(cursor)?)));
        annotated.loads = self.loads.map(|loads| {
            Box::new(Loads {
                carrier: <(M, S::Out) as Carry<M>>::record,
                joins: loads.joins,
                prefetches: loads.prefetches,
            })
        });
        annotated
    }

    /// Values over all rows of the query. A sum, mean, least or greatest of no rows is `None`, a count 0.
    ///
    /// ```no_run
    /// # use quintet_orm::prelude::*;
    /// # #[model(app = "docs")] pub struct Film { pub votes: i32, pub classic: bool }
    /// # async fn show(db: &dyn Executor) -> Result {
    /// let (films, votes) = Film.filter(Film.classic.eq(true)).aggregate((Film.rows(), Film.votes.sum()), db).await?;
    /// # let (_, _): (i64, Option<i64>) = (films, votes); Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the database fails.
    #[track_caller]
    pub fn aggregate<A: Aggregates<M>>(
        self,
        aggregates: A,
        db: &dyn Executor,
    ) -> impl Future<Output = Result<A::Out>> + Send {
        let at = Location::caller();
        let mut columns = Vec::new();
        aggregates.nodes(&mut columns);
        let select = over_all(self.select, columns);
        async move {
            at_home!(db, &*select, at);
            let stmt = sql::select(&select, Ask::Rows, db.dialect()).map_err(|error| error.at(at))?;
            let rows = fetch(db, (stmt.0.at(at), stmt.1), A::decode, None).await?;
            rows.into_iter().next().ok_or_else(|| Error::internal("an aggregate gave no row").at(at))
        }
    }

    /// Groups of rows that share these values: columns, expressions, or the object of a foreign key.
    ///
    /// ```no_run
    /// # use quintet_orm::prelude::*;
    /// # #[model(app = "docs")] pub struct Director { pub name: String }
    /// # #[model(app = "docs")] pub struct Film { pub votes: i32, pub director: ForeignKey<Director> }
    /// # async fn show(db: &dyn Executor) -> Result {
    /// let rows: Vec<(String, (i64, Option<i64>))> = Film
    ///     .group_by(Film.director.name)
    ///     .having(Film.rows().ge(2))
    ///     .order_by(Film.votes.sum().desc())
    ///     .aggregate((Film.rows(), Film.votes.sum()))
    ///     .all(db)
    ///     .await?;
    /// # let _ = rows; Ok(()) }
    /// ```
    pub fn group_by<K: Selection<M>>(mut self, keys: K) -> Grouped<M, K> {
        self.select.order.clear();
        keys.nodes(&mut self.select.group);
        Grouped { select: self.select, marker: PhantomData }
    }
}

/// The query for values over all rows.
fn over_all(mut select: Box<Select>, columns: Vec<Node>) -> Box<Select> {
    if is_empty(&select) {
        select.limit = None;
        select.filter = vec![Node::Or(Vec::new())];
    } else if select.limit.is_some() || select.offset.is_some() {
        // Over the rows of a part: those with its keys.
        let key = key_node(select.root, PathKey::ROOT);
        let mut whole = Box::new(Select::new(select.root));
        whole.database.clone_from(&select.database);
        select.prepare();
        select.columns = key_columns(select.root);
        whole.filter.push(Node::InQuery(Box::new(key), select));
        select = whole;
    }
    select.order.clear();
    select.distinct = false;
    select.columns = columns;
    select
}

/// Groups of rows, to be asked for aggregates: [`QuerySet::group_by`].
#[must_use = "groups do nothing until .aggregate(..) and an await"]
pub struct Grouped<M, K> {
    select: Box<Select>,
    marker: PhantomData<fn() -> (M, K)>,
}

impl<M: Model, K: Selection<M>> Grouped<M, K> {
    /// Only groups for which this holds: a condition on aggregates. Conditions on rows go into
    /// [`QuerySet::filter`], before the groups are made.
    pub fn having(mut self, condition: Cond<Aggregated<M>>) -> Self {
        match condition.node() {
            Node::And(all) => self.select.having.extend(all),
            one => self.select.having.push(one),
        }
        self
    }

    /// In this order: of what is grouped by, or of aggregates. Without it, groups come in no certain order.
    pub fn order_by(mut self, order: impl IntoGroupOrders<M>) -> Self {
        self.select.order.clear();
        order.group_orders(&mut self.select.order);
        self
    }

    /// What is asked about each group: rows are `(keys, aggregates)`.
    pub fn aggregate<A: Aggregates<M>>(mut self, aggregates: A) -> QuerySet<M, (K::Out, A::Out)> {
        self.select.columns.clone_from(&self.select.group);
        aggregates.nodes(&mut self.select.columns);
        QuerySet::of(self.select, |cursor| Ok((K::decode(cursor)?, A::decode(cursor)?)))
    }
}
