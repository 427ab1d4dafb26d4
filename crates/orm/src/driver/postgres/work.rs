//! What a connection is asked for.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use quintet_core::{Error, Result};
use tokio::task::JoinHandle;

use super::{pool::Lease, written::Sent};
use crate::{
    db::Hooks,
    driver::{Begin, Job, Place, Reply, Savepoint, Session, Sink},
    stmt::Stmt,
};

/// A statement with the place for its answer.
pub(super) enum Work {
    Fetch { job: Job, sink: Sink, reply: Reply<Sink> },
    Execute { job: Job, reply: Reply<u64> },
    Batch { job: Job, reply: Reply<()> },
}

impl Work {
    pub(super) fn job(&self) -> &Job {
        match self {
            Work::Fetch { job, .. } | Work::Execute { job, .. } | Work::Batch { job, .. } => job,
        }
    }

    pub(super) fn stmt(&self) -> &Stmt {
        &self.job().stmt
    }

    /// The rows that were written for it beforehand.
    pub(super) fn take_written(&mut self) -> Option<Sent> {
        let (Work::Fetch { job, .. } | Work::Execute { job, .. } | Work::Batch { job, .. }) = self;
        let written = job.stmt.copy.as_mut()?.written.take()?;
        written.downcast::<Sent>().ok().map(Arc::unwrap_or_clone)
    }

    /// Has the future that waits for it been dropped?
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Work::Fetch { reply, .. } => reply.is_closed(),
            Work::Execute { reply, .. } => reply.is_closed(),
            Work::Batch { reply, .. } => reply.is_closed(),
        }
    }

    /// [`is_abandoned`](Self::is_abandoned), and wakes the task when it becomes so.
    pub(super) fn poll_abandoned(&mut self, cx: &mut std::task::Context<'_>) -> bool {
        match self {
            Work::Fetch { reply, .. } => reply.poll_closed(cx),
            Work::Execute { reply, .. } => reply.poll_closed(cx),
            Work::Batch { reply, .. } => reply.poll_closed(cx),
        }
        .is_ready()
    }

    /// Closes the query log's entry, and answers. The server took `duration`.
    pub(super) fn finish(self, done: Result<Done>, duration: std::time::Duration) {
        let (error, rows) = match &done {
            Ok(done) => (None, done.rows.max(done.changed)),
            Err(error) => (Some(error.to_string()), 0),
        };
        // Before the answer: who has it finds the statement in the log.
        let close = |job: Job| {
            if let Some(log) = job.log {
                log.finish(rows, duration, error);
            }
        };
        // Nobody waits if a send fails.
        match self {
            Work::Fetch { job, sink, reply } => {
                close(job);
                drop(reply.send(done.map(|_| sink)));
            }
            Work::Execute { job, reply } => {
                close(job);
                drop(reply.send(done.map(|done| done.changed)));
            }
            Work::Batch { job, reply } => {
                close(job);
                drop(reply.send(done.map(|_| ())));
            }
        }
    }

    /// Answers without running it.
    pub(super) fn refuse(self, error: Error) {
        match self {
            Work::Fetch { reply, .. } => drop(reply.send(Err(error))),
            Work::Execute { reply, .. } => drop(reply.send(Err(error))),
            Work::Batch { reply, .. } => drop(reply.send(Err(error))),
        }
    }
}

/// What came of a statement.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Done {
    /// Rows that went into the sink.
    pub(super) rows: u64,
    /// What the server counted.
    pub(super) changed: u64,
}

/// What stands in a connection's queue.
pub(super) enum Request {
    /// On its own, or inside the open transaction.
    Work(Work, Option<Load>),
    /// Sets how long statements may take from here on, in milliseconds; 0 is as long as they like. The lease
    /// ends with it.
    Timeout(i32, Option<Lease>),
    /// Ends the lease when all before it is through.
    Release(Lease),
    Begin {
        how: Begin,
        at: Option<Place>,
        lease: Lease,
        reply: Reply<Box<dyn Session>>,
    },
    Savepoint(Savepoint, Reply<()>),
    Rollback {
        lease: Lease,
        reply: Option<Reply<()>>,
    },
    Commit {
        hooks: Hooks,
        lease: Lease,
        reply: Reply<Option<JoinHandle<()>>>,
    },
}

impl Request {
    /// Answers without running it. A lease that it holds goes back.
    pub(super) fn refuse(self, error: Error) {
        match self {
            Request::Work(work, _) => work.refuse(error),
            Request::Begin { reply, .. } => drop(reply.send(Err(error))),
            Request::Savepoint(_, reply) => drop(reply.send(Err(error))),
            Request::Rollback { reply, .. } => {
                if let Some(reply) = reply {
                    drop(reply.send(Err(error)));
                }
            }
            Request::Commit { reply, .. } => drop(reply.send(Err(error))),
            Request::Timeout(..) | Request::Release(_) => {}
        }
    }
}

/// Counts a statement as under way on a connection, until it is dropped.
pub(super) struct Load(Arc<AtomicUsize>);

impl Load {
    pub(super) fn on(count: &Arc<AtomicUsize>) -> Load {
        count.fetch_add(1, Ordering::Relaxed);
        Load(count.clone())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
