use std::ops::Deref;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use quintet_core::Error;

use crate::{
    data::{self, Data},
    errors::{Rejected, Source},
};

/// The query string as `#[data]`.
///
/// Blank values count as missing, except for text; a name that comes several times fills a `Vec`; names that the
/// type does not have are let through. What does not fit or breaks a rule is 422 and names each parameter.
///
/// ```
/// use quintet_web::{Query, data, get};
///
/// #[data]
/// struct Paging {
///     #[field(default = 1, min = 1)]
///     page: u64,
///     q: Option<String>,
/// }
///
/// #[get("/films/")]
/// async fn films(Query(paging): Query<Paging>) -> String {
///     format!("page {}", paging.page)
/// }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Query<T>(pub T);

impl<T> Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<S: Send + Sync, T: Data> FromRequestParts<S> for Query<T> {
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejected> {
        read(parts.uri.query().unwrap_or_default())
    }
}

/// `None` without a query string.
impl<S: Send + Sync, T: Data> OptionalFromRequestParts<S> for Query<T> {
    type Rejection = Rejected;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejected> {
        parts.uri.query().filter(|query| !query.is_empty()).map(read).transpose()
    }
}

fn read<T: Data>(query: &str) -> Result<Query<T>, Rejected> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).map_err(|why| {
        Rejected::new(Source::Query, Error::bad_request(format!("The query string can't be read: {why}.")))
    })?;
    data::from_pairs(pairs).map(Query).map_err(|errors| Rejected::new(Source::Query, Error::invalid(errors)))
}
