//! Values as files in a folder: every process of this machine sees them, and they outlive it.
//!
//! A file's name is a hash of its key (`entry` tells what is in it), spread over 256 folders. A file is written beside and renamed,
//! so that a reader sees all of one value. Whatever looks before it writes does so under a lock of the folder (`locks`). When there
//! are too many, `cull` drops what is too old, then what was written first.
mod cull;
mod entry;
mod locks;

use std::{
    fmt,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use quintet_core::{BoxFuture, Error, Result, clock::Clock};

use self::{cull::Census, entry::Entry};
use crate::{Backend, Counted};

/// Values as files in a folder. The folder is for this alone: it is made where it is not there, readable by this user only.
#[derive(Clone)]
pub struct FileCache(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    clock: Clock,
    census: Census,
}

impl FileCache {
    /// At most `entries` values of together at most `bytes` bytes, in this folder.
    pub fn new(folder: impl Into<PathBuf>, bytes: u64, entries: u64, clock: Clock) -> Self {
        FileCache(Arc::new(Inner { folder: folder.into(), clock, census: Census::new(bytes, entries) }))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Does something with files, which blocks, on a thread for that.
    fn work<'a, T, F>(&'a self, doing: &'static str, key: &'a str, work: F) -> BoxFuture<'a, Result<T>>
    where
        T: Send + 'static,
        F: FnOnce(&Inner, &str) -> io::Result<T> + Send + 'static,
    {
        let (inner, owned) = (self.0.clone(), key.to_owned());
        Box::pin(async move {
            let worked = tokio::task::spawn_blocking(move || work(&inner, &owned)).await;
            let failed = |error: io::Error| {
                let folder = self.0.folder.display();
                Error::internal(format!("the cache in {folder} failed to {doing} `{key}`: {error}"))
                    .with_source(error)
            };
            match worked {
                Ok(done) => done.map_err(failed),
                Err(error) => Err(failed(io::Error::other(error))),
            }
        })
    }
}

impl fmt::Debug for FileCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FileCache").field(&self.0.folder).finish()
    }
}

impl Inner {
    fn path(&self, key: &str) -> PathBuf {
        let name = entry::name(key);
        self.folder.join(name.get(..2).unwrap_or_default()).join(name)
    }

    fn until(&self, keep: Option<Duration>) -> Option<i64> {
        keep.and_then(|keep| self.clock.now().checked_add(keep).ok()).map(|until| until.as_millisecond())
    }

    /// What is there and alive. What is broken is removed.
    fn read(&self, key: &str) -> io::Result<Option<Entry>> {
        let path = self.path(key);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match Entry::parse(bytes, key) {
            Some(entry) if entry.is_alive(&self.clock) => Ok(Some(entry)),
            Some(_) => Ok(None),
            None => {
                tracing::warn!(key, file = %path.display(), "a cached value is broken and is dropped");
                self.remove(key).map(|_| None)
            }
        }
    }

    fn write(&self, key: &str, entry: &Entry) -> io::Result<()> {
        let path = self.path(key);
        let folder = path.parent().unwrap_or(&self.folder);
        self.census.begin(&self.folder)?;
        let write = || {
            let mut file = tempfile::Builder::new().prefix(".new").tempfile_in(folder)?;
            file.write_all(&entry.head(key))?;
            file.write_all(&entry.value)?;
            file.persist(&path).map_err(|error| error.error)
        };
        let written = match write() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                make_folder(folder)?;
                write()
            }
            other => other,
        };
        let size = written?.metadata().map(|data| data.len()).unwrap_or_default();
        self.census.written(&self.folder, size, &self.clock)
    }

    /// Removes the file of a key, and says whether there was one.
    fn remove(&self, key: &str) -> io::Result<bool> {
        match std::fs::remove_file(self.path(key)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Looks and changes while nobody else changes this key.
    fn at_once<T>(&self, key: &str, work: impl FnOnce(Option<Entry>) -> io::Result<T>) -> io::Result<T> {
        let _lock = locks::lock(&self.folder, &entry::name(key))?;
        work(self.read(key)?)
    }
}

/// Nobody but this user reads what is cached.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

impl Backend for FileCache {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        self.work("read", key, |inner, key| Ok(inner.read(key)?.map(|entry| entry.value)))
    }

    fn set<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, Result> {
        self.work("write", key, move |inner, key| {
            let entry = Entry { value, until: inner.until(keep) };
            let _lock = locks::lock(&inner.folder, &entry::name(key))?;
            inner.write(key, &entry)
        })
    }

    fn add<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, Result<bool>> {
        self.work("add", key, move |inner, key| {
            let entry = Entry { value, until: inner.until(keep) };
            inner.at_once(key, |there| match there {
                Some(_) => Ok(false),
                None => inner.write(key, &entry).map(|()| true),
            })
        })
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        old: Bytes,
        new: Bytes,
        keep: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        self.work("replace", key, move |inner, key| {
            let entry = Entry { value: new, until: inner.until(keep) };
            inner.at_once(key, |there| match there {
                Some(there) if there.value == old => inner.write(key, &entry).map(|()| true),
                _ => Ok(false),
            })
        })
    }

    fn touch<'a>(&'a self, key: &'a str, keep: Option<Duration>) -> BoxFuture<'a, Result<bool>> {
        self.work("touch", key, move |inner, key| {
            inner.at_once(key, |there| match there {
                Some(entry) => inner.write(key, &Entry { until: inner.until(keep), ..entry }).map(|()| true),
                None => Ok(false),
            })
        })
    }

    fn count<'a>(&'a self, key: &'a str, by: i64) -> BoxFuture<'a, Result<Counted>> {
        self.work("count", key, move |inner, key| {
            inner.at_once(key, |there| {
                let Some(entry) = there else { return Ok(Counted::Missing) };
                let counted = Counted::of(&entry.value, by);
                if let Counted::Sum(sum) = counted {
                    inner.write(key, &Entry { value: sum.to_string().into(), ..entry })?;
                }
                Ok(counted)
            })
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        self.work("delete", key, |inner, key| {
            inner.at_once(key, |there| Ok(inner.remove(key)? && there.is_some()))
        })
    }

    fn delete_if<'a>(&'a self, key: &'a str, value: Bytes) -> BoxFuture<'a, Result<bool>> {
        self.work("delete", key, move |inner, key| {
            inner.at_once(key, |there| match there {
                Some(entry) if entry.value == value => inner.remove(key),
                _ => Ok(false),
            })
        })
    }

    fn clear<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result> {
        self.work("clear", prefix, |inner, prefix| inner.census.clear(&inner.folder, prefix))
    }
}
