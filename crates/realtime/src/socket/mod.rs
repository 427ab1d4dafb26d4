//! WebSockets by hand: a handler takes an [`Upgrade`] and gets a [`Socket`], from which it receives and to which it sends.
//!
//! A request passes `handshake` (is it a WebSocket's?) → [`Upgrade`] (from where? which protocol? which limits?) → 101, and in a task of
//! its own `run`: the handler beside the `engine`, which reads one message ahead, writes, pings, and closes with the right code
//! ([`close_code`]). [`Socket`] and [`Sender`] are the handler's ends of it, `wire` is what lies between the protocol's
//! state and the connection, `ending` says how it ended.
pub mod close_code;
mod ending;
mod engine;
mod handshake;
mod message;
mod run;
#[allow(clippy::module_inception)]
mod socket;
mod upgrade;
mod wire;

pub use ending::{Closed, SocketError};
pub(crate) use handshake::offered;
pub use message::{Message, Text};
pub use socket::{Sender, Socket};
pub use upgrade::Upgrade;
