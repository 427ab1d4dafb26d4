use std::ops::Deref;

use axum::extract::{
    FromRequestParts, OptionalFromRequestParts, Path as AxumPath, path::ErrorKind, rejection::PathRejection,
};
use http::request::Parts;
use quintet_core::Error;
use serde::de::DeserializeOwned;

use crate::errors::{Rejected, Source};

/// The parameters of the path: one value, a tuple in the order of the path, or a struct with their names.
///
/// A value that does not fit the type is 404, as no such address exists; one that is no UTF-8 is 400.
///
/// ```
/// use quintet_web::{Path, get};
///
/// #[get("/films/{id}/reviews/{number}/")]
/// async fn review(Path((id, number)): Path<(i64, u32)>) -> String {
///     format!("review {number} of film {id}")
/// }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Path<T>(pub T);

impl<T> Deref for Path<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejected> {
        let taken = <AxumPath<T> as FromRequestParts<S>>::from_request_parts(parts, state).await;
        taken.map(|AxumPath(value)| Path(value)).map_err(|why| Rejected::new(Source::Path, error(why)))
    }
}

impl<S, T> OptionalFromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send + 'static,
{
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Rejected> {
        let taken = <AxumPath<T> as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await;
        taken
            .map(|path| path.map(|AxumPath(value)| Path(value)))
            .map_err(|why| Rejected::new(Source::Path, error(why)))
    }
}

fn error(why: PathRejection) -> Error {
    let PathRejection::FailedToDeserializePathParams(failed) = why else {
        return Error::internal(format!("`Path`: {why}"));
    };
    match failed.kind() {
        ErrorKind::InvalidUtf8InPathParam { key } => {
            Error::bad_request(format!("The parameter `{key}` of the address is not valid UTF-8."))
        }
        // The handler asks for something that this path can't give.
        ErrorKind::WrongNumberOfParameters { .. } | ErrorKind::UnsupportedType { .. } => {
            Error::internal(format!("`Path`: {}", failed.kind()))
        }
        kind => Error::not_found("").with_detail("path", kind.to_string()),
    }
}
