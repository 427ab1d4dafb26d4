//! Why a WebSocket is closed, as RFC 6455 and the registry of IANA number it. Codes from 4000 on are the site's own.

/// All is done.
pub const NORMAL: u16 = 1000;
/// The server stops, or the page is left.
pub const AWAY: u16 = 1001;
/// The client does not keep to the protocol.
pub const PROTOCOL: u16 = 1002;
/// A message of a kind that is not taken: binary instead of text.
pub const UNSUPPORTED: u16 = 1003;
/// A message that is not what it should be: no UTF-8, no JSON.
pub const INVALID: u16 = 1007;
/// Not allowed, for a reason that has no code of its own.
pub const POLICY: u16 = 1008;
/// A message that is too large.
pub const SIZE: u16 = 1009;
/// The server has failed.
pub const ERROR: u16 = 1011;
/// The service starts again: come back.
pub const RESTART: u16 = 1012;
/// The server has too much to do: come back later.
pub const AGAIN_LATER: u16 = 1013;

/// Nothing was said: never sent, only told.
pub const NONE: u16 = 1005;
/// It broke off without a word: never sent, only told.
pub const BROKEN: u16 = 1006;

/// May it be sent?
#[must_use]
pub fn is_sendable(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}
