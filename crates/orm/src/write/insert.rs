//! One new row.

use std::panic::Location;

use quintet_core::{BoxFuture, Error, FieldErrors, Result, meta::ModelMeta, on_heap};

use super::{
    explain::explain_write,
    fits::check_fits,
    links::add_links,
    raw_draft::{RawDraft, Row},
    upsert,
};
use crate::{
    ast::{Comparison, Node, PathKey},
    change::{Entry, What},
    db::{at_primary, to_home},
    decode::{
        Scales,
        sink::{rows_of, rows_sink},
        tap::Tap,
    },
    dialect::Dialect,
    executor::{Executor, Transaction},
    expr::Expr,
    model::Model,
    query::QuerySet,
    row::RowSink,
    signal::{Ears, Moment, Rows},
    sql::{self, Conflict, Returning, decimal_places},
    validate::refuse_computed,
};

/// What happens where a row with the same unique fields exists.
#[derive(Debug)]
pub(super) enum OnConflict {
    Refuse,
    Keep { by: Vec<u16> },
    Update { by: Vec<u16>, fields: Vec<u16> },
}

impl OnConflict {
    fn as_sql(&self) -> Conflict<'_> {
        match self {
            OnConflict::Refuse => Conflict::Refuse,
            OnConflict::Keep { by } => Conflict::Keep { by },
            OnConflict::Update { by, fields } => Conflict::Update { by, fields },
        }
    }
}

