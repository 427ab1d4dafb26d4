use std::{fmt, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http::{HeaderValue, header};
use quintet_core::Error;

use super::AsProblem;

/// The part of a request that a handler's argument is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The parameters of the path.
    Path,
    /// The query string.
    Query,
    /// The body.
    Body,
}

/// Why [`Path`](crate::Path), [`Query`](crate::Query) or [`Json`](crate::Json) could not be taken from a request.
///
/// It is an [`Error`] that knows where it comes from, so that a problem document names query parameters and JSON pointers
/// as what they are.
#[derive(Debug)]
pub struct Rejected {
    error: Error,
    source: Source,
    as_problem: bool,
}

impl Rejected {
    /// An error about this part of the request: for extractors of one's own.
    #[must_use]
    pub fn new(source: Source, error: Error) -> Self {
        Rejected { error, source, as_problem: false }
    }

    /// Answered as a problem document, whatever the client prefers.
    #[must_use]
    pub fn always_problem(mut self) -> Self {
        self.as_problem = true;
        self
    }

    /// The error.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The part of the request that it is about.
    #[must_use]
    pub fn part(&self) -> Source {
        self.source
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl From<Rejected> for Error {
    fn from(rejected: Rejected) -> Self {
        rejected.error
    }
}

impl IntoResponse for Rejected {
    fn into_response(self) -> Response {
        let mut response = self.error.into_response();
        response.extensions_mut().insert(self.source);
        if self.as_problem {
            response.extensions_mut().insert(AsProblem);
        }
        response
    }
}

/// Longer explanations are not taken over.
const LONGEST: usize = 2000;

/// What an extractor answers in place of its argument. Those of axum and of users answer a status and a plain text: the
/// text becomes the message of an error, which gets its document like every other.
pub(crate) fn refused(mut refusal: Response) -> Response {
    let status = refusal.status();
    let failed = status.is_client_error() || status.is_server_error();
    let plain = refusal.headers().get(header::CONTENT_TYPE).is_some_and(is_plain);
    if !failed || !plain || refusal.extensions().get::<Arc<Error>>().is_some() {
        return refusal;
    }
    let body = std::mem::replace(refusal.body_mut(), Body::empty());
    // A text is there at once, so this waits for nothing.
    let bytes = to_bytes(body, LONGEST).now_or_never().and_then(Result::ok).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    refusal.extensions_mut().insert(Arc::new(Error::new(status, text)));
    refusal
}

fn is_plain(kind: &HeaderValue) -> bool {
    kind.as_bytes().starts_with(b"text/plain")
}
