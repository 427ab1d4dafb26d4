//! What a place for files must be able to do.

use std::{fmt, ops::Range, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use quintet_core::{BoxFuture, Error, Result, value::Timestamp};

use crate::{
    content::{BoxStream, Content},
    name::Names,
};

/// A file as a storage knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// Its name in the storage: `posters/2026/alien.jpg`.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// When it was written.
    pub modified: Timestamp,
    /// What changes with its content, where the storage knows such a thing: a strong entity tag, without quotes.
    pub tag: Option<String>,
}

/// A file that is open for reading.
pub struct Opened {
    /// What is known of the whole file, whatever part of it is read.
    pub info: Info,
    /// Its bytes, or those of the range. An error ends them; what came before it is a part of the file.
    pub stream: BoxStream,
}

impl Opened {
    /// All bytes at once.
    ///
    /// # Errors
    /// If reading fails.
    pub async fn bytes(mut self) -> Result<Bytes> {
        let mut all = BytesMut::new();
        while let Some(piece) = self.stream.next().await {
            all.extend_from_slice(&piece?);
        }
        Ok(all.freeze())
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("info", &self.info).finish_non_exhaustive()
    }
}

/// A place for files. [`Storage`](crate::Storage) checks names before it asks, so a backend sees plain relative ones with `/`
/// between folders, never hidden ones.
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// Keeps the content under the first of these names that is free, and says which. Either the whole file is there
    /// afterwards or nothing; two callers can't both get one name.
    fn create<'a>(&'a self, names: Names, content: Content) -> BoxFuture<'a, Result<String>>;

    /// Keeps the content under this name; a reader of an earlier file of this name sees the old or the new one, never a mixture.
    fn replace<'a>(&'a self, name: &'a str, content: Content) -> BoxFuture<'a, Result>;

    /// Opens the file, or these of its bytes; a range that goes beyond the end is cut. `None` if there is no such file.
    fn open<'a>(&'a self, name: &'a str, range: Option<Range<u64>>) -> BoxFuture<'a, Result<Option<Opened>>>;

    /// What is known of the file; `None` if there is none.
    fn info<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Info>>>;

    /// Deletes the file, and says whether there was one.
    fn delete<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<bool>>;

    /// All files whose names begin with this text, sorted by name.
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Info>>>;

    /// An address at which the place itself sends the file, to whoever has it and for so long, so that nothing in it runs. `None` if
    /// it has none.
    fn direct_url<'a>(&'a self, name: &'a str, good_for: Duration) -> BoxFuture<'a, Result<Option<String>>> {
        let _ = (name, good_for);
        Box::pin(async { Ok(None) })
    }

    /// For how long addresses are good to which the site sends those who ask it for a file, rather than send the file itself.
    fn redirect(&self) -> Option<Duration> {
        None
    }

    /// The origin of the addresses that [`direct_url`](Self::direct_url) gives: `https://bucket.s3.eu-west-3.amazonaws.com`.
    fn origin(&self) -> Option<String> {
        None
    }

    /// Can it be worked with? `check --deploy` asks for that.
    fn check<'a>(&'a self) -> BoxFuture<'a, Result> {
        Box::pin(async { Ok(()) })
    }
}

/// An error of the system's, told so that one can do something about it.
#[track_caller]
pub(crate) fn failed(doing: &str, name: &str, error: std::io::Error) -> Error {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    if matches!(error.kind(), StorageFull | QuotaExceeded) {
        let full = Error::of_kind(
            quintet_core::ErrorKind::Unavailable,
            http::StatusCode::INSUFFICIENT_STORAGE,
            format!("the storage is full: {doing} `{name}` failed, nothing of it was kept"),
        );
        return full.with_source(error);
    }
    Error::internal(format!("the storage failed while {doing} `{name}`")).with_source(error)
}
