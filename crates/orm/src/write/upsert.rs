//! Insert or update where receivers want to know which of the two it is.

use std::panic::Location;

use quintet_core::{BoxFuture, Error, Result, on_heap};

use super::{
    insert::{self, OnConflict},
    links::add_links,
    raw_draft::RawDraft,
    save::{self, Save},
};
use crate::{
    ast::{Comparison, Node, PathKey, Select},
    executor::Executor,
    row::RowSink,
    signal::Ears,
};

/// Looks for the row first: one statement could not tell receivers beforehand what it will do.
pub(super) fn told<'a>(
    draft: &'a RawDraft,
    fields: (&'a [u16], &'a [u16]),
    sink: Box<dyn RowSink>,
    ears: &'a Ears,
    db: &'a dyn Executor,
    at: &'static Location<'static>,
) -> BoxFuture<'a, Result<Box<dyn RowSink>>> {
    on_heap(move || look_and_write(draft, fields, sink, ears, db, at))
}

async fn look_and_write(
    draft: &RawDraft,
    (by, fields): (&[u16], &[u16]),
    mut sink: Box<dyn RowSink>,
    ears: &Ears,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Box<dyn RowSink>> {
    let meta = draft.meta;
    let row = draft.row().map_err(|error| error.at(at))?;
    let same = same(draft, by).map_err(|error| error.at(at))?;
    let assign = |field: &u16| row.assign(*field).map_or_else(|| draft.assign(*field), Ok);
    let sets = fields.iter().map(assign).collect::<Result<Vec<_>>>();
    let sets = sets.map_err(|error| error.at(at))?;
    // A further turn is for a row that appeared or vanished after the look.
    for _ in 0..3 {
        let tx = db.begin().await?;
        if let Some((key, before)) = save::find(&same, &*tx, at).await? {
            let (select, row) = (same.clone(), Some((key.clone(), before)));
            let change = Save { select, sets: sets.clone(), version: None, row };
            let Some((row, _)) = save::told(change, sink, ears, &*tx, at).await? else {
                return Err(vanishing(draft, at));
            };
            for (field, keys) in draft.links() {
                add_links(meta, field, &[(&key, keys)], &*tx, at).await?;
            }
            tx.commit().await?;
            return Ok(row);
        }
        let keep = OnConflict::Keep { by: by.to_vec() };
        let (filled, made) = insert::told(draft, &keep, sink, Some(ears), &*tx, at).await?;
        if made {
            tx.commit().await?;
            return Ok(filled);
        }
        sink = filled;
    }
    Err(vanishing(draft, at))
}

/// The query for the row that shares these fields with a draft.
pub(super) fn same(draft: &RawDraft, by: &[u16]) -> Result<Box<Select>> {
    let mut same = Box::new(Select::new(draft.meta));
    for index in by {
        let column = Node::Column(PathKey::ROOT, *index);
        same.add_filter(Node::compare(Comparison::Eq, column, Node::Value(draft.value(*index)?)));
    }
    Ok(same)
}

#[cold]
fn vanishing(draft: &RawDraft, at: &'static Location<'static>) -> Error {
    Error::database(format!("a {} keeps appearing and vanishing", draft.meta.name)).at(at)
}
