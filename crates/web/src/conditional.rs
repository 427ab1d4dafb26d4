//! Conditions of a request (RFC 9110, 13): what the client has already, and what it will only take unchanged.
//!
//! Static files and rendered pages are asked the same questions.

use http::{HeaderMap, HeaderName, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};

/// What stands at an address now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now<'a> {
    /// Its entity tag, with quotes, and `W/` if it is a weak one.
    pub(crate) tag: Option<&'a str>,
    /// When it was last changed, in whole seconds.
    pub(crate) modified: Option<Timestamp>,
}

impl Now<'_> {
    /// Has the client this already (304)? `If-None-Match`, else `If-Modified-Since`.
    pub(crate) fn is_known(&self, headers: &HeaderMap) -> bool {
        if headers.contains_key(header::IF_NONE_MATCH) {
            let known = |tag: &str| self.tag.is_some_and(|now| opaque(now) == opaque(tag));
            return tags(headers, header::IF_NONE_MATCH).any(|tag| tag == "*" || known(tag));
        }
        let since = date(headers, &header::IF_MODIFIED_SINCE);
        matches!((since, self.modified), (Some(since), Some(modified)) if modified <= since)
    }

    /// Does the client want this only if it is what it was (412)? `If-Match`, else `If-Unmodified-Since`.
    pub(crate) fn is_refused(&self, headers: &HeaderMap) -> bool {
        if headers.contains_key(header::IF_MATCH) {
            let same = |tag: &str| !tag.starts_with("W/") && self.tag == Some(tag);
            return !tags(headers, header::IF_MATCH).any(|tag| tag == "*" || same(tag));
        }
        let since = date(headers, &header::IF_UNMODIFIED_SINCE);
        matches!((since, self.modified), (Some(since), Some(modified)) if modified > since)
    }

    /// May a part be sent, to one who has others (`If-Range`)?
    pub(crate) fn has_range(&self, headers: &HeaderMap) -> bool {
        match headers.get(header::IF_RANGE).map(http::HeaderValue::to_str) {
            None => true,
            Some(Ok(tag)) if tag.starts_with('"') => self.tag == Some(tag),
            Some(Ok(date)) => parse_date(date).is_some_and(|date| Some(date) == self.modified),
            Some(Err(_)) => false,
        }
    }
}

fn tags(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lists = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',').map(str::trim))
}

/// A tag without the mark of the weak ones.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<Timestamp> {
    headers.get(name).and_then(|value| value.to_str().ok()).and_then(parse_date)
}

/// An instant as headers say it.
pub(crate) fn http_date(at: Timestamp) -> String {
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}

pub(crate) fn parse_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    const ABC: Now<'_> = Now { tag: Some("\"abc\""), modified: None };

    fn of_1994() -> Now<'static> {
        Now { tag: None, modified: parse_date("Sun, 06 Nov 1994 08:49:37 GMT") }
    }

    #[test]
    fn tags_are_compared_one_by_one() {
        for value in ["\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"] {
            assert!(ABC.is_known(&headers(header::IF_NONE_MATCH, value)), "{value}");
        }
        for value in ["abc", "\"ab\"", "\"x\", \"y\"", ""] {
            assert!(!ABC.is_known(&headers(header::IF_NONE_MATCH, value)), "{value}");
        }
        let weak = Now { tag: Some("W/\"abc\""), modified: None };
        assert!(weak.is_known(&headers(header::IF_NONE_MATCH, "W/\"abc\"")));
    }

    #[test]
    fn what_must_be_unchanged_is_compared_strictly() {
        for (value, refused) in [
            ("\"abc\"", false),
            ("*", false),
            ("\"x\", \"abc\"", false),
            ("W/\"abc\"", true),
            ("\"x\"", true),
        ] {
            assert_eq!(ABC.is_refused(&headers(header::IF_MATCH, value)), refused, "{value}");
        }
        let now = of_1994();
        for (value, refused) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", false),
            ("Sun, 06 Nov 1994 08:49:36 GMT", true),
            ("yesterday", false),
        ] {
            assert_eq!(now.is_refused(&headers(header::IF_UNMODIFIED_SINCE, value)), refused, "{value}");
        }
        assert!(!ABC.is_refused(&HeaderMap::new()));
    }

    #[test]
    fn dates_are_compared_in_seconds() {
        let now = of_1994();
        assert!(now.is_known(&headers(header::IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:37 GMT")));
        assert!(!now.is_known(&headers(header::IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:36 GMT")));
        assert!(now.has_range(&headers(header::IF_RANGE, "Sun, 06 Nov 1994 08:49:37 GMT")));
        assert!(!now.has_range(&headers(header::IF_RANGE, "Sun, 06 Nov 1994 08:49:38 GMT")));
        assert!(ABC.has_range(&headers(header::IF_RANGE, "\"abc\"")));
        assert!(!ABC.has_range(&headers(header::IF_RANGE, "W/\"abc\"")));
    }

    #[test]
    fn dates_are_read_as_they_are_written() {
        let at: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
        assert_eq!(http_date(at), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(at));
        assert_eq!(parse_date("yesterday"), None);
    }
}
