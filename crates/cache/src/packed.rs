//! Values as bytes: JSON, and before it until when the value is fresh, where an older one may be served too.
//!
//! JSON is never more than it says: a value that another version of the program has written is read whole or not at all, and never
//! taken for something else.

use bytes::Bytes;
use jiff::Timestamp;
use quintet_core::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};

/// No JSON begins with it.
const FRESH: u8 = b'@';

/// A value as it was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Its JSON.
    pub(crate) json: Bytes,
    /// Is it older than it was meant to be?
    pub(crate) stale: bool,
}

pub(crate) fn json<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<Bytes> {
    let told =
        |error| Error::internal(format!("the value of the cache key `{key}` can't be kept as JSON: {error}"));
    serde_json::to_vec(value).map(Bytes::from).map_err(told)
}

pub(crate) fn value<T: DeserializeOwned>(json: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(json)
}

/// With the time until which it is fresh.
pub(crate) fn pack(json: &Bytes, fresh: Option<Timestamp>) -> Bytes {
    let Some(fresh) = fresh else { return json.clone() };
    let mut packed = format!("@{}\n", fresh.as_millisecond()).into_bytes();
    packed.extend_from_slice(json);
    packed.into()
}

/// `None` if it is broken.
pub(crate) fn unpack(bytes: Bytes, now: Timestamp) -> Option<Found> {
    if bytes.first() != Some(&FRESH) {
        return Some(Found { json: bytes, stale: false });
    }
    let end = bytes.iter().take(32).position(|byte| *byte == b'\n')?;
    let fresh: i64 = std::str::from_utf8(bytes.get(1..end)?).ok()?.parse().ok()?;
    Some(Found { json: bytes.slice(end + 1..), stale: fresh <= now.as_millisecond() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_when_it_is_fresh_goes_with_a_value() {
        let at: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let json = json("k", &[1, 2]).unwrap();
        assert_eq!(pack(&json, None), json);
        let packed = pack(&json, Some(at));
        let later = at.checked_add(jiff::SignedDuration::from_millis(-1)).unwrap();
        let found = unpack(packed.clone(), later).unwrap();
        assert_eq!((found.stale, value::<Vec<u8>>(&found.json).unwrap()), (false, vec![1, 2]));
        assert!(unpack(packed, at).unwrap().stale);
        for broken in ["@", "@12", "@x\n1", "@99999999999999999999999999999999999\n1"] {
            assert!(unpack(Bytes::from_static(broken.as_bytes()), at).is_none(), "{broken}");
        }
    }
}
