//! PostgreSQL, over its own protocol.
//!
//! A single statement goes to one of the few connections that all share ([`lanes`]), where it is sent at
//! once, behind the others and without waiting for their answers. A transaction, a batch and a statement
//! marked as long take a connection for themselves ([`pool`]). Each connection belongs to a task ([`owner`])
//! that writes what it is asked for ([`bind`], many rows by COPY: [`copy`], [`written`]), reads the answers ([`reader`]) and pushes rows into the sink
//! straight from its buffer ([`row`]). New connections come from [`reach`], which knows patience, by way of
//! [`connect`], [`stream`] and [`tls`]. What listens has a connection of its own ([`notices`]).
//!
//! The protocol is spoken here rather than through a client library so that answers are read whether or not
//! anyone polls for them: on a shared connection one future that nobody polls would otherwise hold up all
//! others.
mod bind;
mod connect;
mod copy;
mod errors;
mod keyword;
mod lanes;
mod notices;
mod numeric;
mod oid;
mod owner;
mod plan;
mod pool;
mod reach;
mod reader;
mod row;
mod session;
mod shell;
mod stream;
mod target;
#[cfg(feature = "postgres-tls")]
mod tls;
mod work;
mod written;

pub(crate) use shell::shell;

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::ready,
    time::{Duration, Instant},
};

use quintet_core::{BoxFuture, Error, ErrorKind, Result};
use tokio::runtime::Handle;

use self::{
    connect::Door,
    lanes::Lanes,
    owner::Facts,
    pool::{Holder, Lease, Pool},
    reach::Reach,
    target::Target,
    work::{Request, Work},
};
use super::{Answer, Begin, Driver, Hearing, Job, Place, Session, Sink, slow::Slow};
use crate::{
    db::{DbOptions, patience, url::DbUrl},
    dialect::{Dialect, POSTGRES},
};

/// A PostgreSQL database.
struct Postgres {
    reach: Arc<Reach>,
    lanes: Arc<Lanes>,
    pool: Arc<Pool>,
    wait: Duration,
    /// For statements marked as long.
    long_timeout: Duration,
}

/// Opens a database, with one connection to begin with.
pub(crate) async fn open(url: &str, parsed: &DbUrl<'_>, options: DbOptions) -> Result<Box<dyn Driver>> {
    let door = Door::new(Target::new(url, parsed, &options)?)?;
    let runtime = Handle::try_current()
        .map_err(|e| Error::internal("PostgreSQL needs a tokio runtime around it").with_source(e))?;
    let facts = Facts { door, slow: Slow::of(&options) };
    let reach = Arc::new(Reach::new(facts, runtime));
    let wait = options.connection_wait;
    let lanes = Lanes::new(reach.clone(), options.lanes, wait);
    lanes.open().await?;
    let pool = Pool::new(reach.clone(), options.connections, wait);
    Ok(Box::new(Postgres { reach, lanes, pool, wait, long_timeout: options.long_timeout }))
}

impl Postgres {
    /// Runs a statement when it is first polled.
    ///
    /// Nearly always there is a shared connection to put it on, and all that is left is to wait for the answer. What waits for
    /// a connection is a far larger future, and is made when it is needed.
    fn run<T: Send + 'static>(&self, work: Work, mut answer: Answer<T>) -> BoxFuture<'_, Result<T>> {
        let mut unsent = Some(work);
        let mut sending: Option<BoxFuture<'_, Result<()>>> = None;
        Box::pin(poll_fn(move |cx| {
            if let Some(work) = unsent.take() {
                sending = self.send(work)?;
            }
            if let Some(send) = &mut sending {
                ready!(send.as_mut().poll(cx))?;
                sending = None;
            }
            Pin::new(&mut answer).poll(cx)
        }))
    }

