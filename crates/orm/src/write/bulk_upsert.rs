//! Many rows in few statements, where some may exist already.

use std::{collections::HashSet, panic::Location};

use quintet_core::{Error, Result};

use super::{
    Draft,
    draft::Row,
    explain::explain_write,
    insert::{self, OnConflict, also_touched, must_be_unique, row_scales, statement},
    upsert,
};
use crate::{
    ast::Node,
    change::{Entry, What},
    decode::{
        sink::{rows_of, rows_sink},
        tap::Tap,
    },
    executor::Executor,
    model::Model,
    query::exists,
    signal::{Ears, Moment},
    sql::{Conflict, Returning},
};

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
    mut existing: Existing,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<M>> {
    let meta = M::meta();
    must_be_unique(meta, &by, at)?;
    if let Existing::Take(fields) = &mut existing {
        also_touched(meta, fields);
    }
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
    if Ears::of(db, meta, &[Moment::Saving, Moment::Saved], at).is_some() {
        return one_by_one(&drafts, by, existing, db, at).await;
    }
    if chunks.len() <= 1 {
        return write_chunks(&chunks, &by, &existing, db, at).await;
    }
    let tx = db.begin().await?;
    let rows = write_chunks(&chunks, &by, &existing, &*tx, at).await?;
    tx.commit().await?;
    Ok(rows)
}

/// Each row for itself, for receivers that want to know what it was.
async fn one_by_one<M: Model>(
    drafts: &[Draft<M>],
    by: Vec<u16>,
    existing: Existing,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Vec<M>> {
    let stay = matches!(existing, Existing::Stay).then(|| by.clone());
    let conflict = match existing {
        Existing::Stay => OnConflict::Keep { by },
        Existing::Take(fields) => OnConflict::Update { by, fields },
    };
    let tx = db.begin().await?;
    let mut written = Vec::with_capacity(drafts.len());
    for draft in drafts {
        // Nobody is told of a row that stays as it is.
        if let Some(by) = &stay
            && exists(upsert::same(&draft.raw, by)?, &*tx, at).await?
        {
            continue;
        }
        let sink = rows_sink(row_scales(M::meta(), db.dialect()), M::from_row);
        let sink = insert::run(&draft.raw, &conflict, sink, &*tx, at).await?;
        written.extend(rows_of::<M>(sink)?);
    }
    tx.commit().await?;
    Ok(written)
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
        let meta = M::meta();
        let (stmt, scales) = statement(meta, fields, rows, conflict, db.dialect(), at)?;
        let what = if let Existing::Stay = existing { What::Created } else { What::Saved };
        let entry = Entry::open(db, meta, what, &[]);
        let sink = rows_sink(scales, M::from_row);
        let tap = Tap::new(meta, Returning::Rows).into(sink).keys_for_feed(entry.is_heard());
        let some = entry.close(tap.fetch(db, entry.stmt(stmt)).await, Tap::feed_keys);
        let some = some.map_err(|error| explain_write(error, meta, fields, at))?;
        written.extend(rows_of::<M>(some.sink()?)?);
    }
    Ok(written)
}
