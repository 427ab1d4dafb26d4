//! Where the site is on the web: `[site]`.

use std::net::Ipv6Addr;

use super::{Given, Key, Section, SettingValue, Settings, SettingsSection, Wrong, Zone};
use crate::error::Result;

/// `[site]`: what the site says of itself.
#[derive(Debug, Clone, Default)]
pub struct SiteSettings {
    /// What people call it: in mails.
    pub name: Option<String>,
    /// Where people find it: what links in mails and of commands begin with. A request knows by itself where it came to.
    pub url: Option<SiteUrl>,
    /// The time zone in which people read and write times; see [`zone`](crate::zone).
    pub time_zone: Zone,
}

impl SettingsSection for SiteSettings {
    fn section() -> Section {
        let name = Key::of::<Option<String>>("name").help("What people call the site: in mails.");
        let url = Key::of::<Option<SiteUrl>>("url")
            .help("Where people find the site: what links in mails begin with. \"https://example.com\".");
        let zone = Key::of::<Zone>("time_zone")
            .default(&Zone::default())
            .help("The time zone in which people read and write times: \"Europe/Berlin\".");
        Section::new("site", vec![name, url, zone])
    }

    fn read(settings: &Settings) -> Result<Self> {
        let reader = settings.reader::<Self>()?;
        Ok(SiteSettings {
            name: reader.needed("name")?,
            url: reader.needed("url")?,
            time_zone: reader.given("time_zone")?.unwrap_or_default(),
        })
    }
}

/// Scheme, host and, if it is not the usual one, port of a site; no path, since a site has all of its host.
///
/// ```
/// use quintet_core::settings::SiteUrl;
///
/// let url = SiteUrl::parse("https://Example.com/").unwrap();
/// assert_eq!(url.as_str(), "https://example.com");
/// assert_eq!(url.join("/films/?page=2"), "https://example.com/films/?page=2");
/// assert_eq!((url.host(), url.is_https()), ("example.com", true));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SiteUrl {
    text: String,
    /// Where the host begins and ends.
    host: (usize, usize),
}

impl SiteUrl {
    /// Of its text; none if there is more than scheme, host and port, or less, or another scheme than http and https.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once("://")?;
        let https = scheme.eq_ignore_ascii_case("https");
        if !https && !scheme.eq_ignore_ascii_case("http") {
            return None;
        }
        SiteUrl::of(https, rest.strip_suffix('/').unwrap_or(rest))
    }

    /// Of a host, with a port or without: `example.com`, `[::1]:8000`.
    #[must_use]
    pub fn of(https: bool, authority: &str) -> Option<Self> {
        let (host, port) = split_host(authority)?;
        let usual = if https { 443 } else { 80 };
        let mut text = String::from(if https { "https://" } else { "http://" });
        let start = text.len();
        text.push_str(&host.to_ascii_lowercase());
        let end = text.len();
        if let Some(port) = port.filter(|port| *port != usual) {
            text.push(':');
            text.push_str(&port.to_string());
        }
        Some(SiteUrl { text, host: (start, end) })
    }

    /// Without a slash at its end: `https://example.com`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host alone, in small letters; an IPv6 address in its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.text.get(self.host.0..self.host.1).unwrap_or_default()
    }

    /// Is it encrypted?
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https")
    }

    /// The whole address of a path of this site. What is a whole address already (a file at another host) stays as it is.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        let whole = |text: &str| text.starts_with("https://") || text.starts_with("http://");
        if whole(path) {
            return path.to_owned();
        }
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("{}{slash}{path}", self.text)
    }
}

/// Host and port of `example.com:8000` or `[::1]:8000`; a dot at the end of the name is left out. Nothing else can be a host: whatever
/// has other letters than names and addresses have might mean something to who reads it.
///
/// ```
/// use quintet_core::settings::split_host;
///
/// assert_eq!(split_host("example.com.:8000"), Some(("example.com", Some(8000))));
/// assert_eq!(split_host("[::1]"), Some(("[::1]", None)));
/// for none in ["", "a@b", "a/b", "a b", "a,b", "a..b", ".a", "::1", "a:b", "a:99999", "[::1", "[x]", "a\\b", "a<b>"] {
///     assert_eq!(split_host(none), None, "{none}");
/// }
/// ```
#[must_use]
pub fn split_host(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = if authority.starts_with('[') {
        let (host, rest) = authority.split_at(authority.find(']')? + 1);
        host.get(1..host.len() - 1)?.parse::<Ipv6Addr>().ok()?;
        (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
    } else {
        let (name, port) =
            authority.split_once(':').map_or((authority, None), |(name, port)| (name, Some(port)));
        let name = name.strip_suffix('.').unwrap_or(name);
        let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        let named = !name.is_empty() && !name.starts_with('.') && !name.ends_with('.');
        if !named || name.len() > 253 || !name.bytes().all(letter) || name.contains("..") {
            return None;
        }
        (name, port)
    };
    let port = match port {
        // As RFC 3986 has it, the port may be left out behind its colon.
        None | Some("") => None,
        Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => Some(port.parse().ok()?),
        Some(_) => return None,
    };
    Some((host, port))
}

impl SettingValue for SiteUrl {
    fn read(given: &Given) -> std::result::Result<Self, Wrong> {
        let wrong = || Wrong::new("scheme and host, without a path: \"https://example.com\"", given);
        given.text().and_then(SiteUrl::parse).ok_or_else(wrong)
    }

    fn show(&self) -> String {
        self.text.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_scheme_host_and_port() {
        for (text, expected) in [
            ("https://example.com", "https://example.com"),
            ("HTTPS://Example.com:443/", "https://example.com"),
            ("http://example.com.:80", "http://example.com"),
            ("http://localhost:8000", "http://localhost:8000"),
            ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
        ] {
            assert_eq!(SiteUrl::parse(text).unwrap().as_str(), expected, "{text}");
        }
        for wrong in [
            "example.com",
            "https://",
            "https://example.com/shop",
            "https://a@example.com",
            "ftp://example.com",
            "https://example.com?a",
            "https://a b",
            "https://example.com:x",
        ] {
            assert_eq!(SiteUrl::parse(wrong), None, "{wrong}");
        }
        assert_eq!(SiteUrl::parse("http://[::1]:1").unwrap().host(), "[::1]");
    }

    #[test]
    fn paths_are_joined_once() {
        let url = SiteUrl::of(true, "example.com").unwrap();
        assert_eq!(url.join("/a/"), "https://example.com/a/");
        assert_eq!(url.join("a/"), "https://example.com/a/");
        assert_eq!(url.join("https://cdn.example.com/a"), "https://cdn.example.com/a");
        // It begins like another site, and is not one.
        assert_eq!(url.join("//evil.example/"), "https://example.com//evil.example/");
    }

    #[test]
    fn a_wrong_address_is_told_with_what_was_expected() {
        let read = |text: &str| SiteUrl::read(&Given::Text(text.to_owned()));
        assert_eq!(read("https://example.com/").unwrap().show(), "https://example.com");
        assert!(read("example.com").unwrap_err().to_string().contains("https://example.com"));
    }
}
