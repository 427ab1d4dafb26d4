//! Channels, as users of a site meet them: joining, saying, hearing, coming back, who is there, who is let in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod people;
mod site;
mod talk;
