//! Who computes a value that is missing: of all callers in this process that want one key, one at a time has the turn, and those who
//! waited for it get what came of it.
//!
//! A caller takes a [`Seat`] and waits for the turn. Whoever has it either lands with an outcome, which all seats see, or goes away
//! (its client left, it panicked), and then the next one has the turn.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use quintet_core::{Error, ErrorKind};
use tokio::sync::OwnedMutexGuard;

/// The keys that somebody is computing.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<String, Arc<Flight>>>);

#[derive(Default)]
struct Flight {
    turn: Arc<tokio::sync::Mutex<()>>,
    outcome: Mutex<Option<Outcome>>,
}

/// What came of a computation.
#[derive(Clone)]
pub(crate) enum Outcome {
    /// The value's JSON.
    Made(Bytes),
    /// What an error says. Errors can't be cloned, so those who waited get one like it.
    Failed { status: http::StatusCode, not_found: bool, text: Arc<str> },
}

impl Outcome {
    pub(crate) fn failed(error: &Error) -> Self {
        // The text of a 4xx is public.
        let text = if error.status().is_client_error() {
            error.public_message().into_owned()
        } else {
            error.to_string()
        };
        Outcome::Failed { status: error.status(), not_found: error.is_not_found(), text: text.into() }
    }

    pub(crate) fn into_result(self) -> Result<Bytes, Error> {
        match self {
            Outcome::Made(json) => Ok(json),
            Outcome::Failed { status, not_found, text } => {
                let kind = if not_found { ErrorKind::NotFound } else { ErrorKind::Other };
                Err(Error::of_kind(kind, status, text.to_string()))
            }
        }
    }
}

impl fmt::Debug for Flights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(locked(&self.0).keys()).finish()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds these locks can leave half a change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Flights {
    /// A seat among those who want this key.
    pub(crate) fn join(self: &Arc<Self>, key: &str) -> Seat {
        let mut all = locked(&self.0);
        let flight = match all.get(key) {
            Some(flight) => flight.clone(),
            None => all.entry(key.to_owned()).or_default().clone(),
        };
        Seat { flights: self.clone(), key: key.to_owned(), flight }
    }
}

/// A caller that wants a value.
pub(crate) struct Seat {
    flights: Arc<Flights>,
    key: String,
    flight: Arc<Flight>,
}

impl Seat {
    /// Waits for the turn.
    pub(crate) async fn turn(&self) -> OwnedMutexGuard<()> {
        self.flight.turn.clone().lock_owned().await
    }

    /// The turn, if nobody has it.
    pub(crate) fn turn_now(&self) -> Option<OwnedMutexGuard<()>> {
        self.flight.turn.clone().try_lock_owned().ok()
    }

    /// What came of the turn of another.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        locked(&self.flight.outcome).clone()
    }

    /// Tells those who have a seat. Who comes later begins anew.
    pub(crate) fn land(&self, outcome: Outcome) {
        *locked(&self.flight.outcome) = Some(outcome);
        let mut all = locked(&self.flights.0);
        if all.get(&self.key).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            all.remove(&self.key);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut all = locked(&self.flights.0);
        let mine = std::mem::take(&mut self.flight);
        let Some(left) = all.get(&self.key).filter(|flight| Arc::ptr_eq(flight, &mine)) else { return };
        // Given up under the lock: of two that leave at once, the second sees that only the map's is left.
        drop(mine);
        if Arc::strong_count(left) == 1 {
            all.remove(&self.key);
        }
    }
}
