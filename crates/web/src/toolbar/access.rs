//! Who may see what requests do: the developer at this machine, in pages of the site itself.

use std::net::IpAddr;

use http::{HeaderMap, Request, header};

use crate::security::peer;

/// Headers by which a proxy says that it asks for somebody else.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Does the request come from this machine, or one of `clients`, by itself and under a name that no other site can have?
///
/// A page of another site can have its own name lead to this machine and then read what answers (DNS rebinding): so names other than
/// `localhost` see nothing.
pub(super) fn is_developer<B>(request: &Request<B>, clients: &[IpAddr]) -> bool {
    let Some(peer) = peer(request.extensions()) else { return false };
    let peer = peer.ip().to_canonical();
    let headers = request.headers();
    (peer.is_loopback() || clients.contains(&peer))
        && !FORWARDED.iter().any(|name| headers.contains_key(*name))
        && host(request).is_some_and(is_own)
}

fn host<B>(request: &Request<B>) -> Option<&str> {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    named.or_else(|| request.uri().authority().map(|authority| authority.as_str()))
}

/// An address, or a name that always means this machine.
fn is_own(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => return rest.split_once(']').is_some_and(|(ip, _)| ip.parse::<IpAddr>().is_ok()),
        None => host.split_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase(),
    };
    name.parse::<IpAddr>().is_ok() || name == "localhost" || name.ends_with(".localhost")
}

/// Does a page of the site ask, or its visitor, and not a page of somebody else?
pub(super) fn is_own_page(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin" || site == "none")
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::extract::ConnectInfo;

    use super::*;

    fn asked(peer: Option<&str>, headers: &[(&str, &str)]) -> bool {
        let request =
            headers.iter().fold(Request::get("/"), |request, (name, value)| request.header(*name, *value));
        let mut request = request.body(()).unwrap();
        if let Some(peer) = peer {
            let peer = SocketAddr::new(peer.parse().unwrap(), 4000);
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        is_developer(&request, &["172.17.0.1".parse().unwrap()])
    }

    #[test]
    fn only_a_developer_sees_it() {
        for (host, own) in [
            ("localhost:8000", true),
            ("LOCALHOST", true),
            ("shop.localhost:8000", true),
            ("127.0.0.1:8000", true),
            ("[::1]:8000", true),
            ("192.168.1.5", true),
            ("evil.example:8000", false),
            ("localhost.evil.example", false),
            ("notlocalhost", false),
            ("[evil]", false),
            ("", false),
        ] {
            assert_eq!(asked(Some("127.0.0.1"), &[("host", host)]), own, "{host}");
        }
        let local = ("host", "localhost");
        assert!(asked(Some("::1"), &[local]) && asked(Some("::ffff:127.0.0.1"), &[local]));
        assert!(asked(Some("172.17.0.1"), &[local]) && !asked(Some("172.17.0.2"), &[local]));
        assert!(!asked(Some("192.168.1.5"), &[local]) && !asked(None, &[local]) && !asked(Some("::1"), &[]));
        for header in FORWARDED {
            assert!(!asked(Some("127.0.0.1"), &[local, (header, "203.0.113.7")]), "{header}");
        }
    }

    #[test]
    fn pages_of_others_get_nothing() {
        let from = |site: &'static str| {
            is_own_page(&HeaderMap::from_iter([("sec-fetch-site".parse().unwrap(), site.parse().unwrap())]))
        };
        assert!(from("same-origin") && from("none") && is_own_page(&HeaderMap::new()));
        assert!(!from("cross-site") && !from("same-site"));
    }
}
