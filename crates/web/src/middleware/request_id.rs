//! An id a request, in the response, the access log and error reports: so that the three can be brought together.

use std::{
    fmt,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

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

    /// Different from all others of this process, and most likely of all processes: a counter from a random start,
    /// scattered so that neighbours look different. Nothing secret hangs on it, so it needs no randomness each time.
    fn fresh() -> Self {
        static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| {
            let mut bytes = [0u8; 8];
            // Without the system's randomness ids start at zero, and still differ.
            let _ = getrandom::fill(&mut bytes);
            AtomicU64::new(u64::from_ne_bytes(bytes))
        });
        RequestId(format!("{:016x}", scatter(NEXT.fetch_add(1, Ordering::Relaxed))).into())
    }
}

/// SplitMix64's finish (Steele, Lea and Flood 2014): each number to another, none twice.
fn scatter(n: u64) -> u64 {
    let n = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
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
    let id = given.filter(well_formed).map_or_else(RequestId::fresh, |id| RequestId(id.into()));
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

    #[test]
    fn no_two_ids_are_the_same() {
        let ids: std::collections::HashSet<String> =
            (0..10_000).map(|_| RequestId::fresh().to_string()).collect();
        assert_eq!(ids.len(), 10_000);
    }
}
