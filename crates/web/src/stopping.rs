//! What outlives its request learns that the server stops, and the server waits for it: streams of events, WebSockets.

use std::sync::Arc;

use quintet_core::Services;
use tokio::sync::watch;

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Phase {
    #[default]
    Running,
    /// What is under way may finish.
    Stopping,
    /// It may not any longer.
    Over,
}

/// The end of the server, for whatever goes on after its request has been answered: one of the services of a site. Clones are
/// of the same server.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use quintet_core::Services;
/// use quintet_web::Stopping;
///
/// let stopping = Stopping::of(&Services::builder().build());
/// assert!(!stopping.is_stopping());
/// let work = stopping.hold();
/// assert_eq!(stopping.held(), 1);
/// drop(work);
/// assert_eq!(stopping.held(), 0);
/// # });
/// ```
#[derive(Debug, Clone, Default)]
pub struct Stopping(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    phase: watch::Sender<Phase>,
    connections: Count,
    held: Count,
}

#[derive(Debug, Clone, Default)]
struct Count(Arc<watch::Sender<usize>>);

impl Count {
    fn enter(&self) -> Held {
        self.0.send_if_modified(|count| {
            *count += 1;
            false
        });
        Held(self.clone())
    }

    fn now(&self) -> usize {
        *self.0.borrow()
    }

    async fn none(&self) {
        // Ends with the value: the sender lives as long as `self`.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

/// Counted until it is dropped.
#[derive(Debug)]
pub struct Held(Count);

impl Drop for Held {
    fn drop(&mut self) {
        // Only the last one is of interest to anybody.
        self.0.0.send_if_modified(|count| {
            *count = count.saturating_sub(1);
            *count == 0
        });
    }
}

impl Stopping {
    /// Of this site; one that never comes if it has no web room.
    #[must_use]
    pub fn of(services: &Services) -> Self {
        services.get::<Stopping>().cloned().unwrap_or_default()
    }

    /// Has the server been told to stop?
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.0.phase.borrow() >= Phase::Stopping
    }

    /// Waits until the server is told to stop. What is under way may then finish, within `[server] drain_timeout`.
    pub async fn wait(&self) {
        let _ = self.0.phase.subscribe().wait_for(|phase| *phase >= Phase::Stopping).await;
    }

    /// Waits until nobody waits any longer for what is under way.
    pub async fn over(&self) {
        let _ = self.0.phase.subscribe().wait_for(|phase| *phase >= Phase::Over).await;
    }

    /// Makes the server wait for the caller when it stops, within `[server] drain_timeout`, until what this returns is dropped.
    #[must_use = "the server waits until this is dropped"]
    pub fn hold(&self) -> Held {
        self.0.held.enter()
    }

    /// For how many the server would wait.
    #[must_use]
    pub fn held(&self) -> usize {
        self.0.held.now()
    }

    /// How many connections are open, whatever is spoken on them: HTTP, or what they have been upgraded to.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.connections.now()
    }

    pub(crate) fn connected(&self) -> Held {
        self.0.connections.enter()
    }

    /// Waits until no connection is open, and nobody held.
    pub(crate) async fn idle(&self) {
        self.0.connections.none().await;
        self.0.held.none().await;
    }

    /// A server begins: another one of the same services may have ended before.
    pub(crate) fn start(&self) {
        self.0.phase.send_replace(Phase::Running);
    }

    pub(crate) fn begin(&self) {
        self.0.phase.send_replace(Phase::Stopping);
    }

    pub(crate) fn end(&self) {
        self.0.phase.send_replace(Phase::Over);
    }
}

/// Waits until the server is told to stop: for handlers that go on for long. Outside of a site it waits for ever.
///
/// ```
/// use std::time::Duration;
///
/// use quintet_core::Result;
/// use quintet_web::{files::Streamed, get, stopping};
///
/// #[get("/ticks/")]
/// async fn ticks() -> Streamed {
///     Streamed::write(async |mut out| {
///         loop {
///             tokio::select! {
///                 () = tokio::time::sleep(Duration::from_secs(1)) => out.send("tick\n").await?,
///                 () = stopping() => break out.send("that is all\n").await,
///             }
///         }
///     })
/// }
/// ```
pub async fn stopping() {
    match Services::current() {
        Some(services) => Stopping::of(&services).wait().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn those_that_wait_are_told_once_and_for_all() {
        let stopping = Stopping::default();
        let early = tokio::spawn({
            let stopping = stopping.clone();
            async move { stopping.wait().await }
        });
        assert!(!stopping.is_stopping());
        stopping.begin();
        early.await.unwrap();
        stopping.wait().await;
        assert!(stopping.is_stopping());
        stopping.end();
        stopping.over().await;
        assert!(stopping.is_stopping());
        stopping.start();
        assert!(!stopping.is_stopping());
    }

    #[tokio::test]
    async fn what_is_held_is_waited_for() {
        let stopping = Stopping::default();
        let (one, two) = (stopping.hold(), stopping.connected());
        assert_eq!((stopping.held(), stopping.connections()), (1, 1));
        let idle = tokio::spawn({
            let stopping = stopping.clone();
            async move { stopping.idle().await }
        });
        drop(one);
        tokio::task::yield_now().await;
        assert!(!idle.is_finished());
        drop(two);
        idle.await.unwrap();
    }

    #[tokio::test]
    async fn the_services_know_it() {
        let mut services = Services::builder();
        let stopping = Stopping::default();
        services.insert(stopping.clone());
        let work = tokio::spawn(services.build().scope(super::stopping()));
        stopping.begin();
        work.await.unwrap();
    }
}
