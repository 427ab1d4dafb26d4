use std::{fmt, ops::Deref};

use bytes::Bytes;
use tungstenite::{Utf8Bytes, protocol::Message as Raw};

/// The text of a message: a `str` whose clones are the same piece of memory, so that one may be sent to many.
///
/// One that has been received shares its memory with what was read along with it: keep a `String` of what is kept for long.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Text(Utf8Bytes);

impl Text {
    /// As it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Text(text.into())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text(text.into())
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.as_str().to_owned()
    }
}

/// What is sent and received. Pings and their answers are the connection's own business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Text; always UTF-8.
    Text(Text),
    /// Bytes.
    Binary(Bytes),
}

impl Message {
    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Message::Text(text) => Some(text),
            Message::Binary(_) => None,
        }
    }

    /// What is in it, whatever it is.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(bytes) => bytes,
        }
    }

    /// What it adds to what waits: itself and the largest head of a frame.
    pub(super) fn size(&self) -> usize {
        self.as_bytes().len().saturating_add(14)
    }

    /// None of a message that is not for the handler.
    pub(super) fn from_raw(raw: Raw) -> Option<Self> {
        match raw {
            Raw::Text(text) => Some(Message::Text(Text(text))),
            Raw::Binary(bytes) => Some(Message::Binary(bytes)),
            _ => None,
        }
    }

    pub(super) fn into_raw(self) -> Raw {
        match self {
            Message::Text(Text(text)) => Raw::Text(text),
            Message::Binary(bytes) => Raw::Binary(bytes),
        }
    }
}

impl From<Text> for Message {
    fn from(text: Text) -> Self {
        Message::Text(text)
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Message::Text(text.into())
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Message::Text(text.into())
    }
}

impl From<Bytes> for Message {
    fn from(bytes: Bytes) -> Self {
        Message::Binary(bytes)
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Message::Binary(bytes.into())
    }
}

impl From<&[u8]> for Message {
    fn from(bytes: &[u8]) -> Self {
        Message::Binary(Bytes::copy_from_slice(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_bytes_become_messages_of_their_kind() {
        for message in [Message::from("a"), String::from("a").into(), Text::from("a").into()] {
            assert_eq!((message.text(), message.as_bytes()), (Some("a"), &b"a"[..]));
            assert_eq!(Message::from_raw(message.clone().into_raw()), Some(message));
        }
        for message in [Message::from(&b"a"[..]), vec![b'a'].into(), Bytes::from_static(b"a").into()] {
            assert_eq!((message.text(), message.as_bytes()), (None, &b"a"[..]));
            assert_eq!(Message::from_raw(message.clone().into_raw()), Some(message));
        }
        assert_eq!(Message::from_raw(Raw::Ping(Bytes::new())), None);
        let text = Text::from("ä");
        assert!(text == "ä" && text.len() == 2 && text == *String::from(text.clone()));
        assert_eq!(format!("{text} {text:?}"), "ä \"ä\"");
    }
}
