//! What is to be kept.

use std::{fmt, path::PathBuf, pin::Pin};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

/// Pieces of a file, in their order.
pub type BoxStream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send + 'static>>;

/// The bytes of a file to be: in memory, in a stream, or in a file on this machine.
///
/// ```
/// use quintet_storage::Content;
/// let _: [Content; 3] = ["text".into(), vec![0u8, 1].into(), Content::file("/etc/hostname")];
/// ```
pub struct Content(pub(crate) Kind);

pub(crate) enum Kind {
    Bytes(Bytes),
    Stream(BoxStream),
    File(PathBuf),
    Again(Box<dyn Fn() -> BoxStream + Send + Sync>),
}

impl Content {
    /// Pieces as they come; an error among them means that nothing is kept.
    pub fn stream(pieces: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static) -> Self {
        Content(Kind::Stream(Box::pin(pieces)))
    }

    /// Pieces that can be had again from the beginning: for a storage that may have to send them twice.
    pub fn again(pieces: impl Fn() -> BoxStream + Send + Sync + 'static) -> Self {
        Content(Kind::Again(Box::new(pieces)))
    }

    /// What a file on this machine holds; the file stays where it is.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Content(Kind::File(path.into()))
    }

    /// Piece by piece.
    #[must_use]
    pub fn into_stream(self) -> BoxStream {
        match self.0 {
            Kind::Bytes(bytes) => Box::pin(stream::iter([Ok(bytes)])),
            Kind::Stream(pieces) => pieces,
            Kind::Again(make) => make(),
            Kind::File(path) => Box::pin(
                stream::once(async {
                    tokio::fs::File::open(path).await.map(|file| pieces_of(file, u64::MAX))
                })
                .flat_map(|opened| match opened {
                    Ok(pieces) => pieces,
                    Err(error) => Box::pin(stream::iter([Err(error)])) as BoxStream,
                }),
            ),
        }
    }
}

/// The next `limit` bytes of a file, in pieces of 64 KiB.
pub(crate) fn pieces_of(file: tokio::fs::File, limit: u64) -> BoxStream {
    use tokio::io::{AsyncReadExt as _, Take};
    const PIECE: u64 = 64 * 1024;
    let file: Take<tokio::fs::File> = file.take(limit);
    Box::pin(stream::try_unfold(file, async |mut file| {
        let mut piece = vec![0; usize::try_from(file.limit().min(PIECE)).unwrap_or_default()];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok((read > 0).then(|| (Bytes::from(piece), file)))
    }))
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Bytes(bytes) => write!(f, "Content({} bytes)", bytes.len()),
            Kind::Stream(_) | Kind::Again(_) => f.write_str("Content(a stream)"),
            Kind::File(path) => write!(f, "Content({})", path.display()),
        }
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Content(Kind::Bytes(bytes))
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Content {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<&'static [u8]> for Content {
    fn from(bytes: &'static [u8]) -> Self {
        Bytes::from_static(bytes).into()
    }
}
