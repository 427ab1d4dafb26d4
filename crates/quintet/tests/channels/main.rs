//! Channels, as users of a site meet them: joining, saying, hearing, coming back, who is there, who is let in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#[allow(dead_code, reason = "the tests of sockets use more of it")]
#[path = "../../../realtime/tests/socket/client.rs"]
mod client;
mod network;
mod nodes;
mod people;
mod site;
mod talk;
