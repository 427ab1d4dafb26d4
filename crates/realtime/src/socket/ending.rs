use std::{borrow::Cow, fmt};

use tungstenite::{
    Error as RawError,
    error::ProtocolError,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::close_code;

/// How a connection has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    code: u16,
    reason: Cow<'static, str>,
    by: By,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Client,
    Server,
    Nobody,
}

impl Closed {
    pub(super) fn by_server(code: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        let mut reason = reason.into();
        if reason.len() > LONGEST {
            reason = reason.get(..cut(&reason)).unwrap_or_default().to_owned().into();
        }
        let code = if close_code::is_sendable(code) {
            code
        } else {
            tracing::error!(
                code,
                "a WebSocket can't be closed with this code: 1000 to 1003, 1007 to 1014 and 3000 to 4999 can be said; it is closed with 1011"
            );
            close_code::ERROR
        };
        Closed { code, reason, by: By::Server }
    }

    pub(super) fn of_client(frame: Option<CloseFrame>) -> Self {
        match frame {
            Some(frame) => Closed {
                code: frame.code.into(),
                reason: frame.reason.as_str().to_owned().into(),
                by: By::Client,
            },
            None => Closed { code: close_code::NONE, reason: Cow::Borrowed(""), by: By::Client },
        }
    }

    pub(super) fn broken(why: impl Into<Cow<'static, str>>) -> Self {
        Closed { code: close_code::BROKEN, reason: why.into(), by: By::Nobody }
    }

    /// Of a client that has not kept to the protocol or to its limits; otherwise it is broken.
    pub(crate) fn by_error(error: &RawError) -> Self {
        match error {
            RawError::Capacity(_) => Closed::by_server(close_code::SIZE, "message too large"),
            RawError::Utf8(_) => Closed::by_server(close_code::INVALID, "text is not UTF-8"),
            RawError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                Closed::broken("the client has gone without a word")
            }
            RawError::Protocol(error) => Closed::by_server(close_code::PROTOCOL, error.to_string()),
            RawError::Io(error) => Closed::broken(error.to_string()),
            other => Closed::broken(other.to_string()),
        }
    }

    /// Why: see [`close_code`]. 1005 if the client did not say, 1006 if the connection broke off.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.code
    }

    /// What was said with it, by whoever closed it; or why it broke off.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Has the client closed it?
    #[must_use]
    pub fn by_client(&self) -> bool {
        self.by == By::Client
    }

    /// Has it broken off: the network, a client that has gone, that answers no ping or that reads no more?
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.by == By::Nobody
    }

    /// Did it end as connections should: the client closed it, or the handler, or the server stops?
    pub(super) fn is_orderly(&self) -> bool {
        match self.by {
            By::Client => true,
            By::Server => ![close_code::PROTOCOL, close_code::INVALID, close_code::SIZE].contains(&self.code),
            By::Nobody => false,
        }
    }

    pub(super) fn frame(&self) -> CloseFrame {
        CloseFrame { code: CloseCode::from(self.code), reason: self.reason.as_ref().into() }
    }
}

/// What a close frame has room for.
const LONGEST: usize = 123;

fn cut(reason: &str) -> usize {
    (0..=LONGEST).rev().find(|at| reason.is_char_boundary(*at)).unwrap_or_default()
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match self.by {
            By::Client => "closed by the client",
            By::Server => "closed",
            By::Nobody => "broken off",
        };
        write!(f, "{by} ({})", self.code)?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, ": {}", self.reason) }
    }
}

/// Why nothing can be received or sent.
///
/// A handler may return it as it is (`?`): the connection is then closed as it should be, and nobody is bothered with an error in the
/// log, for it is the client's.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketError {
    /// The connection is no more.
    Closed(Closed),
    /// A message was not what the handler expects. The connection goes on, unless the handler returns this.
    Unfit {
        /// With which code it is to be closed.
        code: u16,
        /// What the client is told.
        reason: String,
    },
    /// What was to be sent can't be said in JSON.
    Unsayable(String),
}

impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SocketError::Closed(closed) => write!(f, "the WebSocket is {closed}"),
            SocketError::Unfit { reason, .. } => write!(f, "a message of the client does not fit: {reason}"),
            SocketError::Unsayable(why) => write!(f, "this can't be sent as JSON: {why}"),
        }
    }
}

impl std::error::Error for SocketError {}

impl From<Closed> for SocketError {
    fn from(closed: Closed) -> Self {
        SocketError::Closed(closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_where_a_letter_ends() {
        let long = "ä".repeat(100);
        let closed = Closed::by_server(4000, long);
        assert_eq!((closed.code(), closed.reason().len()), (4000, 122));
        assert_eq!(Closed::by_server(1000, "a".repeat(123)).reason().len(), 123);
        assert_eq!(Closed::by_server(1000, "a".repeat(124)).reason().len(), 123);
    }

    #[test]
    fn codes_that_must_not_be_sent_become_1011() {
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
            assert_eq!(Closed::by_server(code, "").code(), 1011, "{code}");
        }
        for code in [1000, 1001, 1002, 1003, 1007, 1014, 3000, 4999] {
            assert_eq!(Closed::by_server(code, "").code(), code);
        }
    }

    #[test]
    fn it_tells_how_it_ended() {
        let gone = Closed::of_client(None);
        assert_eq!((gone.code(), gone.by_client(), gone.is_orderly()), (1005, true, true));
        let broken = Closed::by_error(&RawError::Protocol(ProtocolError::ResetWithoutClosingHandshake));
        assert_eq!((broken.code(), broken.is_broken(), broken.is_orderly()), (1006, true, false));
        let wrong = Closed::by_error(&RawError::Utf8(String::new()));
        assert_eq!((wrong.code(), wrong.by_client(), wrong.is_orderly()), (1007, false, false));
        assert_eq!(SocketError::from(wrong).to_string(), "the WebSocket is closed (1007): text is not UTF-8");
    }
}
