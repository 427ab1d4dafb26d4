//! What every layer keeps to, on each of them: in memory always, in Redis and PostgreSQL where `QUINTET_TEST_REDIS` and
//! `QUINTET_TEST_POSTGRES` name a server.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod ears;
mod memory;
mod place;
mod postgres;
mod processes;
mod proxy;
mod redis;
mod suite;
mod urls;
