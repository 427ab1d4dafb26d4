//! A place that does not work.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use quintet_cache::{Cache, CacheOptions, FileCache};
use quintet_core::clock::Clock;

/// A folder that can't be: there is a file of its name.
fn broken(strict: bool) -> (Cache, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let place = FileCache::new(file.path(), 1 << 20, 100, Clock::system());
    (Cache::new(place, CacheOptions { strict, ..CacheOptions::default() }), file)
}

#[tokio::test]
async fn nothing_is_found_and_nothing_kept() {
    let (cache, _file) = broken(false);
    cache.set("k", &1, "1h").await.unwrap();
    cache.set_many([("k", 1)], "1h").await.unwrap();
    assert_eq!(cache.get::<i32>("k").await.unwrap(), None);
    assert!(!cache.add("k", &1, "1h").await.unwrap());
    assert_eq!(cache.incr("k", 1).await.unwrap(), None);
    assert!(!cache.touch("k", "1h").await.unwrap() && !cache.forget("k").await.unwrap());
    assert!(cache.get_many::<i32, _>(["k"]).await.unwrap().is_empty());
    cache.forget_many(["k"]).await.unwrap();
    assert_eq!(cache.get_or("k", "1h", async || Ok(7)).await.unwrap(), 7);
    // A key that is none is the program's fault, not the place's.
    assert!(cache.get::<i32>("").await.is_err());
}

#[tokio::test]
async fn a_strict_cache_tells() {
    let (cache, file) = broken(true);
    let error = cache.set("k", &1, "1h").await.unwrap_err().to_string();
    assert!(error.contains("default:1:k") && error.contains(&file.path().display().to_string()), "{error}");
    assert!(cache.get::<i32>("k").await.is_err());
    assert!(cache.get_many::<i32, _>(["k"]).await.is_err());
    assert!(cache.add("k", &1, "1h").await.is_err());
    assert!(cache.incr("k", 1).await.is_err());
    assert!(cache.forget("k").await.is_err());
    assert!(cache.get_or("k", "1h", async || Ok(7)).await.is_err());
}

#[tokio::test]
async fn a_file_that_is_broken_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(
        FileCache::new(folder.path(), 1 << 20, 100, Clock::system()),
        CacheOptions { strict: true, ..CacheOptions::default() },
    );
    cache.set("k", "a value", "1h").await.unwrap();
    let files = || {
        let parts = std::fs::read_dir(folder.path()).unwrap().map(|part| part.unwrap());
        let parts = parts.filter(|part| part.file_name().len() == 2);
        let files = parts.flat_map(|part| std::fs::read_dir(part.path()).unwrap());
        files.map(|file| file.unwrap().path()).collect::<Vec<_>>()
    };
    let file = files().pop().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "others can read it");
        assert_eq!(file.parent().unwrap().metadata().unwrap().permissions().mode() & 0o077, 0);
    }
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() = b'x';
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(cache.get_bytes("k").await.unwrap(), None);
    assert!(files().is_empty());
}
