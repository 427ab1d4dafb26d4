//! Handlers that leave out their work where the client has its outcome already, or is behind the times.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{extract::FromRequestParts, response::Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use jiff::Timestamp;
use quintet_core::{Error, Result, TemplateValue, Value, clock};

use crate::{
    conditional::{Now, http_date},
    digest::digest,
    extract::per_request,
    kept::Kept,
};

/// What says whether something is still what it was: a number that each change raises, the instant of the last change, or several
/// values together.
///
/// An instant alone is told as `Last-Modified`, too.
///
/// ```
/// use quintet_web::Version;
///
/// assert_eq!(Version::from(7).tag(), Version::from(7).tag());
/// assert_ne!(Version::from((7, "de")).tag(), Version::from((7, "en")).tag());
/// assert!(Version::weak(7).tag().starts_with("W/\""));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    tag: String,
    changed: Option<Timestamp>,
}

impl Version {
    fn of(value: &Value, mark: &str) -> Self {
        let changed = match value {
            Value::DateTime(at) => Timestamp::from_second(at.as_second()).ok(),
            _ => None,
        };
        let text = serde_json::to_string(value).unwrap_or_default();
        Version { tag: format!("{mark}\"{:016x}\"", digest(text.as_bytes())), changed }
    }

    /// A version of what says the same without being the same to the byte: good for `304`, never for `If-Match`.
    pub fn weak(value: impl TemplateValue) -> Self {
        Version::of(&value.to_value(), "W/")
    }

    /// The entity tag, as the header `ETag` has it.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.tag
    }
}

impl<T: TemplateValue> From<T> for Version {
    fn from(value: T) -> Self {
        Version::of(&value.to_value(), "")
    }
}

/// What the client knows already: it is asked before the work is done.
///
/// ```
/// use quintet_core::Result;
/// use quintet_web::{Known, Page, Path, get, unchanged};
/// # async fn version_of(id: i64) -> Result<i64> { Ok(id) }
/// # async fn title_of(id: i64) -> Result<String> { Ok(id.to_string()) }
///
/// #[get("/films/{id}/")]
/// async fn film(Path(id): Path<i64>, known: Known) -> Result<Page> {
///     if known.has(version_of(id).await?)? {
///         return Ok(unchanged());
///     }
///     Ok(Page::new("film.html").with("title", &title_of(id).await?))
/// }
/// ```
///
/// The version must change whenever anything of the answer does: `known.has((film.version, user.id))` for a page that also greets
/// somebody. It is told in the answer, as `ETag`.
#[derive(Clone)]
pub struct Known {
    safe: bool,
    headers: HeaderMap,
    told: Arc<Told>,
}

/// What is told in the answer.
#[derive(Default)]
struct Told(Mutex<Option<Version>>);

impl Known {
    /// Has the client what is at this address, if that is of this version? By `If-None-Match`, else `If-Modified-Since`; only of GET and
    /// HEAD. Answer [`unchanged`](crate::unchanged) then.
    ///
    /// Call it before changing something, too: what a client wants to change as it knows it is not changed if it is something else by now.
    ///
    /// # Errors
    /// Of status 412 if the client wants another version: by `If-Match`, else `If-Unmodified-Since`; of requests that change something
    /// also by `If-None-Match`.
    #[track_caller]
    pub fn has(&self, version: impl Into<Version>) -> Result<bool> {
        let version = version.into();
        let now = Now { tag: Some(&version.tag), modified: version.changed };
        if now.is_refused(&self.headers) {
            return Err(other());
        }
        let known = now.is_known(&self.headers);
        if !self.safe {
            // A date is asked of GET and HEAD only.
            let refused = known && self.headers.contains_key(header::IF_NONE_MATCH);
            return if refused { Err(other()) } else { Ok(false) };
        }
        *self.told.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(version);
        Ok(known)
    }

    /// Nothing is at this address yet: before something is put there.
    ///
    /// # Errors
    /// Of status 412 if the client wants to change what is there, by `If-Match`.
    #[track_caller]
    pub fn nothing(&self) -> Result {
        if self.headers.contains_key(header::IF_MATCH) { Err(other()) } else { Ok(()) }
    }
}

#[track_caller]
fn other() -> Error {
    Error::new(StatusCode::PRECONDITION_FAILED, "This was changed in the meantime: load it again.")
}

/// Writes into an answer which version it is of.
pub(crate) fn tell(response: &mut Response, kept: &Kept) {
    let there = matches!(response.status(), StatusCode::OK | StatusCode::NOT_MODIFIED);
    let Some(told) = kept.peek::<Told>().filter(|_| there) else { return };
    let Some(version) = told.0.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::try_from(version.tag) {
        headers.entry(header::ETAG).or_insert(tag);
    }
    // Nothing was changed in the future, whatever a clock says.
    if let Some(at) = version.changed.filter(|at| *at <= clock::now())
        && let Ok(date) = HeaderValue::try_from(http_date(at))
    {
        headers.entry(header::LAST_MODIFIED).or_insert(date);
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Known {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let names =
            [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE, header::IF_MATCH, header::IF_UNMODIFIED_SINCE];
        let mut headers = HeaderMap::new();
        for name in names {
            for value in parts.headers.get_all(&name) {
                headers.append(&name, value.clone());
            }
        }
        let safe = matches!(parts.method, Method::GET | Method::HEAD);
        Ok(Known { safe, headers, told: per_request(parts)? })
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").field("headers", &self.headers).finish_non_exhaustive()
    }
}
