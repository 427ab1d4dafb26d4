//! What may be kept, and for how long.

use std::time::Duration;

use axum::response::Response;
use http::{HeaderMap, HeaderName, StatusCode, header};
use quintet_core::zone;

/// May a request be answered by what was answered to another one? Not if it says who it is.
pub(super) fn is_for_all(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::AUTHORIZATION) && !headers.contains_key(header::RANGE)
}

/// For how long an answer may be kept: as long as it says itself, or else so long. `None` if it must not be.
pub(super) fn keep(response: &Response, by_default: Duration) -> Option<Duration> {
    let headers = response.headers();
    // What is shown by a visitor's own clock is for them alone.
    let kept = response.status() == StatusCode::OK
        && zone::own().is_none()
        && !headers.contains_key(header::SET_COOKIE)
        && !headers.contains_key(header::CONTENT_RANGE)
        && !listed(headers, header::VARY).any(|name| name == "*");
    if !kept {
        return None;
    }
    let (mut for_all, mut for_one) = (None, None);
    for word in listed(headers, header::CACHE_CONTROL) {
        let (name, value) = word.split_once('=').unwrap_or((&word, ""));
        let seconds = || value.trim().trim_matches('"').parse().ok().map(Duration::from_secs);
        match name.trim() {
            "no-store" | "private" | "no-cache" => return None,
            "s-maxage" => for_all = seconds(),
            "max-age" => for_one = seconds(),
            _ => {}
        }
    }
    Some(for_all.or(for_one).unwrap_or(by_default)).filter(|keep| !keep.is_zero())
}

/// By which request headers answers differ: those of earlier ones and this one's.
pub(super) fn names(before: &[String], headers: &HeaderMap) -> Vec<String> {
    // Each encoding is made of what is kept.
    let own = listed(headers, header::VARY).filter(|name| name != "accept-encoding");
    let mut names: Vec<String> = before.iter().cloned().chain(own).collect();
    names.sort();
    names.dedup();
    names
}

/// Somebody looked at the visitor's cookies, and it was not the handler who said so: a session, a token, a message. Then what was
/// answered to somebody with cookies is theirs alone.
pub(super) fn differs_as_said(said: &HeaderMap, complete: &HeaderMap, request: &HeaderMap) -> bool {
    let by_cookie = |headers: &HeaderMap| listed(headers, header::VARY).any(|name| name == "cookie");
    !request.contains_key(header::COOKIE) || by_cookie(said) || !by_cookie(complete)
}

/// The words of a header that is a list, in small letters.
fn listed(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = String> {
    let texts = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    texts
        .flat_map(|text| text.split(','))
        .map(|word| word.trim().to_ascii_lowercase())
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Response {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        response.body(Body::empty()).unwrap()
    }

    #[test]
    fn only_what_is_for_all_is_kept() {
        let minute = Duration::from_secs(60);
        let of = |headers: &[(&str, &str)]| keep(&answer(200, headers), minute).map(|keep| keep.as_secs());
        assert_eq!(of(&[]), Some(60));
        assert_eq!(of(&[("vary", "Accept-Language, Cookie")]), Some(60));
        assert_eq!(of(&[("cache-control", "max-age=5")]), Some(5));
        assert_eq!(of(&[("cache-control", "public, Max-Age=5, s-maxage=\"7\"")]), Some(7));
        for (name, value) in [
            ("set-cookie", "a=1"),
            ("vary", "*"),
            ("vary", "cookie, *"),
            ("cache-control", "private"),
            ("cache-control", "max-age=60, No-Store"),
            ("cache-control", "no-cache"),
            ("cache-control", "private=\"x\""),
            ("cache-control", "max-age=0"),
            ("content-range", "bytes 0-1/2"),
        ] {
            assert_eq!(of(&[(name, value)]), None, "{name}: {value}");
        }
        for status in [201, 204, 206, 301, 304, 404, 500] {
            assert_eq!(keep(&answer(status, &[]), minute), None, "{status}");
        }
    }

    #[test]
    fn names_are_gathered() {
        let answer = answer(200, &[("vary", "Cookie, accept-encoding"), ("vary", "Accept-Language")]);
        let names = names(&["x-a".to_owned(), "cookie".to_owned()], answer.headers());
        assert_eq!(names, ["accept-language", "cookie", "x-a"]);
    }
}
