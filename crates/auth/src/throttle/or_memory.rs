use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use quintet_core::{BoxFuture, Error, ErrorKind, Result, clock, value::Timestamp};

use super::{AttemptStore, Limit, store::MemoryAttempts};

/// What all processes share, and where that can't be reached, this process's memory: who guesses passwords while a Redis is away has as
/// many tries as there are processes, and not as many as they like; and whoever knows theirs logs in.
pub(crate) struct OrMemory {
    shared: Arc<dyn AttemptStore>,
    own: MemoryAttempts,
    /// The second in which the log was last told.
    told: AtomicI64,
}

impl OrMemory {
    pub(crate) fn new(shared: Arc<dyn AttemptStore>) -> Self {
        OrMemory { shared, own: MemoryAttempts::default(), told: AtomicI64::new(0) }
    }

    /// The answer of what is shared; none, if it can't be reached.
    fn or_none<T>(&self, answer: Result<T>) -> Result<Option<T>> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if *error.kind() == ErrorKind::Unavailable => {
                self.tell(&error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    #[cold]
    fn tell(&self, error: &Error) {
        let second = clock::now().as_second();
        if self.told.swap(second, Ordering::Relaxed) != second {
            tracing::warn!(%error, "wrong passwords are counted in this process's memory: what is shared can't be reached");
        }
    }
}

impl fmt::Debug for OrMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrMemory").field("own", &self.own).finish_non_exhaustive()
    }
}

impl AttemptStore for OrMemory {
    fn take<'a>(
        &'a self,
        key: &'a str,
        limit: Limit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Duration>>> {
        Box::pin(async move {
            match self.or_none(self.shared.take(key, limit, now).await)? {
                Some(wait) => Ok(wait),
                None => self.own.take(key, limit, now).await,
            }
        })
    }

    fn give_back<'a>(&'a self, key: &'a str, limit: Limit) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            match self.or_none(self.shared.give_back(key, limit).await)? {
                Some(()) => Ok(()),
                None => self.own.give_back(key, limit).await,
            }
        })
    }

    /// In both: a right password is one for all.
    fn forget<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            self.own.forget(key).await?;
            self.or_none(self.shared.forget(key).await).map(drop)
        })
    }
}
