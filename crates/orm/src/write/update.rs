use std::{fmt, marker::PhantomData, panic::Location};

use quintet_core::{BoxFuture, Error, FieldErrors, Result, meta::ModelMeta};

use super::{explain::explain_write, fits::check_fits, insert::row_scales, version};
use crate::{
    ast::{Node, Select},
    change::{Entry, Keys, What},
    db::to_home,
    decode::{
        sink::{rows_of, rows_sink},
        tap::Tap,
    },
    dialect::Dialect,
    executor::Executor,
    expr::{AssignValue, IntoAssigns, RawAssign},
    model::Model,
    query::is_empty,
    sql::{self, Returning},
    stmt::Stmt,
    validate::{check, refuse_computed},
};

/// Changes of the rows of a query, computed by the database:
/// `Film.filter(..).update(Film.votes.set(Film.votes + 1)).exec(&db)`.
#[must_use = "an update changes nothing until `.exec(&db).await?`"]
pub struct Update<M> {
    select: Box<Select>,
    sets: Vec<RawAssign>,
    marker: PhantomData<fn() -> M>,
}

impl<M: Model> Update<M> {
    pub(crate) fn new(select: Box<Select>, assigns: impl IntoAssigns<M>) -> Self {
        let mut sets = Vec::new();
        assigns.assigns(&mut sets);
        Update { select, sets, marker: PhantomData }
    }

    /// With further changes.
    pub fn set(mut self, assigns: impl IntoAssigns<M>) -> Self {
        assigns.assigns(&mut self.sets);
        self
    }

    /// Changes the rows and tells how many there were.
    ///
    /// # Errors
    /// Of kind `Invalid` (422) if a value is wrong, `Conflict` (409) if a unique field's value is taken.
    #[track_caller]
    pub fn exec(self, db: &dyn Executor) -> BoxFuture<'_, Result<u64>> {
        Box::pin(execute(self.select, self.sets, db, Location::caller()))
    }

    /// Changes the rows and gives them back as they are now.
    ///
    /// # Errors
    /// As [`exec`](Self::exec).
    #[track_caller]
    pub fn returning<'a>(self, db: &'a dyn Executor) -> BoxFuture<'a, Result<Vec<M>>>
    where
        M: 'a,
    {
        let at = Location::caller();
        Box::pin(async move {
            if is_empty(&self.select) || self.sets.is_empty() {
                return Ok(Vec::new());
            }
            to_home!(db, &*self.select, at);
            let sink = rows_sink(row_scales(M::meta(), db.dialect()), M::from_row);
            let tap = Tap::new(M::meta(), Returning::Rows).into(sink);
            rows_of(answered(self.select, self.sets, tap, db, at).await?.sink()?)
        })
    }

    /// The statement that [`exec`](Self::exec) would run, for tests and for curiosity.
    ///
    /// # Errors
    /// If a value is wrong, the model is in no app, or the update can't be said in this dialect.
    #[track_caller]
    pub fn to_sql(&self, dialect: &'static Dialect) -> Result<Stmt> {
        let mut sets = self.sets.clone();
        version::count(self.select.root, &mut sets);
        statement(&self.select, &sets, Returning::Nothing, dialect, Location::caller())
    }
}

impl<M> fmt::Debug for Update<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} where {:?}", self.sets, self.select.filter)
    }
}

/// Runs an update. Receivers are not told: the rows are not read.
pub(super) async fn execute(
    select: Box<Select>,
    mut sets: Vec<RawAssign>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<u64> {
    if is_empty(&select) || sets.is_empty() {
        return Ok(0);
    }
    let meta = select.root;
    to_home!(db, &*select, at);
    if db.feed().is_some_and(|feed| feed.is_heard()) {
        return Ok(answered(select, sets, Tap::new(meta, Returning::Keys), db, at).await?.count);
    }
    version::count(meta, &mut sets);
    let fields = assigned(&sets);
    let stmt = statement(&select, &sets, Returning::Nothing, db.dialect(), at)?;
    let entry = Entry::open(db, meta, What::Updated, &fields);
    let changed = entry.close(db.execute(entry.stmt(stmt)).await, |_| Some(Keys::Unknown));
    changed.map_err(|error| explain_write(error, meta, &fields, at))
}

/// Runs an update that answers with rows.
async fn answered(
    select: Box<Select>,
    mut sets: Vec<RawAssign>,
    tap: Tap,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Tap> {
    let meta = select.root;
    version::count(meta, &mut sets);
    let fields = assigned(&sets);
    let entry = Entry::open(db, meta, What::Updated, &fields);
    let stmt = statement(&select, &sets, tap.answer(), db.dialect(), at)?;
    let tap = tap.keys_for_feed(entry.is_heard());
    let written = entry.close(tap.fetch(db, entry.stmt(stmt)).await, Tap::feed_keys);
    written.map_err(|error| explain_write(error, meta, &fields, at))
}

pub(super) fn assigned(sets: &[RawAssign]) -> Vec<u16> {
    sets.iter().map(|assign| assign.field).collect()
}

pub(super) fn statement(
    select: &Select,
    sets: &[RawAssign],
    returning: Returning,
    dialect: &'static Dialect,
    at: &'static Location<'static>,
) -> Result<Stmt> {
    let nodes = nodes(select.root, sets).map_err(|error| error.at(at))?;
    check_fits(select.root, nodes.iter().copied(), dialect).map_err(|error| error.at(at))?;
    Ok(sql::update(select, &nodes, returning, dialect).map_err(|error| error.at(at))?.at(at))
}

/// The assigned nodes, their values checked.
fn nodes<'a>(meta: &'static ModelMeta, sets: &'a [RawAssign]) -> Result<Vec<(u16, &'a Node)>> {
    let mut errors = FieldErrors::new();
    let mut nodes: Vec<(u16, &Node)> = Vec::with_capacity(sets.len());
    for assign in sets {
        let field = meta.field_at(assign.field).ok_or_else(|| Error::internal("no such field"))?;
        let AssignValue::Node(node) = &assign.value else {
            return Err(Error::internal(format!(
                "the objects of {0}.{1} can't be changed by an update: use row.related({0}.{1}).set(..)",
                meta.name, field.name
            )));
        };
        match node {
            Node::Value(value) => check(field, value, &mut errors),
            _ => refuse_computed(field, &mut errors),
        }
        // The last assignment of a column wins: a column can be set once only.
        nodes.retain(|(index, _)| *index != assign.field);
        nodes.push((assign.field, node));
    }
    errors.into_result()?;
    Ok(nodes)
}
