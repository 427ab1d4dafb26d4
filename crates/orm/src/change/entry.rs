use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use quintet_core::{ErrorKind, Result, meta::ModelMeta};

use super::{Change, Feed, Keys, TxLog, What};
use crate::{executor::Executor, stmt::Stmt};

/// What keeps a write's entry open as long as its statement can still run.
pub(crate) type Note = Arc<dyn Send + Sync + std::any::Any>;

/// A write that is about to happen, for the feed.
pub(crate) enum Entry<'a> {
    /// Nobody was subscribed when it began.
    Quiet { db: &'a dyn Executor, model: &'static ModelMeta },
    /// Somebody wants to know.
    Heard(Arc<Open>),
}

/// An entry whose outcome is not known yet. If it never becomes known (whoever waited for the statement is gone, the
/// connection broke), the last one to let go says that rows may have changed.
pub(crate) struct Open {
    to: Ledger,
    model: &'static ModelMeta,
    what: What,
    fields: Vec<u16>,
    /// Is nothing under way whose outcome is unknown?
    settled: AtomicBool,
}

enum Ledger {
    /// Until the transaction commits.
    Tx(Arc<TxLog>),
    /// At once.
    Feed(Arc<Feed>),
}

impl Ledger {
    fn push(&self, change: Change) {
        match self {
            Ledger::Tx(log) => log.push(change),
            Ledger::Feed(feed) => feed.publish_one(change),
        }
    }
}

impl<'a> Entry<'a> {
    /// Somebody is about to write `fields` of `model` on this handle.
    pub(crate) fn open(
        db: &'a dyn Executor,
        model: &'static ModelMeta,
        what: What,
        fields: &[u16],
    ) -> Entry<'a> {
        let (Some(feed), log) = (db.feed(), db.log()) else { return Entry::Quiet { db, model } };
        if !feed.is_heard() {
            return Entry::Quiet { db, model };
        }
        let to = match log {
            Some(log) => Ledger::Tx(log.clone()),
            None => Ledger::Feed(feed.clone()),
        };
        let (fields, settled) = (fields.to_vec(), AtomicBool::new(true));
        Entry::Heard(Arc::new(Open { to, model, what, fields, settled }))
    }

    /// Does anybody want to know which rows?
    pub(crate) fn is_heard(&self) -> bool {
        matches!(self, Entry::Heard(_))
    }

    /// The statement, which keeps the entry open until it has run.
    pub(crate) fn stmt(&self, mut stmt: Stmt) -> Stmt {
        if let Entry::Heard(open) = self {
            open.settled.store(false, Ordering::Relaxed);
            stmt.note = Some(open.clone());
        }
        stmt
    }

    /// The write has ended: `changes` tells which rows, and which on the other side of links; `None` if none were. It is
    /// asked only where somebody is subscribed.
    pub(crate) fn end<T>(
        &self,
        result: Result<T>,
        changes: impl FnOnce(&T) -> Option<(Keys, Keys)>,
    ) -> Result<T> {
        match self {
            Entry::Heard(open) => open.end(result, changes),
            Entry::Quiet { db, model } => {
                if let (Ok(_), Some(feed)) = (&result, db.feed()) {
                    match db.log() {
                        Some(log) => log.miss(),
                        // Somebody has subscribed meanwhile, and may have read the rows as they were before.
                        None if feed.is_heard() => {
                            feed.publish_one(Change::new(model, What::Touched, Keys::Unknown, &[]));
                        }
                        None => {}
                    }
                }
                result
            }
        }
    }

    /// [`end`](Self::end) for changes without another side.
    pub(crate) fn close<T>(&self, result: Result<T>, keys: impl FnOnce(&T) -> Option<Keys>) -> Result<T> {
        self.end(result, |done| Some((keys(done)?, Keys::Known(Vec::new()))))
    }
}

impl Open {
    fn end<T>(&self, result: Result<T>, changes: impl FnOnce(&T) -> Option<(Keys, Keys)>) -> Result<T> {
        match &result {
            Ok(done) => {
                self.settled.store(true, Ordering::Relaxed);
                if let Some((keys, related)) = changes(done) {
                    self.to.push(Change { related, ..self.change(keys) });
                }
            }
            // The database has refused it: nothing was changed.
            Err(error) if matches!(error.kind(), ErrorKind::Conflict { .. } | ErrorKind::Protected) => {
                self.settled.store(true, Ordering::Relaxed);
            }
            Err(_) => {}
        }
        result
    }

    fn change(&self, keys: Keys) -> Change {
        Change::new(self.model, self.what, keys, &self.fields)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !*self.settled.get_mut() {
            self.to.push(Change { related: Keys::Unknown, ..self.change(Keys::Unknown) });
        }
    }
}
