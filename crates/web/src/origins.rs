//! Origins: scheme, host and port.

use std::{fmt, sync::Arc};

use http::{HeaderMap, header};
use quintet_core::{Error, Result};

/// Where a page is from, as browsers compare it: `https://example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    /// Of an `Origin` header, or of an address, whose path is left out. `null` and what has no host is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // Who writes a name and a password before the host wants it to look like another one.
        if authority.contains('@') || !scheme.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of `[::1]` stand between brackets.
            Some((host, port)) if !port.contains(']') => (host, Some(port.parse().ok()?)),
            _ => (authority, None),
        };
        let usual = match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        let valid = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b',' | b';');
        if host.is_empty() || !host.bytes().all(valid) {
            return None;
        }
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        Some(Origin { scheme, host, port: port.filter(|port| Some(*port) != usual) })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// Those of the settings.
#[derive(Debug, Default)]
pub(crate) struct Trusted(Vec<(Origin, bool)>);

impl Trusted {
    /// `key` is named in errors.
    pub(crate) fn read(given: &[String], key: &str) -> Result<Self> {
        let one = |text: &String| {
            let wrong = || {
                Error::settings(format!(
                    "{key}: `{text}` is no origin: write scheme and host, as in \
                     \"https://app.example.com\" or \"https://*.example.com\""
                ))
            };
            let (plain, below) = match text.split_once("://*.") {
                Some((scheme, host)) => (format!("{scheme}://{host}"), true),
                None => (text.clone(), false),
            };
            let rest = plain.split_once("://").map_or("", |(_, rest)| rest);
            if rest.contains(['*', '/', '?', '#']) {
                return Err(wrong());
            }
            Ok((Origin::parse(&plain).ok_or_else(wrong)?, below))
        };
        given.iter().map(one).collect::<Result<_>>().map(Trusted)
    }

    pub(crate) fn has(&self, origin: &Origin) -> bool {
        self.0.iter().any(|(known, below)| {
            let host = if *below {
                origin
                    .host
                    .strip_suffix(&known.host)
                    .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            } else {
                origin.host == known.host
            };
            host && origin.scheme == known.scheme && origin.port == known.port
        })
    }
}

/// A list of origins: whose pages, beside the site's own, may do something. What [`same_origin`](crate::csrf::same_origin) refuses may
/// still come from one of these.
///
/// ```
/// use http::{HeaderMap, HeaderValue, header};
/// use quintet_web::Origins;
///
/// let origins = Origins::read(&["https://*.example.com".to_owned()], "[channels] origins").unwrap();
/// let mut headers = HeaderMap::new();
/// headers.insert(header::ORIGIN, HeaderValue::from_static("https://app.example.com"));
/// assert!(origins.sent(&headers));
/// headers.insert(header::ORIGIN, HeaderValue::from_static("https://example.org"));
/// assert!(!origins.sent(&headers));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Origins(Arc<Trusted>);

impl Origins {
    /// Origins as settings have them: `https://app.example.com`, `https://*.example.com` for all below that. `key` is named in errors.
    ///
    /// # Errors
    /// If one of them is no origin.
    pub fn read(given: &[String], key: &str) -> Result<Self> {
        Ok(Origins(Arc::new(Trusted::read(given, key)?)))
    }

    /// Has a page of one of them sent these headers?
    #[must_use]
    pub fn sent(&self, headers: &HeaderMap) -> bool {
        let mut said = headers.get_all(header::ORIGIN).iter();
        let (Some(origin), None) = (said.next(), said.next()) else { return false };
        origin.to_str().ok().and_then(Origin::parse).is_some_and(|origin| self.0.has(&origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_as_browsers_do() {
        let same = [
            ("https://Example.com", "https://example.com:443/a?b"),
            ("http://a.example:80", "http://a.example."),
            ("http://[::1]:8000", "HTTP://[::1]:8000/"),
        ];
        for (one, other) in same {
            assert_eq!(Origin::parse(one).unwrap(), Origin::parse(other).unwrap(), "{one}");
        }
        let other = ["http://example.com", "https://example.com:8443", "https://www.example.com"];
        for other in other {
            assert_ne!(Origin::parse("https://example.com"), Origin::parse(other), "{other}");
        }
        for none in ["null", "", "example.com", "https://", "https://a@example.com", "https://a:b", "a b://c"]
        {
            assert_eq!(Origin::parse(none), None, "{none}");
        }
        assert_eq!(Origin::parse("HTTPS://A.b:8443/c").unwrap().to_string(), "https://a.b:8443");
    }

    #[test]
    fn trusted_origins_may_have_a_star_for_what_is_below() {
        let trusted = ["https://app.example.com", "https://*.example.org"].map(str::to_owned);
        let trusted = Trusted::read(&trusted, "[security] trusted_origins").unwrap();
        let has = |text: &str| trusted.has(&Origin::parse(text).unwrap());
        for yes in ["https://app.example.com", "https://a.example.org", "https://a.b.example.org:443"] {
            assert!(has(yes), "{yes}");
        }
        for no in [
            "http://app.example.com",
            "https://example.com",
            "https://example.org",
            "https://evilexample.org",
            "https://a.example.org:444",
            "https://app.example.com.evil.example",
        ] {
            assert!(!has(no), "{no}");
        }
        for wrong in ["app.example.com", "https://", "https://a/b", "*", "https://a.*.b"] {
            let error = Trusted::read(&[wrong.to_owned()], "trusted_origins").unwrap_err().to_string();
            assert!(error.contains(wrong) && error.contains("trusted_origins"), "{error}");
        }
    }
}
