//! Many rows in few statements.

use std::panic::Location;

use quintet_core::{Error, FieldErrors, Result, Value};

use super::{Draft, draft::Row, explain::explain_write, fits::refused, insert::statement, links::add_links};
use crate::{
    ast::Node,
    decode::sink::fetch,
    executor::Executor,
    field::FieldType,
    model::{Model, Record},
    sql::{Conflict, Render},
    stmt::Access,
    validate::check,
};

/// Inserts drafts, all or none, in order.
pub(crate) async fn bulk_create<M: Model>(
    drafts: Vec<Draft<M>>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<M>> {
    let mut chunks: Vec<(Vec<u16>, Vec<Vec<Node>>)> = Vec::new();
    let most = db.dialect().max_parameters;
    for draft in &drafts {
        let Row { fields, values } = draft.raw.row().map_err(|error| error.at(at))?;
        // Neighbours that give the same fields share a statement, as far as its parameters go.
        match chunks.last_mut() {
            Some((same, rows))
                if *same == fields
                    && (rows.len() + 1) * fields.len().max(1) <= most
                    && !fields.is_empty() =>
            {
                rows.push(values);
            }
            _ => chunks.push((fields, vec![values])),
        }
    }
    let linked = drafts.iter().any(|draft| draft.raw.links().next().is_some());
    if chunks.len() <= 1 && !linked {
        return insert_chunks(&chunks, db, at).await;
    }
    let tx = db.begin().await?;
    let rows: Vec<M> = insert_chunks(&chunks, &*tx, at).await?;
    for (draft, row) in drafts.iter().zip(&rows) {
        for (field, keys) in draft.raw.links() {
            add_links(M::meta(), field, &row.pk().encode(), keys, &*tx, at).await?;
        }
    }
    tx.commit().await?;
    Ok(rows)
}

async fn insert_chunks<M: Model>(
    chunks: &[(Vec<u16>, Vec<Vec<Node>>)],
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<M>> {
    let mut all = Vec::new();
    for (fields, rows) in chunks {
        let stmt = statement(M::meta(), fields, rows, Conflict::Refuse, db.dialect(), at)?;
        let written = fetch(db, stmt, M::from_row, None).await;
        all.extend(written.map_err(|error| explain_write(error, M::meta(), fields, at))?);
    }
    Ok(all)
}

/// Writes some fields of many rows, all or none.
pub(crate) async fn bulk_update<M: Model>(
    rows: &[M],
    fields: Vec<u16>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<u64> {
    let meta = M::meta();
    if rows.is_empty() || fields.is_empty() {
        return Ok(0);
    }
    let mut errors = FieldErrors::new();
    let mut values: Vec<Vec<Value>> = Vec::with_capacity(rows.len());
    for row in rows {
        let mut one = vec![row.pk().encode()];
        for index in &fields {
            let field = meta.field_at(*index).ok_or_else(|| Error::internal("no such field").at(at))?;
            let value = Record::value_at(row, *index).unwrap_or_default();
            check(field, &value, &mut errors);
            if let Some(why) = refused(&value, db.dialect()) {
                errors.push(field.name, why);
            }
            one.push(value);
        }
        values.push(one);
    }
    errors.into_result().map_err(|error| error.at(at))?;
    let chunk = (db.dialect().max_parameters / (fields.len() + 1)).max(1);
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
        let mut render = Render::new(db.dialect());
        render.update_each(M::meta(), fields, rows).map_err(|error| error.at(at))?;
        let written = db.execute(render.finish(Access::Write)?.at(at)).await;
        changed += written.map_err(|error| explain_write(error, M::meta(), fields, at))?;
    }
    Ok(changed)
}
