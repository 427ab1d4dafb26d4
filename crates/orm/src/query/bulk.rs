//! Further ways to ask: the last row, many rows by key, days with rows, locks, the database's plan.

use std::{collections::HashMap, panic::Location};

use quintet_core::{Error, Result, Value, value::ValueRef};

use super::QuerySet;
use crate::{
    ast::{DateFunction, DateUnit, Lock, Node, Nulls, OrderBy, PathKey},
    db::at_home,
    executor::Executor,
    expr::{Cond, Expr, ExprOf},
    field::{DateLike, FieldType},
    key::{Key, key_in, keys_at_once},
    model::Model,
    relation::IntoPk,
    row::{RowAccess, RowSink},
    sql,
};

impl<M: Model, O: Send + 'static> QuerySet<M, O> {
    /// In the opposite order. Without an order, from the greatest key to the least.
    pub fn reverse(mut self) -> Self {
        if self.select.order.is_empty() && self.select.group.is_empty() {
            let ordering = self.select.root.ordering.iter().map(|(field, descending)| (*field, *descending));
            let key = self.select.root.primary_key.iter().map(|part| (*part, false));
            let by = |(field, descending)| OrderBy {
                node: Node::Column(PathKey::ROOT, field),
                descending,
                nulls: Nulls::Default,
            };
            self.select.order.extend(ordering.map(by));
            if self.select.order.is_empty() {
                self.select.order.extend(key.map(by));
            }
        }
        for order in &mut self.select.order {
            order.descending = !order.descending;
            order.nulls = match order.nulls {
                Nulls::Default => Nulls::Default,
                Nulls::First => Nulls::Last,
                Nulls::Last => Nulls::First,
            };
        }
        self
    }

    /// The last row in the query's order, or `None`. Without an order it is the one with the greatest key.
    ///
    /// # Errors
    /// If the query was cut by `limit` or `offset` before: its last row is found only by reading all; or if the database fails.
    #[track_caller]
    pub fn last(self, db: &dyn Executor) -> impl Future<Output = Result<Option<O>>> + Send {
        let at = Location::caller();
        let cut = self.select.limit.is_some() || self.select.offset.is_some();
        let first = self.reverse().first(db);
        async move {
            if cut {
                return Err(Error::internal(
                    "last(..) of a query with limit(..) or offset(..): read its rows with all(..) and take the last",
                )
                .at(at));
            }
            first.await
        }
    }

    /// The row with the least value here, or `None`. Rows without a value come after all others.
    ///
    /// # Errors
    /// If the database fails, or the row does not hold what the model says.
    #[track_caller]
    pub fn earliest<T: FieldType>(
        self,
        by: impl ExprOf<M, T>,
        db: &dyn Executor,
    ) -> impl Future<Output = Result<Option<O>>> + Send {
        self.extreme(by.into_node(), false).first(db)
    }

    /// The row with the greatest value here, or `None`: `Film.latest(Film.released, &db)`. Rows without a value come after
    /// all others.
    ///
    /// # Errors
    /// If the database fails, or the row does not hold what the model says.
    #[track_caller]
    pub fn latest<T: FieldType>(
        self,
        by: impl ExprOf<M, T>,
        db: &dyn Executor,
    ) -> impl Future<Output = Result<Option<O>>> + Send {
        self.extreme(by.into_node(), true).first(db)
    }

    /// The latest row by `#[model(get_latest_by = "…")]`, or `None`. Rows without a value come after all others.
    ///
    /// # Errors
    /// If the model does not say what goes by; if the database fails, or the row does not hold what the model says.
    #[track_caller]
    pub fn newest(self, db: &dyn Executor) -> impl Future<Output = Result<Option<O>>> + Send {
        self.by_latest(true, db, Location::caller())
    }

    /// The earliest row by `#[model(get_latest_by = "…")]`, or `None`. Rows without a value come after all others.
    ///
    /// # Errors
    /// As [`newest`](Self::newest).
    #[track_caller]
    pub fn oldest(self, db: &dyn Executor) -> impl Future<Output = Result<Option<O>>> + Send {
        self.by_latest(false, db, Location::caller())
    }

    async fn by_latest(
        mut self,
        latest: bool,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<Option<O>> {
        let meta = M::meta();
        if meta.options.get_latest_by.is_empty() {
            return Err(Error::internal(format!(
                "{0} does not say what its latest row goes by: #[model(get_latest_by = \"…\")], or {0}.latest({0}.…, &db)",
                meta.name
            ))
            .at(at));
        }
        let by = |(field, descends): &(u16, bool)| {
            let nulls = match meta.field_at(*field).is_some_and(|field| field.null) {
                true => Nulls::Last,
                false => Nulls::Default,
            };
            OrderBy { node: Node::Column(PathKey::ROOT, *field), descending: latest != *descends, nulls }
        };
        self.select.order = meta.options.get_latest_by.iter().map(by).collect();
        self.select.limit = Some(self.select.limit.map_or(1, |limit| limit.min(1)));
        Ok(self.rows(db, at).await?.into_iter().next())
    }

    fn extreme(mut self, node: Node, descending: bool) -> Self {
        // Only where there can be NULLs: an index has no order with them elsewhere.
        let nulls = match sql::can_be_null(M::meta(), &node) {
            true => Nulls::Last,
            false => Nulls::Default,
        };
        self.select.order = vec![OrderBy { node, descending, nulls }];
        self
    }

    /// Locks the rows until the transaction ends, waiting where another one holds them. Only inside a transaction does it
    /// mean anything; rows of joined tables stay free. Refused by databases without row locks, as SQLite.
    pub fn for_update(mut self) -> Self {
        self.select.lock = Some(Lock::Wait);
        self
    }

    /// [`for_update`](Self::for_update), but fails at once where another transaction holds a row.
    pub fn nowait(mut self) -> Self {
        self.select.lock = Some(Lock::NoWait);
        self
    }

    /// [`for_update`](Self::for_update), but leaves out rows that another transaction holds: for queues of work.
    pub fn skip_locked(mut self) -> Self {
        self.select.lock = Some(Lock::SkipLocked);
        self
    }

    /// How the database would run the query, in its own words. It is not run.
    ///
    /// # Errors
    /// If the query can't be said in the database's dialect.
    #[track_caller]
    pub fn explain(self, db: &dyn Executor) -> impl Future<Output = Result<String>> + Send {
        let at = Location::caller();
        async move {
            at_home!(db, &*self.select, at);
            let mut stmt = self.to_sql(db.dialect()).map_err(|error| error.at(at))?.at(at);
            stmt.sql = format!("{}{}", db.dialect().explain, stmt.sql).into();
            let sink = db.fetch(stmt, Box::<Plan>::default()).await?;
            Ok(sink.into_any().downcast::<Plan>().map(|plan| plan.0).unwrap_or_default())
        }
    }
}

