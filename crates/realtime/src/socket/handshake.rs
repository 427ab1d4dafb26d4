//! Is a request a WebSocket's (RFC 6455, section 4.2)?

use axum::response::{IntoResponse, Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header, request::Parts};
use quintet_core::{Error, Result};
use sha1::{Digest, Sha1};

/// What the protocol's authors have thought up, so that nobody answers by chance.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What is to be answered to the client's key.
///
/// # Errors
/// The answer to a request that is none of a WebSocket.
pub(super) fn accept(parts: &Parts) -> Result<HeaderValue, Box<Response>> {
    let refused = |status, why: &'static str| Err(Box::new(Error::new(status, why).into_response()));
    let headers = &parts.headers;
    if parts.method != Method::GET || parts.version < Version::HTTP_11 {
        return refused(StatusCode::BAD_REQUEST, "A WebSocket begins with a GET request of HTTP/1.1.");
    }
    if !says(headers, header::CONNECTION, "upgrade") || !says(headers, header::UPGRADE, "websocket") {
        let mut response =
            Error::new(StatusCode::UPGRADE_REQUIRED, "Here answers a WebSocket.").into_response();
        response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        return Err(Box::new(response));
    }
    if only(headers, header::SEC_WEBSOCKET_VERSION) != Some(b"13") {
        let why = "The WebSocket's version must be 13.";
        let mut response = Error::new(StatusCode::UPGRADE_REQUIRED, why).into_response();
        response.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return Err(Box::new(response));
    }
    let key = only(headers, header::SEC_WEBSOCKET_KEY).unwrap_or_default();
    if STANDARD.decode(key).map_or(0, |key| key.len()) != 16 {
        return refused(StatusCode::BAD_REQUEST, "`Sec-WebSocket-Key` must be 16 bytes in base64.");
    }
    let hash = Sha1::new().chain_update(key).chain_update(GUID).finalize();
    HeaderValue::try_from(STANDARD.encode(hash)).map_err(|error| Box::new(Error::from(error).into_response()))
}

/// The subprotocols that the client offers, those it likes best first. Copies: what is kept of a request's headers keeps all of them.
pub(crate) fn offered(headers: &HeaderMap) -> Vec<Box<str>> {
    let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).into_iter();
    let texts = values.filter_map(|value| value.to_str().ok());
    texts
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(Into::into)
        .collect()
}

/// The value of a header that must be there once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&[u8]> {
    let mut values = headers.get_all(name).into_iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    Some(value.as_bytes().trim_ascii())
}

/// Does the list in a header have this word?
fn says(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    headers.get_all(name).into_iter().any(|value| {
        value
            .as_bytes()
            .split(|byte| *byte == b',')
            .any(|said| said.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    const GOOD: [(&str, &str); 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    fn asked(headers: &[(&str, &str)]) -> Result<HeaderValue, Box<Response>> {
        let mut request = Request::get("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        accept(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn the_key_is_answered_as_in_the_standard() {
        assert_eq!(asked(&GOOD).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn what_is_no_handshake_is_told_so() {
        for (name, value, status) in [
            ("connection", "keep-alive", 426),
            ("connection", "not-upgrade", 426),
            ("upgrade", "h2c", 426),
            ("sec-websocket-version", "8", 426),
            ("sec-websocket-version", "", 426),
            ("sec-websocket-key", "", 400),
            ("sec-websocket-key", "YQ==", 400),
            ("sec-websocket-key", "no base64 at all", 400),
        ] {
            let mut headers = GOOD;
            headers.iter_mut().filter(|(known, _)| *known == name).for_each(|header| header.1 = value);
            assert_eq!(asked(&headers).unwrap_err().status(), status, "{name}: {value}");
            let missing: Vec<_> = GOOD.into_iter().filter(|(known, _)| *known != name).collect();
            assert!(asked(&missing).is_err(), "{name}");
        }
        let twice = [&GOOD[..], &[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")]].concat();
        assert_eq!(asked(&twice).unwrap_err().status(), 400);
        let old = asked(&[&GOOD[..2], &[("sec-websocket-version", "7")]].concat()).unwrap_err();
        assert_eq!(old.headers()["sec-websocket-version"], "13");
        let plain = asked(&[]).unwrap_err();
        assert_eq!(
            (plain.status().as_u16(), plain.headers()["upgrade"].to_str().unwrap()),
            (426, "websocket")
        );
    }

    #[test]
    fn offers_are_read_from_all_headers() {
        let mut headers = HeaderMap::new();
        headers.append(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("a, b ,"));
        headers.append(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("c"));
        assert_eq!(offered(&headers).iter().map(|text| &**text).collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}
