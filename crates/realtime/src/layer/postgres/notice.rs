//! What is said by NOTIFY: `=` and a text, or its parts, each `+<id> <which>/<of how many> <part>`.
//!
//! The text is `t<bytes of the topic> <topic><what is said>`, or `b` and that in base64 where it is no plain text. PostgreSQL delivers
//! what one transaction says without anything in between.
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use quintet_core::{Error, Result};

use crate::layer::ConnectionId;

/// PostgreSQL takes less than 8000 bytes.
const MOST: usize = 7_900;
/// What is said in parts is kept until it is whole.
const MOST_IN_PARTS: usize = 16 * 1024 * 1024;

/// What a notice begins with that fits into one; the rest follows.
pub(super) fn beginning(topic: &str) -> String {
    format!("=t{} {topic}", topic.len())
}

/// May this follow a [`beginning`], with some more?
pub(super) fn is_small(beginning: &str, data: &[u8]) -> bool {
    beginning.len() + data.len() + 200 <= MOST && is_plain(data)
}

fn is_plain(data: &[u8]) -> bool {
    !data.contains(&0) && std::str::from_utf8(data).is_ok()
}

/// The notices that say this.
///
/// # Errors
/// With 413 if it is too large.
pub(super) fn notices(topic: &str, said: &[u8]) -> Result<Vec<String>> {
    let whole = [format!("{} {topic}", topic.len()).as_bytes(), said].concat();
    let whole = match String::from_utf8(whole) {
        Ok(text) if !text.contains('\0') => format!("t{text}"),
        Ok(text) => format!("b{}", BASE64.encode(text)),
        Err(other) => format!("b{}", BASE64.encode(other.into_bytes())),
    };
    if whole.len() < MOST {
        return Ok(vec![format!("={whole}")]);
    }
    if whole.len() > MOST_IN_PARTS {
        let error = Error::bad_request(
            "what is said is larger than 16 MiB, and too large to be passed on by PostgreSQL",
        );
        return Err(error.with_status(http::StatusCode::PAYLOAD_TOO_LARGE));
    }
    let id = ConnectionId::random()?;
    let (mut parts, mut rest) = (Vec::new(), whole.as_str());
    while !rest.is_empty() {
        let (part, after) = rest.split_at(rest.floor_char_boundary(MOST - 100));
        parts.push(part);
        rest = after;
    }
    let count = parts.len();
    Ok(parts.iter().enumerate().map(|(n, part)| format!("+{id} {n}/{count} {part}")).collect())
}

/// Puts parts together.
#[derive(Default)]
pub(super) struct Parts {
    id: String,
    came: usize,
    whole: String,
}

impl Parts {
    /// What is said in which topic, once that is whole. What nobody of this version says is dropped.
    pub(super) fn take(&mut self, payload: &str) -> Option<(String, Vec<u8>)> {
        if let Some(whole) = payload.strip_prefix('=') {
            return read(whole);
        }
        let (head, part) = payload.strip_prefix('+')?.split_once(' ').and_then(|(id, rest)| {
            let (number, part) = rest.split_once(' ')?;
            Some(((id, number), part))
        })?;
        let (id, number) = head;
        let (which, count) = number.split_once('/')?;
        let (which, count): (usize, usize) = (which.parse().ok()?, count.parse().ok()?);
        if which == 0 {
            *self = Parts { id: id.to_owned(), came: 0, whole: String::new() };
        }
        if self.id != id || self.came != which || self.whole.len() + part.len() > MOST_IN_PARTS {
            *self = Parts::default();
            return None;
        }
        self.whole.push_str(part);
        self.came += 1;
        if self.came < count {
            return None;
        }
        read(&std::mem::take(self).whole)
    }
}

fn read(whole: &str) -> Option<(String, Vec<u8>)> {
    let said = match whole.split_at_checked(1)? {
        ("t", text) => text.as_bytes().to_owned(),
        ("b", text) => BASE64.decode(text).ok()?,
        _ => return None,
    };
    let space = said.iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(said.get(..space)?).ok()?.parse().ok()?;
    let rest = said.get(space + 1..)?;
    let (topic, said) = rest.split_at_checked(length)?;
    Some((String::from_utf8(topic.to_owned()).ok()?, said.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn what_is_said_is_put_together_again() {
        let long = "ü😀x".repeat(10_000);
        let mut odd = vec![0, 255, b' '];
        odd.extend(long.bytes());
        for (topic, said) in [
            ("film:12", b"P ".to_vec()),
            ("a b", b"P 1".to_vec()),
            ("ünï 😀", b"".to_vec()),
            ("a", b"\0".to_vec()),
            ("a", long.clone().into_bytes()),
            ("a", odd),
        ] {
            let notices = notices(topic, &said).unwrap();
            assert!(notices.iter().all(|notice| notice.len() < 8_000));
            let mut parts = Parts::default();
            let mut taken: Vec<_> = notices.iter().filter_map(|notice| parts.take(notice)).collect();
            assert_eq!(taken.pop(), Some((topic.to_owned(), said)));
            assert!(taken.is_empty());
        }
        let plain = format!("{}P 1", beginning("a b"));
        assert_eq!(Parts::default().take(&plain), Some(("a b".to_owned(), b"P 1".to_vec())));
    }

    #[test]
    fn what_is_not_whole_is_dropped() {
        let first = notices("a", &vec![b'x'; 20_000]).unwrap();
        let second = notices("b", &vec![b'y'; 20_000]).unwrap();
        let mut parts = Parts::default();
        assert_eq!(parts.take(&first[0]), None);
        for notice in &second[..second.len() - 1] {
            assert_eq!(parts.take(notice), None);
        }
        assert_eq!(parts.take(second.last().unwrap()).unwrap().0, "b");
        assert_eq!(parts.take(&first[1]), None);
        assert_eq!(parts.take(&first[2]), None);
        for odd in ["", "=", "=x", "=t", "=t9 a", "=b?", "+", "+a", "+a 0", "+a 0/2", "+a 1/2 x"] {
            assert_eq!(parts.take(odd), None, "{odd}");
        }
        assert_eq!(notices("a", &vec![b'x'; 17 * 1024 * 1024]).unwrap_err().status().as_u16(), 413);
    }
}
