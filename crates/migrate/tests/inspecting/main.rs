//! `inspectdb`: models written for a database that is there, and the way back from them to the same tables.
//!
//! What is written is kept in `written/` and compiled with this test, so that it is known to compile. A test that finds
//! something else fails; `QUINTET_BLESS=1 cargo test -p quintet-migrate --test inspecting` writes the files anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

// The written models say `use quintet::prelude::*`; the ORM's own prelude is enough for them.
#[allow(unused_extern_crates, reason = "the included files use it")]
extern crate quintet_orm as quintet;

#[path = "../common/mod.rs"]
mod common;
mod django;
mod kept;
mod normal;
mod options;
mod round_trip;