pub(super) async fn insert<M: Model>(
    draft: RawDraft,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<M> {
    match write::<M>(&draft, &OnConflict::Refuse, db, at).await? {
        Some(row) => Ok(row),
        None => Err(Error::database(format!("inserting a {} gave no row back", M::meta().name)).at(at)),
    }
}

pub(super) async fn or_get<M: Model>(
    draft: RawDraft,
    by: Vec<u16>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<(M, bool)> {
    must_be_unique(M::meta(), &by, at)?;
    let mut condition = Vec::with_capacity(by.len());
    for index in &by {
        let column = Node::Column(PathKey::ROOT, *index);
        let value = draft.value(*index).map_err(|error| error.at(at))?;
        condition.push(Node::compare(Comparison::Eq, column, Node::Value(value)));
    }
    // Whatever the default scope leaves out is in the way of the unique index all the same.
    let existing = QuerySet::<M>::new().unscoped().filter(Expr::from_node(Node::And(condition)));
    let conflict = OnConflict::Keep { by };
    to_home!(db, M::meta(), at);
    let written = db;
    // A copy may not know yet of what was written a moment ago.
    at_primary!(db);
    // The second look finds the row of whoever was quicker; the third turn is for one that was deleted in between.
    for _ in 0..3 {
        if let Some(row) = existing.clone().limit(1).rows(db, at).await?.into_iter().next() {
            return Ok((row, false));
        }
        if let Some(row) = write::<M>(&draft, &conflict, written, at).await? {
            return Ok((row, true));
        }
    }
    Err(Error::database(format!("a {} keeps appearing and vanishing", M::meta().name)).at(at))
}

pub(super) async fn upsert<M: Model>(
    draft: RawDraft,
    mut conflict: OnConflict,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<M> {
    if let OnConflict::Update { by, fields } = &mut conflict {
        must_be_unique(M::meta(), by, at)?;
        must_be_given(M::meta(), fields, at)?;
        also_touched(M::meta(), fields);
    }
    match write::<M>(&draft, &conflict, db, at).await? {
        Some(row) => Ok(row),
        None => Err(Error::database(format!("writing a {} gave no row back", M::meta().name)).at(at)),
    }
}

async fn write<M: Model>(
    draft: &RawDraft,
    conflict: &OnConflict,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Option<M>> {
    to_home!(db, M::meta(), at);
    let sink = rows_sink(row_scales(M::meta(), db.dialect()), M::from_row);
    let sink = run(draft, conflict, sink, db, at).await?;
    Ok(rows_of(sink)?.into_iter().next())
}

/// Inserts the row and its links, and tells of it. The sink has no row if another one was kept instead.
pub(super) async fn run(
    draft: &RawDraft,
    conflict: &OnConflict,
    sink: Box<dyn RowSink>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Box<dyn RowSink>> {
    let ears = Ears::of(db, draft.meta, &[Moment::Saving, Moment::Saved], at);
    match (&ears, conflict) {
        (Some(ears), OnConflict::Update { by, fields }) => {
            return upsert::told(draft, (by, fields), sink, ears, db, at).await;
        }
        (None, _) if draft.links().next().is_none() => {
            return put(draft, conflict, sink, None, db, at).await?.0.sink();
        }
        _ => {}
    }
    let tx = db.begin().await?;
    let (sink, made) = told(draft, conflict, sink, ears.as_ref(), &*tx, at).await?;
    if made {
        tx.commit().await?;
    }
    Ok(sink)
}

/// Inserts the row and its links inside a transaction of its own. Tells whether the row is new.
pub(super) fn told<'a>(
    draft: &'a RawDraft,
    conflict: &'a OnConflict,
    sink: Box<dyn RowSink>,
    ears: Option<&'a Ears>,
    tx: &'a dyn Transaction,
    at: &'static Location<'static>,
) -> BoxFuture<'a, Result<(Box<dyn RowSink>, bool)>> {
    on_heap(move || write_and_tell(draft, conflict, sink, ears, tx, at))
}

async fn write_and_tell(
    draft: &RawDraft,
    conflict: &OnConflict,
    sink: Box<dyn RowSink>,
    ears: Option<&Ears>,
    tx: &dyn Transaction,
    at: &'static Location<'static>,
) -> Result<(Box<dyn RowSink>, bool)> {
    let mut draft = draft.clone();
    if let Some(ears) = ears {
        draft.sets = ears.saving(tx, None, Vec::new(), draft.sets).await?;
    }
    let (mut tap, fields) = put(&draft, conflict, sink, ears, tx, at).await?;
    if tap.count == 0 {
        return Ok((tap.sink()?, false));
    }
    let owner = tap.keys.first().cloned().unwrap_or_default();
    for (field, keys) in draft.links() {
        add_links(draft.meta, field, &[(&owner, keys)], tx, at).await?;
    }
    if let Some(ears) = ears {
        let rows = Rows { rows: std::mem::take(&mut tap.copies), created: true, fields };
        ears.rows(tx, Moment::Saved, &rows).await?;
    }
    Ok((tap.sink()?, true))
}

/// The insert itself, with the fields that were given.
async fn put(
    draft: &RawDraft,
    conflict: &OnConflict,
    sink: Box<dyn RowSink>,
    ears: Option<&Ears>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<(Tap, Vec<u16>)> {
    let meta = draft.meta;
    let Row { fields, values } = draft.row().map_err(|error| error.at(at))?;
    let (dialect, given) = (db.dialect(), fields.iter().copied().zip(&values));
    check_fits(meta, given, dialect).map_err(|error| error.at(at))?;
    let stmt = sql::insert(meta, &fields, &values, conflict.as_sql(), dialect);
    let stmt = stmt.map_err(|error| error.at(at))?.at(at);
    let what = if matches!(conflict, OnConflict::Update { .. }) { What::Saved } else { What::Created };
    let entry = Entry::open(db, meta, what, &[]);
    let mut tap = Tap::new(meta, Returning::Rows).into(sink).keys_for_feed(entry.is_heard());
    if draft.links().next().is_some() {
        tap = tap.keys(1);
    }
    if let Some(ears) = ears.filter(|ears| ears.hear(Moment::Saved)) {
        tap = tap.copies(Some(ears.voice()), row_scales(meta, dialect));
    }
    let written = entry.close(tap.fetch(db, entry.stmt(stmt)).await, Tap::feed_keys);
    let tap = written.map_err(|error| explain_write(error, meta, &fields, at))?;
    Ok((tap, fields))
}

/// The scales of a model's columns.
pub(crate) fn row_scales(meta: &'static ModelMeta, dialect: &Dialect) -> Scales {
    if !meta.columns().any(|(_, field)| decimal_places(field, dialect).is_some()) {
        return Scales::default();
    }
    meta.columns().map(|(_, field)| decimal_places(field, dialect).unwrap_or_default()).collect()
}

/// A row that is written over is saved: what is computed at each save is written too.
pub(super) fn also_touched(meta: &'static ModelMeta, fields: &mut Vec<u16>) {
    if fields.is_empty() {
        return;
    }
    let touched = meta.columns().filter(|(index, field)| field.on_save.is_some() && !fields.contains(index));
    let touched: Vec<u16> = touched.map(|(index, _)| index).collect();
    fields.extend(touched);
}

/// Refuses to write over what the database computes.
pub(super) fn must_be_given(
    meta: &'static ModelMeta,
    fields: &[u16],
    at: &'static Location<'static>,
) -> Result {
    let mut errors = FieldErrors::new();
    fields
        .iter()
        .filter_map(|index| meta.field_at(*index))
        .for_each(|field| refuse_computed(field, &mut errors));
    errors.into_result().map_err(|error| error.at(at))
}

/// Refuses fields that do not identify a row, which the database would refuse with a riddle.
pub(super) fn must_be_unique(meta: &'static ModelMeta, by: &[u16], at: &'static Location<'static>) -> Result {
    let same = |set: &[u16]| set.len() == by.len() && set.iter().all(|index| by.contains(index));
    let single = match by {
        [one] => meta.field_at(*one).is_some_and(|field| field.unique),
        _ => false,
    };
    if single || same(meta.primary_key) || meta.unique_together.iter().any(|set| same(set)) {
        return Ok(());
    }
    let names: Vec<&str> =
        by.iter().filter_map(|index| meta.field_at(*index)).map(|field| field.name).collect();
    let (names, fix) = match names.as_slice() {
        [one] => ((*one).to_owned(), "#[field(unique)]".to_owned()),
        all => (all.join(", "), format!("unique_together = [\"{}\"] in #[model(..)]", all.join("\", \""))),
    };
    Err(Error::internal(format!("{} does not identify a {}: it needs {fix}", names, meta.name)).at(at))
}
