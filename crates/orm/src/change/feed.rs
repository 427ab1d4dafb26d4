use std::{
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use super::{Batch, Change, queue::Queue};

/// Hands what has changed to whoever is subscribed. It costs a load of an atomic while nobody is.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    heard: AtomicUsize,
    closed: AtomicBool,
    queues: Mutex<Vec<Arc<Queue>>>,
}

impl Feed {
    /// Is anybody subscribed?
    #[inline]
    pub(crate) fn is_heard(&self) -> bool {
        // A subscription is made before what is read afterwards: both sides must agree on the order.
        self.heard.load(Ordering::SeqCst) > 0
    }

    /// A queue for a new subscription.
    pub(super) fn join(&self) -> Arc<Queue> {
        let queue = Arc::new(Queue::default());
        let mut queues = self.lock();
        if self.closed.load(Ordering::Relaxed) {
            queue.close();
        }
        queues.push(queue.clone());
        self.heard.store(queues.len(), Ordering::SeqCst);
        queue
    }

    pub(super) fn leave(&self, queue: &Arc<Queue>) {
        let mut queues = self.lock();
        queues.retain(|other| !Arc::ptr_eq(other, queue));
        self.heard.store(queues.len(), Ordering::SeqCst);
    }

    /// Tells it to everybody whom it concerns. Never waits.
    pub(crate) fn publish(&self, batch: Batch) {
        if batch.is_empty() {
            return;
        }
        let batch = Arc::new(batch);
        for queue in &*self.lock() {
            queue.push(&batch);
        }
    }

    pub(crate) fn publish_one(&self, change: Change) {
        let mut batch = Batch::default();
        batch.push(change);
        self.publish(batch);
    }

    /// Something has changed that can't be told.
    pub(crate) fn gap(&self) {
        for queue in &*self.lock() {
            queue.gap(1);
        }
    }

    fn close(&self) {
        let queues = self.lock();
        self.closed.store(true, Ordering::Relaxed);
        for queue in &*queues {
            queue.close();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Queue>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The database's own hold on its feed: subscriptions end with it.
#[derive(Debug, Default)]
pub(crate) struct FeedOwner(Arc<Feed>);

impl FeedOwner {
    /// Ends all subscriptions.
    pub(crate) fn close(&self) {
        self.0.close();
    }
}

impl Deref for FeedOwner {
    type Target = Arc<Feed>;

    fn deref(&self) -> &Arc<Feed> {
        &self.0
    }
}

impl Drop for FeedOwner {
    fn drop(&mut self) {
        self.0.close();
    }
}
