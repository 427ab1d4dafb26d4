//! WebSockets by hand over a real server, and clients that are polite, rude, slow or gone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod bad_input;
mod client;
mod closing;
mod echo;
mod handshake;
mod peers;
mod random;
mod site;
mod slow;
mod stop;
