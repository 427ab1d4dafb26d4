//! From the routes of a site to their answers.
//!
//! `build` puts all routes into one axum router and one table, and finds what can't be. A request then passes `endpoint` around
//! its handler, or `unmatched` if no route takes it. `atomic` makes it one transaction, `panics` remembers where it panicked.
pub(crate) mod around;
mod atomic;
mod build;
mod endpoint;
mod panics;
pub(crate) mod session;
mod unmatched;

pub(crate) use build::build;
pub(crate) use endpoint::caught;
