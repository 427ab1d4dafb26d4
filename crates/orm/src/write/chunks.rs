//! The statements of an insert of many rows.

use std::panic::Location;

use quintet_core::{Error, Result, meta::ModelMeta};

use super::{
    batch::{Chunk, Values},
    explain::explain_write,
};
use crate::{
    change::{Entry, Keys, What},
    copied::Asked,
    decode::tap::Tap,
    executor::Executor,
    sql::{self, Conflict, Render, Returning},
    stmt::{Access, Stmt},
};

/// So many rows are written in no time.
const FEW: usize = 20;

/// Statements that insert rows.
pub(super) struct Chunks<'a> {
    pub(super) meta: &'static ModelMeta,
    pub(super) chunks: Vec<Chunk>,
    /// What happens to rows that are there already.
    pub(super) conflict: Conflict<'a>,
    pub(super) at: &'static Location<'static>,
    /// May they go by COPY where the database knows that?
    pub(super) copies: bool,
    /// Where it is told in which form rows like those of the last chunk are copied.
    pub(super) asked: Option<Asked>,
}

impl<'a> Chunks<'a> {
    /// Of rows that are all new.
    pub(super) fn new(
        meta: &'static ModelMeta,
        chunks: Vec<Chunk>,
        at: &'static Location<'static>,
    ) -> Chunks<'a> {
        Chunks { meta, chunks, conflict: Conflict::Refuse, at, copies: false, asked: None }
    }

    /// Sends many rows by COPY where the database knows that and nobody asks for their keys. With the rows of the last chunk the
    /// form is `asked` in which further ones are copied.
    pub(super) fn by_copy(self, asked: Option<Asked>) -> Chunks<'a> {
        Chunks { copies: true, asked, ..self }
    }

    /// Runs them, all or none; nobody asks for the rows. Gives their number.
    pub(super) async fn insert(self, db: &dyn Executor) -> Result<u64> {
        if self.chunks.len() <= 1 {
            return self.insert_in(db).await;
        }
        let tx = db.begin().await?;
        let count = self.insert_in(&*tx).await?;
        tx.commit().await?;
        Ok(count)
    }

    /// Runs them one after the other, in a transaction where there are several.
    pub(super) async fn insert_in(self, db: &dyn Executor) -> Result<u64> {
        let Chunks { meta, chunks, conflict, at, copies, mut asked } = self;
        let copies = copies && db.dialect().copies_rows();
        let (mut count, mut left) = (0, chunks.len());
        for chunk in chunks {
            left -= 1;
            let entry = Entry::open(db, meta, what(conflict), &[]);
            let returning = if entry.is_heard() { Returning::Keys } else { Returning::Nothing };
            let fields = chunk.fields.clone();
            let stmt = if copies && !entry.is_heard() && chunk.can_be_copied() {
                let mut stmt = chunk.copy(meta, db, at)?;
                if let (0, Some(copy)) = (left, &mut stmt.copy) {
                    copy.asked = asked.take();
                }
                stmt
            } else {
                chunk.statement(meta, (conflict, returning), db, at)?
            };
            let stmt = entry.stmt(stmt);
            let written = if entry.is_heard() {
                let tap = Tap::new(meta, returning).keys_for_feed(true).fetch(db, stmt).await;
                entry.close(tap, Tap::feed_keys).map(|tap| tap.count)
            } else {
                entry.close(db.execute(stmt).await, |_| None)
            };
            count += written.map_err(|error| explain_write(error, meta, &fields, at))?;
        }
        Ok(count)
    }

    /// Runs them, all or none; the rows go through the tap.
    pub(super) async fn fetch(self, tap: Tap, db: &dyn Executor) -> Result<Tap> {
        if self.chunks.len() <= 1 {
            return self.fetch_in(tap, db).await;
        }
        let tx = db.begin().await?;
        let tap = self.fetch_in(tap, &*tx).await?;
        tx.commit().await?;
        Ok(tap)
    }

    /// As [`insert_in`](Self::insert_in); the rows go through the tap.
    pub(super) async fn fetch_in(self, mut tap: Tap, db: &dyn Executor) -> Result<Tap> {
        let Chunks { meta, chunks, conflict, at, .. } = self;
        for chunk in chunks {
            let (fields, rows) = (chunk.fields.clone(), chunk.rows);
            let stmt = chunk.statement(meta, (conflict, Returning::Rows), db, at)?;
            let entry = Entry::open(db, meta, what(conflict), &[]);
            let before = tap.keys.len();
            tap = tap.keys(if entry.is_heard() { before + rows } else { 0 });
            let written = tap.fetch(db, entry.stmt(stmt)).await;
            let new = |tap: &Tap| {
                let keys = tap.keys.get(before..).unwrap_or_default();
                (!keys.is_empty()).then(|| Keys::of(keys.to_vec()))
            };
            let written = entry.close(written, new);
            tap = written.map_err(|error| explain_write(error, meta, &fields, at))?;
        }
        Ok(tap)
    }
}

/// What is told of the rows.
fn what(conflict: Conflict<'_>) -> What {
    match conflict {
        Conflict::Refuse | Conflict::Keep { .. } => What::Created,
        Conflict::Update { .. } => What::Saved,
    }
}

impl Chunk {
    /// Are they values only, and enough for a COPY to be worth it?
    pub(super) fn can_be_copied(&self) -> bool {
        self.rows > FEW && !self.fields.is_empty() && matches!(self.values, Values::Kept(_))
    }

    fn copy(
        self,
        meta: &'static ModelMeta,
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<Stmt> {
        let Values::Kept(params) = self.values else {
            return Err(Error::internal("expressions can't be copied"));
        };
        let stmt = sql::copy_many(meta, &self.fields, self.rows, params, db.dialect());
        Ok(stmt.map_err(|error| error.at(at))?.at(at))
    }

    fn statement(
        self,
        meta: &'static ModelMeta,
        (conflict, returning): (Conflict<'_>, Returning),
        db: &dyn Executor,
        at: &'static Location<'static>,
    ) -> Result<Stmt> {
        let Chunk { fields, rows, values } = self;
        let mut stmt = match values {
            Values::Kept(params) => {
                let how = (conflict, returning);
                sql::insert_many(meta, &fields, rows, params, how, db.dialect())
                    .map_err(|error| error.at(at))?
            }
            Values::Nodes(rows) => {
                let mut render = Render::new(db.dialect());
                let rendered = render.insert(meta, &fields, &rows, conflict, returning);
                rendered.map_err(|error| error.at(at))?;
                render.finish(Access::Write)?
            }
        };
        stmt.short = rows <= FEW;
        Ok(stmt.at(at))
    }
}
