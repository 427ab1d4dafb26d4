//! The response for a file: what the client has already, the part that it wants, and for how long it may keep it.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use quintet_core::{Error, Result};

use super::{
    content::{Content, Piece, body},
    range::{Part, Wanted, wanted},
};
use crate::conditional::{Now, http_date};

/// The answer to methods other than GET and HEAD: files are only read.
pub(crate) fn read_only(method: &Method) -> Option<Response> {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    let allow = [(header::ALLOW, HeaderValue::from_static("GET, HEAD"))];
    (!reads).then(|| (StatusCode::METHOD_NOT_ALLOWED, allow).into_response())
}

/// What of the request decides.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
}

/// The form of a file that is sent.
pub(crate) struct Representation {
    pub(crate) content: Content,
    pub(crate) length: u64,
    /// Without quotes.
    pub(crate) tag: Option<String>,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) content_type: String,
    pub(crate) encoding: Option<&'static str>,
    /// Is there another form for clients that take other encodings?
    pub(crate) varies: bool,
    /// For how long who may keep it: `Cache-Control`.
    pub(crate) cache: String,
}

/// # Errors
/// If the file can't be read.
pub(crate) fn respond(file: Representation, asked: &Asked<'_>) -> Result<Response> {
    let tag = file.tag.as_ref().map(|tag| format!("\"{tag}\""));
    let now = Now { tag: tag.as_deref(), modified: file.modified };
    let mut response = Response::new(Body::empty());
    if now.is_refused(asked.headers) {
        return Err(Error::new(StatusCode::PRECONDITION_FAILED, "The file is not what it was."));
    }
    let headers = response.headers_mut();
    if let Some(tag) = &tag {
        set(headers, header::ETAG, tag);
    }
    if let Some(modified) = file.modified {
        set(headers, header::LAST_MODIFIED, &http_date(modified));
    }
    set(headers, header::CACHE_CONTROL, &file.cache);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if file.varies {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if now.is_known(asked.headers) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    set(headers, header::CONTENT_TYPE, &file.content_type);
    if let Some(encoding) = file.encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let length = file.length;
    let whole = || match length.checked_sub(1) {
        Some(last) => vec![Piece::Part(Part { first: 0, last })],
        None => Vec::new(),
    };
    let (pieces, length) = match part(asked, length, now) {
        Wanted::All => (whole(), length),
        Wanted::Parts(parts) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            partial(response.headers_mut(), &parts, length, &file.content_type)?
        }
        Wanted::Beyond => {
            set(headers, header::CONTENT_RANGE, &format!("bytes */{length}"));
            headers.remove(header::CONTENT_TYPE);
            headers.remove(header::CONTENT_ENCODING);
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            return Ok(response);
        }
    };
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if asked.method != Method::HEAD {
        *response.body_mut() = body(file.content, pieces)?;
    }
    Ok(response)
}

/// The range, unless it is for another state of the file (`If-Range`).
fn part(asked: &Asked<'_>, length: u64, now: Now<'_>) -> Wanted {
    let Some(range) = asked.headers.get(header::RANGE).and_then(|v| v.to_str().ok()) else {
        return Wanted::All;
    };
    // Ranges are defined for GET only.
    if asked.method == Method::GET && now.has_range(asked.headers) {
        wanted(range, length)
    } else {
        Wanted::All
    }
}

/// Several parts are sent as several bodies in one (RFC 9110, 14.6).
fn partial(
    headers: &mut HeaderMap,
    parts: &[Part],
    length: u64,
    content_type: &str,
) -> Result<(Vec<Piece>, u64)> {
    let range = |part: &Part| format!("bytes {}-{}/{length}", part.first, part.last);
    if let [part] = parts {
        set(headers, header::CONTENT_RANGE, &range(part));
        return Ok((vec![Piece::Part(*part)], part.length()));
    }
    let mut bytes = [0; 15];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
    let boundary: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut pieces = Vec::with_capacity(parts.len() * 2 + 1);
    let mut sent = 0;
    for part in parts {
        let head = format!(
            "\r\n--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {}\r\n\r\n",
            range(part)
        );
        sent += head.len() as u64 + part.length();
        pieces.push(Piece::Text(head));
        pieces.push(Piece::Part(*part));
    }
    let end = format!("\r\n--{boundary}--\r\n");
    sent += end.len() as u64;
    pieces.push(Piece::Text(end));
    set(headers, header::CONTENT_TYPE, &format!("multipart/byteranges; boundary={boundary}"));
    Ok((pieces, sent))
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    // What is no text of a header is left out.
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
