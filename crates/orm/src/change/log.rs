//! What a transaction has changed so far.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Batch, Change, Feed};

/// The changes of one level of a transaction. What a savepoint did is added to the level around it when it is released,
/// and forgotten when it is undone.
#[derive(Debug, Default)]
pub(crate) struct TxLog(Mutex<State>);

#[derive(Debug)]
enum State {
    Open {
        batch: Batch,
        /// Was something written while nobody was subscribed, so that it is not in the batch?
        unseen: bool,
    },
    /// Released: what comes late goes here.
    Part(Arc<TxLog>),
}

impl Default for State {
    fn default() -> Self {
        State::Open { batch: Batch::default(), unseen: false }
    }
}

impl TxLog {
    pub(crate) fn push(&self, change: Change) {
        let above = match &mut *self.lock() {
            State::Open { batch, .. } => return batch.push(change),
            State::Part(above) => above.clone(),
        };
        above.push(change);
    }

    /// Something was written that nobody was there to hear of.
    pub(crate) fn miss(&self) {
        let above = match &mut *self.lock() {
            State::Open { unseen, .. } => {
                *unseen = true;
                return;
            }
            State::Part(above) => above.clone(),
        };
        above.miss();
    }

    /// Adds everything to the level around it.
    pub(crate) fn release(&self, above: &Arc<TxLog>) {
        let before = std::mem::replace(&mut *self.lock(), State::Part(above.clone()));
        if let State::Open { batch, unseen } = before {
            for change in batch.into_changes() {
                above.push(change);
            }
            if unseen {
                above.miss();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transaction's log on its way to the feed. It travels with the COMMIT, so that it is told also when nobody waits for
/// the transaction any more.
pub(crate) struct Publication {
    pub(crate) log: Arc<TxLog>,
    pub(crate) feed: Arc<Feed>,
}

impl Publication {
    /// The transaction has committed.
    pub(crate) fn publish(self) {
        if !self.feed.is_heard() {
            return;
        }
        if let State::Open { batch, unseen } = std::mem::take(&mut *self.log.lock()) {
            if unseen {
                // Who subscribed in between may have read what was before.
                self.feed.gap();
            }
            self.feed.publish(batch);
        }
    }
}
