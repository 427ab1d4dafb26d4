//! What shows a request to come from the site's own pages.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use quintet_core::Services;
use quintet_web::csrf;

use crate::{
    TestResponse,
    html::{self, Node},
};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Says what a browser says, unless the test says where the request is from.
pub(crate) fn come_from_own_page(headers: &mut HeaderMap) {
    if headers.contains_key(header::ORIGIN) || headers.contains_key(&FETCH_SITE) {
        return;
    }
    let scheme = if is_https(headers) { "https" } else { "http" };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if let Ok(origin) = HeaderValue::try_from(format!("{scheme}://{host}")) {
        headers.insert(header::ORIGIN, origin);
        headers.insert(FETCH_SITE, HeaderValue::from_static("same-origin"));
    }
}

/// Adds a token and the cookie that it fits; the browser's own, if it has one. A site without a key has none.
pub(crate) fn add_token(
    headers: &mut HeaderMap,
    services: &Services,
    cookie: impl FnOnce(&str) -> Option<String>,
) {
    if headers.contains_key(csrf::HEADER) {
        return;
    }
    let Ok((name, value, token)) = csrf::proof(services, is_https(headers), cookie) else { return };
    let others = headers.get(header::COOKIE).and_then(|cookies| cookies.to_str().ok()).unwrap_or_default();
    let own = format!("{name}=");
    let mut pairs: Vec<&str> =
        others.split("; ").filter(|pair| !pair.is_empty() && !pair.starts_with(&own)).collect();
    let pair = format!("{own}{value}");
    pairs.push(&pair);
    if let (Ok(cookies), Ok(token)) = (HeaderValue::try_from(pairs.join("; ")), HeaderValue::try_from(token))
    {
        headers.insert(header::COOKIE, cookies);
        headers.insert(csrf::HEADER, token);
    }
}

/// Does the test say that a proxy before the site speaks https?
fn is_https(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https")
}

impl TestResponse {
    /// The token that the page shows: of its first form, or of `<meta name="csrf-token" content="…">`.
    ///
    /// # Panics
    /// If it shows none.
    #[track_caller]
    #[must_use]
    pub fn csrf_token(&self) -> String {
        let found = html::first(&self.text(), &|node| match node {
            Node::Element { name, attributes, .. } => {
                let of = |wanted: &str| {
                    attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
                };
                match (name.as_str(), of("name").as_deref()) {
                    ("input", Some("csrf_token")) => of("value"),
                    ("meta", Some("csrf-token")) => of("content"),
                    _ => None,
                }
            }
            Node::Text(_) => None,
        });
        self.check(found.is_some(), format_args!("a page with a CSRF token"));
        found.unwrap_or_default()
    }
}
