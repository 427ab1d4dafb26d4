use std::fmt;

use axum::response::{IntoResponse, Response};
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
    pub(crate) fn new(source: Source, error: Error) -> Self {
        Rejected { error, source, as_problem: false }
    }

    /// Answered as a problem document, whatever the client prefers.
    pub(crate) fn always_problem(mut self) -> Self {
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
