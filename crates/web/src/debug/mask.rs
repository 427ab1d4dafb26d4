//! What lets one in is not shown, not even to a developer: pages are copied into tickets.

use http::Uri;
use quintet_core::debug::{MASK, is_secret};

/// The value, or a mask of one length for all.
pub(crate) fn shown<'a>(name: &str, value: &'a str) -> &'a str {
    if is_secret(name) && !value.is_empty() { MASK } else { value }
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

/// Path and query as sent, but for secret values.
pub(crate) fn address(uri: &Uri) -> String {
    let Some(query) = uri.query() else { return uri.path().to_owned() };
    let masked = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) => {
            let decoded = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
            format!("{name}={}", shown(&decoded, value))
        }
        None => pair.to_owned(),
    });
    format!("{}?{}", uri.path(), masked.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(address(&uri), format!("/a?q=x%20y&t%6Fken={MASK}&b&password={MASK}"));
        let pairs = query(&uri);
        assert!(pairs.contains(&("q".into(), "x y".into())) && !format!("{pairs:?}").contains("hunter2"));
    }
}
