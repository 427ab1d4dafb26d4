//! Changes of one row that receivers hear of: edits, and updates by name.

use std::panic::Location;

use quintet_core::{Result, Value, meta::ModelMeta, on_heap};

use super::{
    explain::explain_write,
    fits::check_values,
    insert::row_scales,
    update::{assigned, statement},
    version,
};
use crate::{
    ast::{Lock, Select},
    change::{Entry, Keys, What},
    db::{at_primary, to_home},
    decode::tap::Tap,
    dynamic::{values_of, values_sink},
    executor::{Executor, Transaction},
    expr::RawAssign,
    key::key_is,
    query::exists,
    row::RowSink,
    signal::{Ears, Moment, Rows},
    sql::{self, Ask, Returning},
};

/// A change of one row.
pub(super) struct Save {
    /// The query that gives the row.
    pub(super) select: Box<Select>,
    pub(super) sets: Vec<RawAssign>,
    /// The version that it must have.
    pub(super) version: Option<i64>,
    /// Its key and columns as they are, where they are known.
    pub(super) row: Option<(Value, Vec<(u16, Value)>)>,
}

/// What came of it.
pub(super) struct Done {
    /// The row as it is now; always where receivers had a say.
    pub(super) row: Option<Vec<Value>>,
    /// The fields that were written.
    pub(super) fields: Vec<u16>,
}

