//! From an [`Error`] in a response's extensions to what the client reads.
//!
//! Whoever fails answers with a [`core::Error`](Error), whose response carries the error itself. [`finish`] finds it there,
//! logs it (`log`), and writes a document in its place: a page (`html`, a template of the site's, or the debug page
//! of [`debug`](crate::debug)) or an RFC 9457 problem (`problem`), whichever the client prefers. Pages that a
//! handler answered are rendered on the same way, since rendering may fail.
mod html;
mod log;
mod problem;
mod rejected;
mod stalled;
mod unread;

use std::sync::Arc;

use axum::{
    body::{Body, HttpBody},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use quintet_core::Error;

pub use problem::pointer;
pub(crate) use rejected::refused;
pub use rejected::{Rejected, Source};
pub(crate) use stalled::{Stalled, is_stalled};
pub use unread::{broken, unread};

use crate::{debug, debug::DebugInfo, facts::Facts, files, page, policy};

/// Marks a response whose page and error are written already.
#[derive(Clone, Copy)]
struct Finished;

/// Marks a response whose error is in the log.
#[derive(Clone, Copy)]
struct Logged;

/// Marks the response to a request that no route took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unmatched;

/// Asks for a problem document, whatever the client prefers.
#[derive(Clone, Copy)]
pub(crate) struct AsProblem;

/// Renders the page that a handler answered, and writes the document of an error.
pub(crate) fn finish(response: Response, facts: &Facts) -> Response {
    let failed = response.status().is_client_error() || response.status().is_server_error();
    // Pages, files, messages and errors all travel in them: nobody has anything to finish.
    if !failed && response.extensions().is_empty() {
        return response;
    }
    if response.extensions().get::<Finished>().is_some() {
        return response;
    }
    let response = page::render(files::answer::settle(response, facts), facts);
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let error = match response.extensions().get::<Arc<Error>>() {
        Some(error) => error.clone(),
        // A bare status, such as axum's own 405: nobody has written anything for the client.
        None if is_bare(&response) => Arc::new(Error::new(status, "")),
        None => return response,
    };
    if response.extensions().get::<Logged>().is_none() {
        log::log(&error, status, facts);
    }
    write(response, &error, facts)
}

/// Its error is in the log already.
pub(crate) fn logged(response: &mut Response) {
    response.extensions_mut().insert(Logged);
}

/// Will [`finish`] write a page or a document into it?
pub(crate) fn is_open(response: &Response) -> bool {
    let failed = response.status().is_client_error() || response.status().is_server_error();
    response.extensions().get::<Finished>().is_none() && (failed || page::is_pending(response))
}

fn is_bare(response: &Response) -> bool {
    response.body().size_hint().exact() == Some(0) && !response.headers().contains_key(header::CONTENT_TYPE)
}

/// Replaces the body; headers that the failing code set (`Allow`, `Retry-After`) stay.
fn write(mut response: Response, error: &Arc<Error>, facts: &Facts) -> Response {
    let status = response.status();
    let ext = response.extensions();
    let unmatched = ext.get::<Unmatched>().is_some();
    let api = ext.get::<AsProblem>().is_some() || facts.route().is_some_and(|route| route.api);
    let mut own_policy = None;
    let document = if api || facts.wants_json() {
        problem::write(error, status, ext.get().copied(), facts)
    } else if facts.debug() && (status.is_server_error() || status == StatusCode::NOT_FOUND) {
        own_policy = Some(debug::policy());
        Document::html(debug::page(&DebugInfo::of(error, status, facts, unmatched)))
    } else {
        html::write(error, status, facts)
    };
    *response.body_mut() = Body::from(document.body);
    response.extensions_mut().insert(Finished);
    response.extensions_mut().insert(error.clone());
    if let Some(style) = document.style {
        policy::allow(&mut response, &[("style-src", style)]);
    }
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(document.content_type));
    if let Some(policy) = own_policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    // The same address has a page and a problem document.
    headers.append(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// What is sent in place of an error.
struct Document {
    content_type: &'static str,
    body: String,
    /// The source of a style that stands in it.
    style: Option<&'static str>,
}

impl Document {
    fn html(body: String) -> Self {
        Document { content_type: "text/html; charset=utf-8", body, style: None }
    }
}
