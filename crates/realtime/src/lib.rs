//! Quintet's real time: channels, presence, server-sent events and WebSockets, in the same binary as the pages.
//!
//! [`layer`] carries topics between processes.
pub mod layer;
