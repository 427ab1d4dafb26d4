//! What a database driver offers to the handles in `crate::db`, and the drivers.
//!
//! A statement passes through once: `Db` or `Tx` makes a `Job` of it, the driver runs the job where its
//! connection lives, pushes the rows into the sink there, and answers through a channel. A transaction
//! is a `Session`: one connection that belongs to it until it ends. Ending it is always a message to the
//! connection's owner, so that it happens even when nobody waits for the answer.
#![cfg_attr(
    not(feature = "sqlite"),
    allow(dead_code, unreachable_code, unused_variables, reason = "no driver is built in")
)]

#[cfg(feature = "postgres")]
mod postgres;
mod replicas;
mod slow;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::{
    panic::Location,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use quintet_core::{BoxFuture, Error, Result};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, coop},
};

#[cfg(feature = "postgres")]
pub(crate) use postgres::{open as open_postgres, shell as postgres_shell};
pub(crate) use replicas::{Opener, Replicas};
#[cfg(feature = "sqlite")]
pub(crate) use sqlite::{open as open_sqlite, shell as sqlite_shell};

use crate::{
    db::{Hooks, Notice, Pending},
    dialect::Dialect,
    isolation::Isolation,
    row::RowSink,
    stmt::Stmt,
};

/// A statement on its way, with the query log's open entry if anyone records.
pub(crate) struct Job {
    pub(crate) stmt: Stmt,
    pub(crate) log: Option<Box<Pending>>,
}

/// The rows' sink, given back when they are through.
pub(crate) type Sink = Box<dyn RowSink>;

/// Where a transaction was begun.
pub(crate) type Place = &'static Location<'static>;

/// How a transaction starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// For the site's data.
    Data(Terms),
    /// For changes to the schema: foreign keys are not enforced inside it, but checked before it commits.
    Schema,
}

/// What is asked of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Terms {
    /// At least this; without, as the database does by itself.
    pub(crate) isolation: Option<Isolation>,
    pub(crate) read_only: bool,
    /// Wait with the beginning until nothing can clash with it.
    pub(crate) deferrable: bool,
}

impl Begin {
    pub(crate) const PLAIN: Begin =
        Begin::Data(Terms { isolation: None, read_only: false, deferrable: false });

    pub(crate) fn terms(self) -> Terms {
        match self {
            Begin::Data(terms) => terms,
            Begin::Schema => Terms::default(),
        }
    }
}

/// A savepoint's steps.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Savepoint {
    Set(u32),
    Release(u32),
    RollBack(u32),
}

/// A database, as the handles see it.
pub(crate) trait Driver: Send + Sync {
    fn dialect(&self) -> &'static Dialect;
    /// Runs one statement by itself.
    fn fetch(&self, job: Job, sink: Sink) -> BoxFuture<'_, Result<Sink>>;
    /// Runs one statement by itself and tells how many rows it changed.
    fn execute(&self, job: Job) -> BoxFuture<'_, Result<u64>>;
    /// Runs several statements without parameters, each by itself.
    fn batch(&self, job: Job) -> BoxFuture<'_, Result>;
    /// Takes a connection and begins a transaction on it. Without a place, that of its first statement stands for it.
    fn begin(&self, how: Begin, at: Option<Place>) -> BoxFuture<'_, Result<Box<dyn Session>>>;
    /// Takes no more work, ends what runs, and closes the connections.
    fn close(&self) -> BoxFuture<'_, ()>;
    /// Hears what is said on channels, on a connection of its own.
    fn listen(&self, channels: Vec<String>) -> BoxFuture<'_, Result<Box<dyn Hearing>>> {
        let _ = channels;
        let name = self.dialect().name;
        let why = format!("{name} has no LISTEN and NOTIFY: `notices` needs a PostgreSQL database");
        Box::pin(std::future::ready(Err(Error::database(why))))
    }
}

/// What hears notices.
pub(crate) trait Hearing: Send {
    /// The next one. May be dropped and called again.
    fn next(&mut self) -> BoxFuture<'_, Notice>;
    /// How long nothing may come before it is tested whether the server is there.
    fn test_after(&mut self, pause: Duration);
}

/// A transaction's connection. Dropping it rolls back.
///
/// Each call puts its job into the connection's queue before it returns: jobs run in the order of the calls. A
/// statement whose answer is dropped before it began is skipped; a savepoint's step, a commit and a rollback never are.
pub(crate) trait Session: Send + Sync {
    fn fetch(&self, job: Job, sink: Sink) -> Answer<Sink>;
    fn execute(&self, job: Job) -> Answer<u64>;
    fn batch(&self, job: Job) -> Answer<()>;
    fn savepoint(&self, step: Savepoint) -> Answer<()>;
    fn rollback(&self) -> Answer<()>;
    /// Commits; the owner of the connection then starts the hooks. The handle ends when they have ended.
    fn commit(&self, hooks: Hooks) -> Answer<Option<JoinHandle<()>>>;
}

/// The answer of a connection's owner.
pub(crate) enum Answer<T> {
    /// It comes from another thread or task.
    Later(oneshot::Receiver<Result<T>>),
    /// It was there at once: the statement ran where it was asked for.
    Now {
        /// Gone when it was given.
        result: Option<Result<T>>,
        /// What it costs of the turn that the runtime gives a task, so that a task whose statements never wait lets others run.
        units: u32,
    },
}

/// Where the owner of a connection puts its answer.
pub(crate) type Reply<T> = oneshot::Sender<Result<T>>;

/// Tokio gives a task 128 units a turn: this makes it about 2 ms.
const UNIT: Duration = Duration::from_micros(16);

impl<T> Answer<T> {
    pub(crate) fn channel() -> (Reply<T>, Answer<T>) {
        let (reply, answer) = oneshot::channel();
        (reply, Answer::Later(answer))
    }

    /// An answer that is there, after so long on the task's own thread.
    pub(crate) fn now(result: Result<T>, took: Duration) -> Answer<T> {
        let units = 1 + (took.as_nanos() / UNIT.as_nanos()).min(127) as u32;
        Answer::Now { result: Some(result), units }
    }
}

impl<T> Unpin for Answer<T> {}

impl<T> Future for Answer<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        match &mut *self {
            Answer::Later(answer) => {
                let answer = ready!(Pin::new(answer).poll(cx));
                Poll::Ready(answer.unwrap_or_else(|_| Err(closed())))
            }
            Answer::Now { result, units } => {
                while *units > 0 {
                    ready!(coop::poll_proceed(cx)).made_progress();
                    *units -= 1;
                }
                Poll::Ready(
                    result.take().unwrap_or_else(|| Err(Error::internal("an answer was taken twice"))),
                )
            }
        }
    }
}

/// The error of a job that met no connection.
pub(crate) fn closed() -> Error {
    Error::of_kind(
        quintet_core::ErrorKind::Unavailable,
        http::StatusCode::SERVICE_UNAVAILABLE,
        "the database is closed: the site is stopping, or `Db::close` was called",
    )
}
