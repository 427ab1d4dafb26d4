//! Addresses of the web.

use std::net::Ipv4Addr;

use super::host::{is_domain, is_ipv6};

/// The longest address that every browser takes.
const LONGEST: usize = 2048;

/// The schemes of [`is_url`].
pub const URL_SCHEMES: &[&str] = &["http", "https", "ftp", "ftps"];

/// A whole address with one of the usual schemes: `https://example.com/a?b#c`. A script (`javascript:…`) is none.
///
/// ```
/// use quintet_core::valid::is_url;
/// assert!(is_url("https://bücher.example:8443/ä?q=1#top") && is_url("http://[2001:db8::1]/"));
/// assert!(!is_url("example.com") && !is_url("javascript:alert(1)") && !is_url("https://a b.com"));
/// ```
#[must_use]
pub fn is_url(text: &str) -> bool {
    is_url_of(text, URL_SCHEMES)
}

/// A whole address with one of these schemes, given in lower case.
#[must_use]
pub fn is_url_of(text: &str, schemes: &[&str]) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control();
    if text.len() > LONGEST || !text.chars().all(plain) {
        return false;
    }
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    schemes.contains(&scheme.to_ascii_lowercase().as_str()) && is_authority(authority)
}

/// `user:password@host:port`; the user and the port may be missing.
fn is_authority(authority: &str) -> bool {
    let host = match authority.split_once('@') {
        // What stands in both would have to be written as %40 and %3A.
        Some((user, host)) => {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            if name.is_empty() || password.contains(':') || host.contains('@') {
                return false;
            }
            host
        }
        None => authority,
    };
    let (host, port) = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((inner, rest)) if is_ipv6(inner) => {
                ("localhost", rest.strip_prefix(':').or(rest.is_empty().then_some("0")))
            }
            _ => return false,
        },
        None => match host.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (host, Some("0")),
        },
    };
    let digits = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    port.is_some_and(|port| digits(port) && port.parse::<u16>().is_ok()) && is_host(host)
}

fn is_host(host: &str) -> bool {
    host == "localhost"
        || host.parse::<Ipv4Addr>().is_ok()
        || is_domain(host.strip_suffix('.').unwrap_or(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_browsers_open() {
        for good in [
            "http://localhost/",
            "HTTP://example.com.",
            "http://example.com?something=value",
            "https://example.com#hash",
            "http://userid:password@example.com:8080/",
            "http://userid@example.com",
            "http://-.~_!$&'()*+,;=%40:80%2f@example.com",
            "http://142.42.1.1:65535/",
            "http://foo.com/blah_(wikipedia)_blah#cite-1",
            "http://مثال.إختبار",
            "http://über.ws/123",
            "http://[::192.9.5.5]/ipng",
            "http://[2001:db8::1]:8080",
            "ftps://foo.bar/",
            "http://1337.net",
            "http://xn----gtbspbbmkef.xn--p1ai",
        ] {
            assert!(is_url(good), "{good}");
        }
        assert!(is_url_of("git+ssh://git@example.com/x.git", &["git+ssh"]));
    }

    #[test]
    fn what_is_no_address() {
        for bad in [
            "",
            "foo",
            "//foo",
            "http://",
            "http://?",
            "http://foo bar",
            "http://foo.bar/ z",
            "http://.com",
            "http://-a.com",
            "http://a..com",
            "http://a",
            "http://1.1.1.1.1",
            "http://123",
            "http://127.0.0.256",
            "http://010.0.0.1",
            "http://example.com:",
            "http://example.com:-1/",
            "http://example.com:65536/",
            "http://[::1",
            "http://[a",
            "http://[::1]x",
            "http://[1::2::3]:8080/",
            "http://foo@bar@example.com",
            "http://foo/bar@example.com",
            "http://:p@example.com",
            "http://a:b:c@example.com",
            "http://example.com/\n",
            "http://example.com/\u{7}",
            "http:///a",
            "rdar://1234",
            "javascript:alert(1)",
            "javascript://x.com/%0aalert(1)",
        ] {
            assert!(!is_url(bad), "{bad:?}");
        }
        assert!(!is_url(&format!("http://example.com/{}", "a".repeat(2048))));
    }
}
