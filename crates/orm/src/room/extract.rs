//! `db: Db` in a handler.

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use quintet_core::{Error, Service, Services};

use crate::db::Db;

/// The site's database, out of the services that the request carries. In an atomic request its statements are that request's
/// transaction.
impl<S: Sync> FromRequestParts<S> for Db {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Db, Error> {
        match parts.extensions.get::<Services>() {
            Some(services) => Db::of(services),
            None => Err(Error::internal(
                "the request carries no services, so there is no `Db` for the handler: serve the router as part of a site \
                 (`.route(..)`, `.mount(..)`), or add `Extension(services)` to a router of your own",
            )),
        }
    }
}
