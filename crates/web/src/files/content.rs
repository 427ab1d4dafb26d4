//! The bytes of a file on their way out: all of it, a part, or several.

use std::{collections::VecDeque, fs::File, io, sync::Arc};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use quintet_core::{Error, Result, hidden::Values};
use quintet_storage::{BoxStream, Storage};

use super::range::Part;
use crate::read_at::read_at;

/// How much of a file is in memory at once.
const CHUNK: u64 = 64 * 1024;

/// The content of a file, opened.
#[derive(Clone)]
pub(crate) enum Content {
    Bytes(Bytes),
    /// On this machine; several may read it at once.
    Shared(Arc<File>),
    /// In a storage, under this name.
    Stored(Storage, String),
}

/// What is sent, in order.
pub(crate) enum Piece {
    Text(String),
    Part(Part),
}

/// The pieces, one after the other.
///
/// # Errors
/// If a part does not lie within the bytes: a fault of the caller.
pub(crate) fn body(content: Content, pieces: Vec<Piece>) -> Result<Body> {
    match content {
        Content::Bytes(bytes) => {
            let mut all = VecDeque::with_capacity(pieces.len());
            for piece in pieces {
                all.push_back(match piece {
                    Piece::Text(text) => Bytes::from(text),
                    Piece::Part(part) => {
                        let (first, last) = (usize::try_from(part.first)?, usize::try_from(part.last)?);
                        if last >= bytes.len() {
                            return Err(Error::internal("a part lies beyond the end of its file"));
                        }
                        bytes.slice(first..=last)
                    }
                });
            }
            if all.len() <= 1 {
                return Ok(all.pop_front().map_or_else(Body::empty, Body::from));
            }
            Ok(Body::from_stream(stream::iter(all.into_iter().map(Ok::<_, io::Error>))))
        }
        Content::Shared(file) => Ok(from_file(file, pieces)),
        Content::Stored(storage, name) => Ok(from_storage(storage, name, pieces)),
    }
}

/// A file that shrinks while it is sent ends the response early; its length then tells the client.
fn from_file(file: Arc<File>, pieces: Vec<Piece>) -> Body {
    let left: VecDeque<Piece> = pieces.into();
    Body::from_stream(stream::try_unfold((file, left), |(file, mut left)| async move {
        let part = match left.pop_front() {
            None => return Ok::<_, io::Error>(None),
            Some(Piece::Text(text)) => return Ok(Some((Bytes::from(text), (file, left)))),
            Some(Piece::Part(part)) => part,
        };
        // At most a chunk, which fits.
        let size = usize::try_from(part.length().min(CHUNK)).unwrap_or_default();
        let reading = tokio::task::spawn_blocking(move || {
            let mut buffer = vec![0; size];
            let read = read_at(&file, &mut buffer, part.first)?;
            buffer.truncate(read);
            Ok::<_, io::Error>((Bytes::from(buffer), file))
        });
        let (piece, file) = reading.await.map_err(io::Error::other)??;
        if piece.is_empty() {
            return Ok(None);
        }
        let first = part.first + piece.len() as u64;
        if first <= part.last {
            left.push_front(Piece::Part(Part { first, last: part.last }));
        }
        Ok(Some((piece, (file, left))))
    }))
}

struct Reading {
    storage: Storage,
    name: String,
    left: VecDeque<Piece>,
    open: Option<BoxStream>,
}

fn from_storage(storage: Storage, name: String, pieces: Vec<Piece>) -> Body {
    // It is read when the request is over.
    let hides = Values::default();
    hides.copy();
    let reading = Reading { storage, name, left: pieces.into(), open: None };
    let pieces = stream::try_unfold(reading, |mut reading| async move {
        loop {
            if let Some(open) = &mut reading.open {
                match open.next().await {
                    Some(piece) => return Ok::<_, Error>(Some((piece?, reading))),
                    None => reading.open = None,
                }
            }
            match reading.left.pop_front() {
                None => return Ok(None),
                Some(Piece::Text(text)) => return Ok(Some((Bytes::from(text), reading))),
                Some(Piece::Part(part)) => {
                    let opened = reading.storage.open_range(&reading.name, part.first..part.last + 1).await?;
                    reading.open = Some(opened.stream);
                }
            }
        }
    });
    Body::from_stream(pieces.map(move |piece| broken(piece, &hides)))
}

/// What ends an answer in its middle: the log has it whole but for what is hidden, and the client is cut off.
pub(crate) fn broken(piece: Result<Bytes>, hides: &Values) -> io::Result<Bytes> {
    piece.map_err(|error| {
        tracing::error!("an answer broke off: {}", hides.cover(&format!("{error:?}")));
        io::Error::other(hides.cover(&error.to_string()).into_owned())
    })
}
