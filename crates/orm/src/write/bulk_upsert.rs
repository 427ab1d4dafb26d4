//! Many rows in few statements, where some may exist already.

use std::{collections::HashSet, panic::Location};

use quintet_core::{Error, Result, meta::ModelMeta};

use super::{
    Draft,
    batch::Batch,
    chunks::Chunks,
    insert::{self, OnConflict, also_touched, must_be_unique, row_scales},
    raw_draft::RawDraft,
    upsert,
};
use crate::{
    db::to_home,
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
    to_home!(db, meta, at);
    if let Existing::Take(fields) = &mut existing {
        insert::must_be_given(meta, fields, at)?;
        also_touched(meta, fields);
    }
    let drafts: Vec<RawDraft> = drafts.into_iter().map(|draft| draft.raw).collect();
    each_another(meta, &drafts, &by).map_err(|error| error.at(at))?;
    if Ears::of(db, meta, &[Moment::Saving, Moment::Saved], at).is_some() {
        drafts.iter().try_for_each(|draft| draft.row().map(drop)).map_err(|error| error.at(at))?;
        return one_by_one(&drafts, by, existing, db, at).await;
    }
    let mut batch = Batch::new(meta, db.dialect());
    drafts.into_iter().for_each(|draft| batch.push(draft));
    let chunks = batch.checked().map_err(|error| error.at(at))?.chunks;
    let conflict = match &existing {
        Existing::Stay => Conflict::Keep { by: &by },
        Existing::Take(fields) => Conflict::Update { by: &by, fields },
    };
    let sink = rows_sink(row_scales(meta, db.dialect()), M::from_row);
    let tap = Tap::new(meta, Returning::Rows).into(sink);
    rows_of(Chunks { conflict, ..Chunks::new(meta, chunks, at) }.fetch(tap, db).await?.sink()?)
}

/// Refuses drafts that share their unique fields: some databases refuse to write a row twice in one statement, and which of two
/// it should be, nobody said.
fn each_another(meta: &'static ModelMeta, drafts: &[RawDraft], by: &[u16]) -> Result {
    let mut keys = HashSet::with_capacity(drafts.len());
    for draft in drafts {
        if draft.links().next().is_some() {
            return Err(Error::internal(format!(
                "many-to-many objects of a {} can't be written here, where its row may exist already: write the rows, \
                 then row.related(..).set(..)",
                meta.name
            )));
        }
        let key = by.iter().map(|index| draft.value(*index)).collect::<Result<Vec<_>>>();
        if !keys.insert(format!("{:?}", key?)) {
            let names: Vec<&str> =
                by.iter().filter_map(|index| meta.field_at(*index)).map(|field| field.name).collect();
            return Err(Error::bad_request(format!(
                "two of the rows to be written are the same {}: they share {}",
                meta.name,
                names.join(", ")
            )));
        }
    }
    Ok(())
}

/// Each row for itself, for receivers that want to know what it was.
async fn one_by_one<M: Model>(
    drafts: &[RawDraft],
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
            && exists(upsert::same(draft, by)?, &*tx, at).await?
        {
            continue;
        }
        let sink = rows_sink(row_scales(M::meta(), db.dialect()), M::from_row);
        let sink = insert::run(draft, &conflict, sink, &*tx, at).await?;
        written.extend(rows_of::<M>(sink)?);
    }
    tx.commit().await?;
    Ok(written)
}
