//! An open transaction: its steps run in the order in which they were given, where they were given or on the writer's
//! thread.
//!
//! Whoever gives a step while no other one is running takes the transaction with its connection ([`Turn`]), and runs the step
//! at once if it can't take long. Otherwise it puts the step into the transaction's queue, and the writer's thread takes the
//! transaction until the queue is empty. A step that comes while another one runs waits in the queue as well.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use quintet_core::{Error, Result};
use tokio::task::JoinHandle;

use super::{
    Shared, errors,
    run::{Answered, Runner, Tried, Work},
    snapshots::Seat,
    writer::Writer,
};
use crate::{
    db::Hooks,
    driver::{Answer, Begin, Job, Place, Reply, Savepoint, Session, Sink, closed},
    stmt::Stmt,
};

/// A step of a transaction.
enum Step {
    Work(Work),
    Savepoint(Savepoint, Reply<()>),
    Rollback(Reply<()>),
    Commit(Hooks, Reply<Option<JoinHandle<()>>>),
}

impl Step {
    /// Answers without doing it: the transaction has ended.
    fn refuse(self) {
        match self {
            Step::Work(work) => work.refuse(closed()),
            Step::Savepoint(_, reply) | Step::Rollback(reply) => drop(reply.send(Err(closed()))),
            Step::Commit(_, reply) => drop(reply.send(Err(closed()))),
        }
    }
}

/// A transaction that is open, with its connection.
pub(super) struct Open {
    runner: Box<Runner>,
    how: Begin,
    at: Option<Place>,
    /// Its place among those that read a file beside the writer.
    seat: Option<Seat>,
    began: Instant,
    /// Has SQLite rolled it back by itself, as it does when the disk is full?
    broken: bool,
    /// About how many bytes it has written: what ending it costs.
    weight: usize,
    changes_before: u64,
}

/// What has to be written or undone quickly at the end: more is left to the thread.
const LIGHT: usize = 128 * 1024;
/// A changed row is at least a page of the log.
const ROW: usize = 1024;

/// Begins a transaction on a connection of `writer`, which need not be the one that writes: then there is a `seat`. The
/// connection comes back with SQLite's error.
pub(super) fn begin(
    mut runner: Box<Runner>,
    (how, at): (Begin, Option<Place>),
    writer: &Arc<Writer>,
    shared: &Arc<Shared>,
    seat: Option<Seat>,
) -> Result<Box<dyn Session>, (Box<Runner>, rusqlite::Error)> {
    let begun = match how {
        _ if seat.is_some() => runner.step("BEGIN"),
        // In memory, where one connection does everything.
        Begin::Data(terms) if terms.read_only => {
            runner.step("PRAGMA query_only = ON").and_then(|()| runner.step("BEGIN"))
        }
        Begin::Data(_) => runner.step("BEGIN IMMEDIATE"),
        // The pragma does nothing inside a transaction.
        Begin::Schema => {
            runner.step("PRAGMA foreign_keys = OFF").and_then(|()| runner.step("BEGIN IMMEDIATE"))
        }
    };
    if let Err(error) = begun {
        as_before(&runner, how, seat.is_some());
        return Err((runner, error));
    }
    runner.in_transaction = true;
    let changes_before = runner.connection.total_changes();
    let open =
        Open { runner, how, at, seat, began: Instant::now(), broken: false, weight: 0, changes_before };
    let state = Mutex::new(State { open: Some(Box::new(open)), ..State::default() });
    Ok(Box::new(SqliteSession(Arc::new(Lane { state, writer: writer.clone(), shared: shared.clone() }))))
}

/// Undoes what the beginning has set.
fn as_before(runner: &Runner, how: Begin, seated: bool) {
    let sql = match how {
        Begin::Schema => "PRAGMA foreign_keys = ON",
        Begin::Data(terms) if terms.read_only && !seated => "PRAGMA query_only = OFF",
        Begin::Data(_) => return,
    };
    if let Err(error) = runner.step(sql) {
        tracing::error!(%error, sql, "a setting of a transaction could not be undone");
    }
}

/// What a step did.
enum Did {
    Nothing,
    Work(Answered),
    Savepoint(Reply<()>, Result),
    /// It was the last one.
    RolledBack(Reply<()>),
    Committed(Reply<Option<JoinHandle<()>>>, Result<Option<JoinHandle<()>>>),
}

impl Did {
    fn is_end(&self) -> bool {
        matches!(self, Did::RolledBack(_) | Did::Committed(..))
    }

    /// Tells those who wait.
    fn tell(self) {
        match self {
            Did::Nothing => {}
            Did::Work(answered) => answered.send(),
            Did::Savepoint(reply, result) => drop(reply.send(result)),
            Did::RolledBack(reply) => drop(reply.send(Ok(()))),
            Did::Committed(reply, result) => drop(reply.send(result)),
        }
    }
}

