//! A transaction: the sending half of its connection's queue.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use tokio::task::JoinHandle;

use super::{
    owner::not_sent,
    pool::Lease,
    work::{Request, Work},
};
use crate::{
    db::Hooks,
    driver::{Answer, Job, Reply, Savepoint, Session, Sink, closed},
};

/// A transaction's connection. Dropping it queues a ROLLBACK; the connection goes back to the pool when that
/// is answered.
pub(super) struct PgSession {
    /// Gone with the request that ends the transaction.
    lease: Mutex<Option<Lease>>,
    /// Does the pool know where the transaction was begun?
    placed: AtomicBool,
    url: Arc<str>,
}

impl PgSession {
    pub(super) fn new(lease: Lease, placed: bool, url: Arc<str>) -> PgSession {
        PgSession { lease: Mutex::new(Some(lease)), placed: AtomicBool::new(placed), url }
    }

    fn lease(&self) -> MutexGuard<'_, Option<Lease>> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send<T>(&self, request: impl FnOnce(Reply<T>) -> Request) -> Answer<T> {
        let (reply, answer) = Answer::channel();
        let request = request(reply);
        let lease = self.lease();
        let Some(lease) = &*lease else {
            request.refuse(closed());
            return answer;
        };
        if let Request::Work(work, _) = &request
            && let Some(at) = work.stmt().at
            && !self.placed.swap(true, Ordering::Relaxed)
        {
            lease.is_at(at);
        }
        if let Err(request) = lease.send(request) {
            request.refuse(not_sent(&self.url));
        }
        answer
    }

    /// Sends the request that ends the transaction and takes the lease along.
    fn end(&self, request: impl FnOnce(Lease) -> Request) {
        let lease = self.lease().take();
        let Some((lease, link)) = lease.and_then(|lease| lease.link().map(|link| (lease, link))) else {
            return;
        };
        if let Err(error) = link.sender.send(request(lease)) {
            error.0.refuse(not_sent(&self.url));
        }
    }
}

impl Session for PgSession {
    fn fetch(&self, job: Job, sink: Sink) -> Answer<Sink> {
        self.send(|reply| Request::Work(Work::Fetch { job, sink, reply }, None))
    }

    fn execute(&self, job: Job) -> Answer<u64> {
        self.send(|reply| Request::Work(Work::Execute { job, reply }, None))
    }

    fn batch(&self, job: Job) -> Answer<()> {
        self.send(|reply| Request::Work(Work::Batch { job, reply }, None))
    }

    fn savepoint(&self, step: Savepoint) -> Answer<()> {
        self.send(|reply| Request::Savepoint(step, reply))
    }

    fn rollback(&self) -> Answer<()> {
        let (reply, answer) = Answer::channel();
        self.end(|lease| Request::Rollback { lease, reply: Some(reply) });
        answer
    }

    fn commit(&self, hooks: Hooks) -> Answer<Option<JoinHandle<()>>> {
        let (reply, answer) = Answer::channel();
        self.end(|lease| Request::Commit { hooks, lease, reply });
        answer
    }
}

impl Drop for PgSession {
    fn drop(&mut self) {
        self.end(|lease| Request::Rollback { lease, reply: None });
    }
}
