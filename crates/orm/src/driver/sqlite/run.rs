//! Running one statement on a connection: on a thread of the database, or where it was asked for.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use http::StatusCode;
use quintet_core::{Error, ErrorKind, Result};
use rusqlite::{CachedStatement, Connection, ErrorCode, hooks::Wal};

use super::{bind::bind, connect::Role, errors::Context, limit::Limit, row::SqliteRow, turns::Turns};
use crate::{
    db::Pending,
    driver::{Job, Reply, Sink, slow::Slow},
    row::RowSink,
    stmt::{Access, Stmt},
};

/// A statement with the place for its answer.
pub(super) enum Work {
    Fetch { job: Job, sink: Sink, reply: Reply<Sink> },
    Execute { job: Job, reply: Reply<u64> },
    Batch { job: Job, reply: Reply<()> },
}

impl Work {
    pub(super) fn stmt(&self) -> &Stmt {
        match self {
            Work::Fetch { job, .. } | Work::Execute { job, .. } | Work::Batch { job, .. } => &job.stmt,
        }
    }

    /// Has the future that waits for it been dropped?
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Work::Fetch { reply, .. } => reply.is_closed(),
            Work::Execute { reply, .. } => reply.is_closed(),
            Work::Batch { reply, .. } => reply.is_closed(),
        }
    }

    /// Answers without running it.
    pub(super) fn refuse(self, error: Error) {
        // Nobody waits if the send fails.
        match self {
            Work::Fetch { reply, .. } => drop(reply.send(Err(error))),
            Work::Execute { reply, .. } => drop(reply.send(Err(error))),
            Work::Batch { reply, .. } => drop(reply.send(Err(error))),
        }
    }
}

/// What a statement gave, to be sent when its connection is free for the next one: who hears of it may ask at once.
#[must_use = "somebody waits for it"]
pub(super) enum Answered {
    Fetch(Reply<Sink>, Result<()>, Sink),
    Execute(Reply<u64>, Result<u64>),
    Batch(Reply<()>, Result<()>),
}

impl Answered {
    /// Sends it. Nobody waits if that fails.
    pub(super) fn send(self) {
        // What a sink's own `drop` does is no more to be trusted than its `push`.
        let sent = catch_unwind(AssertUnwindSafe(|| match self {
            Answered::Fetch(reply, result, sink) => drop(reply.send(result.map(|()| sink))),
            Answered::Execute(reply, result) => drop(reply.send(result)),
            Answered::Batch(reply, result) => drop(reply.send(result)),
        }));
        if sent.is_err() {
            tracing::error!("dropping what a query's sink held panicked");
        }
    }
}

/// A connection with what those who use it know about it, one after the other.
pub(super) struct Runner {
    pub(super) connection: Connection,
    pub(super) url: Arc<str>,
    pub(super) role: Role,
    pub(super) slow: Slow,
    /// Is a transaction open, so that statements don't stand alone?
    pub(super) in_transaction: bool,
    pub(super) limit: Arc<Limit>,
    /// Is a statement tried where it was asked for, where nothing may be waited for?
    here: Cell<bool>,
    /// How long SQLite may wait for other processes.
    turns: Turns,
    /// The pages in the write-ahead log, as the last commit left it.
    log: Arc<AtomicU32>,
}

/// A write-ahead log of so many pages is folded into the file, as SQLite does by itself at the end of a commit: here it would
/// hold up the task that commits.
const LONG_LOG: u32 = 1000;

/// What became of a statement that was tried where it was asked for.
pub(super) enum Tried<T> {
    /// It ran, and took so long.
    Done(Result<T>, Duration),
    /// It left nothing behind and is to be run by a thread: it takes long, or has to wait.
    Elsewhere,
}

impl Runner {
    /// Of a connection that was just made. Of a statement that is tried where it was asked for, so many steps are run. SQLite
    /// may wait for other processes for as long as `busy`, until something else is said.
    pub(super) fn new(
        mut connection: Connection,
        url: Arc<str>,
        role: Role,
        slow: Slow,
        steps: u32,
        busy: Duration,
    ) -> rusqlite::Result<Runner> {
        let limit = Limit::install(&mut connection, steps)?;
        let log = Arc::new(AtomicU32::new(0));
        if role == Role::Writer {
            let log = log.clone();
            connection.wal_hook(Some(move |_: &mut Wal, pages| {
                log.store(u32::try_from(pages).unwrap_or_default(), Ordering::Relaxed);
                Ok(())
            }))?;
        }
        let turns = Turns::install(&mut connection, busy)?;
        let here = Cell::new(false);
        Ok(Runner { connection, url, role, slow, in_transaction: false, limit, here, turns, log })
    }

    /// Is the write-ahead log to be folded into the file?
    pub(super) fn log_is_long(&self) -> bool {
        self.log.load(Ordering::Relaxed) >= LONG_LOG
    }