impl Open {
    /// Does a step on the writer's thread.
    fn run(&mut self, step: Step, shared: &Shared) -> Did {
        match step {
            Step::Work(work) if work.is_abandoned() => Did::Nothing,
            Step::Work(work) if self.broken => {
                work.refuse(gone());
                Did::Nothing
            }
            Step::Work(work) => {
                self.before(work.stmt(), shared);
                let answered = self.runner.run(work);
                self.broken = self.runner.connection.is_autocommit();
                Did::Work(answered)
            }
            Step::Savepoint(step, reply) => Did::Savepoint(reply, self.savepoint(step)),
            Step::Rollback(reply) => {
                self.runner.roll_back();
                Did::RolledBack(reply)
            }
            Step::Commit(hooks, reply) => Did::Committed(reply, self.commit().map(|()| hooks.start())),
        }
    }

    fn before(&mut self, stmt: &Stmt, shared: &Shared) {
        if let (None, Some(at)) = (self.at, stmt.at) {
            self.at = Some(at);
            match &self.seat {
                Some(seat) => seat.is_at(at),
                None => shared.holder.transaction_is_at(at),
            }
        }
        self.weight += stmt.weight();
    }

    /// Is little to be written or undone at its end?
    fn is_light(&self) -> bool {
        let changes = self.runner.connection.total_changes() - self.changes_before;
        let rows = usize::try_from(changes).unwrap_or(usize::MAX).saturating_mul(ROW);
        self.how != Begin::Schema && self.runner.limit.is_there() && self.weight.saturating_add(rows) < LIGHT
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

    /// Leaves the connection as it was before.
    fn end(mut self, lane: &Lane) {
        self.runner.in_transaction = false;
        self.runner.roll_back();
        as_before(&self.runner, self.how, self.seat.is_some());
        self.warn_if_slow(&lane.shared);
        if self.seat.is_none() {
            lane.shared.holder.free();
        }
        lane.writer.give_back(self.runner);
        // Free for others once the connection is.
        drop(self.seat);
    }

    fn warn_if_slow(&self, shared: &Shared) {
        let took = self.began.elapsed();
        if took < shared.slow.transaction {
            return;
        }
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let (at, database) = (self.at.map(tracing::field::display), &*shared.slow.database);
        match &self.seat {
            None => tracing::warn!(ms, at, database, "slow transaction: all other writers waited for it"),
            Some(_) => tracing::warn!(
                ms,
                at,
                database,
                "slow transaction: it kept a connection, and the write-ahead log from being folded into the file"
            ),
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

/// A transaction and its queue.
pub(super) struct Lane {
    state: Mutex<State>,
    writer: Arc<Writer>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct State {
    /// The transaction, while none of its steps is running. The queue is empty then.
    open: Option<Box<Open>>,
    steps: VecDeque<Step>,
    ended: bool,
    /// Is nobody left who could give it a step?
    left: bool,
}

impl Lane {
    /// Takes the transaction, if no step is running.
    fn take(self: &Arc<Self>) -> Option<Turn<'_>> {
        let open = self.lock().open.take();
        open.map(|open| Turn { lane: self, open: Some(open) })
    }

    /// Puts a step at the end of the queue.
    fn queue(self: &Arc<Self>, step: Step) {
        let mut state = self.lock();
        if state.ended {
            drop(state);
            return step.refuse();
        }
        state.steps.push_back(step);
        // It may have become free in the meantime.
        if let Some(open) = state.open.take() {
            drop(state);
            self.writer.help(self.clone(), open);
        }
    }

    /// Does the steps that are in the queue, on the writer's thread.
    pub(super) fn serve(&self, mut open: Box<Open>) {
        let mut did = Did::Nothing;
        loop {
            let mut state = self.lock();
            let Some(step) = state.steps.pop_front() else {
                if state.left {
                    drop(state);
                    self.end(open);
                } else {
                    state.open = Some(open);
                }
                break;
            };
            drop(state);
            did.tell();
            did = open.run(step, &self.shared);
            if did.is_end() {
                self.end(open);
                break;
            }
        }
        // Who hears of it may give the next step at once.
        did.tell();
    }

    #[allow(clippy::boxed_local, reason = "it is in a box, and large")]
    fn end(&self, open: Box<Open>) {
        let mut state = self.lock();
        state.ended = true;
        let steps = std::mem::take(&mut state.steps);
        drop(state);
        open.end(self);
        steps.into_iter().for_each(Step::refuse);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The transaction in the hands of one who gave a step. It goes back when this is dropped.
struct Turn<'l> {
    lane: &'l Arc<Lane>,
    open: Option<Box<Open>>,
}

impl Turn<'_> {
    /// The thread does the step, before those that came later.
    fn elsewhere(mut self, step: Step) {
        if let Some(open) = self.open.take() {
            self.lane.lock().steps.push_front(step);
            self.lane.writer.help(self.lane.clone(), open);
        }
    }

    /// The step was the last one.
    fn end(mut self) {
        if let Some(open) = self.open.take() {
            self.lane.end(open);
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some(open) = self.open.take() else { return };
        let mut state = self.lane.lock();
        if state.steps.is_empty() && !state.left {
            state.open = Some(open);
        } else {
            drop(state);
            self.lane.writer.help(self.lane.clone(), open);
        }
    }
}

/// The handle of a transaction.
struct SqliteSession(Arc<Lane>);

impl SqliteSession {
    /// Takes the transaction if this statement can be tried at once.
    fn turn_for(&self, stmt: &Stmt, restarts: bool) -> Option<Turn<'_>> {
        if !self.0.shared.tries(stmt, restarts) {
            return None;
        }
        let mut turn = self.0.take()?;
        let open = turn.open.as_mut()?;
        if open.broken {
            return None;
        }
        open.before(stmt, &self.0.shared);
        Some(turn)
    }

    /// Takes it if ending or undoing is quickly done.
    fn turn_to_end(&self) -> Option<Turn<'_>> {
        let turn = self.0.take()?;
        turn.open.as_ref()?.is_light().then_some(turn)
    }

    fn elsewhere<T>(&self, turn: Option<Turn<'_>>, step: impl FnOnce(Reply<T>) -> Step) -> Answer<T> {
        let (reply, answer) = Answer::channel();
        match turn {
            Some(turn) => turn.elsewhere(step(reply)),
            None => self.0.queue(step(reply)),
        }
        answer
    }

    /// Has a statement been tried, and what came of it?
    fn tried(
        &self,
        turn: &mut Option<Turn<'_>>,
        work: impl FnOnce(&Runner) -> Tried<u64>,
    ) -> Option<(Result<u64>, Duration)> {
        let open = turn.as_mut()?.open.as_mut()?;
        match work(&open.runner) {
            Tried::Done(result, took) => {
                open.broken = open.runner.connection.is_autocommit();
                Some((result, took))
            }
            Tried::Elsewhere => None,
        }
    }
}

impl Session for SqliteSession {
    fn fetch(&self, mut job: Job, mut sink: Sink) -> Answer<Sink> {
        let mut turn = self.turn_for(&job.stmt, sink.restart());
        if let Some((result, took)) = self.tried(&mut turn, |runner| runner.fetch_here(&mut job, &mut *sink))
        {
            drop(turn);
            self.0.shared.took(&job.stmt, took);
            return Answer::now(result.map(|_| sink), took);
        }
        if turn.is_some() {
            self.0.shared.long.of_steps(&job.stmt.sql);
            sink.restart();
        }
        self.elsewhere(turn, |reply| Step::Work(Work::Fetch { job, sink, reply }))
    }

    fn execute(&self, mut job: Job) -> Answer<u64> {
        let mut turn = self.turn_for(&job.stmt, true);
        if let Some((result, took)) = self.tried(&mut turn, |runner| runner.execute_here(&mut job)) {
            drop(turn);
            self.0.shared.took(&job.stmt, took);
            return Answer::now(result, took);
        }
        if turn.is_some() {
            self.0.shared.long.of_steps(&job.stmt.sql);
        }
        self.elsewhere(turn, |reply| Step::Work(Work::Execute { job, reply }))
    }

    fn batch(&self, job: Job) -> Answer<()> {
        self.elsewhere(None, |reply| Step::Work(Work::Batch { job, reply }))
    }

    fn savepoint(&self, step: Savepoint) -> Answer<()> {
        let began = Instant::now();
        let turn = match step {
            Savepoint::Set(_) | Savepoint::Release(_) if self.0.shared.tries_at_all() => self.0.take(),
            _ => self.turn_to_end(),
        };
        if let Some(open) = turn.as_ref().and_then(|turn| turn.open.as_ref()) {
            return Answer::now(open.savepoint(step), began.elapsed());
        }
        self.elsewhere(turn, |reply| Step::Savepoint(step, reply))
    }

    fn rollback(&self) -> Answer<()> {
        let began = Instant::now();
        match self.turn_to_end() {
            Some(turn) => {
                turn.end();
                Answer::now(Ok(()), began.elapsed())
            }
            None => self.elsewhere(None, Step::Rollback),
        }
    }

    fn commit(&self, hooks: Hooks) -> Answer<Option<JoinHandle<()>>> {
        let began = Instant::now();
        let turn = self.turn_to_end();
        let Some(open) = turn.as_ref().and_then(|turn| turn.open.as_ref()) else {
            return self.elsewhere(turn, |reply| Step::Commit(hooks, reply));
        };
        let done = open.commit().map(|()| hooks.start());
        if let Some(turn) = turn {
            turn.end();
        }
        Answer::now(done, began.elapsed())
    }
}

impl Drop for SqliteSession {
    fn drop(&mut self) {
        match self.turn_to_end() {
            Some(turn) => turn.end(),
            None => {
                let mut state = self.0.lock();
                state.left = true;
                // What runs now ends it.
                if let Some(open) = state.open.take() {
                    drop(state);
                    self.0.writer.help(self.0.clone(), open);
                }
            }
        }
    }
}
