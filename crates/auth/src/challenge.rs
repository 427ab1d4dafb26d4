//! `WWW-Authenticate`: how a program is to say who it is (RFC 6750).

use http::{HeaderValue, Response, header, request::Parts};
use quintet_core::{Result, Services};

use crate::backend::Backends;

/// A token is wanted, and there was none.
const TOKEN: HeaderValue = HeaderValue::from_static("Bearer realm=\"api\"");
/// There was one, and it is not good.
pub(crate) const INVALID_TOKEN: HeaderValue = HeaderValue::from_static(
    "Bearer realm=\"api\", error=\"invalid_token\", error_description=\"The token is not good, or not any more\"",
);
/// It is good, and not for this.
pub(crate) const INSUFFICIENT_SCOPE: HeaderValue = HeaderValue::from_static(
    "Bearer realm=\"api\", error=\"insufficient_scope\", error_description=\"The token is not for this\"",
);

/// Says on a 401 that a token would do, where the site takes some.
pub(crate) fn wanted<B>(parts: &Parts, response: &mut Response<B>) -> Result {
    let services = Services::of_request(parts)?;
    if !services.get::<Backends>().is_some_and(|backends| backends.has("tokens")) {
        return Ok(());
    }
    let said = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = said
        .and_then(|said| said.split_once(' '))
        .is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let value = if token { INVALID_TOKEN } else { TOKEN };
    response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    Ok(())
}
