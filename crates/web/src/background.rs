//! Work that outlives its request: handlers whose client went away, and what `spawn` starts.

use std::sync::Arc;

use quintet_core::{
    Services,
    hidden::{self, Values},
    own_writes,
};
use tokio::{sync::watch, task::JoinHandle};
use tracing::Instrument;

use crate::routing::current;

/// Counts the work that must be finished before the process ends.
#[derive(Clone, Debug)]
pub struct Background(Arc<watch::Sender<usize>>);

impl Default for Background {
    fn default() -> Self {
        Background(Arc::new(watch::Sender::new(0)))
    }
}

impl Background {
    /// Starts work that runs to its end, whoever waits for it, with the services of the caller.
    pub fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let running = Running::start(self.0.clone());
        let work = carried(work);
        tokio::spawn(async move {
            let _running = running;
            work.await
        })
    }

    /// How much is at work.
    #[must_use]
    pub fn running(&self) -> usize {
        *self.0.borrow()
    }

    /// Waits until nothing is.
    pub async fn idle(&self) {
        // Ends with the value or, if the sender were gone, at once: nothing is running then.
        let _ = self.0.subscribe().wait_for(|running| *running == 0).await;
    }
}

/// One piece of work; counted out however it ends.
struct Running(Arc<watch::Sender<usize>>);

impl Running {
    fn start(count: Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|n| *n += 1);
        Running(count)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|n| *n = n.saturating_sub(1));
    }
}

/// Work for another task that goes on as the caller's: with the same [`Services::current`], app and span. Nobody waits for it when the
/// server ends: see [`spawn`], and [`Stopping::hold`](crate::Stopping::hold).
pub fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    among(own_writes::carried(current::carried(work)))
}

/// [`carried`] for what lasts far longer than its request, like a WebSocket or a stream: of what the request hides it knows the `hides`,
/// and the request's own memory is not kept.
pub fn outliving<F: Future>(hides: Arc<Values>, work: F) -> impl Future<Output = F::Output> {
    among(hidden::apart(hides, current::carried(work)))
}

/// With the services and the span of the caller.
fn among<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let services = Services::current();
    let work = work.in_current_span();
    async move {
        match services {
            Some(services) => services.scope(work).await,
            None => work.await,
        }
    }
}

/// Starts work that runs beside the request and is finished before the server ends. It finds the same
/// [`Services::current`] as its caller.
pub fn spawn<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let services = Services::current();
    services.as_ref().and_then(|s| s.get::<Background>().cloned()).unwrap_or_default().spawn(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_counted_until_it_ends_even_by_panic() {
        let background = Background::default();
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let first = background.spawn(async move { wait.await.is_ok() });
        let second = background.spawn(async { std::panic::resume_unwind(Box::new("over")) });
        assert!(second.await.is_err());
        assert_eq!(background.running(), 1);
        go.send(()).unwrap();
        background.idle().await;
        assert_eq!(background.running(), 0);
        assert!(first.await.unwrap());
    }
}
