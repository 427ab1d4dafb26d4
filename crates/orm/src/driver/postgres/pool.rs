//! Connections that belong to one holder at a time: a transaction, a long statement, a batch.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use quintet_core::{Error, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    errors::unavailable,
    owner::Role,
    reach::{Link, Reach},
    work::Request,
};
use crate::{
    db::patience,
    driver::{Place, closed},
};

/// A connection that nobody needed for this long is closed.
const IDLE: Duration = Duration::from_secs(300);

/// The connections, free and held.
pub(super) struct Pool {
    reach: Arc<Reach>,
    most: usize,
    wait: Duration,
    permits: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The one used last is taken first, so that the others may grow old.
    free: Vec<(Link, Instant)>,
    held: HashMap<u64, Held>,
    next: u64,
    closed: bool,
}

struct Held {
    what: Holder,
    at: Option<Place>,
    since: Instant,
}

/// What a connection is held for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    Transaction,
    Statement,
}

impl Pool {
    pub(super) fn new(reach: Arc<Reach>, most: usize, wait: Duration) -> Arc<Pool> {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        Arc::new(Pool { reach, most, wait, permits: Arc::new(Semaphore::new(most)), state: Mutex::default() })
    }

    /// Takes a connection, waiting for one as long as the settings say.
    ///
    /// # Errors
    /// With 503 if none is free in time, or the server is away.
    pub(super) async fn take(self: &Arc<Self>, what: Holder, at: Option<Place>) -> Result<Lease> {
        let deadline = Instant::now() + self.wait;
        let permit = match patience::until(deadline, self.permits.clone().acquire_owned()).await {
            Some(Ok(permit)) => permit,
            Some(Err(_)) => return Err(closed()),
            None => return Err(self.exhausted(at)),
        };
        let (free, id) = self.hold(what, at)?;
        let mut lease = Lease {
            pool: self.clone(),
            link: None,
            id,
            used: free.is_some(),
            spoilt: false,
            _permit: permit,
        };
        lease.link = Some(match free {
            Some(link) => link,
            None => self.reach.connect(Role::Pooled, self.wait, deadline).await?,
        });
        Ok(lease)
    }

    fn hold(&self, what: Holder, at: Option<Place>) -> Result<(Option<Link>, u64)> {
        let mut state = self.state();
        if state.closed {
            return Err(closed());
        }
        let id = state.next;
        state.next += 1;
        state.held.insert(id, Held { what, at, since: Instant::now() });
        while let Some((link, _)) = state.free.pop() {
            if !link.is_lost() {
                return Ok((Some(link), id));
            }
        }
        Ok((None, id))
    }

    #[cold]
    fn exhausted(&self, at: Option<Place>) -> Error {
        let state = self.state();
        let longest = state.held.values().min_by_key(|held| held.since);
        let who = longest.map_or_else(String::new, |held| {
            let what = match (held.what, held.at) {
                (Holder::Transaction, Some(at)) => format!("a transaction begun at {at}"),
                (Holder::Transaction, None) => "a transaction".to_owned(),
                (Holder::Statement, Some(at)) => format!("a long statement from {at}"),
                (Holder::Statement, None) => "a long statement or a batch".to_owned(),
            };
            format!("; the one held for longest, by {what}, for {:.1} s", held.since.elapsed().as_secs_f64())
        });
        let error = unavailable(format!(
            "no connection for a transaction was free within {:.1} s: {} of {} are held{who}. Keep transactions short, with no \
             mail or HTTP inside, or raise `connections`",
            self.wait.as_secs_f64(),
            state.held.len(),
            self.most
        ));
        match at {
            Some(at) => error.with_location(at),
            None => error,
        }
    }

    fn give_back(&self, link: Link, id: u64, spoilt: bool) {
        let mut state = self.state();
        state.held.remove(&id);
        let now = Instant::now();
        state.free.retain(|(link, since)| !link.is_lost() && now.saturating_duration_since(*since) < IDLE);
        if !spoilt && !state.closed && !link.is_lost() {
            state.free.push((link, now));
        }
    }

    /// Hands out no more connections, closes those that are free, and waits for the others until `deadline`.
    /// Tells whether all have come back.
    pub(super) async fn close(&self, deadline: Instant) -> bool {
        let free = {
            let mut state = self.state();
            state.closed = true;
            std::mem::take(&mut state.free)
        };
        drop(free);
        let most = u32::try_from(self.most).unwrap_or(u32::MAX);
        let all = patience::until(deadline, self.permits.acquire_many(most)).await;
        self.permits.close();
        all.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on loan. Dropping it gives it back, so whoever drops it must be through with it: the
/// connection's own task, when it has answered the last request.
pub(super) struct Lease {
    pool: Arc<Pool>,
    link: Option<Link>,
    id: u64,
    /// Did the connection lie in the pool before? Then it may have died there unnoticed.
    pub(super) used: bool,
    spoilt: bool,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    /// Puts a request into the connection's queue, or gives it back if the connection is lost.
    pub(super) fn send(&self, request: Request) -> Result<(), Request> {
        match &self.link {
            Some(link) => link.sender.send(request).map_err(|error| error.0),
            None => Err(request),
        }
    }

    /// The link, for requests that carry the lease themselves.
    pub(super) fn link(&self) -> Option<Link> {
        self.link.clone()
    }

    /// Keeps the connection from being used by others.
    pub(super) fn spoil_if(&mut self, spoilt: bool) {
        self.spoilt |= spoilt;
    }

    /// Where the transaction was begun, as its first statement tells.
    pub(super) fn is_at(&self, at: Place) {
        if let Some(held) = self.pool.state().held.get_mut(&self.id)
            && held.at.is_none()
        {
            held.at = Some(at);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        match self.link.take() {
            Some(link) => self.pool.give_back(link, self.id, self.spoilt),
            None => {
                self.pool.state().held.remove(&self.id);
            }
        }
    }
}
