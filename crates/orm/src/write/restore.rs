//! Rows written as they are: no defaults, no rules, no signals.

use std::panic::Location;

use quintet_core::{Error, FieldErrors, Result, Value, meta::ModelMeta};

use super::{
    batch::{Chunk, Values},
    chunks::Chunks,
    fits::refused,
};
use crate::{
    decode::tap::Tap,
    executor::Executor,
    sql::{Conflict, Returning, kept},
};

/// Writes rows, over those that have their keys.
pub(crate) async fn restore_rows(
    meta: &'static ModelMeta,
    fields: Vec<u16>,
    rows: Vec<Vec<Value>>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result {
    let over: Vec<u16> = fields.iter().copied().filter(|field| !meta.primary_key.contains(field)).collect();
    let conflict = match over.as_slice() {
        [] => Conflict::Keep { by: meta.primary_key },
        fields => Conflict::Update { by: meta.primary_key, fields },
    };
    let chunks = vec![chunk(meta, fields, rows, db).map_err(|error| error.at(at))?];
    Chunks { conflict, ..Chunks::new(meta, chunks, at) }.insert_in(db).await.map(drop)
}

/// Writes a row that the database gives its key.
pub(crate) async fn restore_new(
    meta: &'static ModelMeta,
    fields: Vec<u16>,
    values: Vec<Value>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Value> {
    let chunk = chunk(meta, fields, vec![values], db).map_err(|error| error.at(at))?;
    let tap = Tap::new(meta, Returning::Rows).keys(1);
    let mut tap = Chunks::new(meta, vec![chunk], at).fetch_in(tap, db).await?;
    tap.keys
        .pop()
        .ok_or_else(|| Error::database(format!("inserting a {} gave no key back", meta.name)).at(at))
}

fn chunk(meta: &ModelMeta, fields: Vec<u16>, rows: Vec<Vec<Value>>, db: &dyn Executor) -> Result<Chunk> {
    let (dialect, mut errors) = (db.dialect(), FieldErrors::new());
    let mut params = Vec::with_capacity(fields.len() * rows.len());
    let count = rows.len();
    for row in rows {
        for (index, value) in fields.iter().zip(row) {
            let field = meta.field_at(*index).ok_or_else(|| Error::internal("no such field"))?;
            if let Some(why) = refused(&value, dialect) {
                errors.push(field.name, why);
            }
            params.push(kept(field, value, dialect)?);
        }
    }
    errors.into_result()?;
    Ok(Chunk { fields: fields.into(), rows: count, values: Values::Kept(params) })
}
