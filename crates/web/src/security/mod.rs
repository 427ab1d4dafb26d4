//! What a site believes about where a request comes from: the `[security]` settings, read once.
//!
//! [`Security`] knows the proxies whose `X-Forwarded-…` headers are true (`proxies`) and the origins that are trusted beside the
//! site's own (`origins`). [`Way`] is what it makes of one request: over https or not, and to which host.
mod origins;
mod proxies;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap, HeaderName, Uri, header};
use quintet_core::{Result, Services};
use quintet_macros::Settings;

pub(crate) use origins::Origin;
use origins::Trusted;
use proxies::Proxies;

/// `[security]` in `quintet.toml`.
#[derive(Debug, Clone, Settings)]
#[settings("security")]
pub struct SecuritySettings {
    /// Other origins whose pages may send what changes something: `https://app.example.com`, `https://*.example.com`.
    #[setting(default)]
    pub trusted_origins: Vec<String>,
    /// Who is believed about X-Forwarded-Proto, -Host and -For: addresses, networks ("10.0.0.0/8"), or the word private for
    /// all networks that the internet can't reach.
    #[setting(default = vec!["private".to_owned()])]
    pub trusted_proxies: Vec<String>,
}

/// The settings, understood.
#[derive(Debug)]
pub(crate) struct Security {
    trusted: Trusted,
    proxies: Proxies,
}

impl Security {
    /// # Errors
    /// If an origin or a network is none.
    pub(crate) fn new(settings: &SecuritySettings) -> Result<Self> {
        Ok(Security {
            trusted: Trusted::read(&settings.trusted_origins)?,
            proxies: Proxies::read(&settings.trusted_proxies)?,
        })
    }

    /// That of a running site.
    pub(crate) fn of(services: &Services) -> Option<&Arc<Security>> {
        services.get()
    }

    /// Is this another origin whose pages may change something?
    pub(crate) fn trusts(&self, origin: &Origin) -> bool {
        self.trusted.has(origin)
    }

    /// The address that the browser has: what the last proxy that is believed says of it.
    pub(crate) fn client(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<IpAddr> {
        let mut found = peer?;
        let lines = headers.get_all(FOR).iter().filter_map(|line| line.to_str().ok());
        let said: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
        for one in said.iter().rev() {
            if !self.proxies.believes(Some(SocketAddr::new(found, 0))) {
                break;
            }
            let Ok(address) = one.trim().parse() else { break };
            found = address;
        }
        Some(found)
    }

    /// How a request came.
    pub(crate) fn way<'a>(&self, headers: &'a HeaderMap, uri: &'a Uri, extensions: &Extensions) -> Way<'a> {
        let believed = self.proxies.believes(peer(extensions));
        let said = |name: HeaderName| headers.get(name).filter(|_| believed).and_then(first);
        let forwarded = said(PROTO);
        let https = match forwarded {
            Some(proto) => proto.eq_ignore_ascii_case("https"),
            None => uri.scheme_str() == Some("https"),
        };
        let own =
            || uri.authority().map(|a| a.as_str()).or_else(|| headers.get(header::HOST).and_then(first));
        Way { https, host: said(HOST).or_else(own) }
    }
}

const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// How a request came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    /// Did the browser speak https, to the site or to a proxy before it?
    pub(crate) https: bool,
    /// The host that the browser meant, with a port if it is not the usual one.
    pub(crate) host: Option<&'a str>,
}

impl Way<'_> {
    /// The origin that the site has for this browser.
    pub(crate) fn origin(&self) -> Option<Origin> {
        let scheme = if self.https { "https" } else { "http" };
        Origin::parse(&format!("{scheme}://{}", self.host?))
    }
}

/// Of several proxies the first one, the browser's, put its word first.
fn first(value: &http::HeaderValue) -> Option<&str> {
    value.to_str().ok()?.split(',').next().map(str::trim)
}

/// Who is at the other end of the connection; nobody, if there is none.
fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_address_is_what_the_last_believed_proxy_says() {
        let settings =
            SecuritySettings { trusted_origins: Vec::new(), trusted_proxies: vec!["private".to_owned()] };
        let security = Security::new(&settings).unwrap();
        let client = |peer: &str, said: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in said {
                headers.append(FOR, http::HeaderValue::from_static(line));
            }
            security.client(&headers, Some(peer.parse().unwrap())).unwrap().to_string()
        };
        for (peer, said, expected) in [
            ("203.0.113.7", &[][..], "203.0.113.7"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            // What the browser itself wrote before is not believed.
            ("10.0.0.1", &["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.1", "203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            ("203.0.113.7", &["198.51.100.1"], "203.0.113.7"),
            ("10.0.0.1", &["unknown"], "10.0.0.1"),
        ] {
            assert_eq!(client(peer, said), expected, "{peer} {said:?}");
        }
        assert_eq!(security.client(&HeaderMap::new(), None), None);
    }
}
