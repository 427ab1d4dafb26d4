//! Many rows in few statements, where some may exist already.

use std::{collections::HashSet, panic::Location};

use quintet_core::{Error, Result};

use super::{
    Draft,
    draft::Row,
    explain::explain_write,
    insert::{must_be_unique, statement},
};
use crate::{ast::Node, decode::sink::fetch, executor::Executor, model::Model, sql::Conflict};

/// What happens to rows that exist.
pub(crate) enum Existing {
    /// They stay as they are.
    Stay,
    /// They get these fields of the draft.
    Take(Vec<u16>),
}

/// Inserts drafts, all or none; gives the rows that were written.
pub(crate) async fn bulk_upsert<M: Model>(
    drafts: Vec<Draft<M>>,
    by: Vec<u16>,
    existing: Existing,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<M>> {
    let meta = M::meta();
    must_be_unique(meta, &by, at)?;
    let mut keys = HashSet::with_capacity(drafts.len());
    let mut chunks: Vec<(Vec<u16>, Vec<Vec<Node>>)> = Vec::new();
    let most = db.dialect().max_parameters;
    for draft in &drafts {
        if draft.raw.links().next().is_some() {
            return Err(Error::internal(format!(
                "many-to-many objects of a {} can't be written here, where its row may exist already: write the rows, \
                 then row.related(..).set(..)",
                meta.name
            ))
            .at(at));
        }
        let key = by.iter().map(|index| draft.raw.value(*index)).collect::<Result<Vec<_>>>();
        // Some databases refuse to write a row twice in one statement; which of two it should be, nobody said.
        if !keys.insert(format!("{:?}", key.map_err(|error| error.at(at))?)) {
            let names: Vec<&str> =
                by.iter().filter_map(|index| meta.field_at(*index)).map(|field| field.name).collect();
            return Err(Error::bad_request(format!(
                "two of the rows to be written are the same {}: they share {}",
                meta.name,
                names.join(", ")
            ))
            .at(at));
        }
        let Row { fields, values } = draft.raw.row().map_err(|error| error.at(at))?;
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
    if chunks.len() <= 1 {
        return write_chunks(&chunks, &by, &existing, db, at).await;
    }
    let tx = db.begin().await?;
    let rows = write_chunks(&chunks, &by, &existing, &*tx, at).await?;
    tx.commit().await?;
    Ok(rows)
}

async fn write_chunks<M: Model>(
    chunks: &[(Vec<u16>, Vec<Vec<Node>>)],
    by: &[u16],
    existing: &Existing,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<M>> {
    let mut written = Vec::new();
    for (fields, rows) in chunks {
        let conflict = match existing {
            Existing::Stay => Conflict::Keep { by },
            Existing::Take(taken) => Conflict::Update { by, fields: taken },
        };
        let stmt = statement(M::meta(), fields, rows, conflict, db.dialect(), at)?;
        let some = fetch(db, stmt, M::from_row, None).await;
        written.extend(some.map_err(|error| explain_write(error, M::meta(), fields, at))?);
    }
    Ok(written)
}
