//! The bridge to axum: a handler may take the site's [`Services`].

use axum_core::extract::FromRequestParts;
use http::request::Parts;

use crate::{
    error::{Error, Result},
    services::{Service, Services},
    signing::Signer,
};

impl Services {
    /// The services of the site that this request came to.
    ///
    /// # Errors
    /// With status 500 if the request did not come through a site.
    #[track_caller]
    pub fn of_request(parts: &Parts) -> Result<&Services> {
        match parts.extensions.get() {
            Some(services) => Ok(services),
            None => Err(Error::internal(
                "this handler runs outside of a Quintet site, so there are no services: mount its router on a site",
            )),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Signer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Signer::of(Services::of_request(parts)?)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Services {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Services::of_request(parts).cloned()
    }
}
