//! SQLite: one connection that writes, some that read, and threads for what takes long.
//!
//! A statement that takes no time is run where it was asked for, on a connection that is free: the way to another thread and
//! back is longer than most queries are. How long one takes is not known before: one that reads is broken off after some steps
//! ([`limit`]), and run anew by a thread; one that writes can't be broken off, so that only those are tried that name their
//! rows by key ([`Stmt::short`](crate::Stmt::short)). What turned out to take long is not tried again for a while ([`long`]).
//!
//! All other statements that read go to the queue of the readers ([`readers`]), where the next free thread takes them; those
//! that write, and transactions, to the queue of the writer ([`writer`]). A transaction keeps the writer's connection until it
//! ends ([`session`]). A connection runs what it is given ([`run`]) and pushes rows into the sink straight from SQLite's
//! buffers ([`row`]). A transaction that only reads has a connection of its own ([`snapshots`]). In WAL mode readers never wait for the writer. A database in memory belongs to one connection, so there
//! the writer does everything.
mod bind;
mod connect;
mod errors;
mod functions;
mod holder;
mod limit;
mod long;
mod readers;
mod row;
mod run;
mod session;
mod shell;
mod snapshots;
mod turns;
mod writer;

pub(crate) use shell::shell;

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use quintet_core::{BoxFuture, Error, Result};
use rusqlite::Connection;

use self::{
    connect::{Role, Target},
    holder::Holder,
    long::Long,
    readers::Readers,
    run::{Runner, Tried, Work},
    snapshots::Snapshots,
    writer::{Message, Ticket, Writer},
};
use super::{Answer, Begin, Driver, Job, Place, Session, Sink, closed, slow::Slow};
use crate::{
    db::{DbOptions, patience, url::DbUrl},
    dialect::{Dialect, SQLITE},
    stmt::{Access, Stmt},
};

/// What all threads of a database know.
struct Shared {
    target: Target,
    holder: Holder,
    slow: Slow,
    /// Of a statement that is tried where it was asked for, so many steps are run; none to try nothing there.
    inline_steps: u32,
    long: Long,
}

/// A statement that took longer where it was asked for goes to a thread for a while, however few its steps.
const LONGEST: Duration = Duration::from_millis(2);
/// The most bytes that are written where they were asked to be.
const MOST_BYTES: usize = 64 * 1024;

impl Shared {
    fn runner(&self, connection: Connection, role: Role) -> Result<Runner> {
        let url = self.target.url.clone();
        Runner::new(connection, url, role, self.slow.clone(), self.inline_steps, self.target.busy)
            .map_err(|e| errors::of_step("opening", e, &self.target.url))
    }

    /// May anything be tried where it was asked for?
    fn tries_at_all(&self) -> bool {
        self.inline_steps > 0
    }

    /// Is this statement to be tried where it was asked for? `restarts` says whether its sink can be used again.
    fn tries(&self, stmt: &Stmt, restarts: bool) -> bool {
        let harmless = match stmt.access {
            Access::Read => restarts && !stmt.long,
            Access::Write => stmt.short && stmt.weight() <= MOST_BYTES,
        };
        harmless && self.tries_at_all() && !self.long.has(&stmt.sql)
    }

    /// A statement ran where it was asked for, in this time.
    fn took(&self, stmt: &Stmt, time: Duration) {
        if time > LONGEST {
            self.long.of_time(&stmt.sql);
        }
    }
}

/// A SQLite database.
struct Sqlite {
    shared: Arc<Shared>,
    writer: Arc<Writer>,
    /// None for a database in memory, which only one connection can see.
    readers: Option<Arc<Readers>>,
    /// None where there are no readers.
    snapshots: Option<Arc<Snapshots>>,
    writer_wait: Duration,
    writer_thread: Mutex<Option<JoinHandle<()>>>,
}

