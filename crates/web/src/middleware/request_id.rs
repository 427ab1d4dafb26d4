//! An id a request, in the response, the access log and error reports: so that the three can be brought together.

use std::{fmt, sync::Arc};

use axum::response::Response;
use http::{HeaderName, HeaderValue, Request};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Longer ids of clients are not taken.
const LONGEST: usize = 64;

/// The id of a request; handlers find it in the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id's text: letters, digits, `-` and `_`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn random() -> Self {
        let mut bytes = [0u8; 8];
        // Without the system's randomness an id of zeros still serves; nothing secret hangs on it.
        let _ = getrandom::fill(&mut bytes);
        RequestId(format!("{:016x}", u64::from_be_bytes(bytes)).into())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Gives the request an id: the client's, if clients are trusted and it is well-formed, else a random one.
pub(super) fn assign<B>(request: &mut Request<B>, trust: bool) -> RequestId {
    let given = request.headers().get(HEADER).filter(|_| trust).and_then(|v| v.to_str().ok());
    let well_formed = |id: &&str| {
        !id.is_empty()
            && id.len() <= LONGEST
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let id = given.filter(well_formed).map_or_else(RequestId::random, |id| RequestId(id.into()));
    request.extensions_mut().insert(id.clone());
    id
}

/// Shows the id to the client.
pub(super) fn show(response: &mut Response, id: &RequestId) {
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(HEADER, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(given: &str, trust: bool) -> String {
        let mut request = Request::builder().header("x-request-id", given).body(()).unwrap();
        assign(&mut request, trust).to_string()
    }

    #[test]
    fn a_trusted_id_is_kept_and_any_other_replaced() {
        assert_eq!(id_of("abc-1_2", true), "abc-1_2");
        for (given, trust) in [("abc", false), ("a b", true), ("<x>", true), (&*"a".repeat(65), true)] {
            let id = id_of(given, trust);
            assert_ne!(id, given);
            assert_eq!(id.len(), 16);
        }
    }
}
