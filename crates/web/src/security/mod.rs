//! What a site believes about where a request comes from: the `[security]` settings, read once.
//!
//! [`Security`] knows the proxies whose `X-Forwarded-…` headers are true (`proxies`), the origins that are trusted beside the
//! site's own, and the hosts that it answers for (`hosts`). [`Way`] is what it makes of one request: over https or not, and
//! to which host.
mod checks;
mod deploy;
mod headers;
mod hosts;
mod https;
mod proxies;

use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{extract::ConnectInfo, response::Response};
use http::{Extensions, HeaderMap, HeaderName, Request, Uri, Version, header};
use quintet_core::{
    Result, Services,
    hidden::hide_names,
    settings::{Settings as AllSettings, SiteSettings, SiteUrl},
};
use quintet_macros::Settings;

use crate::{
    cors::{self, CorsSettings},
    origins::{Origin, Trusted},
    settings::ServerSettings,
};
use hosts::{Hosts, Said};

pub(crate) use checks::checks;
pub(crate) use deploy::deploy_checks;
pub(crate) use headers::hsts;
pub use headers::{FrameOptions, HeaderSettings};
use https::Redirect;
use proxies::Proxies;

/// `[security]` in `quintet.toml`.
#[derive(Debug, Clone, Settings)]
#[settings("security")]
pub struct SecuritySettings {
    /// The hosts that the site answers for: "example.com", ".example.com" for that and all below it, an address, a network, or
    /// "*". In debug this machine's names are always among them, and so is the host of `[site] url`. Without any, this machine's
    /// names and that host.
    #[setting(default)]
    pub hosts: Vec<String>,
    /// Other origins whose pages may send what changes something: `https://app.example.com`, `https://*.example.com`.
    #[setting(default)]
    pub trusted_origins: Vec<String>,
    /// Who is believed about X-Forwarded-Proto, -Host and -For: addresses, networks ("10.0.0.0/8"), or the word private for
    /// all networks that the internet can't reach.
    #[setting(default = vec!["private".to_owned()])]
    pub trusted_proxies: Vec<String>,
    /// Is who asks over http sent to https?
    #[setting(default = false)]
    pub https_redirect: bool,
    /// Paths that are answered over http nonetheless, and all below them: "/health/".
    #[setting(default)]
    pub https_redirect_except: Vec<String>,
    /// For so long browsers remember to speak https only (Strict-Transport-Security); 0 for not at all. Begin with an hour.
    #[setting(default = "0s")]
    pub hsts: Duration,
    /// Does that hold for all hosts below the site's, too?
    #[setting(default = false)]
    pub hsts_subdomains: bool,
    /// May the site be in the lists that browsers come with? They are slow to forget.
    #[setting(default = false)]
    pub hsts_preload: bool,
    /// Words that make a name secret, beside password, token, secret, key and the like: values of such names are in no log and on no
    /// page for developers.
    #[setting(default)]
    pub secret_names: Vec<String>,
}

/// The settings, understood.
#[derive(Debug)]
pub(crate) struct Security {
    trusted: Trusted,
    proxies: Proxies,
    hosts: Hosts,
    /// The `Host` of the first request that the site answered.
    usual: OnceLock<Box<[u8]>>,
    url: Option<SiteUrl>,
    https: Option<Redirect>,
    cors: Option<cors::Rules>,
}

