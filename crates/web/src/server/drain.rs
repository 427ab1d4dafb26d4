//! The end of a server's life.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{Notify, watch};

/// Tells a server to stop. Clones tell the same server.
#[derive(Clone, Debug)]
pub struct Shutdown {
    stopping: Arc<watch::Sender<bool>>,
    /// The same, to be asked by every poll of every connection.
    told: Arc<AtomicBool>,
    now: Arc<Notify>,
}

impl Shutdown {
    pub(super) fn new() -> Self {
        Shutdown { stopping: Arc::new(watch::Sender::new(false)), told: Arc::default(), now: Arc::default() }
    }

    /// Stop: no new connections; requests under way may finish within the deadline.
    pub fn stop(&self) {
        self.told.store(true, Ordering::Release);
        self.stopping.send_replace(true);
    }

    /// Stop without waiting for anyone. Does nothing before [`Shutdown::stop`].
    pub fn stop_now(&self) {
        self.now.notify_one();
    }

    /// Has it been told to stop?
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.told.load(Ordering::Acquire)
    }

    /// Waits until it is told to stop.
    pub async fn stopping(&self) {
        // The sender lives as long as `self`, so the only way out is the value.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    pub(super) async fn now(&self) {
        self.now.notified().await;
    }
}

/// How the end went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draining {
    /// Connections that were cut because the deadline passed.
    pub cut: usize,
    /// Handlers that had lost their client and were still at work when the deadline passed.
    pub unfinished: usize,
}
