//! Running one statement on a connection, on its thread.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use http::StatusCode;
use quintet_core::{Error, ErrorKind, Result};
use rusqlite::Connection;

use super::{bind::bind, connect::Role, errors::Context, row::SqliteRow};
use crate::{
    driver::{Job, Reply, Sink},
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

/// A connection with what its thread knows about it.
pub(super) struct Runner {
    pub(super) connection: Connection,
    pub(super) url: Arc<str>,
    pub(super) role: Role,
    pub(super) slow_query: Duration,
    /// Is a transaction open, so that statements don't stand alone?
    pub(super) in_transaction: bool,
}

impl Runner {
    /// Runs it, answers, and tells the query log.
    pub(super) fn run(&self, work: Work) {
        // What a sink's own `drop` does on this thread is no more to be trusted than its `push`.
        if catch_unwind(AssertUnwindSafe(|| self.answer(work))).is_err() {
            tracing::error!(url = &*self.url, "dropping what a query's sink held panicked");
        }
    }

    fn answer(&self, work: Work) {
        let started = Instant::now();
        match work {
            Work::Fetch { job, mut sink, reply } => {
                let result = self.guarded(&job.stmt, |me| {
                    me.alone(&job.stmt, |me| me.fetch(&job.stmt, &mut *sink, &|| reply.is_closed()))
                });
                self.tell(job, started, &result, |rows| *rows);
                drop(reply.send(result.map(|_| sink)));
            }
            Work::Execute { job, reply } => {
                let result = self.guarded(&job.stmt, |me| me.execute(&job.stmt));
                self.tell(job, started, &result, |rows| *rows);
                drop(reply.send(result));
            }
            Work::Batch { job, reply } => {
                let result = self.guarded(&job.stmt, |me| me.batch(&job.stmt));
                self.tell(job, started, &result, |()| 0);
                drop(reply.send(result));
            }
        }
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
        self.step("BEGIN IMMEDIATE").map_err(|e| self.context(stmt).of(e))?;
        // On an error or a panic `guarded` finds the transaction open and rolls back.
        match work(self) {
            Ok(value) => {
                if let Err(error) = self.step("COMMIT") {
                    self.roll_back();
                    return Err(self.context(stmt).of(error));
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
        let context = self.context(stmt);
        let mut prepared = self.connection.prepare_cached(&stmt.sql).map_err(|e| context.of(e))?;
        self.check_access(stmt, &prepared)?;
        bind(&mut prepared, &stmt.params, &context)?;
        let mut rows = prepared.raw_query();
        let (mut count, mut columns) = (0u64, None);
        while let Some(row) = rows.next().map_err(|e| context.of(e))? {
            // After the first step: a change of the schema may have prepared the statement anew.
            let columns = *columns.get_or_insert_with(|| row.as_ref().column_count());
            count += 1;
            let more = sink.push(&SqliteRow { row, columns }).map_err(|e| context.error(e))?;
            if !more || (count.is_multiple_of(64) && abandoned()) {
                break;
            }
        }
        Ok(count)
    }

    fn execute(&self, stmt: &Stmt) -> Result<u64> {
        let context = self.context(stmt);
        let mut prepared = self.connection.prepare_cached(&stmt.sql).map_err(|e| context.of(e))?;
        self.check_access(stmt, &prepared)?;
        bind(&mut prepared, &stmt.params, &context)?;
        let before = self.connection.total_changes();
        let mut rows = prepared.raw_query();
        while rows.next().map_err(|e| context.of(e))?.is_some() {}
        drop(rows);
        // `changes` keeps the count of an earlier statement if this one is no INSERT, UPDATE or DELETE.
        let changed = self.connection.total_changes() != before;
        Ok(if changed { self.connection.changes() } else { 0 })
    }

    fn batch(&self, stmt: &Stmt) -> Result {
        self.connection.execute_batch(&stmt.sql).map_err(|e| self.context(stmt).of(e))
    }

    /// A statement that says it reads and writes would run outside of the writer's order.
    fn check_access(&self, stmt: &Stmt, prepared: &rusqlite::Statement<'_>) -> Result {
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

    fn tell<T>(&self, job: Job, started: Instant, result: &Result<T>, rows: impl FnOnce(&T) -> u64) {
        let duration = started.elapsed();
        tracing::debug!(sql = job.stmt.sql, micros = duration.as_micros(), failed = result.is_err(), "query");
        if duration >= self.slow_query {
            self.tell_slow(&job.stmt, duration);
        }
        if let Some(log) = job.log {
            let error = result.as_ref().err().map(ToString::to_string);
            log.finish(result.as_ref().map_or(0, rows), duration, error);
        }
    }

    #[cold]
    fn tell_slow(&self, stmt: &Stmt, duration: Duration) {
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let at = stmt.at.map(tracing::field::display);
        tracing::warn!(ms, at, role = ?self.role, sql = stmt.sql, "slow query");
    }
}

/// SQLite counts most pragmas as writing, also where they only ask. Readers' connections refuse those that do write.
fn is_pragma(sql: &str) -> bool {
    sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("pragma"))
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