impl Security {
    /// # Errors
    /// If an origin, a network or a host is none.
    pub(crate) fn new(all: &AllSettings) -> Result<Self> {
        let settings: SecuritySettings = all.get()?;
        hide_names(&settings.secret_names);
        let url = all.get::<SiteSettings>()?.url;
        let bind = all.get::<ServerSettings>()?.bind;
        let said = Said { hosts: &settings.hosts, url: url.as_ref(), debug: all.debug(), bind: &bind };
        let hosts = Hosts::read(&said)?;
        Ok(Security {
            trusted: Trusted::read(&settings.trusted_origins, "[security] trusted_origins")?,
            proxies: Proxies::read(&settings.trusted_proxies)?,
            hosts,
            https: Redirect::of(&settings, url.as_ref()),
            usual: OnceLock::new(),
            url,
            cors: all.get::<CorsSettings>()?.rules()?,
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
            let Some(address) = address(one) else { break };
            found = address;
        }
        Some(found)
    }

    /// Does the site answer for the host of this request? Of HTTP/1.1 there must be one, and of any only one; older programs and tests
    /// may leave it out.
    pub(crate) fn answers<B>(&self, way: Way<'_>, request: &Request<B>) -> bool {
        let in_process = peer(request.extensions()).is_none();
        match way.host {
            Some(host) => {
                let more = request.headers().get_all(header::HOST).iter().nth(1).is_some();
                !more && self.hosts.has(host, in_process)
            }
            // One that is no text is none.
            None if request.headers().contains_key(header::HOST) => false,
            None => in_process || request.version() < Version::HTTP_11,
        }
    }

    /// What is to be said to pages of other origins, if anything is.
    pub(crate) fn cors(&self, path: &str, headers: &HeaderMap) -> Option<cors::Grant> {
        self.cors.as_ref()?.grant(path, headers)
    }

    /// The answer to a request that needs no route: who is to speak https, and who asks whether he may ask.
    pub(crate) fn answer<B>(&self, request: &Request<B>, grant: Option<&cors::Grant>) -> Option<Response> {
        if let Some(https) = &self.https {
            let way = self.way(request.headers(), request.uri(), request.extensions());
            if let Some(response) = https.answer(way, request.method(), request.uri()) {
                return Some(response);
            }
        }
        self.cors.as_ref()?.preflight(request.method(), request.headers(), grant?)
    }

    /// Did the browser speak https, and does the site answer for the host that it meant? `forwarded` says that a proxy may have a
    /// word in that, `several` that there is more than one `Host`.
    ///
    /// Nearly all requests are for one host: it is looked at once, and then compared.
    pub(crate) fn arrival<B>(&self, request: &Request<B>, forwarded: bool, several: bool) -> (bool, bool) {
        let (headers, uri, extensions) = (request.headers(), request.uri(), request.extensions());
        let plain = !forwarded && !several && uri.authority().is_none();
        let host = if plain { headers.get(header::HOST) } else { None };
        let host = host.filter(|_| peer(extensions).is_some());
        if host.is_some_and(|host| self.usual.get().is_some_and(|usual| **usual == *host.as_bytes())) {
            return (uri.scheme_str() == Some("https"), true);
        }
        let way = self.way(headers, uri, extensions);
        let answers = self.answers(way, request);
        if let Some(host) = host.filter(|_| answers) {
            // Should another request be faster, that one's host is compared.
            let _ = self.usual.set(host.as_bytes().into());
        }
        (way.https, answers)
    }

    /// The address that the site has in a request that [came](Self::way) so, or that of `[site] url` if it does not say.
    pub(crate) fn base(&self, way: Way<'_>) -> Option<SiteUrl> {
        way.host.and_then(|host| SiteUrl::of(way.https, host)).or_else(|| self.url.clone())
    }

    /// Did a proxy that is believed send this request?
    pub(crate) fn is_proxied(&self, extensions: &Extensions) -> bool {
        peer(extensions).is_some_and(|peer| self.proxies.believes(Some(peer)))
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
        // What stands in the first line goes before the header (RFC 9112, 3.2.2).
        let own = || {
            let header = || headers.get(header::HOST).and_then(|host| host.to_str().ok());
            uri.authority().map(|authority| authority.as_str()).or_else(header)
        };
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

/// An address as proxies write it: some put the port behind it, and an IPv6 address into brackets then.
fn address(said: &str) -> Option<IpAddr> {
    let said = said.trim();
    if let Ok(address) = said.parse() {
        return Some(address);
    }
    let bare = || said.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    said.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()).or_else(bare)
}

/// Of several proxies the first one, the browser's, put its word first.
fn first(value: &http::HeaderValue) -> Option<&str> {
    value.to_str().ok()?.split(',').next().map(str::trim)
}

/// Who is at the other end of the connection; nobody, if there is none.
pub(crate) fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Head, Name};

    #[test]
    fn the_browsers_address_is_what_the_last_believed_proxy_says() {
        let security = Security::new(&AllSettings::for_tests::<&str, &str>("/nowhere", [])).unwrap();
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
            // Some proxies write the port, too: all that come through one are no single client for that.
            ("10.0.0.1", &["203.0.113.7:5678"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.7:5678 , 10.0.0.2:443"], "203.0.113.7"),
            ("10.0.0.1", &["2001:db8::1"], "2001:db8::1"),
            ("10.0.0.1", &["[2001:db8::1]:443"], "2001:db8::1"),
            ("10.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
            ("10.0.0.1", &["203.0.113.7:http"], "10.0.0.1"),
            ("10.0.0.1", &["[203.0.113.7]"], "10.0.0.1"),
            ("10.0.0.1", &["203.0.113.7:99999"], "10.0.0.1"),
        ] {
            assert_eq!(client(peer, said), expected, "{peer} {said:?}");
        }
        assert_eq!(security.client(&HeaderMap::new(), None), None);
    }

    #[test]
    fn a_host_that_was_answered_says_nothing_of_others() {
        let security = Security::new(&AllSettings::for_tests::<&str, &str>("/nowhere", [])).unwrap();
        let arrival = |uri: &str, peer: Option<&str>, lines: &[(HeaderName, &'static str)]| {
            let mut request = Request::builder().uri(uri);
            for (name, value) in lines {
                request = request.header(name, *value);
            }
            let mut request = request.body(()).unwrap();
            if let Some(peer) = peer {
                request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
            }
            let head = Head::of(request.headers());
            security.arrival(&request, head.has(Name::Forwarded), head.has(Name::SeveralHosts))
        };
        let peer = Some("203.0.113.7:80");
        for round in 0..2 {
            assert_eq!(arrival("/", peer, &[(header::HOST, "evil.example")]), (false, false), "{round}");
            assert_eq!(arrival("/", peer, &[(header::HOST, "localhost:8000")]), (false, true), "{round}");
            assert_eq!(arrival("/", peer, &[(header::HOST, "127.0.0.1")]), (false, true), "{round}");
            let two = [(header::HOST, "localhost:8000"), (header::HOST, "localhost:8000")];
            assert_eq!(arrival("/", peer, &two), (false, false), "{round}");
            let absolute = "https://evil.example/";
            assert_eq!(
                arrival(absolute, peer, &[(header::HOST, "localhost:8000")]),
                (true, false),
                "{round}"
            );
            assert_eq!(arrival("/", peer, &[]), (false, false), "{round}");
            let proxied = [(header::HOST, "localhost:8000"), (PROTO, "https"), (HOST, "evil.example")];
            assert_eq!(arrival("/", Some("10.0.0.1:80"), &proxied), (true, false), "{round}");
            assert_eq!(arrival("/", peer, &proxied), (false, true), "{round}");
        }
        assert!(security.usual.get().is_some());
    }
}
