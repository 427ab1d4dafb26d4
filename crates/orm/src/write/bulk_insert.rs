//! Very many new rows that nobody wants back: as many at a time as one statement takes, so that no more are in the memory.
//!
//! Where the database copies rows, all but the first of them are written in its own form: [`Copying`].

use std::{any::Any, future::poll_fn, iter::Peekable, panic::Location, task::Poll};

use quintet_core::{BoxFuture, Result, meta::ModelMeta};

use super::{
    batch::Batch,
    bulk_create::{NewRows, linked},
    chunks::Chunks,
    copying::Copying,
    raw_draft::Drafts,
};
use crate::{
    copied::Asked,
    db::to_home,
    decode::tap::Tap,
    executor::Executor,
    row::{RowAccess, RowSink},
    signal::{Ears, Moment},
    sql::Returning,
};

/// Inserts rows, all or none, and tells how many there are.
pub(crate) async fn bulk_insert(
    meta: &'static ModelMeta,
    drafts: Drafts<'_>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<u64> {
    to_home!(db, meta, at);
    if let Some(ears) = Ears::of(db, meta, &[Moment::Saving, Moment::Saved], at) {
        let sink = NewRows::told(meta, ears, drafts, at).into(Box::<Counter>::default(), db).await?;
        return Ok(sink.into_any().downcast::<Counter>().map(|counter| counter.0).unwrap_or_default());
    }
    let mut drafts = drafts.peekable();
    let first = part(meta, &mut drafts, db, at)?;
    if drafts.peek().is_none() && first.links.is_empty() {
        return Chunks::new(meta, first.chunks, at).insert(db).await;
    }
    let tx = db.begin().await?;
    let asked = first.copied(tx.dialect()).map(|fields| (fields, Asked::default()));
    let mut count = 0;
    // One part is made ready while the one before is written.
    let part_of = |rows, asked| insert(meta, rows, &*tx, at, asked);
    let cell = asked.as_ref().map(|(_, cell)| cell.clone());
    let mut writing = Begun::of(Box::pin(part_of(first, cell))).await;
    let mut copying = None;
    if let Some((fields, asked)) = asked {
        // In which form further rows are copied is told with the answer.
        count += std::mem::replace(&mut writing, Begun::Done(Ok(0))).end().await?;
        copying = Copying::of(meta, fields, asked, at);
    }
    while drafts.peek().is_some() {
        let ready = match &mut copying {
            Some(copying) => copying.write(&mut drafts, &*tx).await,
            None => None,
        };
        let next: BoxFuture<'_, Result<u64>> = match ready {
            Some(ready) => Box::pin(ready.send(&*tx)),
            None => Box::pin(part_of(part(meta, &mut drafts, &*tx, at)?, None)),
        };
        let next = Begun::of(next).await;
        count += std::mem::replace(&mut writing, next).end().await?;
    }
    count += writing.end().await?;
    tx.commit().await?;
    Ok(count)
}

/// Something that goes on by itself once it was asked for.
enum Begun<'a, T> {
    Waits(BoxFuture<'a, T>),
    Done(T),
}

impl<'a, T> Begun<'a, T> {
    async fn of(mut work: BoxFuture<'a, T>) -> Self {
        let done = poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx))).await;
        match done {
            Poll::Ready(done) => Begun::Done(done),
            Poll::Pending => Begun::Waits(work),
        }
    }

    async fn end(self) -> T {
        match self {
            Begun::Waits(work) => work.await,
            Begun::Done(done) => done,
        }
    }
}

/// The next rows, checked.
fn part(
    meta: &'static ModelMeta,
    drafts: &mut Peekable<Drafts<'_>>,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<Batch> {
    let mut batch = Batch::new(meta, db.dialect());
    for draft in drafts.take(Batch::rows_at_once(meta, db.dialect())) {
        batch.push(draft);
        if batch.is_wrong() {
            break;
        }
    }
    batch.checked().map_err(|error| error.at(at))
}

async fn insert(
    meta: &'static ModelMeta,
    rows: Batch,
    tx: &dyn Executor,
    at: &'static Location<'static>,
    asked: Option<Asked>,
) -> Result<u64> {
    if rows.links.is_empty() {
        return Chunks::new(meta, rows.chunks, at).by_copy(asked).insert_in(tx).await;
    }
    let count = rows.len();
    linked(meta, rows, Tap::new(meta, Returning::Rows), tx, at).await?;
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}

/// Counts rows.
#[derive(Default)]
struct Counter(u64);

impl RowSink for Counter {
    fn push(&mut self, _: &dyn RowAccess) -> Result<bool> {
        self.0 += 1;
        Ok(true)
    }

    fn restart(&mut self) -> bool {
        self.0 = 0;
        true
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
