//! Server-sent events by hand: a handler answers with a stream of [`Event`]s, [`Sse`], which a browser's `EventSource` reads. Who
//! comes back says with [`LastEventId`] what it has heard last.
//!
//! `event` writes one event as the standard has it, `stream` sends them with what keeps the connection alive between them.
mod event;
mod last;
mod stream;

pub use event::Event;
pub use last::LastEventId;
pub use stream::{Events, Item, Sse};