/// Changes the row, and tells of it. `None` if there is none.
pub(super) async fn save(
    save: Save,
    answer: bool,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Option<Done>> {
    to_home!(db, &*save.select, at);
    let Some(ears) = Ears::of(db, save.select.root, &[Moment::Saving, Moment::Saved], at) else {
        let sink = answer.then(|| values(save.select.root, db));
        let Some((mut tap, fields)) = put(save, sink, None, db, at).await? else { return Ok(None) };
        return Ok(Some(Done { row: first_row(tap.inner.take())?, fields }));
    };
    let tx = db.begin().await?;
    let sink = values(save.select.root, db);
    let Some((sink, fields)) = on_heap(|| told(save, sink, &ears, &*tx, at)).await? else { return Ok(None) };
    tx.commit().await?;
    Ok(Some(Done { row: first_row(Some(sink))?, fields }))
}

/// Changes the row with this key where no receiver has a say; false if there is none. It is to have this version, and gets the
/// next one.
pub(super) async fn quietly(
    meta: &'static ModelMeta,
    key: &Value,
    sets: &[(u16, Value)],
    version: Option<i64>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<bool> {
    let version = version.and_then(|now| Some((meta.version()?.0, now, now.saturating_add(1))));
    let fields: Vec<u16> =
        sets.iter().map(|(field, _)| *field).chain(version.map(|(field, ..)| field)).collect();
    check_values(meta, sets, db.dialect()).map_err(|error| error.at(at))?;
    let entry = Entry::open(db, meta, What::Updated, &fields);
    let returning = if entry.is_heard() { Returning::Keys } else { Returning::Nothing };
    let stmt = sql::update_row(meta, sets, key, version, returning, db.dialect());
    let stmt = entry.stmt(stmt.map_err(|error| error.at(at))?.at(at));
    let written = if entry.is_heard() {
        let tap = Tap::new(meta, returning).keys_for_feed(true).fetch(db, stmt).await;
        entry.close(tap, Tap::feed_keys).map(|tap| tap.count)
    } else {
        entry.close(db.execute(stmt).await, |_| Some(Keys::Unknown))
    };
    if written.map_err(|error| explain_write(error, meta, &fields, at))? > 0 {
        return Ok(true);
    }
    if let Some((_, now, _)) = version {
        let mut same = Box::new(Select::new(meta));
        same.add_filter(key_is(meta, key.clone()));
        // A copy may not know yet of what was written a moment ago.
        at_primary!(db);
        if exists(same, db, at).await? {
            return Err(version::changed_meanwhile(meta, now).at(at));
        }
    }
    Ok(false)
}

/// Changes the row inside a transaction of its own, whose receivers are told.
pub(super) async fn told(
    mut save: Save,
    sink: Box<dyn RowSink>,
    ears: &Ears,
    tx: &dyn Transaction,
    at: &'static Location<'static>,
) -> Result<Option<(Box<dyn RowSink>, Vec<u16>)>> {
    let meta = save.select.root;
    let (key, before) = match save.row.take() {
        Some(row) => row,
        None => match find(&save.select, tx, at).await? {
            Some(row) => row,
            None => return Ok(None),
        },
    };
    save.sets = ears.saving(tx, Some(key), before, save.sets).await?;
    // The number is counted here, whatever a receiver thinks of it.
    version::expected(meta, &mut save.sets);
    let Some((mut tap, fields)) = put(save, Some(sink), Some(ears), tx, at).await? else { return Ok(None) };
    let rows = Rows { rows: std::mem::take(&mut tap.copies), created: false, fields: fields.clone() };
    ears.rows(tx, Moment::Saved, &rows).await?;
    Ok(Some((tap.sink()?, fields)))
}

/// The update itself.
async fn put(
    save: Save,
    sink: Option<Box<dyn RowSink>>,
    ears: Option<&Ears>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Option<(Tap, Vec<u16>)>> {
    let Save { mut select, mut sets, version, .. } = save;
    let (meta, by_key) = (select.root, select.is_by_key());
    // The query without the version, in case that there is no row with it.
    let plain = version.map(|_| select.clone());
    match version {
        Some(number) => version::compare(&mut select, &mut sets, number),
        None => version::count(meta, &mut sets),
    }
    let fields = assigned(&sets);
    let entry = Entry::open(db, meta, What::Updated, &fields);
    let copies = ears.filter(|ears| ears.hear(Moment::Saved)).map(Ears::voice);
    let returning = match (&sink, copies, entry.is_heard()) {
        (None, None, false) => Returning::Nothing,
        (None, None, true) => Returning::Keys,
        _ => Returning::Rows,
    };
    let mut tap = Tap::new(meta, returning).keys_for_feed(entry.is_heard());
    if let Some(sink) = sink {
        tap = tap.into(sink);
    }
    if copies.is_some() {
        tap = tap.copies(copies, row_scales(meta, db.dialect()));
    }
    let mut stmt = entry.stmt(statement(&select, &sets, returning, db.dialect(), at)?);
    stmt.short = by_key;
    let written = if returning == Returning::Nothing {
        let changed = entry.close(db.execute(stmt).await, |_| Some(Keys::Unknown));
        changed.map(|changed| {
            tap.count = changed;
            tap
        })
    } else {
        entry.close(tap.fetch(db, stmt).await, Tap::feed_keys)
    };
    let tap = written.map_err(|error| explain_write(error, meta, &fields, at))?;
    if tap.count > 0 {
        return Ok(Some((tap, fields)));
    }
    if let (Some(number), Some(plain)) = (version, plain)
        && exists(plain, db, at).await?
    {
        return Err(version::changed_meanwhile(meta, number).at(at));
    }
    Ok(None)
}

/// The key and the columns of the row that a query gives, locked where the database has row locks.
pub(super) async fn find(
    select: &Select,
    tx: &dyn Transaction,
    at: &'static Location<'static>,
) -> Result<Option<(Value, Vec<(u16, Value)>)>> {
    let meta = select.root;
    let mut select = Box::new(select.clone());
    select.prepare();
    select.lock = tx.dialect().row_locks.then_some(Lock::Wait);
    let (stmt, scales) = sql::select(&select, Ask::Rows, tx.dialect()).map_err(|error| error.at(at))?;
    let fields = meta.columns().map(|(_, field)| field).collect();
    let tap = Tap::new(meta, Returning::Rows).keys(1).into(values_sink(scales, fields));
    let mut tap = tap.fetch(tx, stmt.at(at)).await.map_err(|error| error.at(at))?;
    let Some(row) = first_row(tap.inner.take())? else { return Ok(None) };
    let before = meta.columns().map(|(index, _)| index).zip(row).collect();
    Ok(Some((tap.keys.pop().unwrap_or_default(), before)))
}

fn values(meta: &'static ModelMeta, db: &dyn Executor) -> Box<dyn RowSink> {
    values_sink(row_scales(meta, db.dialect()), meta.columns().map(|(_, field)| field).collect())
}

fn first_row(sink: Option<Box<dyn RowSink>>) -> Result<Option<Vec<Value>>> {
    let Some(sink) = sink else { return Ok(None) };
    Ok(values_of(sink)?.into_iter().next())
}