/// The last column of each row: the text, where others have numbers before it.
#[derive(Default)]
struct Plan(String);

impl RowSink for Plan {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        if let ValueRef::Text(text) = row.get(row.len().saturating_sub(1))? {
            self.0.push_str(text);
        }
        Ok(true)
    }

    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any + Send> {
        self
    }
}

impl<M: Model> QuerySet<M> {
    /// The rows with these keys, by key. Keys without a row are left out. Any number of keys is taken.
    ///
    /// ```no_run
    /// # use quintet_orm::prelude::*;
    /// # #[model(app = "docs")] pub struct Film { pub title: String }
    /// # async fn show(db: &dyn Executor) -> Result {
    /// let films = Film.query().in_bulk([1, 2, 3], db).await?;
    /// if let Some(film) = films.get(&2) {
    ///     println!("{}", film.title);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the database fails, or a row does not hold what the model says.
    #[track_caller]
    pub fn in_bulk<K: IntoPk<M>>(
        self,
        keys: impl IntoIterator<Item = K>,
        db: &dyn Executor,
    ) -> impl Future<Output = Result<HashMap<M::Pk, M>>> + Send {
        let at = Location::caller();
        let keys: Vec<Value> = keys.into_iter().map(IntoPk::into_pk).collect();
        async move {
            let mut found = HashMap::with_capacity(keys.len());
            for chunk in keys.chunks(keys_at_once(db.dialect().max_parameters, M::Pk::WIDTH)) {
                let some: Cond<M> = Expr::from_node(key_in(M::meta(), chunk.to_vec()));
                for row in self.clone().filter(some).rows(db, at).await? {
                    found.insert(row.pk(), row);
                }
            }
            Ok(found)
        }
    }

    /// The years, months … that have rows, each once and in order: `Film.dates(Film.released, DateUnit::Year)`.
    pub fn dates<T: DateLike>(mut self, of: impl ExprOf<M, T>, unit: DateUnit) -> QuerySet<M, T::Base> {
        let node = of.into_node();
        let start = Node::Date(DateFunction::Start(unit), T::KIND, Box::new(node.clone()));
        self.select.add_filter(Node::Not(Box::new(Node::IsNull(Box::new(node)))));
        self.select.columns = vec![start.clone()];
        self.select.order = vec![OrderBy { node: start, descending: false, nulls: Nulls::Default }];
        self.select.distinct = true;
        QuerySet::of(self.select, |cursor| cursor.next::<T::Base>())
    }
}
