//! Asking the database.
//!
//! The methods are no `async fn`s, so that they can note the line that called them; it goes to the query log.

use std::{panic::Location, sync::Arc};

use http::StatusCode;
use quintet_core::{Error, ErrorKind, Result, Value, meta::ModelMeta};

use super::{QuerySet, join::Join, prefetch::Asked};
use crate::{
    ast::{Nulls, OrderBy, Select},
    db::at_home,
    decode::{
        Scales,
        sink::{Joined, fetch, fetch_one},
    },
    dialect::Dialect,
    executor::Executor,
    expr::Expr,
    key::{key_columns, key_is},
    model::Model,
    relation::{IntoPk, show},
    sql::{self, Ask},
    stmt::Stmt,
    write::delete_rows,
};

impl<M: Model, O: Send + 'static> QuerySet<M, O> {
    /// All rows.
    ///
    /// # Errors
    /// If the database fails, or a row does not hold what the model says.
    #[track_caller]
    pub fn all(self, db: &dyn Executor) -> impl Future<Output = Result<Vec<O>>> + Send {
        self.rows(db, Location::caller())
    }

    /// The first row, or `None`. Without an order it is the one with the least key.
    ///
    /// # Errors
    /// If the database fails, or the row does not hold what the model says.
    #[track_caller]
    pub fn first(mut self, db: &dyn Executor) -> impl Future<Output = Result<Option<O>>> + Send {
        let at = Location::caller();
        self.select.limit = Some(self.select.limit.map_or(1, |limit| limit.min(1)));
        order_by_key(&mut self.select);
        async move { Ok(self.rows(db, at).await?.into_iter().next()) }
    }

    /// The only row.
    ///
    /// # Errors
    /// Of kind `NotFound` (404) if there is none, `MultipleObjects` if there are several.
    #[track_caller]
    pub fn one(self, db: &dyn Executor) -> impl Future<Output = Result<O>> + Send {
        self.only(db, None, Location::caller())
    }

    /// The row with this key: `Film.get(7, &db)`.
    ///
    /// # Errors
    /// Of kind `NotFound` (404) if there is none, naming the model and the key.
    #[track_caller]
    pub fn get(mut self, key: impl IntoPk<M>, db: &dyn Executor) -> impl Future<Output = Result<O>> + Send {
        let at = Location::caller();
        let key = key.into_pk();
        self = self.filter(Expr::from_node(key_is(M::meta(), key.clone())));
        self.only(db, Some(key), at)
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// If the database fails.
    #[track_caller]
    pub fn count(self, db: &dyn Executor) -> impl Future<Output = Result<u64>> + Send {
        count(self.select, db, Location::caller())
    }

    /// Is there any row?
    ///
    /// # Errors
    /// If the database fails.
    #[track_caller]
    pub fn exists(self, db: &dyn Executor) -> impl Future<Output = Result<bool>> + Send {
        exists(self.select, db, Location::caller())
    }

    /// The statement that [`all`](Self::all) would run, for tests and for curiosity.
    ///
    /// # Errors
    /// If the model is in no app, or the query can't be said in this dialect.
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Stmt> {
        let joins = self.loads.as_ref().map_or(&[][..], |loads| &loads.joins);
        Ok(statement(&mut self.select.clone(), joins, dialect)?.0)
    }

    /// Runs the query for `at`.
    pub(crate) async fn rows(mut self, db: &dyn Executor, at: &'static Location<'static>) -> Result<Vec<O>> {
        if is_empty(&self.select) {
            return Ok(Vec::new());
        }
        // A shape of nothing but columns is read like any other row.
        if let Some(parts) = self.parts.filter(|parts| !parts.is_empty()) {
            self.select.prepare();
            return crate::shape::rows(&self.select, self.decode, parts, db, at).await;
        }
        let (joined, prefetches, carrier) = match self.loads {
            None => (None, Vec::new(), None),
            Some(loads) => {
                let joined = Joined { carrier: loads.carrier, joins: loads.joins };
                (Some(joined), loads.prefetches, Some(loads.carrier))
            }
        };
        let joins = joined.as_ref().map_or(&[][..], |joined: &Joined<O>| &joined.joins);
        // What is loaded in further queries may live elsewhere again.
        let asked = db;
        at_home!(db, &*self.select, at);
        let asked = if self.select.database.is_some() { db } else { asked };
        let (stmt, scales) =
            statement(&mut self.select, joins, db.dialect()).map_err(|error| error.at(at))?;
        let mut rows = fetch(db, (stmt.at(at), scales), self.decode, joined).await?;
        if let Some(carrier) = carrier
            && !rows.is_empty()
        {
            for prefetch in prefetches {
                let records = rows.iter_mut().map(carrier).collect();
                prefetch.load(Asked { db: asked, at }, records).await?;
            }
        }
        Ok(rows)
    }

    pub(crate) async fn only(
        mut self,
        db: &dyn Executor,
        key: Option<Value>,
        at: &'static Location<'static>,
    ) -> Result<O> {
        self.select.limit = Some(self.select.limit.map_or(2, |limit| limit.min(2)));
        let mut rows = self.rows(db, at).await?.into_iter();
        match (rows.next(), rows.next()) {
            (Some(row), None) => Ok(row),
            (first, _) => Err(no_single(M::meta(), first.is_some(), key.as_ref()).at(at)),
        }
    }
}

