//! The bytes of a file on their way out: all of it, a part, or several.

use std::{collections::VecDeque, io::SeekFrom, path::Path, time::SystemTime};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::StatusCode;
use jiff::Timestamp;
use quintet_core::{Error, Result};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
};

use super::{files::State, range::Part};

/// How much of a file is in memory at once.
const CHUNK: u64 = 64 * 1024;

/// The content of a file, opened.
pub(super) enum Content {
    Bytes(Bytes),
    Open(File),
}

/// What is sent, in order.
pub(super) enum Piece {
    Text(String),
    Part(Part),
}

/// Opens a file. What is opened tells its own state, so that headers and content belong together.
///
/// # Errors
/// 404 if the file went away meanwhile; 500 if it can't be read.
pub(super) async fn open(path: &Path) -> Result<(File, State)> {
    let missing = |error: std::io::Error| {
        let status = match error.kind() {
            std::io::ErrorKind::NotFound => StatusCode::NOT_FOUND,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Error::from(error).with_status(status).with_detail("file", path.display().to_string())
    };
    let file = File::open(path).await.map_err(missing)?;
    let state = State::of(&file.metadata().await.map_err(missing)?);
    Ok((file, state))
}

/// HTTP's dates have no fractions.
pub(super) fn seconds(time: SystemTime) -> Option<Timestamp> {
    Timestamp::from_second(Timestamp::try_from(time).ok()?.as_second()).ok()
}

/// The pieces, one after the other.
///
/// # Errors
/// If a part does not lie within the bytes: a fault of the caller.
pub(super) fn body(content: Content, pieces: Vec<Piece>) -> Result<Body> {
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
            Ok(Body::from_stream(stream::iter(all.into_iter().map(Ok::<_, std::io::Error>))))
        }
        Content::Open(file) => Ok(from_file(file, pieces)),
    }
}

struct Reading {
    file: File,
    /// Where the file is read next.
    at: u64,
    left: VecDeque<Piece>,
}

/// A file that shrinks while it is sent ends the response early; its length then tells the client.
fn from_file(file: File, pieces: Vec<Piece>) -> Body {
    let reading = Reading { file, at: 0, left: pieces.into() };
    Body::from_stream(stream::try_unfold(reading, |mut reading| async move {
        let Some(piece) = reading.left.pop_front() else { return Ok::<_, std::io::Error>(None) };
        let part = match piece {
            Piece::Text(text) => return Ok(Some((Bytes::from(text), reading))),
            Piece::Part(part) => part,
        };
        if reading.at != part.first {
            reading.file.seek(SeekFrom::Start(part.first)).await?;
            reading.at = part.first;
        }
        // At most a chunk, which fits.
        let mut buffer = vec![0; usize::try_from(part.length().min(CHUNK)).unwrap_or_default()];
        let read = reading.file.read(&mut buffer).await?;
        if read == 0 {
            return Ok(None);
        }
        buffer.truncate(read);
        reading.at += read as u64;
        if reading.at <= part.last {
            reading.left.push_front(Piece::Part(Part { first: reading.at, last: part.last }));
        }
        Ok(Some((Bytes::from(buffer), reading)))
    }))
}
