//! What waits for a subscription: a bounded queue.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use quintet_core::meta::ModelMeta;
use tokio::sync::Notify;

use super::Batch;

/// How many batches wait at most, unless a subscription says otherwise.
pub(super) const CAPACITY: usize = 1_024;

/// What a subscription tells.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Notice {
    /// What a transaction, or a statement outside of any, has changed.
    Changes(Arc<Batch>),
    /// Changes were missed, because the subscription was not read fast enough or because they began before it did:
    /// whatever was read before may be old. What comes after is complete again.
    Gap {
        /// How many batches were missed.
        missed: u64,
    },
}

/// What waits for one subscription.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    pub(super) added: Notify,
}

#[derive(Debug)]
pub(super) struct State {
    waiting: VecDeque<Arc<Batch>>,
    weight: usize,
    pub(super) capacity: usize,
    /// Batches that were forgotten, before all that wait.
    missed: u64,
    only: Option<Vec<&'static ModelMeta>>,
    pub(super) closed: bool,
}

impl Default for State {
    fn default() -> Self {
        let waiting = VecDeque::new();
        State { waiting, weight: 0, capacity: CAPACITY, missed: 0, only: None, closed: false }
    }
}

impl State {
    /// Takes these models' changes only, and those of models that were asked for before.
    pub(super) fn narrow(&mut self, models: impl IntoIterator<Item = &'static ModelMeta>) {
        let wanted = self.only.get_or_insert_default();
        wanted.extend(models);
        let wanted = wanted.clone();
        self.weight = 0;
        for batch in std::mem::take(&mut self.waiting) {
            self.push(Arc::new(batch.only(&wanted)));
        }
    }

    fn push(&mut self, batch: Arc<Batch>) -> bool {
        if batch.is_empty() {
            return false;
        }
        let heaviest = Batch::MOST * self.capacity.div_ceil(64);
        if self.waiting.len() >= self.capacity || self.weight + batch.weight() > heaviest.max(batch.weight())
        {
            self.forget(1);
        } else {
            self.weight += batch.weight();
            self.waiting.push_back(batch);
        }
        true
    }

    fn forget(&mut self, more: u64) {
        self.missed += more + u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        self.waiting.clear();
        self.weight = 0;
    }

    pub(super) fn next(&mut self) -> Option<Notice> {
        if self.missed > 0 {
            return Some(Notice::Gap { missed: std::mem::take(&mut self.missed) });
        }
        let batch = self.waiting.pop_front()?;
        self.weight -= batch.weight();
        Some(Notice::Changes(batch))
    }
}

impl Queue {
    pub(super) fn push(&self, batch: &Arc<Batch>) {
        let mut state = self.lock();
        let mine = match &state.only {
            None => batch.clone(),
            Some(models) => Arc::new(batch.only(models)),
        };
        let told = state.push(mine);
        drop(state);
        if told {
            self.added.notify_one();
        }
    }

    pub(super) fn gap(&self, missed: u64) {
        self.lock().forget(missed);
        self.added.notify_one();
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.added.notify_one();
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
