//! Keeping a folder within its bounds.
//!
//! Counting files at every write would be slow, so a [`Census`] counts them once and then counts along; what other processes write
//! it learns when it counts again, after so many writes. When a bound is passed, what is too old goes first, then what was written
//! first, until a fifth of the room is free.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use quintet_core::clock::Clock;

use super::entry::{Entry, is_alive};

/// Counts again after so many writes.
const RECOUNT: u64 = 1_000;
/// The two lines before a value are not longer.
const HEAD: u64 = 512;
/// An unfinished file that is older is one of a process that died.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

pub(super) struct Census {
    bytes: u64,
    entries: u64,
    seen: Mutex<Option<Seen>>,
}

#[derive(Clone, Copy, Default)]
struct Seen {
    bytes: u64,
    entries: u64,
    writes: u64,
}

/// A file of the cache.
struct Listed {
    path: PathBuf,
    size: u64,
    written: SystemTime,
}

impl Census {
    pub(super) fn new(bytes: u64, entries: u64) -> Self {
        Census { bytes, entries, seen: Mutex::default() }
    }

    /// Counts what is there before the first write.
    pub(super) fn begin(&self, folder: &Path) -> io::Result<()> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_none() {
            *seen = Some(count(&list(folder)?));
        }
        Ok(())
    }

    /// Counts a file in, and makes room if there is too much now.
    pub(super) fn written(&self, folder: &Path, size: u64, clock: &Clock) -> io::Result<()> {
        // Others who write wait meanwhile: else all of them would make room.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = seen.get_or_insert_default();
        now.bytes = now.bytes.saturating_add(size);
        now.entries += 1;
        now.writes += 1;
        if now.bytes <= self.bytes && now.entries <= self.entries && now.writes < RECOUNT {
            return Ok(());
        }
        *now = self.make_room(folder, clock)?;
        Ok(())
    }

    fn make_room(&self, folder: &Path, clock: &Clock) -> io::Result<Seen> {
        let mut files = list(folder)?;
        let mut seen = count(&files);
        if seen.bytes <= self.bytes && seen.entries <= self.entries {
            return Ok(seen);
        }
        files.sort_by_key(|file| file.written);
        let (expired, living): (Vec<Listed>, Vec<Listed>) = files
            .into_iter()
            .partition(|file| !about(&file.path).is_some_and(|(until, _)| is_alive(until, clock)));
        let (bytes, entries) = (self.bytes / 5 * 4, self.entries - self.entries / 5);
        let mut dropped = 0u64;
        let all = expired.len();
        for (n, file) in expired.into_iter().chain(living).enumerate() {
            if n >= all && seen.bytes <= bytes && seen.entries <= entries {
                break;
            }
            remove(&file.path)?;
            seen.bytes = seen.bytes.saturating_sub(file.size);
            seen.entries = seen.entries.saturating_sub(1);
            dropped += 1;
        }
        tracing::debug!(folder = %folder.display(), dropped, "the cache was full");
        Ok(seen)
    }

    /// Removes all files whose keys begin with this, and what is broken.
    pub(super) fn clear(&self, folder: &Path, prefix: &str) -> io::Result<()> {
        for file in list(folder)? {
            if about(&file.path).is_none_or(|(_, key)| key.starts_with(prefix)) {
                remove(&file.path)?;
            }
        }
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}

fn count(files: &[Listed]) -> Seen {
    Seen { bytes: files.iter().map(|file| file.size).sum(), entries: files.len() as u64, writes: 0 }
}

/// All files of values. What a process that died left unfinished is removed.
fn list(folder: &Path) -> io::Result<Vec<Listed>> {
    let mut files = Vec::new();
    for part in entries(folder)? {
        let part = part?;
        if part.file_name().len() != 2 {
            continue;
        }
        for file in entries(&part.path())? {
            let file = file?;
            // It may be gone by now.
            let Ok(data) = file.metadata() else { continue };
            let written = data.modified()?;
            if file.file_name().to_string_lossy().starts_with('.') {
                if written.elapsed().is_ok_and(|age| age > ABANDONED) {
                    remove(&file.path())?;
                }
                continue;
            }
            files.push(Listed { path: file.path(), size: data.len(), written });
        }
    }
    Ok(files)
}

/// What is in a folder; nothing in one that is not there.
fn entries(folder: &Path) -> io::Result<Vec<io::Result<fs::DirEntry>>> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries.collect()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

fn about(path: &Path) -> Option<(Option<i64>, String)> {
    let mut head = Vec::new();
    File::open(path).ok()?.take(HEAD).read_to_end(&mut head).ok()?;
    Entry::about(&head)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use jiff::SignedDuration;

    use super::*;
    use crate::{Backend, FileCache};

    #[tokio::test]
    async fn what_is_too_old_goes_first_then_what_was_written_first() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::fixed("2026-11-20T12:00:00Z".parse().unwrap());
        let cache = FileCache::new(folder.path(), 1 << 20, 10, clock.clone());
        let value = || Bytes::from_static(b"1");
        for n in 0..10 {
            let keep = (n % 2 == 1).then_some(Duration::from_secs(60));
            cache.set(&format!("k{n}"), value(), keep).await.unwrap();
            // Clocks of file systems are coarse.
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
        clock.advance(SignedDuration::from_secs(61));
        cache.set("k10", value(), None).await.unwrap();
        assert_eq!(list(folder.path()).unwrap().len(), 6, "five were too old");
        for n in 11..16 {
            cache.set(&format!("k{n}"), value(), None).await.unwrap();
        }
        assert_eq!(cache.get("k0").await.unwrap(), None);
        assert!(cache.get("k15").await.unwrap().is_some());
        assert_eq!(list(folder.path()).unwrap().len(), 8);
    }

    #[tokio::test]
    async fn bytes_are_bounded_too_and_what_others_wrote_counts() {
        let folder = tempfile::tempdir().unwrap();
        let open = || FileCache::new(folder.path(), 10_000, 1_000, Clock::system());
        let (one, two) = (open(), open());
        for n in 0..20 {
            one.set(&format!("a{n}"), Bytes::from(vec![b'x'; 300]), None).await.unwrap();
        }
        for n in 0..20 {
            two.set(&format!("b{n}"), Bytes::from(vec![b'x'; 300]), None).await.unwrap();
        }
        let bytes: u64 = list(folder.path()).unwrap().iter().map(|file| file.size).sum();
        assert!((5_000..=10_000).contains(&bytes), "{bytes}");
    }
}
