//! The thread that writes: one message after the other, and one transaction at a time.
//!
//! A transaction is a channel of its own. The thread serves that channel, and nothing else, until the
//! transaction ends: by a commit, by a roll-back, or because the sending half is gone, which also means roll back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use quintet_core::{Error, Result};
use tokio::task::JoinHandle;

use super::{
    Shared, errors,
    run::{Runner, Work},
};
use crate::{
    db::Hooks,
    driver::{Answer, Begin, Job, Place, Reply, Savepoint, Session, Sink, closed},
};

/// What the writer is asked for.
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

/// A step of a transaction.
enum Step {
    Work(Work),
    Savepoint(Savepoint, Reply<()>),
    Rollback(Reply<()>),
    Commit(Hooks, Reply<Option<JoinHandle<()>>>),
}

/// Serves the queue until it is told to close.
pub(super) fn serve(mut runner: Runner, queue: &mpsc::Receiver<Message>, shared: &Shared) {
    while let Ok(message) = queue.recv() {
        match message {
            Message::Close => return,
            Message::Work(work, ticket) => {
                if work.is_abandoned() || !ticket.claim() {
                    continue;
                }
                shared.holder.statement(work.stmt());
                wait_for_others_until(&runner, ticket.deadline);
                runner.run(work);
                shared.holder.free();
            }
            Message::Begin { how, at, ticket, reply } => {
                if reply.is_closed() || !ticket.claim() {
                    continue;
                }
                shared.holder.transaction(at);
                wait_for_others_until(&runner, ticket.deadline);
                transaction(&mut runner, how, at, reply, shared);
                shared.holder.free();
            }
        }
    }
}

/// The time that is left of a ticket is how long SQLite may wait for other processes.
fn wait_for_others_until(runner: &Runner, deadline: Instant) {
    let left = deadline.saturating_duration_since(Instant::now());
    if let Err(error) = runner.connection.busy_timeout(left) {
        tracing::error!(%error, "the time to wait for other processes could not be set");
    }
}

fn transaction(
    runner: &mut Runner,
    how: Begin,
    mut at: Option<Place>,
    reply: Reply<Box<dyn Session>>,
    shared: &Shared,
) {
    let foreign_keys = |on: bool| if on { "PRAGMA foreign_keys = ON" } else { "PRAGMA foreign_keys = OFF" };
    let begun = match how {
        Begin::Data => runner.step("BEGIN IMMEDIATE"),
        // The pragma does nothing inside a transaction.
        Begin::Schema => runner.step(foreign_keys(false)).and_then(|()| runner.step("BEGIN IMMEDIATE")),
    };
    let started = Instant::now();
    match begun {
        Ok(()) => {
            let (sender, steps) = mpsc::channel();
            // If the one who asked is gone, the session is dropped here and `serve` finds the channel closed.
            drop(reply.send(Ok(Box::new(SqliteSession(sender)))));
            runner.in_transaction = true;
            let mut open = Open { runner, how, at, broken: false };
            open.serve(&steps, shared);
            at = open.at;
            runner.in_transaction = false;
            runner.roll_back();
        }
        Err(error) => {
            let error = errors::of_step("BEGIN IMMEDIATE", error, &runner.url);
            let error = if let Some(at) = at { error.with_location(at) } else { error };
            drop(reply.send(Err(error)));
        }
    }
    if how == Begin::Schema
        && let Err(error) = runner.step(foreign_keys(true))
    {
        tracing::error!(%error, "foreign keys could not be switched on again");
    }
    warn_if_slow(started.elapsed(), at, shared);
}

fn warn_if_slow(took: Duration, at: Option<Place>, shared: &Shared) {
    if took >= shared.slow_transaction {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(
            ms,
            at = at.map(tracing::field::display),
            "slow transaction: all other writers waited for it"
        );
    }
}

/// An open transaction.
struct Open<'a> {
    runner: &'a Runner,
    how: Begin,
    at: Option<Place>,
    /// Has SQLite rolled it back by itself, as it does when the disk is full?
    broken: bool,
}

