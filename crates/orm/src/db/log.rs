//! The query log: what ran, how long it took and who asked for it, for tests and for the debug page.
//!
//! It costs an atomic load and a task-local look-up while nobody records. Values are never recorded, only
//! their kinds: they may be secret.

use std::{
    panic::Location,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use quintet_core::{
    Value,
    debug::{Note, Panel, Trace},
};

use super::family::DEFAULT;
use crate::stmt::{Access, Stmt};

/// One statement that ran.
#[derive(Debug, Clone)]
pub struct QueryRecord {
    /// Its text, with placeholders.
    pub sql: String,
    /// What the site calls the database that it ran on: `default`, or one of `[databases.NAME]`.
    pub database: Arc<str>,
    /// Which of its replicas answered, counted from 1.
    pub replica: Option<u16>,
    /// The sorts of its parameters, in order: `text`, `whole number`, …
    pub kinds: Vec<&'static str>,
    /// The rows that it gave or changed.
    pub rows: u64,
    /// How long the database took, without waiting for a connection.
    pub duration: Duration,
    /// Where the program asked for it, if the query knows.
    pub at: Option<&'static Location<'static>>,
    /// Whether it was run as reading or as writing.
    pub access: Access,
    /// The database's message, if it failed.
    pub error: Option<String>,
}

/// A list of statements that fills while they run. Clones share the list.
///
/// [`QueryLog::scope`] collects what one future (a request) runs on any database; [`Db::record`](crate::Db::record)
/// collects what a whole database runs. Beginning and ending a transaction are no entries.
#[derive(Debug, Clone, Default)]
pub struct QueryLog(Arc<Mutex<Vec<QueryRecord>>>);

tokio::task_local! {
    static CURRENT: QueryLog;
}

impl QueryLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `work` and collects its statements. Tasks that it spawns are not part of it.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// The log of the request or task that this code runs in, if it has one.
    #[must_use]
    pub fn current() -> Option<QueryLog> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// What has been collected so far, in the order in which the statements ended.
    #[must_use]
    pub fn records(&self) -> Vec<QueryRecord> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many statements have been collected.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Has nothing been collected?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn push(&self, record: QueryRecord) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }
}

/// Collects the statements of a database until it is dropped: [`Db::record`](crate::Db::record).
#[derive(Debug)]
#[must_use = "it collects until it is dropped"]
pub struct Recording {
    log: QueryLog,
    /// Those of each database.
    recorders: Vec<Arc<Recorders>>,
}

impl Recording {
    /// Of these databases, in one list.
    pub(super) fn of(recorders: Vec<Arc<Recorders>>) -> Recording {
        let log = QueryLog::new();
        recorders.iter().for_each(|recorders| recorders.add(log.clone()));
        Recording { log, recorders }
    }

    /// What has been collected so far.
    #[must_use]
    pub fn queries(&self) -> Vec<QueryRecord> {
        self.log.records()
    }

    /// How many statements have been collected.
    #[must_use]
    pub fn count(&self) -> usize {
        self.log.len()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.recorders.iter().for_each(|recorders| recorders.remove(&self.log));
    }
}

/// Who records a database.
#[derive(Debug, Default)]
pub(crate) struct Recorders {
    active: AtomicUsize,
    logs: Mutex<Vec<QueryLog>>,
}

impl Recorders {
    fn add(&self, log: QueryLog) {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.push(log);
        self.active.store(logs.len(), Ordering::Release);
    }

    fn remove(&self, log: &QueryLog) {
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        logs.retain(|other| !Arc::ptr_eq(&other.0, &log.0));
        self.active.store(logs.len(), Ordering::Release);
    }

    /// The open entry of a statement, if anyone wants it.
    #[inline]
    pub(crate) fn pending(&self, stmt: &Stmt, database: &Arc<str>) -> Option<Box<Pending>> {
        let (scoped, trace) = (QueryLog::current(), Trace::current());
        if scoped.is_none() && trace.is_none() && self.active.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        logs.extend(scoped);
        let record = QueryRecord {
            sql: stmt.sql.to_string(),
            database: database.clone(),
            replica: None,
            kinds: stmt.params.iter().map(Value::describe).collect(),
            rows: 0,
            duration: Duration::ZERO,
            at: stmt.at,
            access: stmt.access,
            error: None,
        };
        Some(Box::new(Pending { record, logs, trace }))
    }
}

/// The toolbar's panel of statements.
pub(crate) static QUERIES: Panel = Panel::new("queries", "Queries", true);

/// As a note for the toolbar; of its values only their kinds, for they may be secret.
fn note(record: &QueryRecord) -> Note {
    let mut note = Note::new(record.sql.as_str())
        .place(record.at)
        .took(record.duration)
        .fact("rows", record.rows.to_string())
        .failed(record.error.clone());
    if !record.kinds.is_empty() {
        note = note.fact("values", record.kinds.join(", "));
    }
    if &*record.database != DEFAULT {
        note = note.fact("database", &*record.database);
    }
    if let Some(number) = record.replica {
        note = note.fact("replica", number.to_string());
    }
    let word = record.sql.split_ascii_whitespace().next().unwrap_or_default();
    match word {
        "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "WITH" => note.ask("Plan"),
        _ => note,
    }
}

/// An entry whose statement has not ended yet. The driver closes it.
pub(crate) struct Pending {
    record: QueryRecord,
    logs: Vec<QueryLog>,
    trace: Option<Trace>,
}

impl Pending {
    /// The entry of the same statement, run by a replica.
    pub(crate) fn at_replica(&self, number: u16) -> Pending {
        let record = QueryRecord { replica: Some(number), ..self.record.clone() };
        Pending { record, logs: self.logs.clone(), trace: self.trace.clone() }
    }

    pub(crate) fn finish(mut self, rows: u64, duration: Duration, error: Option<String>) {
        self.record.rows = rows;
        self.record.duration = duration;
        self.record.error = error;
        if let Some(trace) = &self.trace {
            trace.note(&QUERIES, note(&self.record));
        }
        for log in &self.logs {
            log.push(self.record.clone());
        }
    }
}
