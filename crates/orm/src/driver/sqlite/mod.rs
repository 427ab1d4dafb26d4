//! SQLite: one thread that writes, some that read, and queues before them.
//!
//! A statement that reads goes to the queue of the readers ([`readers`]), where the next free thread takes it; one that
//! writes, and a transaction, to the queue of the writer ([`writer`]). Each thread owns one connection ([`connect`]), runs
//! what it is given ([`run`]) and pushes rows into the sink straight from SQLite's buffers ([`row`]). In WAL mode readers
//! never wait for the writer. A database in memory belongs to one connection, so there the writer does everything.
mod bind;
mod connect;
mod errors;
mod functions;
mod holder;
mod readers;
mod row;
mod run;
mod writer;

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use quintet_core::{BoxFuture, Error, Result};
use rusqlite::Connection;

use self::{
    connect::{Role, Target},
    holder::Holder,
    readers::Readers,
    run::{Runner, Work},
    writer::{Message, Ticket},
};
use super::{Answer, Begin, Driver, Job, Place, Session, Sink, closed};
use crate::{
    db::{DbOptions, patience, url::DbUrl},
    dialect::{Dialect, SQLITE},
    stmt::Access,
};

/// What all threads of a database know.
struct Shared {
    target: Target,
    holder: Holder,
    slow_query: Duration,
    slow_transaction: Duration,
}

impl Shared {
    fn runner(&self, connection: Connection, role: Role) -> Runner {
        let url = self.target.url.clone();
        Runner { connection, url, role, slow_query: self.slow_query, in_transaction: false }
    }
}

/// A SQLite database.
struct Sqlite {
    shared: Arc<Shared>,
    writer: mpsc::Sender<Message>,
    /// None for a database in memory, which only one connection can see.
    readers: Option<Arc<Readers>>,
    writer_wait: Duration,
    writer_thread: Mutex<Option<JoinHandle<()>>>,
}

/// Opens a database: its writer at once, its readers when they are needed.
pub(crate) async fn open(url: &str, parsed: &DbUrl<'_>, options: DbOptions) -> Result<Box<dyn Driver>> {
    let target = Target::new(url, parsed, &options)?;
    let shared = Arc::new(Shared {
        target,
        holder: Holder::default(),
        slow_query: options.slow_query,
        slow_transaction: options.slow_transaction,
    });
    let readers = shared.target.path.is_some().then(|| Readers::new(options.readers));
    let (writer, queue) = mpsc::channel();
    let (ready, opened) = Answer::channel();
    let thread = thread::Builder::new().name("sqlite-write".into()).spawn({
        let shared = shared.clone();
        move || match shared.target.connect(Role::Writer) {
            Ok(connection) => {
                let runner = shared.runner(connection, Role::Writer);
                drop(ready.send(Ok(())));
                writer::serve(runner, &queue, &shared);
            }
            Err(error) => drop(ready.send(Err(error))),
        }
    });
    let thread = thread
        .map_err(|e| Error::database(format!("a thread to write the database can't be started: {e}")))?;
    opened.await?;
    let writer_wait = options.writer_wait;
    Ok(Box::new(Sqlite { shared, writer, readers, writer_wait, writer_thread: Mutex::new(Some(thread)) }))
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
        self.writer.send(message).map_err(|_| closed())?;
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

impl Driver for Sqlite {
    fn dialect(&self) -> &'static Dialect {
        &SQLITE
    }

    fn fetch(&self, job: Job, sink: Sink) -> BoxFuture<'_, Result<Sink>> {
        Box::pin(async move {
            let (reply, answer) = Answer::channel();
            self.run(job.stmt.access, Work::Fetch { job, sink, reply }, answer).await
        })
    }

    fn execute(&self, job: Job) -> BoxFuture<'_, Result<u64>> {
        Box::pin(async move {
            let (reply, answer) = Answer::channel();
            self.run(job.stmt.access, Work::Execute { job, reply }, answer).await
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
            // Twice: once for the readers, once for the writer.
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
    /// From when on queries that still run are interrupted.
    deadline: Instant,
    writer: (mpsc::Sender<Message>, JoinHandle<()>),
}

impl Sqlite {
    /// Takes no more reads. None if the database has been closed before.
    fn end(&self, grace: Duration) -> Option<End> {
        let thread = self.writer_thread.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let readers = self.readers.as_ref().map(|readers| (readers.clone(), readers.close()));
        Some(End { readers, deadline: Instant::now() + grace, writer: (self.writer.clone(), thread) })
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
        }
        let (queue, thread) = self.writer;
        drop(queue.send(Message::Close));
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