    /// Does that, as far as readers allow.
    pub(super) fn fold_log(&self) {
        self.log.store(0, Ordering::Relaxed);
        let folded = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        if let Err(error) = folded {
            tracing::warn!(%error, url = &*self.url, "the write-ahead log could not be folded into the file");
        }
    }

    /// Runs it, and tells the query log.
    pub(super) fn run(&self, work: Work) -> Answered {
        let started = Instant::now();
        match work {
            Work::Fetch { job: Job { stmt, log }, mut sink, reply } => {
                let result = self.guarded(&stmt, |me| {
                    me.alone(&stmt, |me| me.fetch(&stmt, &mut *sink, &|| reply.is_closed()))
                });
                self.tell(&stmt, log, started.elapsed(), &result, |rows| *rows);
                Answered::Fetch(reply, result.map(drop), sink)
            }
            Work::Execute { job: Job { stmt, log }, reply } => {
                let result = self.guarded(&stmt, |me| me.execute(&stmt));
                self.tell(&stmt, log, started.elapsed(), &result, |rows| *rows);
                Answered::Execute(reply, result)
            }
            Work::Batch { job: Job { stmt, log }, reply } => {
                let result = self.guarded(&stmt, |me| me.batch(&stmt));
                self.tell(&stmt, log, started.elapsed(), &result, |()| 0);
                Answered::Batch(reply, result)
            }
        }
    }

    /// Tries a statement that gives rows on the thread that asked for it, and tells the query log if it ran.
    pub(super) fn fetch_here(&self, job: &mut Job, sink: &mut dyn RowSink) -> Tried<u64> {
        self.try_here(job, |me, stmt| me.alone(stmt, |me| me.fetch(stmt, sink, &|| false)))
    }

    /// [`fetch_here`](Self::fetch_here) for a statement whose rows don't matter.
    pub(super) fn execute_here(&self, job: &mut Job) -> Tried<u64> {
        self.try_here(job, Self::execute)
    }

    fn try_here(&self, job: &mut Job, work: impl FnOnce(&Self, &Stmt) -> Result<u64>) -> Tried<u64> {
        let started = Instant::now();
        self.here.set(true);
        // Only what reads can be broken off: of what writes it isn't known whether it took place.
        if job.stmt.access == Access::Read {
            self.limit.set();
        }
        let result = self.guarded(&job.stmt, |me| work(me, &job.stmt));
        self.here.set(false);
        if self.limit.lift() {
            return Tried::Elsewhere;
        }
        let duration = started.elapsed();
        self.tell(&job.stmt, job.log.take(), duration, &result, |rows| *rows);
        Tried::Done(result, duration)
    }

    /// Has SQLite read the whole schema, which it would do at the first statement.
    pub(super) fn read_schema(&self) {
        if let Err(error) = self.connection.prepare("SELECT 1 FROM sqlite_schema") {
            tracing::warn!(%error, url = &*self.url, "the schema could not be read");
        }
    }

    /// How long SQLite may wait for other processes from now on.
    pub(super) fn wait_for_others(&self, patience: Duration) {
        self.turns.set(patience);
    }

    /// Keeps a panic of a sink, and a transaction that a statement left open, from reaching the next job.
    fn guarded<T>(&self, stmt: &Stmt, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let result = catch_unwind(AssertUnwindSafe(|| work(self)));
        let result = result.unwrap_or_else(|panic| Err(self.context(stmt).error(panicked(&*panic))));
        if self.in_transaction || self.connection.is_autocommit() {
            return result;
        }
        self.roll_back();
        let left_open = || {
            Error::database(
                "the statement left a transaction open; it was rolled back: use `db.atomic(..)` or `db.begin()`",
            )
        };
        result.and_then(|_| Err(self.context(stmt).error(left_open())))
    }

