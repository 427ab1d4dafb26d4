//! Several databases in one site: where queries go, transactions of one of them, replicas, settings and checks.
//!
//! Each scenario runs on two SQLite files, on two PostgreSQL databases (schemas of one server), and on one of each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod atomic;
#[path = "../common/mod.rs"]
mod common;
mod replicas;
mod routing;
mod settings;
mod support;
