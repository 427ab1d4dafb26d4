//! Who has an answer made that many ask for: one request for each key at a time. Where it turns out that the answer is for one visitor
//! alone, all the others go ahead at once, and for a while nobody waits for that address.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::OwnedMutexGuard;

use super::entry::Key;

/// Nobody waits longer for another's answer.
pub(super) const WAIT: Duration = Duration::from_secs(10);

/// For how long nobody waits for what was for one alone.
const ALONE: Duration = Duration::from_secs(60);
/// More addresses than that are not remembered.
const MOST: usize = 10_000;

#[derive(Default)]
pub(super) struct Turns {
    /// The keys that somebody has made. The flag says that waiting is of no use.
    making: Mutex<HashMap<String, Arc<tokio::sync::Mutex<bool>>>>,
    alone: Mutex<HashMap<Key, Instant>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds these locks can leave half a change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Turns {
    /// A place among those who want this key.
    pub(super) fn join(self: &Arc<Self>, key: String) -> Seat {
        let making = locked(&self.making).entry(key.clone()).or_default().clone();
        Seat { turns: self.clone(), key, making }
    }

    /// Answers of this address are for one visitor each.
    pub(super) fn for_one(&self, key: &Key) {
        let mut alone = locked(&self.alone);
        if alone.len() >= MOST {
            alone.clear();
        }
        alone.insert(key.clone(), Instant::now() + ALONE);
    }

    /// Was the last answer of this address for one visitor?
    pub(super) fn is_for_one(&self, key: &Key) -> bool {
        let mut alone = locked(&self.alone);
        match alone.get(key) {
            Some(until) if Instant::now() < *until => true,
            Some(_) => {
                alone.remove(key);
                false
            }
            None => false,
        }
    }
}

pub(super) struct Seat {
    turns: Arc<Turns>,
    key: String,
    making: Arc<tokio::sync::Mutex<bool>>,
}

impl Seat {
    /// Waits for the turn.
    pub(super) async fn turn(self) -> Turn {
        let guard = self.making.clone().lock_owned().await;
        Turn { guard, _seat: self }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut making = locked(&self.turns.making);
        // Given up under the lock: of two that leave at once, the second sees that it is the last.
        drop(std::mem::take(&mut self.making));
        if making.get(&self.key).is_some_and(|left| Arc::strong_count(left) == 1) {
            making.remove(&self.key);
        }
    }
}

/// The turn: the next one has it when this is dropped.
pub(super) struct Turn {
    // Dropped first, so that the seat may be the last one.
    guard: OwnedMutexGuard<bool>,
    _seat: Seat,
}

impl Turn {
    /// Has the one before found out that waiting is of no use?
    pub(super) fn is_needless(&self) -> bool {
        *self.guard
    }

    /// Those who wait go ahead.
    pub(super) fn needless(mut self) {
        *self.guard = true;
    }
}
