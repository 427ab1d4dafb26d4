//! Quintet's real time: channels, presence, server-sent events and WebSockets, in the same binary as the pages.
//!
//! A [`Channel`] is what people say to each other in a topic, and who may. Clients connect where `endpoint` has them, by the protocol in
//! `wire`; the `hub` knows who is in which topic; the [`layer`] carries topics between processes. Data passes: a client's text →
//! `hub::connection` → the channel's code → [`Channel::send`] → the layer → `hub::topic` → the outboxes of all who listen → their
//! sockets. [`Identify`] is how the room of users says who somebody is. Beside that, by hand: [`socket`] (WebSockets) and [`sse`] (server-sent
//! events). `live` tells whoever follows a query what has become of its rows.
mod channel;
mod command;
mod endpoint;
mod hub;
mod identity;
pub mod layer;
#[cfg(feature = "orm")]
mod live;
#[doc(hidden)]
pub mod local;
mod pattern;
mod room;
#[doc(hidden)]
pub mod rt;
mod send;
mod settings;
pub mod socket;
pub mod sse;
mod topic;
mod wire;

pub use channel::{Channel, Channeling, Client};
pub use hub::{
    ChannelStats, Channels, TopicStats,
    connection::{any::Join, auth::ticket},
};
pub use identity::{Identify, Identity};
#[cfg(feature = "orm")]
pub use live::{Allow, Live, LiveChannel, LiveChanneling, LiveNews, LiveQuery, RowNews};
pub use quintet_macros::channel;
pub use room::RealtimeRoom;
pub use send::{Message, Via};
pub use settings::ChannelSettings;
pub use topic::Topic;
pub use wire::{Bye, NAME as PROTOCOL};

/// What a panic says, for the log.
fn panicked(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("?")
}
