//! Buckets in this process's memory.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use quintet_core::{
    BoxFuture, Result,
    rate::{AttemptStore, Limit},
    value::Timestamp,
};

const SHARDS: usize = 16;
/// So many buckets of a shard are kept, of about 100 bytes.
const MOST: usize = 8192;

type Shard = HashMap<Box<str>, i64, RandomState>;

/// When each bucket will be full; those that are full are not kept.
pub(crate) struct MemoryRates {
    shards: [Mutex<Shard>; SHARDS],
    hash: RandomState,
    most: usize,
}

impl Default for MemoryRates {
    fn default() -> Self {
        MemoryRates { shards: Default::default(), hash: RandomState::new(), most: MOST }
    }
}

impl fmt::Debug for MemoryRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryRates")
    }
}

impl MemoryRates {
    fn shard(&self, key: &str) -> MutexGuard<'_, Shard> {
        let index = usize::try_from(self.hash.hash_one(key) % SHARDS as u64).unwrap_or_default();
        let shard = self.shards.get(index).unwrap_or(&self.shards[0]);
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, key: &str, limit: Limit, now: Timestamp) -> Result<i64, Duration> {
        let now = now.as_millisecond();
        let mut shard = self.shard(key);
        if let Some(full_at) = shard.get_mut(key) {
            let next = limit.take(Some(*full_at), now)?;
            *full_at = next;
            return Ok(next);
        }
        let next = limit.take(None, now)?;
        if shard.len() >= self.most {
            make_room(&mut shard, now, self.most);
        }
        shard.insert(key.into(), next);
        Ok(next)
    }
}

/// Full ones go; and if that is not enough, the half that will be full first. So it costs little for each that comes.
#[cold]
fn make_room(shard: &mut Shard, now: i64, most: usize) {
    shard.retain(|_, full_at| *full_at > now);
    if shard.len() <= most / 2 {
        return;
    }
    let mut times: Vec<i64> = shard.values().copied().collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    let mut of_median = shard.len() / 2;
    shard.retain(|_, full_at| {
        if *full_at == median && of_median > 0 {
            of_median -= 1;
            return false;
        }
        *full_at >= median
    });
}

impl AttemptStore for MemoryRates {
    fn take<'a>(
        &'a self,
        key: &'a str,
        limit: Limit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Duration>>> {
        let taken = self.count(key, limit, now);
        Box::pin(std::future::ready(Ok(taken.err())))
    }

    fn take_counted<'a>(
        &'a self,
        key: &'a str,
        limit: Limit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Result<i64, Duration>>> {
        Box::pin(std::future::ready(Ok(self.count(key, limit, now))))
    }

    fn give_back<'a>(&'a self, key: &'a str, limit: Limit) -> BoxFuture<'a, Result> {
        if let Some(full_at) = self.shard(key).get_mut(key) {
            *full_at = limit.give_back(*full_at);
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn forget<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result> {
        self.shard(key).remove(key);
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const LIMIT: Limit = Limit::new(5, Duration::from_secs(60));

    #[tokio::test]
    async fn memory_has_a_bound_and_the_emptiest_stay() {
        let store = MemoryRates { most: 8, ..MemoryRates::default() };
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..5 {
            store.take("busy", LIMIT, now).await.unwrap();
        }
        for n in 0..10_000 {
            store.take(&format!("net:{n}"), LIMIT, now).await.unwrap();
        }
        let kept: usize = store.shards.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(kept <= 8 * SHARDS, "{kept}");
        assert!(store.take("busy", LIMIT, now).await.unwrap().is_some(), "still empty");
    }

    #[tokio::test]
    async fn of_many_at_once_only_as_many_pass_as_there_are() {
        let store = Arc::new(MemoryRates::default());
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let store = store.clone();
                std::thread::spawn(move || {
                    (0..25).filter(|_| store.count("ann", LIMIT, Timestamp::UNIX_EPOCH).is_ok()).count()
                })
            })
            .collect();
        assert_eq!(threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>(), 5);
        store.give_back("ann", LIMIT).await.unwrap();
        assert!(store.count("ann", LIMIT, Timestamp::UNIX_EPOCH).is_ok());
        assert!(store.count("ann", LIMIT, Timestamp::UNIX_EPOCH).is_err());
        store.forget("ann").await.unwrap();
        assert!(store.count("ann", LIMIT, Timestamp::UNIX_EPOCH).is_ok());
    }
}