    /// Sends a statement, or says how it can be sent.
    fn send(&self, work: Work) -> Result<Option<BoxFuture<'_, Result<()>>>> {
        if work.stmt().long || matches!(work, Work::Batch { .. }) {
            return Ok(Some(Box::pin(self.run_alone(work))));
        }
        let waiting = self.lanes.try_run(work)?;
        Ok(waiting.map(|work| Box::pin(self.lanes.run(work)) as BoxFuture<'_, _>))
    }

    /// Runs a statement on a connection of its own, with a time limit of its own.
    async fn run_alone(&self, mut work: Work) -> Result {
        let target = &self.reach.facts.door.target;
        // A batch changes the schema, and that takes as long as it takes.
        let limit = if let Work::Batch { .. } = work { Duration::ZERO } else { self.long_timeout };
        let limit = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX);
        loop {
            let lease = self.pool.take(Holder::Statement, work.stmt().at).await?;
            let sent = if target.prepare {
                self.send_alone(lease, work, limit, target.statement_timeout_millis())
            } else {
                // Behind a pooler a setting would stay with a server that is somebody else's next.
                self.send_alone(lease, work, 0, 0)
            };
            match sent {
                None => return Ok(()),
                Some(back) => work = back,
            }
        }
    }

    /// Gives the work back if the connection is lost.
    fn send_alone(&self, lease: Lease, work: Work, limit: i32, usual: i32) -> Option<Work> {
        let link = lease.link()?;
        let changes = limit != usual;
        if changes && link.sender.send(Request::Timeout(limit, None)).is_err() {
            return Some(work);
        }
        if let Err(error) = link.sender.send(Request::Work(work, None)) {
            return match error.0 {
                Request::Work(work, _) => Some(work),
                _ => None,
            };
        }
        // The lease ends behind the statement, whoever waits for it.
        let last = if changes { Request::Timeout(usual, Some(lease)) } else { Request::Release(lease) };
        // If the connection is lost, the lease is dropped with the request.
        drop(link.sender.send(last));
        None
    }
}

impl Driver for Postgres {
    fn dialect(&self) -> &'static Dialect {
        &POSTGRES
    }

    fn fetch(&self, job: Job, sink: Sink) -> BoxFuture<'_, Result<Sink>> {
        let (reply, answer) = Answer::channel();
        self.run(Work::Fetch { job, sink, reply }, answer)
    }

    fn execute(&self, job: Job) -> BoxFuture<'_, Result<u64>> {
        let (reply, answer) = Answer::channel();
        self.run(Work::Execute { job, reply }, answer)
    }

    fn batch(&self, job: Job) -> BoxFuture<'_, Result> {
        let (reply, answer) = Answer::channel();
        self.run(Work::Batch { job, reply }, answer)
    }

    fn begin(&self, how: Begin, at: Option<Place>) -> BoxFuture<'_, Result<Box<dyn Session>>> {
        Box::pin(async move {
            loop {
                let lease = self.pool.take(Holder::Transaction, at).await?;
                let used = lease.used;
                let (reply, answer) = Answer::channel();
                let Some(link) = lease.link() else { continue };
                if link.sender.send(Request::Begin { how, at, lease, reply }).is_err() {
                    continue;
                }
                drop(link);
                match answer.await {
                    // It had died in the pool. Nothing was begun, so another one can begin it.
                    Err(error) if used && *error.kind() == ErrorKind::Unavailable => {}
                    answer => return answer,
                }
            }
        })
    }

    fn listen(&self, channels: Vec<String>) -> BoxFuture<'_, Result<Box<dyn Hearing>>> {
        Box::pin(async move { notices::listen(self.reach.clone(), &channels).await })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let deadline = Instant::now() + self.wait;
            self.lanes.close();
            let all = self.pool.close(deadline).await;
            for task in self.reach.take_tasks() {
                if patience::until(deadline, task).await.is_none() {
                    break;
                }
            }
            if !all {
                tracing::warn!(
                    url = &*self.reach.facts.door.target.url,
                    "closing the database did not wait any longer"
                );
            }
        })
    }
}
