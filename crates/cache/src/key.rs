//! Keys: what is one, and how it is made a full one.

use quintet_core::{Error, Result};
use sha2::{Digest, Sha256};

/// A longer key is kept by its beginning and a hash of the whole.
const LONGEST: usize = 200;
/// How much of a long key stays readable.
const READABLE: usize = 80;
/// The longest prefix.
const PREFIX: usize = 40;

/// The key as the backend sees it: `default:1:stats`.
pub(crate) fn full(prefix: &str, version: u32, key: &str) -> Result<String> {
    check(key)?;
    if key.len() <= LONGEST {
        return Ok(format!("{prefix}:{version}:{key}"));
    }
    let hash: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
    let readable = key.get(..key.floor_char_boundary(READABLE)).unwrap_or_default();
    // With another sign, so that no short key can be meant to meet a long one.
    Ok(format!("{prefix}:{version}#{readable}…{hash}"))
}

/// Where a process says that it is computing the value of a key. A version is a number, so no value is there.
pub(crate) fn lease(prefix: &str, full: &str) -> String {
    let rest = full.strip_prefix(prefix).unwrap_or(full);
    format!("{prefix}:lease{rest}")
}

#[track_caller]
fn check(key: &str) -> Result {
    let why = match key.chars().find(|c| c.is_control()) {
        Some(control) => format!("has the control character {control:?}"),
        None if key.is_empty() => "is empty".to_owned(),
        None => return Ok(()),
    };
    Err(Error::internal(format!("the cache key {key:?} {why}")))
}

/// A prefix ends at its colon, so it has none itself.
pub(crate) fn check_prefix(prefix: &str) -> Result<(), String> {
    if prefix.is_empty() || prefix.len() > PREFIX {
        return Err(format!("has 1 to {PREFIX} characters"));
    }
    if let Some(wrong) = prefix.chars().find(|c| !c.is_ascii_graphic() || *c == ':') {
        return Err(format!("can't have {wrong:?}: letters, digits, `-`, `_` and `.` are plain"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_keys_are_told_apart_by_all_of_them() {
        let (one, two) = ("é".repeat(300) + "1", "é".repeat(300) + "2");
        let (one, two) = (full("p", 1, &one).unwrap(), full("p", 1, &two).unwrap());
        assert_ne!(one, two);
        assert!(one.starts_with("p:1#é") && one.len() < 200, "{one}");
        assert_eq!(full("p", 2, "a b").unwrap(), "p:2:a b");
        assert_eq!(lease("p", "p:2:a b"), "p:lease:2:a b");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for (key, why) in [("", "empty"), ("a\nb", "'\\n'"), ("a\u{7f}", "'\\u{7f}'")] {
            let error = full("p", 1, key).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(check_prefix("site-1.x").is_ok());
        for prefix in ["", "a:b", "a b", "é", &"x".repeat(41)] {
            assert!(check_prefix(prefix).is_err(), "{prefix}");
        }
    }
}
