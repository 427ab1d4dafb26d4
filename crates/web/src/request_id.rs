//! An id a request, in the response, the access log and error reports: so that the three can be brought together.

use std::{
    cell::RefCell,
    fmt,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Longer ids of clients are not taken.
const LONGEST: usize = 64;

/// The id of a request: handlers take it as an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Text);

/// Our own ids need no memory of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    Own([u8; 16]),
    Given(Arc<str>),
}

impl RequestId {
    /// The id's text: letters, digits, `-` and `_`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // All digits, so never the default.
            Text::Own(digits) => std::str::from_utf8(digits).unwrap_or_default(),
            Text::Given(text) => text,
        }
    }

    /// As it stands in the response.
    pub(crate) fn header(&self) -> HeaderValue {
        let value = match &self.0 {
            Text::Own(digits) => HeaderValue::from_maybe_shared(apart(digits)),
            Text::Given(text) => HeaderValue::from_bytes(text.as_bytes()),
        };
        // Both are letters, digits, `-` and `_`.
        value.unwrap_or(HeaderValue::from_static(""))
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
        RequestId(Text::Own(hex(scatter(NEXT.fetch_add(1, Ordering::Relaxed)))))
    }
}

/// The same bytes in memory that outlives us: many of them share one piece, which is used again when they are gone.
fn apart(digits: &[u8; 16]) -> Bytes {
    thread_local! {
        static PIECE: RefCell<BytesMut> = RefCell::new(BytesMut::new());
    }
    let shared = PIECE.try_with(|piece| {
        let mut piece = piece.borrow_mut();
        if piece.capacity() < digits.len() {
            piece.reserve(1024);
        }
        piece.extend_from_slice(digits);
        piece.split().freeze()
    });
    shared.unwrap_or_else(|_| Bytes::copy_from_slice(digits))
}

/// Sixteen digits, most significant first.
pub(crate) fn hex(n: u64) -> [u8; 16] {
    let mut digits = [0u8; 16];
    let (high, low) = digits.split_at_mut(8);
    high.copy_from_slice(&eight(n >> 32).to_be_bytes());
    low.copy_from_slice(&eight(n & 0xffff_ffff).to_be_bytes());
    digits
}

/// Eight digits at once: each four bits of the lower half of `n` in a byte of its own, and the letter or figure for it.
fn eight(n: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let n = (n << 16 | n) & 0x0000_ffff_0000_ffff;
    let n = (n << 8 | n) & 0x00ff_00ff_00ff_00ff;
    let n = (n << 4 | n) & 0x0f0f_0f0f_0f0f_0f0f;
    // Ten and above plus six reach the next four bits.
    let letters = ((n + 6 * EACH) >> 4) & EACH;
    n + u64::from(b'0') * EACH + letters * u64::from(b'a' - b'0' - 10)
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
        f.write_str(self.as_str())
    }
}

/// The id for a request: the client's, if clients are trusted and it is well-formed, else a fresh one.
pub(crate) fn choose(headers: &HeaderMap, trust: bool) -> RequestId {
    if !trust {
        return RequestId::fresh();
    }
    let well_formed = |id: &&str| {
        !id.is_empty()
            && id.len() <= LONGEST
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let given = headers.get(HEADER).and_then(|v| v.to_str().ok()).filter(well_formed);
    given.map_or_else(RequestId::fresh, |id| RequestId(Text::Given(id.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(given: &str, trust: bool) -> String {
        let headers = HeaderMap::from_iter([(HEADER, HeaderValue::from_str(given).unwrap())]);
        choose(&headers, trust).to_string()
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
    fn digits_are_those_of_the_number() {
        for n in [0, 1, 0xfedc_ba98_7654_3210, u64::MAX] {
            assert_eq!(std::str::from_utf8(&hex(n)).unwrap(), format!("{n:016x}"));
        }
    }

    #[test]
    fn no_two_ids_are_the_same() {
        let ids: std::collections::HashSet<String> =
            (0..10_000).map(|_| RequestId::fresh().to_string()).collect();
        assert_eq!(ids.len(), 10_000);
    }
}
