//! What lets one in is not shown, not even to a developer: pages are copied into tickets.

use http::{HeaderMap, Uri, header};
use quintet_core::{
    Services,
    debug::{MASK, is_secret},
    settings::{Origin, Row},
};

use crate::{
    facts::decoded,
    routing::{self, RouteInfo},
};

/// The value, or a mask of one length for all.
pub(crate) fn shown<'a>(name: &str, value: &'a str) -> &'a str {
    if is_secret(name) && !value.is_empty() { MASK } else { value }
}

/// Last words of names of settings that say something about secrets, and are none: `secret_key_file`, `token_expires`.
const ABOUT: &[&str] = &[
    "age", "count", "days", "expires", "file", "files", "folder", "length", "limit", "name", "names", "path",
    "seconds",
];

/// The value of a setting. Those that are declared as secrets are covered already; by its name a text that somebody has set
/// is taken for one, too, where a section of the site's own forgot to say so. Defaults stand in the source.
pub(super) fn setting(row: Row) -> String {
    let last = row.key.rsplit('_').next().unwrap_or_default();
    let plain = row.secret
        || row.origin == Origin::Default
        || row.value.is_empty()
        || matches!(&*row.value, "true" | "false")
        || ABOUT.contains(&last);
    if !plain && is_secret(row.key) { MASK.to_owned() } else { row.value }
}

/// The pairs of the query, decoded.
pub(crate) fn query(uri: &Uri) -> Vec<(String, String)> {
    let pairs: Vec<(String, String)> =
        uri.query().and_then(|q| serde_urlencoded::from_str(q).ok()).unwrap_or_default();
    pairs
        .into_iter()
        .map(|(name, value)| {
            let value = shown(&name, &value).to_owned();
            (name, value)
        })
        .collect()
}

/// Path and query as sent, but for secret parts and values.
pub(crate) fn address(uri: &Uri, services: &Services) -> String {
    let path = routing::shown(uri.path(), services);
    let Some(query) = uri.query() else { return path.into_owned() };
    let masked = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) => format!("{name}={}", shown(&decoded(name), value)),
        None => pair.to_owned(),
    });
    format!("{path}?{}", masked.collect::<Vec<_>>().join("&"))
}

/// With scheme and host, if it has them.
fn whole_address(uri: &Uri, services: &Services) -> String {
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(host)) => format!("{scheme}://{host}{}", address(uri, services)),
        _ => address(uri, services),
    }
}

/// Header values, but of those that let one in only the fact that they are there.
pub(crate) fn headers(headers: &HeaderMap, services: &Services) -> Vec<(String, String)> {
    let rows = headers.iter().map(|(name, value)| {
        let text = String::from_utf8_lossy(value.as_bytes());
        let text = if *name == header::REFERER || *name == header::LOCATION {
            text.parse().map_or_else(|_| text.clone().into_owned(), |uri| whole_address(&uri, services))
        } else {
            shown(name.as_str(), &text).to_owned()
        };
        (name.as_str().to_owned(), text)
    });
    rows.collect()
}

/// The values of parameters in a path.
pub(crate) fn params(params: &[(String, String)], route: &RouteInfo) -> Vec<(String, String)> {
    let hidden = |name: &str| route.hides(name) || is_secret(name);
    let value = |(name, value): &(String, String)| if hidden(name) { MASK.to_owned() } else { value.clone() };
    params.iter().map(|pair| (pair.0.clone(), value(pair))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_masked_where_they_hold_a_secret() {
        let row = |key: &'static str, value: &str, origin: Origin, secret: bool| {
            setting(Row { section: "shop".into(), key, value: value.into(), origin, secret, help: "" })
        };
        let given = || Origin::Environment { variable: "X".to_owned() };
        for key in ["api_key", "password", "client_secret_v2", "pin", "stripe_token"] {
            assert_eq!(row(key, "1234", given(), false), MASK, "{key}");
        }
        // What is declared as a secret comes covered, perhaps in part.
        assert_eq!(row("url", "redis://user:***@host", given(), true), "redis://user:***@host");
        for (key, value) in [
            ("secret_key_file", "/run/key"),
            ("secret_names", "slip, note"),
            ("password_min_length", "8"),
            ("token_expires", "1h"),
            ("require_code", "true"),
            ("title", "Shop"),
        ] {
            assert_eq!(row(key, value, given(), false), value, "{key}");
        }
        assert_eq!(row("cookie", "sessionid", Origin::Default, false), "sessionid");
        assert_eq!(row("cookie", "abc", given(), false), MASK);
    }

    #[test]
    fn secrets_are_masked_by_name() {
        for name in
            ["Cookie", "AUTHORIZATION", "x-api-key", "secret_key", "DB_PASSWORD", "csrf_token", "sessionid"]
        {
            assert_eq!(shown(name, "hunter2"), MASK, "{name}");
        }
        assert_eq!((shown("accept", "*/*"), shown("token", "")), ("*/*", ""));
    }

    #[test]
    fn addresses_lose_only_secret_values() {
        let uri: Uri = "/a?q=x%20y&t%6Fken=hunter2&b&password=p%3D1".parse().unwrap();
        let services = Services::builder().build();
        assert_eq!(address(&uri, &services), format!("/a?q=x%20y&t%6Fken={MASK}&b&password={MASK}"));
        let pairs = query(&uri);
        assert!(pairs.contains(&("q".into(), "x y".into())) && !format!("{pairs:?}").contains("hunter2"));
    }

    #[test]
    fn what_lets_one_in_is_masked_in_headers() {
        let mut sent = HeaderMap::new();
        for (name, value) in [
            ("cookie", "id=1"),
            ("x-csrf-token", "t"),
            ("proxy-authorization", "Basic x"),
            ("accept", "*/*"),
            ("referer", "https://a.example/b?token=hunter2&q=1"),
        ] {
            sent.insert(name, value.parse().unwrap());
        }
        let shown = headers(&sent, &Services::builder().build());
        assert!(shown.contains(&("accept".into(), "*/*".into())));
        assert!(
            shown.contains(&("referer".into(), format!("https://a.example/b?token={MASK}&q=1"))),
            "{shown:?}"
        );
        assert_eq!(shown.iter().filter(|(_, v)| v == MASK).count(), 3);
    }
}
