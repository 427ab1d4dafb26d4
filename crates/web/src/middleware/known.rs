//! Answers that the client has already: a page gets a tag made of its text, and who sends that tag back gets 304 without
//! the text.
//!
//! The tag is a weak one: it stands for what the page says, in whatever encoding it travels. It saves the way, not the work: the
//! handler runs and the page is rendered.

use std::future::ready;

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use futures_util::{FutureExt, StreamExt, stream};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body::Frame;
use http_body_util::BodyExt;

use crate::{
    conditional::{Now, parse_date},
    digest::digest,
    facts::{Head, Name},
    page::Page,
    request_id::hex,
    settings::Etags,
};

/// Larger answers are not read for a tag.
const MOST: u64 = 1024 * 1024;

/// What the client has: the headers of a request that say so, if one does.
pub(super) fn conditions<B>(request: &Request<B>, head: Head, mode: Etags) -> Option<Box<HeaderMap>> {
    if mode == Etags::Off
        || !head.has(Name::Known)
        || !matches!(*request.method(), Method::GET | Method::HEAD)
    {
        return None;
    }
    let names = [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE];
    let mut kept = HeaderMap::with_capacity(2);
    for name in names {
        for value in request.headers().get_all(&name) {
            kept.append(&name, value.clone());
        }
    }
    Some(Box::new(kept))
}

/// Gives an answer its tag.
pub(super) fn tag(response: &mut Response, method: &Method, mode: Etags) {
    let wanted = match mode {
        Etags::Off => false,
        Etags::Pages => Page::of(response).is_some(),
        Etags::All => true,
    };
    // The body of a HEAD is gone before it comes here.
    if !wanted || response.status() != StatusCode::OK || *method != Method::GET {
        return;
    }
    let headers = response.headers();
    let kept = !headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .any(|value| value.to_str().is_ok_and(|text| text.to_ascii_lowercase().contains("no-store")));
    if !kept || headers.contains_key(header::ETAG) || headers.contains_key(header::CONTENT_ENCODING) {
        return;
    }
    let Some(hash) = hash(response.body_mut()) else { return };
    let mut tag = *b"W/\"0123456789abcdef\"";
    if let Some(place) = tag.get_mut(3..19) {
        place.copy_from_slice(&hex(hash));
    }
    if let Ok(tag) = HeaderValue::from_bytes(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
}

/// Of a body that is there already and not large; it stays as it was.
fn hash(body: &mut Body) -> Option<u64> {
    let length = body.size_hint().exact().filter(|length| *length <= MOST)?;
    if length == 0 {
        return Some(digest(&[]));
    }
    let mut taken = std::mem::replace(body, Body::empty());
    let Some(Some(first)) = taken.frame().now_or_never() else {
        // Nothing was taken: it is not there yet.
        *body = taken;
        return None;
    };
    match first.map(Frame::into_data) {
        Ok(Ok(data)) if data.len() as u64 == length => {
            let hash = digest(&data);
            *body = Body::from(data);
            Some(hash)
        }
        // What was taken goes before the rest.
        Ok(Ok(data)) => {
            *body = Body::from_stream(stream::once(ready(Ok(data))).chain(taken.into_data_stream()));
            None
        }
        Ok(Err(_)) => None,
        Err(error) => {
            *body = Body::from_stream(stream::once(ready(Err::<Bytes, _>(error))));
            None
        }
    }
}

/// Leaves the body out if the client has it. `conditions` are the request's.
pub(super) fn answer(response: &mut Response, conditions: &HeaderMap) {
    if response.status() != StatusCode::OK {
        return;
    }
    // Nobody has events that are still to come, whatever `*` says.
    let kind = response.headers().get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return;
    }
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let now = Now { tag: text(header::ETAG), modified: text(header::LAST_MODIFIED).and_then(parse_date) };
    if !now.is_known(conditions) {
        return;
    }
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = Body::empty();
    for name in
        [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::ACCEPT_RANGES]
    {
        response.headers_mut().remove(name);
    }
}