impl Open<'_> {
    fn serve(&mut self, steps: &mpsc::Receiver<Step>, shared: &Shared) {
        while let Ok(step) = steps.recv() {
            match step {
                Step::Work(work) if work.is_abandoned() => {}
                Step::Work(work) if self.broken => work.refuse(gone()),
                Step::Work(work) => {
                    if let (None, Some(at)) = (self.at, work.stmt().at) {
                        self.at = Some(at);
                        shared.holder.transaction_is_at(at);
                    }
                    self.runner.run(work);
                    self.broken = self.runner.connection.is_autocommit();
                }
                Step::Savepoint(step, reply) => drop(reply.send(self.savepoint(step))),
                Step::Rollback(reply) => {
                    self.runner.roll_back();
                    drop(reply.send(Ok(())));
                    return;
                }
                Step::Commit(hooks, reply) => {
                    let done = self.commit().map(|()| hooks.start());
                    drop(reply.send(done));
                    return;
                }
            }
        }
    }

    fn savepoint(&self, step: Savepoint) -> Result {
        if self.broken {
            return Err(gone());
        }
        let run =
            |sql: String| self.runner.step(&sql).map_err(|e| errors::of_step(&sql, e, &self.runner.url));
        match step {
            Savepoint::Set(n) => run(format!("SAVEPOINT s{n}")),
            Savepoint::Release(n) => run(format!("RELEASE s{n}")),
            // ROLLBACK TO undoes and keeps the savepoint open; RELEASE then ends it.
            Savepoint::RollBack(n) => {
                run(format!("ROLLBACK TO s{n}")).and_then(|()| run(format!("RELEASE s{n}")))
            }
        }
    }

    fn commit(&self) -> Result {
        if self.broken {
            return Err(gone());
        }
        if self.how == Begin::Schema {
            self.check_foreign_keys()?;
        }
        self.runner.step("COMMIT").map_err(|error| {
            // A deferred foreign key, a full disk: the transaction may still be open.
            self.runner.roll_back();
            errors::of_step("COMMIT", error, &self.runner.url)
        })
    }

    fn check_foreign_keys(&self) -> Result {
        let first =
            self.runner.connection.prepare_cached("PRAGMA foreign_key_check").and_then(|mut prepared| {
                let mut rows = prepared.raw_query();
                let Some(row) = rows.next()? else { return Ok(None) };
                Ok(Some((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, String>(2)?)))
            });
        match first {
            Ok(None) => Ok(()),
            Ok(Some((table, row, parent))) => {
                self.runner.roll_back();
                let row = row.map_or_else(|| "a row".to_owned(), |id| format!("row {id}"));
                Err(Error::database(format!(
                    "the change would leave {row} of table `{table}` pointing to a row of `{parent}` that does not exist; \
                     everything was rolled back"
                )))
            }
            Err(error) => {
                self.runner.roll_back();
                Err(errors::of_step("PRAGMA foreign_key_check", error, &self.runner.url))
            }
        }
    }
}

/// The error of whatever comes after SQLite rolled back by itself.
fn gone() -> Error {
    Error::database(
        "the transaction is no longer open: the database rolled it back at the error of an earlier statement, or a statement \
         ended it (use the handle's own commit and rollback); nothing of it was kept by this",
    )
}

/// The sending half of a transaction.
struct SqliteSession(mpsc::Sender<Step>);

impl SqliteSession {
    fn send<T>(&self, step: impl FnOnce(Reply<T>) -> Step) -> Answer<T> {
        let (reply, answer) = Answer::channel();
        if let Err(mpsc::SendError(step)) = self.0.send(step(reply)) {
            // The transaction has ended already.
            match step {
                Step::Work(work) => work.refuse(closed()),
                Step::Savepoint(_, reply) | Step::Rollback(reply) => drop(reply.send(Err(closed()))),
                Step::Commit(_, reply) => drop(reply.send(Err(closed()))),
            }
        }
        answer
    }
}

impl Session for SqliteSession {
    fn fetch(&self, job: Job, sink: Sink) -> Answer<Sink> {
        self.send(|reply| Step::Work(Work::Fetch { job, sink, reply }))
    }

    fn execute(&self, job: Job) -> Answer<u64> {
        self.send(|reply| Step::Work(Work::Execute { job, reply }))
    }

    fn batch(&self, job: Job) -> Answer<()> {
        self.send(|reply| Step::Work(Work::Batch { job, reply }))
    }

    fn savepoint(&self, step: Savepoint) -> Answer<()> {
        self.send(|reply| Step::Savepoint(step, reply))
    }

    fn rollback(&self) -> Answer<()> {
        self.send(Step::Rollback)
    }

    fn commit(&self, hooks: Hooks) -> Answer<Option<JoinHandle<()>>> {
        self.send(|reply| Step::Commit(hooks, reply))
    }
}
