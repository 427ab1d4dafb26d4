use std::{fmt, time::Duration};

use moka::{
    ops::compute::{CompResult, Op},
    sync::Cache,
};
use quintet_core::{BoxFuture, Result, value::Timestamp};

use super::{AttemptStore, Limit};

/// So many buckets are kept, of about 150 bytes; of more, those that are asked for least go.
const MOST: u64 = 100_000;

/// What nobody has asked for in this time is full, whatever its limit.
const KEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// In this process's memory: when each bucket will be full.
pub(crate) struct MemoryAttempts(Cache<String, i64>);

impl Default for MemoryAttempts {
    fn default() -> Self {
        MemoryAttempts(Cache::builder().max_capacity(MOST).time_to_live(KEEP).build())
    }
}

impl fmt::Debug for MemoryAttempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryAttempts").field("buckets", &self.0.entry_count()).finish()
    }
}

impl AttemptStore for MemoryAttempts {
    fn take<'a>(
        &'a self,
        key: &'a str,
        limit: Limit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Duration>>> {
        let mut wait = None;
        let _: CompResult<String, i64> = self.0.entry_by_ref(key).and_compute_with(|entry| {
            match limit.take(entry.map(moka::Entry::into_value), now.as_millisecond()) {
                Ok(full_at) => Op::Put(full_at),
                Err(time) => {
                    wait = Some(time);
                    Op::Nop
                }
            }
        });
        Box::pin(std::future::ready(Ok(wait)))
    }

    fn give_back<'a>(&'a self, key: &'a str, limit: Limit) -> BoxFuture<'a, Result> {
        let _: CompResult<String, i64> = self.0.entry_by_ref(key).and_compute_with(|entry| match entry {
            Some(entry) => Op::Put(limit.give_back(entry.into_value())),
            None => Op::Nop,
        });
        Box::pin(std::future::ready(Ok(())))
    }

    fn forget<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result> {
        self.0.invalidate(key);
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn memory_has_a_bound() {
        let store = MemoryAttempts(Cache::builder().max_capacity(10).build());
        let limit = Limit::new(1, Duration::from_secs(60));
        for n in 0..1000 {
            store.take(&format!("name:{n}"), limit, Timestamp::UNIX_EPOCH).await.unwrap();
        }
        store.0.run_pending_tasks();
        assert!(store.0.entry_count() <= 10);
        assert_eq!(MemoryAttempts::default().0.policy().max_capacity(), Some(MOST));
    }

    #[tokio::test]
    async fn of_many_at_once_only_as_many_pass_as_there_are() {
        let store = std::sync::Arc::new(MemoryAttempts::default());
        let limit = Limit::new(5, Duration::from_secs(60));
        let tasks = (0..100).map(|_| {
            let store = store.clone();
            tokio::task::spawn_blocking(move || {
                tokio::runtime::Handle::current().block_on(store.take(
                    "name:ann",
                    limit,
                    Timestamp::UNIX_EPOCH,
                ))
            })
        });
        let mut passed = 0;
        for task in tasks.collect::<Vec<_>>() {
            passed += usize::from(task.await.unwrap().unwrap().is_none());
        }
        assert_eq!(passed, 5);
        store.give_back("name:ann", limit).await.unwrap();
        assert_eq!(store.take("name:ann", limit, Timestamp::UNIX_EPOCH).await.unwrap(), None);
        assert!(store.take("name:ann", limit, Timestamp::UNIX_EPOCH).await.unwrap().is_some());
        store.forget("name:ann").await.unwrap();
        assert_eq!(store.take("name:ann", limit, Timestamp::UNIX_EPOCH).await.unwrap(), None);
    }
}
