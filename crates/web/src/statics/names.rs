//! Names of files: which are served, and how a version stands in one.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// How many characters of a file's digest are in its name.
const LENGTH: usize = 12;

/// Does the name lead down and to nothing hidden, on every system?
pub(super) fn is_plain(name: &str) -> bool {
    name.split('/')
        .all(|part| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0', ':']))
}

/// What tells contents apart, in 64 characters.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String can't fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// The part of a digest that stands in names and addresses.
pub(super) fn version(digest: &str) -> &str {
    digest.get(..LENGTH).unwrap_or(digest)
}

/// `cinema/app.css` with its version: `cinema/app.2624b491e6dc.css`.
pub(super) fn versioned(name: &str, version: &str) -> String {
    let file = name.rfind('/').map_or(0, |slash| slash + 1);
    match name.rfind('.').filter(|dot| *dot > file) {
        Some(dot) => {
            let (stem, ending) = name.split_at(dot);
            format!("{stem}.{version}{ending}")
        }
        None => format!("{name}.{version}"),
    }
}

/// The name without a version, and the version, if one stands in it.
pub(super) fn unversioned(name: &str) -> Option<(String, &str)> {
    let is_version = |part: &str| {
        part.len() == LENGTH && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let (front, last) = name.rsplit_once('.')?;
    if is_version(last) {
        return Some((front.to_owned(), last));
    }
    let (front, version) = front.rsplit_once('.')?;
    is_version(version).then(|| (format!("{front}.{last}"), version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_down_only() {
        for name in ["app.css", "a/b/c.js", "ünï.png", "a b.txt", "a..b"] {
            assert!(is_plain(name), "{name}");
        }
        for name in [
            "", "/", "a/", "/a", "a//b", ".", "..", "../a", "a/../b", ".env", "a/.git/x", "a\\b", "..\\a",
            "a\0", "c:/x",
        ] {
            assert!(!is_plain(name), "{name:?}");
        }
    }

    #[test]
    fn a_version_stands_before_the_ending() {
        for (name, expected) in [
            ("cinema/app.css", "cinema/app.2624b491e6dc.css"),
            ("app.min.js", "app.min.2624b491e6dc.js"),
            ("a.b/LICENSE", "a.b/LICENSE.2624b491e6dc"),
            ("app.css.map", "app.css.2624b491e6dc.map"),
        ] {
            let made = versioned(name, "2624b491e6dc");
            assert_eq!(made, expected);
            assert_eq!(unversioned(&made), Some((name.to_owned(), "2624b491e6dc")));
        }
        for name in ["app.css", "app.2624b491e6d.css", "app.2624B491E6DC.css", "a.2624b491e6dc.b/c.css", "x"]
        {
            assert_eq!(unversioned(name), None, "{name}");
        }
    }

    #[test]
    fn digests_are_those_of_everybody() {
        assert!(digest(b"").starts_with("e3b0c44298fc1c14"));
        assert_eq!(version(&digest(b"")), "e3b0c44298fc");
    }
}