/// Opens a database: its writer at once, its readers when they are needed.
pub(crate) async fn open(url: &str, parsed: &DbUrl<'_>, options: DbOptions) -> Result<Box<dyn Driver>> {
    let target = Target::new(url, parsed, &options)?;
    let shared = Arc::new(Shared {
        target,
        holder: Holder::default(),
        slow: Slow::of(&options),
        inline_steps: options.inline_steps,
        long: Long::default(),
    });
    let readers = shared.target.path.is_some().then(|| Readers::new(options.readers));
    let snapshots = readers.is_some().then(|| Snapshots::new(options.readers));
    let writer = Arc::new(Writer::default());
    let (ready, opened) = Answer::channel();
    let thread = thread::Builder::new().name("sqlite-write".into()).spawn({
        let (shared, writer) = (shared.clone(), writer.clone());
        move || match shared.target.connect(Role::Writer).and_then(|c| shared.runner(c, Role::Writer)) {
            Ok(runner) => {
                runner.read_schema();
                writer.give_back(Box::new(runner));
                drop(ready.send(Ok(())));
                writer.serve(&shared);
            }
            Err(error) => drop(ready.send(Err(error))),
        }
    });
    let thread = thread
        .map_err(|e| Error::database(format!("a thread to write the database can't be started: {e}")))?;
    opened.await?;
    let writer_wait = options.writer_wait;
    let writer_thread = Mutex::new(Some(thread));
    Ok(Box::new(Sqlite { shared, writer, readers, snapshots, writer_wait, writer_thread }))
}

impl Sqlite {
    fn ticket(&self) -> Ticket {
        Ticket::new(Instant::now() + self.writer_wait)
    }

    /// Has the writer do it, within the time that is to be waited for it.
    async fn write<T>(
        &self,
        ticket: Ticket,
        message: Message,
        at: Option<Place>,
        answer: Answer<T>,
    ) -> Result<T> {
        if !self.writer.send(message) {
            return Err(closed());
        }
        let mut answer = std::pin::pin!(answer);
        match patience::until(ticket.deadline, &mut answer).await {
            Some(answer) => answer,
            None if ticket.claim() => Err(self.shared.holder.busy(self.writer_wait, at)),
            // The writer began just in time.
            None => answer.await,
        }
    }

    async fn run<T>(&self, access: Access, work: Work, answer: Answer<T>) -> Result<T> {
        match (&self.readers, access) {
            (Some(readers), Access::Read) => {
                readers.push(work, &self.shared);
                answer.await
            }
            _ => {
                let (ticket, at) = (self.ticket(), work.stmt().at);
                self.write(ticket.clone(), Message::Work(work, ticket), at, answer).await
            }
        }
    }
}

impl Sqlite {
    /// Tries it on a connection that is free, if it is one that takes no time.
    fn try_here(
        &self,
        job: &mut Job,
        restarts: bool,
        work: impl FnOnce(&Runner, &mut Job) -> Tried<u64>,
    ) -> Tried<u64> {
        if !self.shared.tries(&job.stmt, restarts) {
            return Tried::Elsewhere;
        }
        let access = job.stmt.access;
        let work = |runner: &Runner| {
            runner.wait_for_others(Duration::ZERO);
            work(runner, job)
        };
        let tried = match (&self.readers, access) {
            (Some(readers), Access::Read) => readers.borrow(work),
            _ => self.writer.borrow(work),
        };
        match tried {
            Some(Tried::Done(result, took)) => {
                self.shared.took(&job.stmt, took);
                Tried::Done(result, took)
            }
            Some(Tried::Elsewhere) => {
                self.shared.long.of_steps(&job.stmt.sql);
                Tried::Elsewhere
            }
            None => Tried::Elsewhere,
        }
    }

    /// Begins a transaction if the writer is free and no other process holds the file.
    fn begin_here(&self, how: Begin, at: Option<Place>) -> Option<Box<dyn Session>> {
        if !self.shared.tries_at_all() {
            return None;
        }
        let runner = self.writer.take()?;
        runner.wait_for_others(Duration::ZERO);
        self.shared.holder.transaction(at);
        match session::begin(runner, (how, at), &self.writer, &self.shared, None) {
            Ok(session) => Some(session),
            Err((runner, _)) => {
                // The thread waits for the other process, or finds out what else is wrong.
                self.shared.holder.free();
                self.writer.give_back(runner);
                None
            }
        }
    }
}

