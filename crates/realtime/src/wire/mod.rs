//! The protocol between a site and its clients: JSON objects, one in each text message of a WebSocket.
//!
//! It is written down for those who make clients in `docs/channels-protocol.md`; what is here is the same in Rust. `read` is what clients
//! say, `write` what they hear.
mod read;
mod write;

pub(crate) use read::{Said, read};
pub(crate) use write::{
    Present, Who, bye, error, event, gap, hello, joined, left, pong, presence, refused, reply,
};

/// The name of the protocol: the subprotocol of the WebSocket (RFC 6455, section 1.9).
pub const NAME: &str = "quintet.v1";

/// Why the server ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bye {
    /// The server stops; another one is there, or soon will be.
    Restart,
    /// Who has connected is logged in no more, or is somebody else.
    Logout,
    /// The ticket has expired.
    Expired,
    /// The client did not read fast enough.
    Slow,
    /// The client sent too much.
    Rate,
    /// The client has not answered.
    Idle,
}

impl Bye {
    /// Its name in the protocol.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Bye::Restart => "restart",
            Bye::Logout => "logout",
            Bye::Expired => "expired",
            Bye::Slow => "slow",
            Bye::Rate => "rate",
            Bye::Idle => "idle",
        }
    }

    /// The code that the WebSocket is closed with.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Bye::Restart => 1012,
            Bye::Rate => 1008,
            Bye::Logout => 4001,
            Bye::Expired => 4003,
            Bye::Slow => 4008,
            Bye::Idle => 4009,
        }
    }

    /// After how many milliseconds, from and to, the client may come back; never, if there is none.
    pub(crate) fn retry(self) -> Option<[u32; 2]> {
        match self {
            Bye::Restart => Some([500, 5_000]),
            Bye::Rate => Some([10_000, 30_000]),
            Bye::Expired | Bye::Slow | Bye::Idle => Some([0, 1_000]),
            Bye::Logout => None,
        }
    }
}
