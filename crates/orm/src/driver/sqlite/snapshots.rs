//! Transactions that only read: each has a connection of its own, so that it sees one state of the file throughout and holds
//! up neither the writer nor other readers.
//!
//! Such a connection is a [`Writer`] that nobody gives anything to write: with a thread for statements that take long.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{Builder, JoinHandle},
    time::{Duration, Instant},
};

use quintet_core::{Error, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    Shared,
    connect::Role,
    errors::{of_step, unavailable},
    holder::seconds,
    session,
    writer::{Message, Writer},
};
use crate::{
    db::patience,
    driver::{Answer, Begin, Place, Session, closed},
};

/// The connections for transactions that only read.
pub(super) struct Snapshots {
    most: usize,
    permits: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    all: Vec<Arc<Writer>>,
    /// Those without a transaction.
    free: Vec<Arc<Writer>>,
    open: Vec<Taken>,
    next: u64,
    closed: bool,
    threads: Vec<JoinHandle<()>>,
}

/// An open transaction.
struct Taken {
    id: u64,
    at: Option<Place>,
    since: Instant,
}

/// A transaction's connection, until this is dropped.
pub(super) struct Seat {
    pool: Arc<Snapshots>,
    id: u64,
    /// None until there is one.
    connection: Option<Arc<Writer>>,
    _permit: OwnedSemaphorePermit,
}

impl Seat {
    /// Where the transaction was begun, as its first statement tells.
    pub(super) fn is_at(&self, at: Place) {
        if let Some(taken) = self.pool.state().open.iter_mut().find(|taken| taken.id == self.id) {
            taken.at = Some(at);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.open.retain(|taken| taken.id != self.id);
        if !state.closed {
            state.free.extend(self.connection.take());
        }
    }
}

impl Snapshots {
    pub(super) fn new(most: usize) -> Arc<Snapshots> {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        Arc::new(Snapshots { most, permits: Arc::new(Semaphore::new(most)), state: Mutex::default() })
    }

    /// Begins a transaction, waiting for a connection for as long as a write would wait.
    ///
    /// # Errors
    /// With 503 if none is free in time.
    pub(super) async fn begin(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
        (how, at): (Begin, Option<Place>),
        wait: Duration,
    ) -> Result<Box<dyn Session>> {
        let permit = match patience::within(wait, self.permits.clone().acquire_owned()).await {
            Some(Ok(permit)) => permit,
            Some(Err(_)) => return Err(closed()),
            None => return Err(self.exhausted(wait, at)),
        };
        let (mut seat, free) = self.sit_down(permit, at)?;
        let connection = match free {
            Some(connection) => connection,
            None => self.connect(shared).await?,
        };
        seat.connection = Some(connection.clone());
        let runner = connection.take().ok_or_else(closed)?;
        runner.wait_for_others(wait);
        session::begin(runner, (how, at), &connection, shared, Some(seat)).map_err(|(runner, error)| {
            let error = of_step("BEGIN", error, &runner.url);
            connection.give_back(runner);
            error
        })
    }

    fn sit_down(
        self: &Arc<Self>,
        permit: OwnedSemaphorePermit,
        at: Option<Place>,
    ) -> Result<(Seat, Option<Arc<Writer>>)> {
        let mut state = self.state();
        if state.closed {
            return Err(closed());
        }
        state.next += 1;
        let id = state.next;
        state.open.push(Taken { id, at, since: Instant::now() });
        Ok((Seat { pool: self.clone(), id, connection: None, _permit: permit }, state.free.pop()))
    }

    /// Opens a further connection, with its thread.
    async fn connect(&self, shared: &Arc<Shared>) -> Result<Arc<Writer>> {
        let connection = Arc::new(Writer::default());
        let (ready, opened) = Answer::channel();
        let thread = Builder::new().name("sqlite-snapshot".into()).spawn({
            let (shared, connection) = (shared.clone(), connection.clone());
            move || match shared.target.connect(Role::Reader).and_then(|c| shared.runner(c, Role::Reader)) {
                Ok(runner) => {
                    runner.read_schema();
                    connection.give_back(Box::new(runner));
                    // Who wanted it may have given up.
                    if ready.send(Ok(())).is_ok() {
                        connection.serve(&shared);
                    }
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        });
        let thread = thread.map_err(|e| {
            Error::database(format!("a thread for a transaction that reads can't be started: {e}"))
        })?;
        let started = self.keep(thread, &connection);
        opened.await?;
        started.map(|()| connection)
    }

    fn keep(&self, thread: JoinHandle<()>, connection: &Arc<Writer>) -> Result {
        let mut state = self.state();
        state.threads.retain(|thread| !thread.is_finished());
        state.threads.push(thread);
        state.all.retain(|connection| Arc::strong_count(connection) > 1);
        state.all.push(connection.clone());
        if state.closed {
            connection.send(Message::Close);
            return Err(closed());
        }
        Ok(())
    }

    #[cold]
    fn exhausted(&self, wait: Duration, at: Option<Place>) -> Error {
        let state = self.state();
        let longest = state.open.iter().min_by_key(|taken| taken.since);
        let who = longest.map_or_else(String::new, |taken| {
            let place = taken.at.map(|at| format!(" begun at {at}")).unwrap_or_default();
            format!("; the oldest,{place}, has been open for {}", seconds(taken.since.elapsed()))
        });
        let error = unavailable(format!(
            "no connection for a transaction that only reads was free within {}: {} of {} are open{who}. End them sooner, or \
             raise `readers`",
            seconds(wait),
            state.open.len(),
            self.most
        ));
        match at {
            Some(at) => error.with_location(at),
            None => error,
        }
    }

    /// Begins no more, and hands over the threads; each ends with its transaction.
    pub(super) fn close(&self) -> Vec<JoinHandle<()>> {
        let mut state = self.state();
        state.closed = true;
        self.permits.close();
        state.free.clear();
        for connection in std::mem::take(&mut state.all) {
            connection.send(Message::Close);
        }
        std::mem::take(&mut state.threads)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
