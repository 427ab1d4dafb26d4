//! Where hashes are computed: on threads that may be busy, a few at a time, with a queue that ends.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use http::StatusCode;
use quintet_core::{Error, ErrorKind, Result};
use tokio::{sync::Semaphore, task};

use super::hasher::{ALL, Hasher};

pub(super) struct Pool {
    turns: Arc<Semaphore>,
    /// How many wait, and how many may.
    waiting: AtomicUsize,
    most: usize,
    /// How many hashes were computed, by hasher.
    done: [AtomicU64; ALL.len()],
}

/// A place in the queue; left however the wait ends, also by somebody who goes away.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Pool {
    pub(super) fn new(at_once: Option<usize>, waiting: usize) -> Self {
        let half = || std::thread::available_parallelism().map_or(1, |all| all.get() / 2);
        let turns = at_once.unwrap_or_else(half).clamp(1, Semaphore::MAX_PERMITS);
        Pool {
            turns: Arc::new(Semaphore::new(turns)),
            waiting: AtomicUsize::new(0),
            most: waiting,
            done: Default::default(),
        }
    }

    /// How many hashes were computed by this one.
    pub(super) fn done(&self, hasher: Hasher) -> u64 {
        self.done.get(hasher as usize).map_or(0, |done| done.load(Ordering::Relaxed))
    }

    /// Does `work`, which is one hash of this hasher, when its turn comes.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        hasher: Hasher,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let turn = match Arc::clone(&self.turns).try_acquire_owned() {
            Ok(turn) => turn,
            Err(_) => {
                let _place = self.place()?;
                Arc::clone(&self.turns).acquire_owned().await?
            }
        };
        if let Some(done) = self.done.get(hasher as usize) {
            done.fetch_add(1, Ordering::Relaxed);
        }
        // The turn ends with the work, not with the one who waits for it: a client that hangs up frees no thread.
        let work = task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        Ok(work.await?)
    }

    fn place(&self) -> Result<Place<'_>> {
        let most = self.most;
        let taken =
            self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < most).then_some(n + 1));
        match taken {
            Ok(_) => Ok(Place(&self.waiting)),
            Err(_) => Err(Error::of_kind(
                ErrorKind::Unavailable,
                StatusCode::SERVICE_UNAVAILABLE,
                "too many passwords are waiting to be hashed ([auth.passwords] at_once, waiting)",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_few_at_a_time_some_wait_and_the_rest_are_sent_away() {
        let pool = Arc::new(Pool::new(Some(1), 1));
        let (go, gone) = mpsc::channel::<()>();
        let (began, beginning) = tokio::sync::oneshot::channel();
        let first = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move {
                pool.run(Hasher::Scrypt, move || {
                    began.send(()).unwrap();
                    gone.recv().unwrap();
                    1
                })
                .await
            }
        });
        beginning.await.unwrap();
        let mut second = Box::pin(pool.run(Hasher::Argon2, || 2));
        assert!(futures_poll(&mut second).await.is_none(), "it waits");
        let error = pool.run(Hasher::Argon2, || 3).await.unwrap_err();
        assert_eq!((error.status().as_u16(), error.kind()), (503, &ErrorKind::Unavailable));
        // Who goes away while waiting leaves the place to another one.
        drop(second);
        let mut second = Box::pin(pool.run(Hasher::Argon2, || 2));
        assert!(futures_poll(&mut second).await.is_none(), "it waits");
        // Nor does going away while the work runs let another one in.
        first.abort();
        assert!(first.await.is_err());
        assert!(futures_poll(&mut second).await.is_none(), "it still waits");
        go.send(()).unwrap();
        assert_eq!(second.await.unwrap(), 2);
        assert_eq!((pool.done(Hasher::Scrypt), pool.done(Hasher::Argon2)), (1, 1));
        assert_eq!(pool.done(Hasher::Bcrypt), 0);
    }

    /// Polls once.
    async fn futures_poll<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
                std::task::Poll::Ready(done) => Some(done),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
