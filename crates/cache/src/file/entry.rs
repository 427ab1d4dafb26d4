//! What is in a file: two lines of text, then the value.
//!
//! ```text
//! quintet-cache 1 1795176000000 9f86d081884c7d65
//! default:1:stats
//! {"films":3201}
//! ```
//!
//! The number is until when (`-` for ever), in milliseconds since 1970; what follows is the beginning of a hash of the value, by
//! which a broken file is known.

use bytes::Bytes;
use quintet_core::clock::Clock;
use sha2::{Digest, Sha256};

const MAGIC: &str = "quintet-cache 1";

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) value: Bytes,
    pub(super) until: Option<i64>,
}

/// The name of a key's file.
pub(super) fn name(key: &str) -> String {
    hex(&Sha256::digest(key))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sum(value: &[u8]) -> String {
    hex(Sha256::digest(value).get(..8).unwrap_or_default())
}

impl Entry {
    /// The two lines before the value. A key has no line breaks.
    pub(super) fn head(&self, key: &str) -> Vec<u8> {
        let until = self.until.map_or("-".to_owned(), |until| until.to_string());
        format!("{MAGIC} {until} {}\n{key}\n", sum(&self.value)).into_bytes()
    }

    /// `None` if that is not the whole file of this key.
    pub(super) fn parse(file: Vec<u8>, key: &str) -> Option<Entry> {
        let (until, of, hash, start) = Entry::open(&file)?;
        let value = Bytes::from(file.clone()).slice(start..);
        (of == key && hash == sum(&value)).then_some(Entry { value, until })
    }

    /// Until when, the key, the hash, and where the value begins.
    fn open(file: &[u8]) -> Option<(Option<i64>, &str, &str, usize)> {
        let mut lines = file.splitn(3, |byte| *byte == b'\n');
        let first = std::str::from_utf8(lines.next()?).ok()?.strip_prefix(MAGIC)?;
        let key = std::str::from_utf8(lines.next()?).ok()?;
        let start = file.len() - lines.next()?.len();
        let (until, hash) = first.strip_prefix(' ')?.split_once(' ')?;
        let until = if until == "-" { None } else { Some(until.parse().ok()?) };
        Some((until, key, hash, start))
    }

    /// Until when and of which key, by the beginning of a file.
    pub(super) fn about(file: &[u8]) -> Option<(Option<i64>, String)> {
        Entry::open(file).map(|(until, key, ..)| (until, key.to_owned()))
    }

    pub(super) fn is_alive(&self, clock: &Clock) -> bool {
        is_alive(self.until, clock)
    }
}

pub(super) fn is_alive(until: Option<i64>, clock: &Clock) -> bool {
    until.is_none_or(|until| clock.now().as_millisecond() < until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let entry = Entry { value: Bytes::from_static(b"{\"a\":\n1}"), until: Some(1_795_176_000_000) };
        let file = [entry.head("p:1:k"), entry.value.to_vec()].concat();
        assert_eq!(Entry::parse(file.clone(), "p:1:k"), Some(entry));
        assert_eq!(Entry::parse(file.clone(), "p:1:other"), None);
        assert_eq!(Entry::about(&file), Some((Some(1_795_176_000_000), "p:1:k".to_owned())));
        for end in 0..file.len() {
            assert_eq!(Entry::parse(file[..end].to_vec(), "p:1:k"), None, "cut after {end}");
        }
        let mut changed = file;
        *changed.last_mut().unwrap() = b']';
        assert_eq!(Entry::parse(changed, "p:1:k"), None);
    }
}