    /// Gives a statement that writes and answers with rows a transaction of its own: otherwise it would be kept
    /// even if its rows can't be decoded.
    fn alone<T>(&self, stmt: &Stmt, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        if self.in_transaction || stmt.access == Access::Read {
            return work(self);
        }
        self.step("BEGIN IMMEDIATE").map_err(|e| self.failed(stmt, e))?;
        // On an error or a panic `guarded` finds the transaction open and rolls back.
        match work(self) {
            Ok(value) => {
                if let Err(error) = self.step("COMMIT") {
                    self.roll_back();
                    return Err(self.failed(stmt, error));
                }
                Ok(value)
            }
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }

    fn fetch(&self, stmt: &Stmt, sink: &mut dyn RowSink, abandoned: &dyn Fn() -> bool) -> Result<u64> {
        let mut prepared = self.prepared(stmt)?;
        let mut rows = prepared.raw_query();
        let (mut count, mut columns) = (0u64, None);
        while let Some(row) = rows.next().map_err(|e| self.failed(stmt, e))? {
            // After the first step: a change of the schema may have prepared the statement anew.
            let columns = *columns.get_or_insert_with(|| row.as_ref().column_count());
            count += 1;
            let more = sink.push(&SqliteRow { row, columns }).map_err(|e| self.context(stmt).error(e))?;
            if !more || (count.is_multiple_of(64) && abandoned()) {
                break;
            }
        }
        Ok(count)
    }

    fn execute(&self, stmt: &Stmt) -> Result<u64> {
        let mut prepared = self.prepared(stmt)?;
        let before = self.connection.total_changes();
        let mut rows = prepared.raw_query();
        while rows.next().map_err(|e| self.failed(stmt, e))?.is_some() {}
        drop(rows);
        // `changes` keeps the count of an earlier statement if this one is no INSERT, UPDATE or DELETE.
        let changed = self.connection.total_changes() != before;
        Ok(if changed { self.connection.changes() } else { 0 })
    }

    /// The statement, ready to be run.
    fn prepared(&self, stmt: &Stmt) -> Result<CachedStatement<'_>> {
        let mut prepared = self.connection.prepare_cached(&stmt.sql).map_err(|e| self.failed(stmt, e))?;
        self.check_access(stmt, &prepared)?;
        bind(&mut prepared, &stmt.params, &self.context(stmt))?;
        Ok(prepared)
    }

    fn batch(&self, stmt: &Stmt) -> Result {
        self.connection.execute_batch(&stmt.sql).map_err(|e| self.failed(stmt, e))
    }

    /// SQLite's error about a statement. One that would have to wait for another process is not tried here.
    #[cold]
    fn failed(&self, stmt: &Stmt, error: rusqlite::Error) -> Error {
        let locked = matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed)
        );
        if self.here.get() && locked {
            self.limit.exceed();
        }
        self.context(stmt).of(error)
    }

    /// A statement that says it reads and writes would run outside of the writer's order.
    fn check_access(&self, stmt: &Stmt, prepared: &rusqlite::Statement<'_>) -> Result {
        // Only what does nothing but read can be broken off where it was asked for.
        if self.here.get() && stmt.access == Access::Read && !(prepared.readonly() && is_query(&stmt.sql)) {
            self.limit.exceed();
            return Err(Error::internal("the statement is no query"));
        }
        if self.in_transaction || stmt.access == Access::Write || prepared.readonly() || is_pragma(&stmt.sql)
        {
            return Ok(());
        }
        Err(self.context(stmt).error(Error::database(
            "the statement writes, but was given as one that reads: make it with `Stmt::write`",
        )))
    }

    /// Runs a step of a transaction.
    pub(super) fn step(&self, sql: &str) -> rusqlite::Result<()> {
        let mut prepared = self.connection.prepare_cached(sql)?;
        let mut rows = prepared.raw_query();
        while rows.next()?.is_some() {}
        Ok(())
    }

    /// Leaves no transaction open.
    pub(super) fn roll_back(&self) {
        if self.connection.is_autocommit() {
            return;
        }
        if let Err(error) = self.step("ROLLBACK") {
            tracing::error!(%error, url = &*self.url, "rolling back failed");
        }
    }

    fn context<'a>(&'a self, stmt: &'a Stmt) -> Context<'a> {
        Context { stmt, url: &self.url }
    }

    fn tell<T>(
        &self,
        stmt: &Stmt,
        log: Option<Box<Pending>>,
        duration: Duration,
        result: &Result<T>,
        rows: impl FnOnce(&T) -> u64,
    ) {
        tracing::debug!(sql = &*stmt.sql, micros = duration.as_micros(), failed = result.is_err(), "query");
        if duration >= self.slow.query {
            self.tell_slow(stmt, duration);
        }
        if let Some(log) = log {
            let error = result.as_ref().err().map(ToString::to_string);
            log.finish(result.as_ref().map_or(0, rows), duration, error);
        }
    }

    #[cold]
    fn tell_slow(&self, stmt: &Stmt, duration: Duration) {
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let at = stmt.at.map(tracing::field::display);
        let database = &*self.slow.database;
        tracing::warn!(ms, at, database, role = ?self.role, sql = &*stmt.sql, "slow query");
    }
}

/// SQLite counts most pragmas as writing, also where they only ask. Readers' connections refuse those that do write.
fn is_pragma(sql: &str) -> bool {
    sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("pragma"))
}

/// Does it begin as a query? What begins, ends or sets something counts as reading, too.
fn is_query(sql: &str) -> bool {
    let begins = |word: &str| sql.get(..word.len()).is_some_and(|text| text.eq_ignore_ascii_case(word));
    begins("SELECT") || begins("WITH")
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::of_kind(
        ErrorKind::Panic,
        StatusCode::INTERNAL_SERVER_ERROR,
        format!("decoding a row panicked: {}", text.unwrap_or("no message")),
    )
}
