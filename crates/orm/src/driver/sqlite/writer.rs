//! The one connection that writes: a queue before it, and a thread that serves the queue.
//!
//! The connection lies in the middle while nobody uses it. Where nobody waits either, a statement or a transaction takes it
//! from there at once ([`Writer::take`]); all others wait in the queue, which the thread serves in order. A transaction keeps
//! the connection until it ends ([`session`](super::session)), and asks the thread to help with statements that may take long.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use quintet_core::Result;

use super::{
    Shared, errors,
    run::{Runner, Work},
    session::{self, Lane, Open},
};
use crate::driver::{Begin, Place, Reply, Session};

/// What the writer's thread is asked for.
pub(super) enum Message {
    Work(Work, Ticket),
    Begin { how: Begin, at: Option<Place>, ticket: Ticket, reply: Reply<Box<dyn Session>> },
    Close,
}

/// A place in the writer's queue. Whoever claims it first decides: the writer begins, or the one who waits gives up.
#[derive(Clone)]
pub(super) struct Ticket {
    claimed: Arc<AtomicBool>,
    pub(super) deadline: Instant,
}

impl Ticket {
    pub(super) fn new(deadline: Instant) -> Ticket {
        Ticket { claimed: Arc::default(), deadline }
    }

    pub(super) fn claim(&self) -> bool {
        !self.claimed.swap(true, Ordering::AcqRel)
    }
}

/// The connection and those who wait for it.
#[derive(Default)]
pub(super) struct Writer {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    /// The connection, while nobody has it.
    free: Option<Box<Runner>>,
    queue: VecDeque<Message>,
    /// The open transaction whose next steps are the thread's.
    lane: Option<(Arc<Lane>, Box<Open>)>,
    /// Is the write-ahead log long enough to be folded into the file?
    fold: bool,
    closed: bool,
}

/// What the thread does next.
enum Next {
    Steps(Arc<Lane>, Box<Open>),
    Fold(Box<Runner>),
    Message(Message, Box<Runner>),
}

impl State {
    fn next(&mut self) -> Option<Next> {
        if let Some((lane, open)) = self.lane.take() {
            return Some(Next::Steps(lane, open));
        }
        if !self.fold && self.queue.is_empty() {
            return None;
        }
        let runner = self.free.take()?;
        if std::mem::take(&mut self.fold) {
            return Some(Next::Fold(runner));
        }
        match self.queue.pop_front() {
            Some(message) => Some(Next::Message(message, runner)),
            None => {
                self.free = Some(runner);
                None
            }
        }
    }
}

impl Writer {
    /// Takes the connection, if it is free and nobody was before. It is to be given back by [`give_back`](Self::give_back).
    pub(super) fn take(&self) -> Option<Box<Runner>> {
        let mut state = self.lock();
        if state.closed || state.fold || !state.queue.is_empty() {
            return None;
        }
        state.free.take()
    }

    /// Uses the connection, if it is free and nobody was before.
    pub(super) fn borrow<T>(&self, work: impl FnOnce(&Runner) -> T) -> Option<T> {
        self.using(self.take()?, work)
    }

    fn using<T>(&self, runner: Box<Runner>, work: impl FnOnce(&Runner) -> T) -> Option<T> {
        let in_use = InUse { writer: self, runner: Some(runner) };
        in_use.runner.as_deref().map(work)
    }

    /// Whoever had the connection has ended.
    pub(super) fn give_back(&self, runner: Box<Runner>) {
        let mut state = self.lock();
        state.fold |= runner.log_is_long();
        state.free = Some(runner);
        let wake = state.fold || !state.queue.is_empty();
        drop(state);
        if wake {
            self.wake.notify_one();
        }
    }

    /// Puts a message into the queue. `false` if the database has been closed.
    pub(super) fn send(&self, message: Message) -> bool {
        let mut state = self.lock();
        if state.closed {
            return false;
        }
        state.queue.push_back(message);
        let wake = state.free.is_some();
        drop(state);
        if wake {
            self.wake.notify_one();
        }
        true
    }

    /// Has the thread do the next steps of an open transaction.
    pub(super) fn help(&self, lane: Arc<Lane>, open: Box<Open>) {
        self.lock().lane = Some((lane, open));
        self.wake.notify_one();
    }

    /// The thread: serves until it is told to close.
    pub(super) fn serve(self: &Arc<Self>, shared: &Arc<Shared>) {
        loop {
            match self.next() {
                Next::Steps(lane, open) => lane.serve(open),
                Next::Fold(runner) => {
                    runner.fold_log();
                    self.lock().free = Some(runner);
                }
                Next::Message(Message::Work(work, ticket), runner) => {
                    if work.is_abandoned() || !ticket.claim() {
                        self.give_back(runner);
                        continue;
                    }
                    let answered = self.using(runner, |runner| {
                        shared.holder.statement(work.stmt());
                        runner.wait_for_others(left(ticket.deadline));
                        let answered = runner.run(work);
                        shared.holder.free();
                        answered
                    });
                    if let Some(answered) = answered {
                        answered.send();
                    }
                }
                Next::Message(Message::Begin { how, at, ticket, reply }, runner) => {
                    if reply.is_closed() || !ticket.claim() {
                        self.give_back(runner);
                        continue;
                    }
                    shared.holder.transaction(at);
                    runner.wait_for_others(left(ticket.deadline));
                    let begun = begin(self, runner, how, at, shared);
                    // If the one who asked is gone, the session is dropped here, which ends it.
                    drop(reply.send(begun));
                }
                Next::Message(Message::Close, runner) => {
                    let mut state = self.lock();
                    state.closed = true;
                    let queue = std::mem::take(&mut state.queue);
                    drop(state);
                    // Those who came later hear that it is closed.
                    drop(queue);
                    return drop(runner);
                }
            }
        }
    }

    fn next(&self) -> Next {
        let mut state = self.lock();
        loop {
            if let Some(next) = state.next() {
                return next;
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time that is left of a ticket is how long SQLite may wait for other processes.
fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// Begins a transaction on the connection, which goes back if that fails.
fn begin(
    writer: &Arc<Writer>,
    runner: Box<Runner>,
    how: Begin,
    at: Option<Place>,
    shared: &Arc<Shared>,
) -> Result<Box<dyn Session>> {
    match session::begin(runner, (how, at), writer, shared, None) {
        Ok(session) => Ok(session),
        Err((runner, error)) => {
            let error = errors::of_step("BEGIN IMMEDIATE", error, &runner.url);
            shared.holder.free();
            writer.give_back(runner);
            Err(match at {
                Some(at) => error.with_location(at),
                None => error,
            })
        }
    }
}

/// The connection in use, which goes back in any case.
struct InUse<'a> {
    writer: &'a Writer,
    runner: Option<Box<Runner>>,
}

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        if let Some(runner) = self.runner.take() {
            self.writer.give_back(runner);
        }
    }
}
