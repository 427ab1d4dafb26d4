//! Every place for cached values keeps the same contract.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use quintet_cache::{Cache, CacheOptions, Dummy, FileCache, MemoryCache};
use quintet_core::clock::Clock;
use support::{FIXED, Place};

async fn memory() -> Option<Place> {
    let clock = Clock::fixed(FIXED.parse().unwrap());
    let backend = Arc::new(MemoryCache::new(64 << 20, 100_000, clock.clone()));
    Some(Place { backend, clock: Some(clock), prefix: "site".to_owned(), hold: Box::new(()) })
}

async fn file() -> Option<Place> {
    let clock = Clock::fixed(FIXED.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    // It is made by the cache.
    let backend = Arc::new(FileCache::new(folder.path().join("a/cache"), 1 << 30, 100_000, clock.clone()));
    Some(Place { backend, clock: Some(clock), prefix: "site".to_owned(), hold: Box::new(folder) })
}

contract!(in_memory, crate::memory);
contract!(in_files, crate::file);

#[tokio::test]
async fn a_dummy_keeps_nothing_and_still_has_one_compute_at_a_time() {
    let cache = Cache::new(Dummy, CacheOptions::default());
    cache.set("k", &1, "1h").await.unwrap();
    assert_eq!(cache.get::<i32>("k").await.unwrap(), None);
    assert!(cache.add("k", &1, "1h").await.unwrap() && cache.add("k", &1, "1h").await.unwrap());
    assert_eq!(cache.incr("k", 1).await.unwrap(), None);
    assert!(!cache.touch("k", "1h").await.unwrap() && !cache.forget("k").await.unwrap());
    cache.clear().await.unwrap();
    let runs = std::sync::atomic::AtomicUsize::new(0);
    let make = || {
        cache.get_or("k", "1h", async || {
            runs.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            Ok(1)
        })
    };
    let (one, two, three) = tokio::join!(make(), make(), make());
    assert_eq!((one.unwrap(), two.unwrap(), three.unwrap()), (1, 1, 1));
    assert_eq!(runs.load(std::sync::atomic::Ordering::SeqCst), 1);
}
