//! Fields of many rows in few statements.

use std::panic::Location;

use quintet_core::{Error, FieldErrors, Result, Value};

use super::{explain::explain_write, fits::refused};
use crate::{
    change::Entry,
    change::What,
    db::to_home,
    decode::tap::Tap,
    executor::Executor,
    key::Key,
    model::{Model, Record},
    sql::{Render, Returning},
    stmt::Access,
    validate::{check, own_rules},
};

/// Writes some fields of many rows, all or none.
pub(crate) async fn bulk_update<M: Model>(
    rows: &[M],
    mut fields: Vec<u16>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<u64> {
    let meta = M::meta();
    if rows.is_empty() || fields.is_empty() {
        return Ok(0);
    }
    // What is computed at each save is, unless it is among the fields.
    let touched: Vec<(u16, Value)> = meta
        .columns()
        .filter_map(|(index, field)| Some((index, field.on_save.filter(|_| !fields.contains(&index))?())))
        .collect();
    to_home!(db, meta, at);
    let mut errors = FieldErrors::new();
    let mut values: Vec<Vec<Value>> = Vec::with_capacity(rows.len());
    for row in rows {
        let mut one = match row.pk().to_key() {
            Value::List(parts) => parts,
            single => vec![single],
        };
        let (set, refused_by_model) = match meta.clean {
            None => Default::default(),
            Some(_) => {
                let all = meta
                    .columns()
                    .map(|(index, _)| (index, Record::value_at(row, index).unwrap_or_default()));
                let all: Vec<(u16, Value)> = all.collect();
                own_rules(meta, false, all.iter().map(|(index, value)| (*index, value)))
            }
        };
        errors.extend(refused_by_model);
        for index in &fields {
            let field = meta.field_at(*index).ok_or_else(|| Error::internal("no such field").at(at))?;
            let cleaned = set.iter().find(|(other, _)| other == index).map(|(_, value)| value.clone());
            let value = cleaned.or_else(|| Record::value_at(row, *index)).unwrap_or_default();
            check(field, &value, &mut errors);
            if let Some(why) = refused(&value, db.dialect()) {
                errors.push(field.name, why);
            }
            one.push(value);
        }
        one.extend(touched.iter().map(|(_, value)| value.clone()));
        values.push(one);
    }
    fields.extend(touched.iter().map(|(index, _)| *index));
    errors.into_result().map_err(|error| error.at(at))?;
    let chunk = (db.dialect().max_parameters / (fields.len() + M::Pk::WIDTH)).max(1);
    if values.len() <= chunk {
        return write_chunks::<M>(&[&values], &fields, db, at).await;
    }
    let chunks: Vec<&[Vec<Value>]> = values.chunks(chunk).collect();
    let tx = db.begin().await?;
    let changed = write_chunks::<M>(&chunks, &fields, &*tx, at).await?;
    tx.commit().await?;
    Ok(changed)
}

async fn write_chunks<M: Model>(
    chunks: &[&[Vec<Value>]],
    fields: &[u16],
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<u64> {
    let mut changed = 0;
    for rows in chunks {
        let meta = M::meta();
        let entry = Entry::open(db, meta, What::Updated, fields);
        let returning = if entry.is_heard() { Returning::Keys } else { Returning::Nothing };
        let mut render = Render::new(db.dialect());
        render.update_each(meta, fields, rows, returning).map_err(|error| error.at(at))?;
        let stmt = entry.stmt(render.finish(Access::Write)?.at(at));
        let written = if entry.is_heard() {
            let tap = Tap::new(meta, returning).keys_for_feed(true).fetch(db, stmt).await;
            entry.close(tap, Tap::feed_keys).map(|tap| tap.count)
        } else {
            entry.close(db.execute(stmt).await, |_| None)
        };
        changed += written.map_err(|error| explain_write(error, meta, fields, at))?;
    }
    Ok(changed)
}
