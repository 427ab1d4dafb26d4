//! Who may be connected: as many as `max_connections`. When all places are taken, the one that has waited longest for a request gives up its own
//! for somebody new, so that connections on which nothing is asked, or a head comes byte by byte, keep nobody out.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};

use crate::deadline::Deadline;

/// A connection may wait this long for its request before it has to make room: enough for a head on a slow line, as it comes in one piece.
const GRACE: Duration = Duration::from_secs(1);

/// How often is looked for one that has waited long enough, while all are at work.
const AGAIN: Duration = Duration::from_millis(100);

/// The log tells of it at most this often.
const QUIET: Duration = Duration::from_secs(60);

pub(super) struct Places {
    /// How long a request's head may take.
    head: Duration,
    free: Arc<Semaphore>,
    waiting: Arc<Mutex<Waiting>>,
    told: Option<Instant>,
}

/// Those whose requests the server waits for, or works on; not those that have been upgraded.
#[derive(Default)]
struct Waiting {
    next: u64,
    deadlines: HashMap<u64, Arc<Deadline>>,
}

/// In the list as long as HTTP is spoken on a connection.
pub(super) struct Listed {
    waiting: Arc<Mutex<Waiting>>,
    number: u64,
}

impl Places {
    pub(super) fn new(max: usize, head: Duration) -> Self {
        let free = Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS)));
        Places { head, free, waiting: Arc::default(), told: None }
    }

    /// A place for one who has connected; waits until there is one.
    pub(super) async fn get(&mut self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = self.free.clone().try_acquire_owned() {
            return Some(place);
        }
        loop {
            let made = lock(&self.waiting).make_room(self.head);
            if made && self.told.is_none_or(|told| told.elapsed() >= QUIET) {
                self.told = Some(Instant::now());
                tracing::warn!(
                    "all of [server] max_connections are open: those that ask nothing are closed for new ones, the longest waiting first"
                );
            }
            tokio::select! {
                place = self.free.clone().acquire_owned() => return place.ok(),
                () = sleep(AGAIN) => {}
            }
        }
    }

    /// From now on a connection makes room when it waits for a request.
    pub(super) fn list(&self, deadline: &Arc<Deadline>) -> Listed {
        let mut waiting = lock(&self.waiting);
        let number = waiting.next;
        waiting.next = number.wrapping_add(1);
        waiting.deadlines.insert(number, deadline.clone());
        Listed { waiting: self.waiting.clone(), number }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        lock(&self.waiting).deadlines.remove(&self.number);
    }
}

impl Waiting {
    /// Asks the one to leave that has waited longest. Is there one that has waited long enough?
    fn make_room(&self, head: Duration) -> bool {
        let since =
            self.deadlines.values().filter_map(|deadline| Some((deadline.rests_since(head)?, deadline)));
        let longest = since.min_by_key(|(since, _)| *since);
        let Some((_, deadline)) = longest.filter(|(since, _)| since.elapsed() >= GRACE) else {
            return false;
        };
        deadline.make_room();
        true
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
