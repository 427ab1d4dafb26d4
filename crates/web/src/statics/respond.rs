//! The response for a file: what the client has already, the part that it wants, and for how long it may keep it.

use std::{io::SeekFrom, path::Path, time::SystemTime};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use jiff::{
    Timestamp,
    fmt::rfc2822::{DateTimeParser, DateTimePrinter},
};
use quintet_core::{Error, Result};
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use super::{
    files::{File, State},
    range::{Wanted, wanted},
};

/// How much of a file is in memory at once.
const CHUNK: usize = 64 * 1024;

/// What of the request decides.
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) headers: &'a HeaderMap,
    /// The `v` of the query.
    pub(super) version: Option<&'a str>,
    /// The file's name, for its type.
    pub(super) name: &'a str,
}

/// The content of a file, opened.
enum Content {
    Bytes(&'static [u8]),
    Open(tokio::fs::File),
}

/// # Errors
/// 404 if the file went away meanwhile; 500 if it can't be read.
pub(super) async fn respond(file: File, asked: &Asked<'_>) -> Result<Response> {
    let current = asked.version == Some(file.version().as_str());
    // What is opened tells its own state, so that headers and content belong together.
    let (content, length, tag, modified) = match file {
        File::Binary { bytes, .. } => (Content::Bytes(bytes), bytes.len() as u64, file.tag(), None),
        File::Disk { path, .. } => {
            let (open, state) = open(&path).await?;
            (Content::Open(open), state.length, state.tag(), Some(state.modified))
        }
    };
    let tag = format!("\"{tag}\"");
    let modified = modified.and_then(seconds);
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    set(headers, header::ETAG, &tag);
    if let Some(modified) = modified {
        set(headers, header::LAST_MODIFIED, &http_date(modified));
    }
    let keep = if current { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if is_known(asked.headers, &tag, modified) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    set(headers, header::CONTENT_TYPE, &content_type(asked.name));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let (first, last) = match part(asked, length, &tag, modified) {
        Wanted::All => (0, length),
        Wanted::Part { first, last } => {
            set(headers, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{length}"));
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            (first, last + 1)
        }
        Wanted::Beyond => {
            set(headers, header::CONTENT_RANGE, &format!("bytes */{length}"));
            headers.remove(header::CONTENT_TYPE);
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            return Ok(response);
        }
    };
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(last - first));
    if asked.method != Method::HEAD {
        *response.body_mut() = body(content, first, last - first).await?;
    }
    Ok(response)
}

async fn open(path: &Path) -> Result<(tokio::fs::File, State)> {
    let missing = |error: std::io::Error| {
        let status = match error.kind() {
            std::io::ErrorKind::NotFound => StatusCode::NOT_FOUND,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Error::from(error).with_status(status).with_detail("file", path.display().to_string())
    };
    let file = tokio::fs::File::open(path).await.map_err(missing)?;
    let state = State::of(&file.metadata().await.map_err(missing)?);
    Ok((file, state))
}

async fn body(content: Content, first: u64, length: u64) -> Result<Body> {
    let mut file = match content {
        Content::Bytes(bytes) => {
            // Both fit: they lie within the bytes.
            let (from, count) = (usize::try_from(first)?, usize::try_from(length)?);
            let part = bytes.get(from..from.saturating_add(count)).unwrap_or_default();
            return Ok(Body::from(Bytes::from_static(part)));
        }
        Content::Open(file) => file,
    };
    if first > 0 {
        file.seek(SeekFrom::Start(first)).await?;
    }
    // A file that shrinks while it is sent ends the response early; its length then tells the client.
    let pieces = stream::try_unfold(file.take(length), |mut file| async move {
        let mut piece = vec![0; CHUNK.min(usize::try_from(file.limit()).unwrap_or(CHUNK))];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then(|| (Bytes::from(piece), file)))
    });
    Ok(Body::from_stream(pieces))
}

/// Has the client the file as it is?
fn is_known(headers: &HeaderMap, tag: &str, modified: Option<Timestamp>) -> bool {
    let mut tags = headers.get_all(header::IF_NONE_MATCH).iter().peekable();
    if tags.peek().is_some() {
        let same = |known: &str| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag;
        return tags.filter_map(|v| v.to_str().ok()).any(|list| list.split(',').map(str::trim).any(same));
    }
    let since = headers.get(header::IF_MODIFIED_SINCE).and_then(|v| v.to_str().ok()).and_then(parse_date);
    matches!((since, modified), (Some(since), Some(modified)) if modified <= since)
}

/// The range, unless it is for another state of the file (`If-Range`).
fn part(asked: &Asked<'_>, length: u64, tag: &str, modified: Option<Timestamp>) -> Wanted {
    let Some(range) = asked.headers.get(header::RANGE).and_then(|v| v.to_str().ok()) else {
        return Wanted::All;
    };
    let holds = match asked.headers.get(header::IF_RANGE).map(HeaderValue::to_str) {
        None => true,
        Some(Ok(known)) if known.starts_with('"') => known == tag,
        Some(Ok(date)) => parse_date(date).is_some_and(|date| Some(date) == modified),
        Some(Err(_)) => false,
    };
    // Ranges are defined for GET only.
    if holds && asked.method == Method::GET { wanted(range, length) } else { Wanted::All }
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    // All texts here are ASCII that this module makes.
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

/// By the ending of the name; text is UTF-8.
fn content_type(name: &str) -> String {
    let Some(guess) = mime_guess::from_path(name).first_raw() else {
        return "application/octet-stream".to_owned();
    };
    let text = guess.starts_with("text/")
        || matches!(
            guess,
            "application/javascript"
                | "application/json"
                | "application/manifest+json"
                | "application/xml"
                | "image/svg+xml"
        );
    if text { format!("{guess}; charset=utf-8") } else { guess.to_owned() }
}

/// HTTP's dates have no fractions.
fn seconds(time: SystemTime) -> Option<Timestamp> {
    Timestamp::from_second(Timestamp::try_from(time).ok()?.as_second()).ok()
}

fn http_date(at: Timestamp) -> String {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}

fn parse_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_by_ending() {
        for (name, expected) in [
            ("a.css", "text/css; charset=utf-8"),
            ("a.js", "text/javascript; charset=utf-8"),
            ("a.JSON", "application/json; charset=utf-8"),
            ("a.svg", "image/svg+xml; charset=utf-8"),
            ("a.png", "image/png"),
            ("a.woff2", "font/woff2"),
            ("a.wasm", "application/wasm"),
            ("a", "application/octet-stream"),
            ("a.what", "application/octet-stream"),
        ] {
            assert_eq!(content_type(name), expected);
        }
    }

    #[test]
    fn dates_are_read_as_they_are_written() {
        let at: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
        assert_eq!(http_date(at), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(at));
        assert_eq!(parse_date("yesterday"), None);
    }

    #[test]
    fn tags_are_compared_one_by_one() {
        let known = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, value.parse().unwrap());
            is_known(&headers, "\"abc\"", None)
        };
        for value in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"] {
            assert!(known(value), "{value}");
        }
        for value in ["abc", "\"ab\"", "\"x\", \"y\"", ""] {
            assert!(!known(value), "{value}");
        }
    }
}
