//! What extractors of one's own may ask about their request.

use std::sync::Arc;

use http::request::Parts;
use quintet_core::{Error, Result};

use crate::facts::Facts;

/// The one `T` of this request, made when it is first asked for: for extractors that ask the database, and are asked again by a guard or
/// a template.
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// use quintet_core::{Error, Result};
/// use quintet_web::axum::{extract::FromRequestParts, http::request::Parts};
///
/// #[derive(Default)]
/// struct Asked(AtomicU32);
///
/// /// How often it was taken in this request.
/// struct Times(u32);
///
/// impl<S: Send + Sync> FromRequestParts<S> for Times {
///     type Rejection = Error;
///     async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
///         let asked = quintet_web::per_request::<Asked>(parts)?;
///         Ok(Times(asked.0.fetch_add(1, Ordering::Relaxed) + 1))
///     }
/// }
/// ```
///
/// # Errors
/// If the request did not come through a site.
pub fn per_request<T: Default + Send + Sync + 'static>(parts: &Parts) -> Result<Arc<T>> {
    Ok(facts(parts)?.kept().get())
}

/// Is an error of this request told as a problem document: does its route speak JSON, or its client prefer it? Otherwise a person waits
/// for a page.
///
/// # Errors
/// If the request did not come through a site.
pub fn answers_json(parts: &Parts) -> Result<bool> {
    let facts = facts(parts)?;
    Ok(facts.speaks_json() || facts.wants_json())
}

fn facts(parts: &Parts) -> Result<&Facts> {
    let outside = || Error::internal("this request did not come through a site");
    parts.extensions.get::<Facts>().ok_or_else(outside)
}