impl Driver for Sqlite {
    fn dialect(&self) -> &'static Dialect {
        &SQLITE
    }

    fn fetch(&self, mut job: Job, mut sink: Sink) -> BoxFuture<'_, Result<Sink>> {
        Box::pin(async move {
            let restarts = sink.restart();
            match self.try_here(&mut job, restarts, |runner, job| runner.fetch_here(job, &mut *sink)) {
                Tried::Done(result, took) => Answer::now(result.map(|_| sink), took).await,
                Tried::Elsewhere => {
                    sink.restart();
                    let (reply, answer) = Answer::channel();
                    self.run(job.stmt.access, Work::Fetch { job, sink, reply }, answer).await
                }
            }
        })
    }

    fn execute(&self, mut job: Job) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async move {
            match self.try_here(&mut job, true, Runner::execute_here) {
                Tried::Done(result, took) => Answer::now(result, took).await,
                Tried::Elsewhere => {
                    let (reply, answer) = Answer::channel();
                    self.run(job.stmt.access, Work::Execute { job, reply }, answer).await
                }
            }
        })
    }

    fn batch(&self, job: Job) -> BoxFuture<'_, Result> {
        Box::pin(async move {
            let (reply, answer) = Answer::channel();
            self.run(Access::Write, Work::Batch { job, reply }, answer).await
        })
    }

    fn begin(&self, how: Begin, at: Option<Place>) -> BoxFuture<'_, Result<Box<dyn Session>>> {
        Box::pin(async move {
            if let (Some(snapshots), true) = (&self.snapshots, how.terms().read_only) {
                return snapshots.begin(&self.shared, (how, at), self.writer_wait).await;
            }
            if how != Begin::Schema
                && let Some(session) = self.begin_here(how, at)
            {
                return Ok(session);
            }
            let (reply, answer) = Answer::channel();
            let ticket = self.ticket();
            let message = Message::Begin { how, at, ticket: ticket.clone(), reply };
            self.write(ticket, message, at, answer).await
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let Some(end) = self.end(self.writer_wait) else { return };
            let (done, ended) = Answer::channel();
            let thread = thread::Builder::new().name("sqlite-close".into()).spawn(move || {
                end.run();
                drop(done.send(Ok(())));
            });
            // Twice: once for those who read, once for the writer.
            if thread.is_ok() && patience::within(self.writer_wait * 2, ended).await.is_some() {
                return;
            }
            let busy = self.shared.holder.busy(self.writer_wait, None);
            tracing::warn!(url = &*self.shared.target.url, %busy, "closing the database did not wait any longer");
        })
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        // No handle is left: nobody waits for what still runs or is queued, and no transaction is open.
        if let Some(end) = self.end(Duration::ZERO) {
            end.run();
        }
    }
}

/// The end of a database's threads.
struct End {
    readers: Option<(Arc<Readers>, Vec<JoinHandle<()>>)>,
    /// Of transactions that read.
    snapshots: Vec<JoinHandle<()>>,
    /// From when on queries that still run are interrupted.
    deadline: Instant,
    writer: (Arc<Writer>, JoinHandle<()>),
}

impl Sqlite {
    /// Takes no more reads. None if the database has been closed before.
    fn end(&self, grace: Duration) -> Option<End> {
        let thread = self.writer_thread.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let readers = self.readers.as_ref().map(|readers| (readers.clone(), readers.close()));
        let snapshots = self.snapshots.as_ref().map(|snapshots| snapshots.close()).unwrap_or_default();
        let (deadline, writer) = (Instant::now() + grace, (self.writer.clone(), thread));
        Some(End { readers, snapshots, deadline, writer })
    }
}

impl End {
    /// The writer's connection is the last one, so that it can fold the write-ahead log into the file.
    fn run(self) {
        if let Some((readers, threads)) = self.readers {
            for thread in threads {
                while !thread.is_finished() && !is_this(&thread) {
                    if Instant::now() >= self.deadline {
                        readers.interrupt();
                    }
                    thread::sleep(Duration::from_millis(1));
                }
                join(thread);
            }
            readers.disconnect();
        }
        // An open transaction is its holder's to end. A thread without one ends at once.
        let patience = self.deadline.max(Instant::now() + Duration::from_secs(1));
        for thread in self.snapshots {
            while !thread.is_finished() && !is_this(&thread) && Instant::now() < patience {
                thread::sleep(Duration::from_millis(1));
            }
            if thread.is_finished() {
                join(thread);
            }
        }
        let (writer, thread) = self.writer;
        writer.send(Message::Close);
        join(thread);
    }
}

/// A sink or a hook may hold the last handle, so that the database ends on a thread of its own.
fn is_this(thread: &JoinHandle<()>) -> bool {
    thread.thread().id() == thread::current().id()
}

fn join(thread: JoinHandle<()>) {
    if !is_this(&thread) && thread.join().is_err() {
        tracing::error!("a thread of the database ended by a panic");
    }
}