impl<M: Model> QuerySet<M> {
    /// Deletes the rows of the query, and what the `on_delete` of foreign keys to them says. Gives their number,
    /// without that of rows that went along.
    ///
    /// # Errors
    /// Of kind `Protected` (409) if a row that stays points to one of them.
    #[track_caller]
    pub fn delete(self, db: &dyn Executor) -> impl Future<Output = Result<u64>> + Send {
        delete_rows(self.select, db, Location::caller())
    }
}

/// The row with this key, of all that the model's scope lets through.
pub(crate) async fn by_key<M: Model>(
    key: Value,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<M> {
    at_home!(db, M::meta(), at);
    let (stmt, scales) = sql::by_key(M::meta(), &key, db.dialect()).map_err(|error| error.at(at))?;
    let mut rows = fetch_one(db, (stmt.at(at), scales), M::from_row).await?;
    match (rows.pop(), rows.is_empty()) {
        (Some(row), true) => Ok(row),
        (row, _) => Err(no_single(M::meta(), row.is_some(), Some(&key)).at(at)),
    }
}

/// The error of a query for one row that has found several, or none.
#[cold]
fn no_single(model: &ModelMeta, several: bool, key: Option<&Value>) -> Error {
    if !several {
        return not_found(model, key);
    }
    Error::of_kind(
        ErrorKind::MultipleObjects,
        StatusCode::INTERNAL_SERVER_ERROR,
        format!("more than one {} matches; use .first(..) or a narrower filter", model.name),
    )
}

/// The statement of a query for rows with these objects.
pub(super) fn statement(
    select: &mut Select,
    joins: &[Arc<Join>],
    dialect: &'static Dialect,
) -> Result<(Stmt, Scales)> {
    let complete = |select: &mut Select| {
        select.prepare();
        for join in joins {
            join.columns(&mut select.columns);
        }
    };
    sql::rows(select, &mut joins.iter().map(|join| join.path()), &complete, dialect)
}

/// Is it known without asking that there are no rows?
pub(crate) fn is_empty(select: &Select) -> bool {
    select.empty || select.limit == Some(0)
}

/// "Film 7 not found"
pub(crate) fn not_found(model: &ModelMeta, key: Option<&Value>) -> Error {
    let name = model.name;
    Error::not_found(match key {
        Some(key @ (Value::Int(_) | Value::Text(_) | Value::List(_))) => {
            format!("{name} {} not found", show(key))
        }
        _ => format!("{name} not found"),
    })
}

/// Gives rows without an order that of their keys.
pub(super) fn order_by_key(select: &mut Select) {
    if select.order.is_empty() && select.root.ordering.is_empty() && !select.distinct {
        let by = |node| OrderBy { node, descending: false, nulls: Nulls::Default };
        select.order.extend(key_columns(select.root).into_iter().map(by));
    }
}

pub(crate) async fn count(
    mut select: Box<Select>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<u64> {
    if is_empty(&select) {
        return Ok(0);
    }
    if select.is_cut() {
        select.prepare();
    }
    at_home!(db, &*select, at);
    let stmt = sql::select(&select, Ask::Count, db.dialect()).map_err(|error| error.at(at))?;
    let counts = fetch(db, (stmt.0.at(at), stmt.1), |cursor| cursor.next::<i64>(), None).await?;
    Ok(counts.first().and_then(|count| u64::try_from(*count).ok()).unwrap_or_default())
}

pub(crate) async fn exists(
    select: Box<Select>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<bool> {
    if is_empty(&select) {
        return Ok(false);
    }
    at_home!(db, &*select, at);
    let stmt = sql::select(&select, Ask::Exists, db.dialect()).map_err(|error| error.at(at))?;
    Ok(!fetch(db, (stmt.0.at(at), stmt.1), |_| Ok(()), None).await?.is_empty())
}
