//! What processes say to each other about a topic, in the text that servers pass on:
//!
//! | | |
//! |---|---|
//! | `L<position>-<except> <data>` | an event of the log |
//! | `W<position>` | the same, too large to be passed on: to be looked up |
//! | `P<except> <data>` | what is not kept |
//! | `E<version>-<id> <meta>` | somebody is here; the version is that of who is present, written as a position |
//! | `G<version>-<id>` | somebody has gone |
//!
//! `except` is a connection or nothing.
use bytes::Bytes;

use crate::layer::{ConnectionId, Event, Here, Position};

/// Something that was said in a topic.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::layer) enum Said {
    Logged(Position, Option<Event>),
    Passed(Event),
    Changed(Position, Change),
}

/// A change of who is present.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::layer) enum Change {
    Entered(Here),
    Left(ConnectionId),
}

/// A connection that doesn't hear, or nothing.
pub(in crate::layer) fn except_text(event: &Event) -> String {
    event.except.map(|id| id.to_string()).unwrap_or_default()
}

/// Reads [`except_text`].
pub(in crate::layer) fn except(text: &str) -> Option<Option<ConnectionId>> {
    match text {
        "" => Some(None),
        id => Some(Some(id.parse().ok()?)),
    }
}

impl Said {
    /// `None` is what no process of this version says.
    pub(in crate::layer) fn read(payload: &[u8]) -> Option<Said> {
        let (kind, rest) = payload.split_first()?;
        let (head, data) = match rest.iter().position(|byte| *byte == b' ') {
            Some(space) => (rest.get(..space)?, rest.get(space + 1..)?),
            None => (rest, &[][..]),
        };
        let head = std::str::from_utf8(head).ok()?;
        let data = || Bytes::copy_from_slice(data);
        match kind {
            b'L' => {
                let (at, who) = head.rsplit_once('-')?;
                Some(Said::Logged(at.parse().ok()?, Some(Event { data: data(), except: except(who)? })))
            }
            b'W' => Some(Said::Logged(head.parse().ok()?, None)),
            b'P' => Some(Said::Passed(Event { data: data(), except: except(head)? })),
            b'E' => {
                let (at, id) = head.rsplit_once('-')?;
                let here = Here { id: id.parse().ok()?, meta: data() };
                Some(Said::Changed(at.parse().ok()?, Change::Entered(here)))
            }
            b'G' => {
                let (at, id) = head.rsplit_once('-')?;
                Some(Said::Changed(at.parse().ok()?, Change::Left(id.parse().ok()?)))
            }
            _ => None,
        }
    }
}

/// What is not kept, as it is said.
pub(in crate::layer) fn passed(event: &Event) -> Vec<u8> {
    let mut payload = format!("P{} ", except_text(event)).into_bytes();
    payload.extend_from_slice(&event.data);
    payload
}

/// A change of who is present, as it is said; the position is the version that it makes.
#[cfg(feature = "orm")]
pub(in crate::layer) fn changed(at: Position, change: &Change) -> Vec<u8> {
    match change {
        Change::Entered(here) => [format!("E{at}-{} ", here.id).as_bytes(), &here.meta].concat(),
        Change::Left(id) => format!("G{at}-{id}").into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_said_is_read() {
        let at = Position { epoch: 0x5f2a, offset: 12 };
        let id = ConnectionId(7);
        let event = |except| Event { data: Bytes::from_static(b"\"a b\" "), except };
        let said = |text: String| Said::read(text.as_bytes());
        assert_eq!(said("L5f2a-12- \"a b\" ".to_owned()), Some(Said::Logged(at, Some(event(None)))));
        assert_eq!(said(format!("L5f2a-12-{id} \"a b\" ")), Some(Said::Logged(at, Some(event(Some(id))))));
        assert_eq!(said("W5f2a-12".to_owned()), Some(Said::Logged(at, None)));
        for except in [None, Some(id)] {
            assert_eq!(Said::read(&passed(&event(except))), Some(Said::Passed(event(except))));
        }
        let here = Here { id, meta: Bytes::new() };
        assert_eq!(said(format!("E5f2a-12-{id} ")), Some(Said::Changed(at, Change::Entered(here))));
        assert_eq!(said(format!("G5f2a-12-{id}")), Some(Said::Changed(at, Change::Left(id))));
        #[cfg(feature = "orm")]
        for change in
            [Change::Entered(Here { id, meta: Bytes::from_static(b"{\"a\": 1} ") }), Change::Left(id)]
        {
            assert_eq!(Said::read(&changed(at, &change)), Some(Said::Changed(at, change)));
        }
    }

    #[test]
    fn what_nobody_says_is_not_read() {
        for text in [
            "",
            "X",
            "L",
            "L5f2a-12 x",
            "L5f2a-12-7 x",
            "L-- x",
            "W",
            "W1",
            "P7 x",
            "E5f2a-12- x",
            "G5f2a-12",
        ] {
            assert_eq!(Said::read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Said::read(b"W\xff-1"), None);
    }
}
