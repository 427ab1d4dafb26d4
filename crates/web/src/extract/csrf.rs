use std::fmt;

use axum::extract::FromRequestParts;
use http::request::Parts;
use quintet_core::{Error, Result};

use crate::{csrf, facts::Facts};

/// The token of this browser: for handlers that answer scripts, and for whoever signs somebody in.
///
/// Templates have `csrf_input()` and `csrf_token()`.
///
/// ```
/// use quintet_core::Result;
/// use quintet_web::{Csrf, Json};
///
/// async fn token(csrf: Csrf) -> Result<Json<String>> {
///     Ok(Json(csrf.token()?))
/// }
/// ```
#[derive(Clone)]
pub struct Csrf(Facts);

impl Csrf {
    /// A token that requests of this browser may show, in the field [`FIELD`](crate::csrf::FIELD) or the header [`HEADER`](crate::csrf::HEADER). Another one each time; all of
    /// them stay good. The answer then is for this browser only (`Vary: Cookie`, `Cache-Control: private`).
    ///
    /// # Errors
    /// If the site has no `secret_key`.
    pub fn token(&self) -> Result<String> {
        self.0.csrf().token(&self.0.asked())
    }

    /// Makes all tokens that this browser has been shown so far useless: when somebody signs in, so that what was known before is
    /// worth nothing.
    ///
    /// # Errors
    /// If the site has no `secret_key`.
    pub fn rotate(&self) -> Result {
        self.0.csrf().rotate(&self.0.asked())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Csrf {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let facts = parts.extensions.get::<Facts>().cloned();
        let facts = facts
            .ok_or_else(|| Error::internal("this request has no token: it did not come through a site"))?;
        csrf::check(facts.services())?;
        // Made while the answer can't have left: whoever seals it must see what was asked for.
        facts.csrf();
        Ok(Csrf(facts))
    }
}

impl fmt::Debug for Csrf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Csrf")
    }
}
