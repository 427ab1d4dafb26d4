//! A transaction's handle for a receiver, which may keep it longer than the transaction lives.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, Ordering},
};

use quintet_core::Error;
use tokio::task::JoinHandle;

use super::Hooks;
use crate::driver::{Answer, Job, Savepoint, Session, Sink};

/// A session that somebody else owns. It ends with the signal that it was made for, or with its owner.
pub(super) struct Guest {
    host: Weak<dyn Host>,
    open: Arc<AtomicBool>,
}

/// Whoever owns the session.
pub(super) trait Host: Send + Sync {
    fn session(&self) -> &dyn Session;
}

impl Guest {
    pub(super) fn new(host: Weak<dyn Host>) -> (Self, Arc<AtomicBool>) {
        let open = Arc::new(AtomicBool::new(true));
        (Guest { host, open: open.clone() }, open)
    }

    fn ask<T>(&self, ask: impl FnOnce(&dyn Session) -> Answer<T>) -> Answer<T> {
        match self.host.upgrade() {
            Some(host) if self.open.load(Ordering::Acquire) => ask(host.session()),
            _ => refuse(over()),
        }
    }
}

fn refuse<T>(error: Error) -> Answer<T> {
    let (reply, answer) = Answer::channel();
    drop(reply.send(Err(error)));
    answer
}

fn over() -> Error {
    Error::internal(
        "the transaction of a signal was used after its receiver had ended: write before it returns, or on the `Db` after \
         `tx.on_commit(..)`",
    )
}

impl Session for Guest {
    fn fetch(&self, job: Job, sink: Sink) -> Answer<Sink> {
        self.ask(|session| session.fetch(job, sink))
    }

    fn execute(&self, job: Job) -> Answer<u64> {
        self.ask(|session| session.execute(job))
    }

    fn batch(&self, job: Job) -> Answer<()> {
        self.ask(|session| session.batch(job))
    }

    fn savepoint(&self, step: Savepoint) -> Answer<()> {
        self.ask(|session| session.savepoint(step))
    }

    fn rollback(&self) -> Answer<()> {
        refuse(not_yours())
    }

    fn commit(&self, _hooks: Hooks) -> Answer<Option<JoinHandle<()>>> {
        refuse(not_yours())
    }
}

/// Nobody can call it: a receiver is given the handle by reference, and ending a transaction takes it.
fn not_yours() -> Error {
    Error::internal("a receiver can't end the transaction that it was called in")
}

/// Ends a guest's handle when it goes.
#[must_use = "the handle ends with it"]
pub(crate) struct Stay(pub(super) Arc<AtomicBool>);

impl Drop for Stay {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
