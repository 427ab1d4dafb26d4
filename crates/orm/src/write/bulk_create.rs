//! Many new rows in few statements.

use std::{future::ready, panic::Location};

use quintet_core::{BoxFuture, Result, Value, meta::ModelMeta};

use super::{
    Draft,
    batch::{Batch, NewLinks},
    chunks::Chunks,
    insert::row_scales,
    links::add_links,
    raw_draft::RawDraft,
};
use crate::{
    db::{Db, home},
    decode::{
        sink::{rows_of, rows_sink},
        tap::Tap,
    },
    executor::Executor,
    model::Model,
    row::RowSink,
    signal::{Ears, Moment, Rows},
    sql::Returning,
    stmt::Access,
};

/// Drafts that are to be inserted, all or none, in order.
pub(crate) struct NewRows {
    meta: &'static ModelMeta,
    at: &'static Location<'static>,
    drafts: Gathered,
}

enum Gathered {
    /// Nobody has to hear of them: they are parameters already.
    Batch(Batch),
    /// Receivers may change them first.
    Drafts(Ears, Vec<RawDraft>),
}

impl NewRows {
    /// Takes the drafts one by one.
    fn of<M: Model>(
        drafts: impl Iterator<Item = Draft<M>>,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> NewRows {
        let meta = M::meta();
        let drafts = drafts.map(|draft| draft.raw);
        let drafts = match Ears::of(db, meta, &[Moment::Saving, Moment::Saved], at) {
            Some(ears) => Gathered::Drafts(ears, drafts.collect()),
            None => {
                let mut batch = Batch::new(meta, db.dialect());
                drafts.for_each(|draft| batch.push(draft));
                Gathered::Batch(batch)
            }
        };
        NewRows { meta, at, drafts }
    }

    /// Drafts that receivers hear of.
    pub(super) fn told(
        meta: &'static ModelMeta,
        ears: Ears,
        drafts: impl Iterator<Item = RawDraft>,
        at: &'static Location<'static>,
    ) -> NewRows {
        NewRows { meta, at, drafts: Gathered::Drafts(ears, drafts.collect()) }
    }

    /// Inserts them and gives them back.
    pub(crate) fn create<'a, M: Model>(
        drafts: impl Iterator<Item = Draft<M>>,
        db: &'a dyn Executor,
        at: &'static Location<'static>,
    ) -> BoxFuture<'a, Result<Vec<M>>> {
        let (rows, home) = match NewRows::at_home(drafts, db, at) {
            Ok(found) => found,
            Err(error) => return Box::pin(ready(Err(error))),
        };
        Box::pin(async move {
            let db = home.as_ref().map_or(db, |home| home as &dyn Executor);
            let sink = rows_sink(row_scales(M::meta(), db.dialect()), M::from_row);
            rows_of(rows.into(sink, db).await?)
        })
    }

    /// The drafts and where they go: both are asked for at once, as drafts are borrowed from who calls.
    fn at_home<M: Model>(
        drafts: impl Iterator<Item = Draft<M>>,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<(NewRows, Option<Db>)> {
        let home = home(db, M::meta(), Access::Write).map_err(|error| error.at(at))?;
        let rows = NewRows::of(drafts, home.as_ref().map_or(db, |home| home as &dyn Executor), at);
        Ok((rows, home))
    }

    /// Inserts them with all that belongs to them. The rows go to the sink.
    pub(super) async fn into(self, sink: Box<dyn RowSink>, db: &dyn Executor) -> Result<Box<dyn RowSink>> {
        let NewRows { meta, at, drafts } = self;
        let tap = Tap::new(meta, Returning::Rows).into(sink);
        let (ears, drafts) = match drafts {
            Gathered::Drafts(ears, drafts) => (ears, drafts),
            Gathered::Batch(batch) => {
                let batch = batch.checked().map_err(|error| error.at(at))?;
                if batch.links.is_empty() {
                    return Chunks::new(meta, batch.chunks, at).fetch(tap, db).await?.sink();
                }
                let tx = db.begin().await?;
                let tap = linked(meta, batch, tap, &*tx, at).await?;
                tx.commit().await?;
                return tap.sink();
            }
        };
        let tx = db.begin().await?;
        let mut batch = Batch::new(meta, db.dialect());
        for mut draft in drafts {
            draft.sets = ears.saving(&*tx, None, Vec::new(), draft.sets).await?;
            batch.push(draft);
        }
        let batch = batch.checked().map_err(|error| error.at(at))?;
        let fields: Vec<_> = batch.chunks.iter().map(|chunk| (chunk.rows, chunk.fields.to_vec())).collect();
        let saved = ears.hear(Moment::Saved);
        let voice = saved.then(|| ears.voice());
        let tap = tap.copies(voice, row_scales(meta, db.dialect()));
        let mut tap = linked(meta, batch, tap, &*tx, at).await?;
        if saved {
            let mut copies = std::mem::take(&mut tap.copies).into_iter();
            for (count, fields) in fields {
                let rows = Rows { rows: copies.by_ref().take(count).collect(), created: true, fields };
                ears.rows(&*tx, Moment::Saved, &rows).await?;
            }
        }
        tx.commit().await?;
        tap.sink()
    }
}

/// Inserts rows and their links.
pub(super) async fn linked(
    meta: &'static ModelMeta,
    batch: Batch,
    mut tap: Tap,
    tx: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Tap> {
    let (rows, links) = (batch.len(), batch.links);
    if !links.is_empty() {
        tap = tap.keys(rows);
    }
    let tap = Chunks::new(meta, batch.chunks, at).fetch_in(tap, tx).await?;
    link(meta, &links, &tap.keys, tx, at).await?;
    Ok(tap)
}

/// An owner's key and those of its objects.
type OwnerLinks<'a> = (&'a Value, &'a [Value]);

/// Adds the many-to-many objects of all rows, field by field.
async fn link(
    meta: &'static ModelMeta,
    links: &[NewLinks],
    owners: &[Value],
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result {
    let mut fields: Vec<(u16, Vec<OwnerLinks<'_>>)> = Vec::new();
    for NewLinks { row, field, keys } in links {
        let Some(owner) = owners.get(*row) else { continue };
        match fields.iter_mut().find(|(other, _)| other == field) {
            Some((_, links)) => links.push((owner, keys)),
            None => fields.push((*field, vec![(owner, keys)])),
        }
    }
    for (field, links) in fields {
        add_links(meta, field, &links, db, at).await?;
    }
    Ok(())
}
