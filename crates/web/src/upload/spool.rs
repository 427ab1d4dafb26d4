//! Where the bytes of a file stay until somebody saves them: in memory, or in a file without a name.
//!
//! That file is in no folder: the system deletes it when the last handle is closed, also that of a process that was killed.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use quintet_core::{Error, ErrorKind, Result};
use quintet_storage::BoxStream;
use tokio::io::AsyncWriteExt as _;

use crate::{kind::HEAD, read_at::read_at};

/// How much of a file on disk is read at once.
const PIECE: usize = 128 * 1024;

/// Makes a file without a name in a folder, or in the system's.
pub(super) type Open = fn(Option<&Path>) -> io::Result<File>;

pub(super) fn nameless(folder: Option<&Path>) -> io::Result<File> {
    match folder {
        Some(folder) => {
            std::fs::create_dir_all(folder)?;
            tempfile::tempfile_in(folder)
        }
        None => tempfile::tempfile(),
    }
}

/// What came of a file.
#[derive(Debug, Clone)]
pub(super) enum Bits {
    Memory(Bytes),
    Disk(Arc<File>),
    /// It was too large: nothing was kept.
    Dropped,
}

/// A file as it comes in.
pub(super) struct Spool {
    place: Place,
    /// Bytes that may stay in memory.
    room: u64,
    folder: Option<PathBuf>,
    open: Open,
    len: u64,
    /// The first bytes.
    head: Vec<u8>,
}

enum Place {
    Memory(BytesMut),
    Disk(tokio::fs::File),
    Nowhere,
}

impl Spool {
    pub(super) fn new(room: u64, folder: Option<PathBuf>, open: Open) -> Self {
        Spool { place: Place::Memory(BytesMut::new()), room, folder, open, len: 0, head: Vec::new() }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Keeps nothing of it; what comes is only counted.
    pub(super) fn forget(&mut self) {
        self.place = Place::Nowhere;
    }

    pub(super) async fn write(&mut self, piece: &[u8]) -> Result {
        self.len += piece.len() as u64;
        let missing = HEAD.saturating_sub(self.head.len()).min(piece.len());
        self.head.extend_from_slice(piece.get(..missing).unwrap_or_default());
        self.keep(piece).await.map_err(failed)
    }

    async fn keep(&mut self, piece: &[u8]) -> io::Result<()> {
        match &mut self.place {
            Place::Nowhere => Ok(()),
            Place::Disk(file) => file.write_all(piece).await,
            Place::Memory(bytes) if self.len <= self.room => {
                bytes.extend_from_slice(piece);
                Ok(())
            }
            Place::Memory(bytes) => {
                let before = std::mem::take(bytes);
                let (open, folder) = (self.open, self.folder.clone());
                let file = tokio::task::spawn_blocking(move || open(folder.as_deref()));
                let mut file = tokio::fs::File::from_std(file.await.map_err(io::Error::other)??);
                file.write_all(&before).await?;
                file.write_all(piece).await?;
                self.place = Place::Disk(file);
                Ok(())
            }
        }
    }

    /// What was kept, and its first bytes.
    pub(super) async fn finish(self) -> Result<(Bits, Vec<u8>)> {
        let bits = match self.place {
            Place::Nowhere => Bits::Dropped,
            Place::Memory(bytes) => Bits::Memory(bytes.freeze()),
            Place::Disk(mut file) => {
                // An error of the last write comes only now.
                file.flush().await.map_err(failed)?;
                Bits::Disk(Arc::new(file.into_std().await))
            }
        };
        Ok((bits, self.head))
    }
}

fn failed(error: io::Error) -> Error {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    if matches!(error.kind(), StorageFull | QuotaExceeded) {
        let status = http::StatusCode::INSUFFICIENT_STORAGE;
        let why = "there is no room on the disk for a file that was sent; nothing of it was kept (`folder` in [uploads])";
        return Error::of_kind(ErrorKind::Unavailable, status, why).with_source(error);
    }
    Error::internal(
        "a file that was sent could not be written to the folder for such files (`folder` in [uploads])",
    )
    .with_source(error)
}

impl Bits {
    /// All of it, piece by piece. Each reader begins at the beginning, and several may read at once.
    pub(super) fn stream(&self) -> BoxStream {
        match self {
            Bits::Memory(bytes) => Box::pin(stream::iter([Ok(bytes.clone())])),
            Bits::Dropped => {
                Box::pin(stream::iter([Err(io::Error::other("the file was too large to be kept"))]))
            }
            Bits::Disk(file) => Box::pin(stream::try_unfold((file.clone(), 0u64), async |(file, at)| {
                let reading = tokio::task::spawn_blocking(move || {
                    let mut piece = vec![0; PIECE];
                    let read = read_at(&file, &mut piece, at)?;
                    piece.truncate(read);
                    Ok::<_, io::Error>((Bytes::from(piece), file))
                });
                let (piece, file) = reading.await.map_err(io::Error::other)??;
                let next = at + piece.len() as u64;
                Ok((!piece.is_empty()).then_some((piece, (file, next))))
            })),
        }
    }
}

/// A reader of a file, from its beginning, for what wants to look around in it.
pub(super) struct Lookup<'a> {
    file: &'a File,
    at: u64,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(file: &'a File) -> Self {
        Lookup { file, at: 0 }
    }
}

impl io::Read for Lookup<'_> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        let read = read_at(self.file, piece, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl io::Seek for Lookup<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let moved = |from: u64, by: i64| {
            from.checked_add_signed(by).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))
        };
        self.at = match to {
            io::SeekFrom::Start(at) => at,
            io::SeekFrom::Current(by) => moved(self.at, by)?,
            io::SeekFrom::End(by) => moved(self.file.metadata()?.len(), by)?,
        };
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;

    use super::*;

    async fn spooled(
        room: u64,
        open: Open,
        folder: Option<PathBuf>,
        pieces: &[&[u8]],
    ) -> Result<(Bits, Vec<u8>)> {
        let mut spool = Spool::new(room, folder, open);
        for piece in pieces {
            spool.write(piece).await?;
        }
        spool.finish().await
    }

    #[tokio::test]
    async fn what_is_large_goes_to_a_file_without_a_name() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("made/when/needed");
        let small = spooled(6, nameless, Some(inside.clone()), &[b"abc", b"def"]).await.unwrap();
        assert!(matches!(&small.0, Bits::Memory(bytes) if &bytes[..] == b"abcdef"));
        assert!(!inside.exists());
        let large = spooled(5, nameless, Some(inside.clone()), &[b"abc", b"def", b"ghi"]).await.unwrap();
        assert!(matches!(large.0, Bits::Disk(_)) && large.1 == b"abcdefghi");
        assert_eq!(std::fs::read_dir(&inside).unwrap().count(), 0, "nobody else sees it");
        for _ in 0..2 {
            let read: Vec<Bytes> = large.0.stream().try_collect().await.unwrap();
            assert_eq!(read.concat(), b"abcdefghi");
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_full_disk_is_told() {
        // The kernel itself refuses what is written there, as a full disk does.
        let full: Open = |_| std::fs::OpenOptions::new().write(true).open("/dev/full");
        let large = vec![b'x'; 100_000];
        let error = spooled(10, full, None, &[&large, &large]).await.unwrap_err();
        assert_eq!(error.status(), 507, "{error}");
        assert!(error.to_string().contains("no room on the disk"), "{error}");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = spooled(1, nameless, Some(file.path().join("x")), &[b"abc"]).await.unwrap_err();
        assert_eq!(error.status(), 500);
        assert!(error.to_string().contains("`folder` in [uploads]"), "{error}");
    }
}
