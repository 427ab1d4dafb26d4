//! Values in this process's memory: fast, bounded, gone at its end, and unknown to other processes.

use std::{
    fmt,
    time::{Duration, Instant},
};

use bytes::Bytes;
use jiff::Timestamp;
use moka::{
    Expiry,
    ops::compute::{CompResult, Op},
    policy::EvictionPolicy,
    sync::Cache,
};
use quintet_core::{BoxFuture, Error, Result, clock::Clock};

use crate::{Backend, Counted};

/// Values in memory, at most so many bytes and so many values of them; the ones that were not used for longest go first.
pub struct MemoryCache {
    kept: Cache<String, Kept>,
    clock: Clock,
}

#[derive(Debug, Clone)]
struct Kept {
    value: Bytes,
    keep: Option<Duration>,
    until: Option<Timestamp>,
}

/// What a value costs beside its bytes.
const EXTRA: u64 = 120;

impl MemoryCache {
    /// A cache of at most `bytes` bytes and `entries` values, which expire by this clock.
    #[must_use]
    pub fn new(bytes: u64, entries: u64, clock: Clock) -> Self {
        // One measure for both bounds: no value weighs less than its part of the bytes.
        let least = bytes.div_ceil(entries.max(1));
        let weight = move |key: &String, kept: &Kept| {
            let bytes = (key.len() + kept.value.len()) as u64 + EXTRA;
            u32::try_from(bytes.max(least)).unwrap_or(u32::MAX)
        };
        let kept = Cache::builder()
            .max_capacity(bytes)
            .weigher(weight)
            .eviction_policy(EvictionPolicy::lru())
            .expire_after(ByKeep)
            .build();
        MemoryCache { kept, clock }
    }

    /// How many values there are, once what is too much or too old has been dropped.
    pub fn tidy(&self) -> u64 {
        self.kept.run_pending_tasks();
        self.kept.entry_count()
    }

    fn kept(&self, value: Bytes, keep: Option<Duration>) -> Kept {
        let until = keep.and_then(|keep| self.clock.now().checked_add(keep).ok());
        Kept { value, keep, until }
    }

    fn find(&self, key: &str) -> Option<Bytes> {
        let kept = self.kept.get(key)?;
        self.is_alive(&kept).then_some(kept.value)
    }

    fn is_alive(&self, kept: &Kept) -> bool {
        kept.until.is_none_or(|until| self.clock.now() < until)
    }

    /// Changes a value at once: `change` sees what is there and alive, and gives what is to be done and an answer.
    fn at_once<T>(&self, key: &str, change: impl FnOnce(Option<&Kept>) -> (Op<Kept>, T)) -> Option<T> {
        let mut answer = None;
        let _: CompResult<String, Kept> = self.kept.entry_by_ref(key).and_compute_with(|entry| {
            let there = entry.map(moka::Entry::into_value).filter(|kept| self.is_alive(kept));
            let (op, told) = change(there.as_ref());
            answer = Some(told);
            op
        });
        answer
    }
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache").field("entries", &self.kept.entry_count()).finish_non_exhaustive()
    }
}

/// Frees the room of what nobody asks for again. Whether a value is still good is the site's clock's to say.
struct ByKeep;

impl Expiry<String, Kept> for ByKeep {
    fn expire_after_create(&self, _: &String, kept: &Kept, _: Instant) -> Option<Duration> {
        kept.keep
    }

    fn expire_after_update(
        &self,
        _: &String,
        kept: &Kept,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        kept.keep
    }
}

fn done<'a, T: Send + 'a>(value: Result<T>) -> BoxFuture<'a, Result<T>> {
    Box::pin(std::future::ready(value))
}

fn unanswered() -> Error {
    Error::internal("the cache in memory did not answer")
}

impl Backend for MemoryCache {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        done(Ok(self.find(key)))
    }

    fn set<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, Result> {
        self.kept.insert(key.to_owned(), self.kept(value, keep));
        done(Ok(()))
    }

    fn add<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, Result<bool>> {
        let added = self.at_once(key, |there| match there {
            Some(_) => (Op::Nop, false),
            None => (Op::Put(self.kept(value, keep)), true),
        });
        done(added.ok_or_else(unanswered))
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        old: Bytes,
        new: Bytes,
        keep: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        let replaced = self.at_once(key, |there| match there {
            Some(kept) if kept.value == old => (Op::Put(self.kept(new, keep)), true),
            _ => (Op::Nop, false),
        });
        done(replaced.ok_or_else(unanswered))
    }

    fn touch<'a>(&'a self, key: &'a str, keep: Option<Duration>) -> BoxFuture<'a, Result<bool>> {
        let touched = self.at_once(key, |there| match there {
            Some(kept) => (Op::Put(self.kept(kept.value.clone(), keep)), true),
            None => (Op::Nop, false),
        });
        done(touched.ok_or_else(unanswered))
    }

    fn count<'a>(&'a self, key: &'a str, by: i64) -> BoxFuture<'a, Result<Counted>> {
        let counted = self.at_once(key, |there| {
            let Some(kept) = there else { return (Op::Nop, Counted::Missing) };
            let counted = Counted::of(&kept.value, by);
            let Counted::Sum(sum) = counted else { return (Op::Nop, counted) };
            // By the clock that counts: what is left of its time.
            let left = kept.until.map(|until| until.duration_since(self.clock.now()).unsigned_abs());
            let value = Bytes::from(sum.to_string());
            (Op::Put(Kept { value, keep: left, until: kept.until }), counted)
        });
        done(counted.ok_or_else(unanswered))
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        let was = self.kept.remove(key).is_some_and(|kept| self.is_alive(&kept));
        done(Ok(was))
    }

    fn delete_if<'a>(&'a self, key: &'a str, value: Bytes) -> BoxFuture<'a, Result<bool>> {
        let deleted = self.at_once(key, |there| match there {
            Some(kept) if kept.value == value => (Op::Remove, true),
            _ => (Op::Nop, false),
        });
        done(deleted.ok_or_else(unanswered))
    }

    fn clear<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result> {
        for (key, _) in &self.kept {
            if key.starts_with(prefix) {
                self.kept.invalidate(&*key);
            }
        }
        done(Ok(()))
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn is_immediate(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_too_much_goes_the_least_used_first() {
        let by_bytes = MemoryCache::new(10_000, 1_000, Clock::system());
        for n in 0..50 {
            by_bytes.set(&format!("k{n}"), Bytes::from(vec![0; 1000]), None).await.unwrap();
            by_bytes.tidy();
            assert!(by_bytes.get("k0").await.unwrap().is_some(), "used all the time, and dropped after {n}");
        }
        assert!((6..=10).contains(&by_bytes.tidy()), "{}", by_bytes.tidy());
        let by_entries = MemoryCache::new(1_000_000, 10, Clock::system());
        for n in 0..50 {
            by_entries.set(&format!("k{n}"), Bytes::from_static(b"1"), None).await.unwrap();
        }
        assert_eq!(by_entries.tidy(), 10);
    }
}
