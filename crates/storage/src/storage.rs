//! The handle that handlers, tasks and commands take.

use std::{fmt, ops::Range, sync::Arc, time::Duration};

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quintet_core::{Error, Result, Service, Services, signing::Signer, template::StoredFiles};

use crate::{Backend, Content, Info, Memory, Names, Opened, name::checked};

/// Kept in an address as they are: what RFC 3986 calls unreserved, and the slashes between folders.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// The site's files: `storage: Storage` in a handler, `&Storage` in tasks and commands. Cheap to clone.
///
/// ```
/// use quintet_storage::Storage;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> quintet_core::Result {
/// let storage = Storage::memory();
/// let name = storage.save("posters/alien.jpg", vec![0xff, 0xd8]).await?;
/// assert_eq!(name, "posters/alien.jpg");
/// let second = storage.save("posters/alien.jpg", "another").await?;        // nothing is overwritten
/// assert!(second.starts_with("posters/alien_") && second.ends_with(".jpg"));
/// assert_eq!(storage.read(&name).await?.len(), 2);
/// assert_eq!(storage.url("posters/a b.jpg"), "/media/posters/a%20b.jpg");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Storage {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) address: Arc<str>,
    pub(crate) signer: Option<Signer>,
}

impl Storage {
    /// Files of this backend, with addresses below `/media/`.
    pub fn new(backend: impl Backend) -> Self {
        Storage { backend: Arc::new(backend), address: Arc::from("/media/"), signer: None }
    }

    /// Files in memory: for tests.
    #[must_use]
    pub fn memory() -> Self {
        Storage::new(Memory::default())
    }

    /// The same files with addresses that begin with this: `/media/`, `https://files.example.com/`.
    #[must_use]
    pub fn at(self, address: &str) -> Self {
        let slash = if address.ends_with('/') { "" } else { "/" };
        Storage { address: Arc::from(format!("{address}{slash}")), ..self }
    }

    /// Keeps a new file under the wished name, or where that is taken under one like it, and says under which. Nothing is ever
    /// overwritten. Either the whole file is kept or nothing of it.
    ///
    /// # Errors
    /// 400 if the name is none (it leads elsewhere, is hidden, too long), 507 if the disk is full, 500 if the system or the stream
    /// fails.
    pub async fn save(&self, wished: &str, content: impl Into<Content>) -> Result<String> {
        checked(wished)?;
        self.backend.create(Names::of(wished), content.into()).await
    }

    /// Keeps a file under exactly this name; an earlier one of that name is replaced at once and as a whole.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub async fn replace(&self, name: &str, content: impl Into<Content>) -> Result {
        checked(name)?;
        self.backend.replace(name, content.into()).await
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    /// 404 if there is no such file, 400 if that is no name, 500 if the system fails.
    #[track_caller]
    pub fn open(&self, name: &str) -> impl Future<Output = Result<Opened>> + Send {
        self.opened(name, None)
    }

    /// Opens some of a file's bytes, `0..100` for the first hundred; what goes beyond its end is cut.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    #[track_caller]
    pub fn open_range(&self, name: &str, range: Range<u64>) -> impl Future<Output = Result<Opened>> + Send {
        self.opened(name, Some(range))
    }

    #[track_caller]
    fn opened(&self, name: &str, range: Option<Range<u64>>) -> impl Future<Output = Result<Opened>> + Send {
        let at = std::panic::Location::caller();
        async move {
            checked(name)?;
            let opened = self.backend.open(name, range).await?;
            opened.ok_or_else(|| Error::not_found(format!("there is no file `{name}`")).at(at))
        }
    }

    /// All bytes of a file.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn read(&self, name: &str) -> Result<Bytes> {
        self.open(name).await?.bytes().await
    }

    /// What is known of a file; `None` if there is none.
    ///
    /// # Errors
    /// 400 if that is no name, 500 if the system fails.
    pub async fn info(&self, name: &str) -> Result<Option<Info>> {
        checked(name)?;
        self.backend.info(name).await
    }

    /// Is there such a file?
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub async fn exists(&self, name: &str) -> Result<bool> {
        Ok(self.info(name).await?.is_some())
    }

    /// Deletes a file, and says whether there was one.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub async fn delete(&self, name: &str) -> Result<bool> {
        checked(name)?;
        self.backend.delete(name).await
    }

    /// All files whose names begin with this text (`posters/`, or nothing for all), sorted.
    ///
    /// # Errors
    /// 500 if the system fails.
    pub async fn list(&self, prefix: &str) -> Result<Vec<Info>> {
        self.backend.list(prefix).await
    }

    /// The address of a file, whether there is one or not.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        format!("{}{}", self.address, utf8_percent_encode(name, PATH))
    }

    /// An address at which the place itself sends the file, past this site: of S3, signed, good for so long and at most seven days.
    /// Whoever has it may read the file, also one of a private folder. What a browser could run in it, it saves.
    ///
    /// # Errors
    /// If the files are in a folder or in memory, which have no addresses of their own ([`signed_url`](Self::signed_url) is for
    /// those), 400 if that is no name.
    pub async fn direct_url(&self, name: &str, good_for: Duration) -> Result<String> {
        checked(name)?;
        let url = self.backend.direct_url(name, good_for).await?;
        url.ok_or_else(|| {
            Error::internal(
                "the storage has no addresses of its own, as S3 has: take `storage.signed_url(..)`",
            )
        })
    }

    /// Where the site sends those who ask it for this file, and for how long that is good: at most for so long. `None` if it sends
    /// the file itself.
    #[doc(hidden)]
    pub async fn redirect(&self, name: &str, most: Duration) -> Result<Option<(String, Duration)>> {
        let Some(good_for) = self.backend.redirect().map(|time| time.min(most)) else { return Ok(None) };
        checked(name)?;
        let url = self.backend.direct_url(name, good_for.max(Duration::from_secs(1))).await?;
        Ok(url.map(|url| (url, good_for)))
    }

    /// Other hosts than this site's that send its files.
    #[doc(hidden)]
    #[must_use]
    pub fn origins(&self) -> Vec<String> {
        let address = self.address.split_once("://").map(|(scheme, rest)| {
            let host = rest.split('/').next().unwrap_or_default();
            format!("{scheme}://{host}")
        });
        let redirected = self.backend.redirect().and_then(|_| self.backend.origin());
        address.into_iter().chain(redirected).collect()
    }

    /// Can the place be worked with? Asks a server whether it is there, knows its bucket and takes the credentials.
    ///
    /// # Errors
    /// What is wrong, and what to do about it.
    pub async fn check(&self) -> Result {
        self.backend.check().await
    }

    /// What addresses of files begin with, with a slash at the end.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Storage").field(&self.backend).field(&self.address).finish()
    }
}

impl StoredFiles for Storage {
    fn url(&self, name: &str) -> String {
        Storage::url(self, name)
    }
}

impl Service for Storage {
    fn of(services: &Services) -> Result<Self> {
        services.require::<Storage>().cloned()
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum_core::extract::FromRequestParts<S> for Storage {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self> {
        Storage::of(Services::of_request(parts)?)
    }
}
