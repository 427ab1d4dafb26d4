//! Reaching the server: new connections, and patience while it is away.
//!
//! While connecting works, everyone connects at once. Once it has failed, one tries at a time, after a pause
//! that grows with each failure and is never the same for two programs; those who wait share the outcome.
//! When the server has been away for longer than anyone waits, nobody waits any more: the last failure is the
//! answer until an attempt is due.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicUsize},
    time::{Duration, Instant},
};

use quintet_core::{Error, Result};
use tokio::{runtime::Handle, sync::mpsc, task::JoinHandle};

use super::{
    connect::Refused,
    owner::{Facts, Owner, Role},
    work::Request,
};
use crate::db::patience;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A connection, seen by those who use it. When the last one is dropped, the connection is closed.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) sender: mpsc::UnboundedSender<Request>,
    /// How many statements are under way on it.
    pub(super) load: Arc<AtomicUsize>,
}

impl Link {
    pub(super) fn is_lost(&self) -> bool {
        self.sender.is_closed()
    }
}

/// Opens connections.
pub(super) struct Reach {
    pub(super) facts: Arc<Facts>,
    /// Where the connections' tasks run: the runtime that opened the database.
    runtime: Handle,
    state: Mutex<State>,
    /// Held by the one who tries while the server is away.
    trying: tokio::sync::Mutex<()>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    failures: u32,
    away: Option<Away>,
}

struct Away {
    since: Instant,
    next: Instant,
    why: Error,
}

impl Reach {
    pub(super) fn new(facts: Facts, runtime: Handle) -> Reach {
        Reach {
            facts: Arc::new(facts),
            runtime,
            state: Mutex::default(),
            trying: tokio::sync::Mutex::new(()),
            tasks: Mutex::default(),
        }
    }

    /// Opens a connection. Until `deadline` it tries again; the URL's `connect_timeout` limits each attempt.
    ///
    /// # Errors
    /// Of kind `Unavailable` if the server is away, of kind `Settings` if it does not let us in.
    pub(super) async fn connect(&self, role: Role, wait: Duration, deadline: Instant) -> Result<Link> {
        loop {
            if self.state().away.is_none() {
                match self.attempt(role).await {
                    Ok(link) => return Ok(link),
                    Err(refused) if !refused.passing => return Err(refused.error),
                    Err(_) => {}
                }
            }
            let Some(_turn) = patience::until(deadline, self.trying.lock()).await else {
                return Err(self.why_away());
            };
            // Another one may have got through in the meantime.
            let Some((since, next)) = self.state().away.as_ref().map(|away| (away.since, away.next)) else {
                continue;
            };
            let now = Instant::now();
            if next > deadline || (next > now && now - since > wait) {
                return Err(self.why_away());
            }
            patience::until(next, std::future::pending::<()>()).await;
            match self.attempt(role).await {
                Ok(link) => return Ok(link),
                Err(refused) if !refused.passing => return Err(refused.error),
                Err(_) if Instant::now() >= deadline => return Err(self.why_away()),
                Err(_) => {}
            }
        }
    }

    async fn attempt(&self, role: Role) -> Result<Link, Refused> {
        let opened = match self.facts.door.open().await {
            Ok(opened) => opened,
            Err(refused) => {
                if refused.passing {
                    self.failed(&refused.error);
                }
                return Err(refused);
            }
        };
        self.succeeded();
        let (sender, queue) = mpsc::unbounded_channel();
        let owner = Owner::new(self.facts.clone(), role, opened, queue);
        let task = self.runtime.spawn(owner.serve());
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
        Ok(Link { sender, load: Arc::default() })
    }

    fn failed(&self, error: &Error) {
        let now = Instant::now();
        let mut state = self.state();
        state.failures += 1;
        let next = now + pause(state.failures);
        let since = state.away.as_ref().map_or(now, |away| away.since);
        if state.failures == 1 {
            tracing::warn!(%error, "the database is away");
        }
        state.away = Some(Away { since, next, why: same(error) });
    }

    fn succeeded(&self) {
        let mut state = self.state();
        if let Some(away) = state.away.take() {
            tracing::info!(url = &*self.facts.door.target.url, away = ?away.since.elapsed(), "the database is back");
        }
        state.failures = 0;
    }

    fn why_away(&self) -> Error {
        match &self.state().away {
            Some(away) => same(&away.why),
            None => super::errors::unavailable(format!(
                "no connection to the database `{}` was made in time: many others were before this one",
                self.facts.door.target.url
            )),
        }
    }

    /// The tasks of all connections, to be waited for when they are closed.
    pub(super) fn take_tasks(&self) -> Vec<JoinHandle<()>> {
        std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn same(error: &Error) -> Error {
    let mut same = Error::of_kind(error.kind().clone(), error.status(), error.to_string());
    for (name, text) in error.details() {
        same = same.with_detail(name, text.clone());
    }
    same
}

/// Doubles with each failure, and is between half and all of that.
pub(super) fn pause(failures: u32) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST_PAUSE);
    let random = RandomState::new().hash_one(failures) % 1000;
    whole / 2 + whole / 2 * u32::try_from(random).unwrap_or_default() / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_differ() {
        for failures in [1, 2, 5, 40] {
            let whole = FIRST_PAUSE.saturating_mul(1 << (failures - 1).min(10)).min(LONGEST_PAUSE);
            for _ in 0..50 {
                let pause = pause(failures);
                assert!(pause >= whole / 2 && pause <= whole, "{failures}: {pause:?}");
            }
        }
        let some: std::collections::HashSet<_> = (0..20).map(|_| pause(5)).collect();
        assert!(some.len() > 1);
    }
}
