use std::{fmt, ops::Deref};

use axum::extract::FromRequestParts;
use http::request::Parts;
use quintet_core::{Error, Result, Services, settings::SiteUrl};

use crate::{facts::Facts, security::Security};

/// Scheme, host and port by which a request found the site, for addresses that have to be whole: in feeds, `<link rel="canonical">`,
/// answers to payment services. The host is one that the site [answers for](crate::SecuritySettings::hosts), so nobody makes it lead
/// elsewhere.
///
/// ```
/// use quintet_web::{BaseUrl, get};
///
/// #[get("/feed/")]
/// async fn feed(base: BaseUrl) -> String {
///     base.join("/films/7/")     // https://example.com/films/7/
/// }
/// ```
///
/// Outside of requests (mails of tasks, commands) there is `[site] url`, as
/// [`SiteSettings`](quintet_core::settings::SiteSettings) of the settings. Where everything is to have that one address, take it from
/// there in requests, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(SiteUrl);

/// What [`BaseUrl`] is in this request.
///
/// # Errors
/// If the request did not come through a site; if it has no host (HTTP/1.0, or none of a network), and there is no `[site] url`.
pub fn base_url(parts: &Parts) -> Result<SiteUrl> {
    let services = match parts.extensions.get::<Facts>() {
        Some(facts) => facts.services(),
        None => Services::of_request(parts)?,
    };
    let found = Security::of(services).and_then(|security| {
        // As it came: a router that is mounted somewhere sees the rest of the address only, and no host.
        let uri = parts.extensions.get::<Facts>().map_or(&parts.uri, Facts::uri);
        security.base(security.way(&parts.headers, uri, &parts.extensions))
    });
    found.ok_or_else(|| {
        Error::internal(
            "this request does not say for which host it is; set `url` in [site] for those that don't",
        )
    })
}

impl BaseUrl {
    /// The address itself.
    #[must_use]
    pub fn into_inner(self) -> SiteUrl {
        self.0
    }
}

impl Deref for BaseUrl {
    type Target = SiteUrl;

    fn deref(&self) -> &SiteUrl {
        &self.0
    }
}

/// Without a slash at its end.
impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for BaseUrl {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        base_url(parts).map(BaseUrl)
    }
}
