use std::{fmt, net::IpAddr};

use axum::extract::FromRequestParts;
use http::{Extensions, HeaderMap, request::Parts};
use quintet_core::{Error, Result, Services};

use crate::{
    cookies::Cookies,
    facts::Facts,
    security::{Security, peer},
};

/// Who has sent a request, as far as the site believes it: what a proxy says of it is taken from those of `[security] trusted_proxies`.
///
/// ```
/// use quintet_web::{Client, get};
///
/// #[get("/where/")]
/// async fn from_where(client: Client) -> String {
///     client.address().map_or("nowhere".to_owned(), |address| address.to_string())
/// }
/// ```
#[derive(Clone)]
pub struct Client {
    address: Option<IpAddr>,
    https: bool,
    proxied: bool,
    cookies: Cookies,
}

/// The browser's address.
pub(crate) fn address(parts: &Parts, services: &Services) -> Option<IpAddr> {
    address_of(&parts.headers, &parts.extensions, services)
}

/// The same of a request that is not taken apart.
pub(crate) fn address_of(
    headers: &HeaderMap,
    extensions: &Extensions,
    services: &Services,
) -> Option<IpAddr> {
    let peer = peer(extensions).map(|peer| peer.ip());
    Security::of(services).map_or(peer, |security| security.client(headers, peer))
}

impl Client {
    /// Its address; none, if the request came over no network.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Did it speak https, to the site or to a proxy before it?
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Did the request come from a proxy that is believed: one of `[security] trusted_proxies`? Then its headers are the proxy's.
    #[must_use]
    pub fn is_proxied(&self) -> bool {
        self.proxied
    }

    /// The value of a cookie that it sent, as it came: whoever sends it may have written it.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name)
    }
}

/// Without the cookies: they may be secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Client");
        shown.field("address", &self.address).field("https", &self.https).finish_non_exhaustive()
    }
}

impl Client {
    /// The client of a request.
    ///
    /// # Errors
    /// If the request did not come through a site.
    pub fn of(parts: &Parts) -> Result<Self> {
        let facts = parts
            .extensions
            .get::<Facts>()
            .ok_or_else(|| Error::internal("this request has no client: it did not come through a site"))?;
        let asked = facts.asked();
        Ok(Client {
            address: address(parts, facts.services()),
            https: asked.https,
            proxied: Security::of(facts.services())
                .is_some_and(|security| security.is_proxied(&parts.extensions)),
            cookies: asked.cookies.clone(),
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Client::of(parts)
    }
}
