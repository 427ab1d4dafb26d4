//! Routes: from declarations to an axum router and back to addresses.
//!
//! Apps and sites are given routes (`builder`, `route`), whose paths are taken apart (`pattern`). At start-up
//! `build` puts all into one axum router and one table of [`Routes`] (`table`), and finds what can't be. A request then
//! passes `endpoint` around its handler, or `unmatched` if no route takes it.
mod build;
mod builder;
pub(crate) mod current;
mod endpoint;
mod panics;
mod pattern;
mod route;
mod table;
mod unmatched;

pub(crate) use build::build;
pub use builder::Routing;
#[doc(hidden)]
pub use builder::WebPart;
pub(crate) use builder::WebSlot;
pub(crate) use endpoint::caught;
pub(crate) use pattern::fill;
pub use route::{Declared, Route, Routed};
pub(crate) use route::{Need, Run};
pub use table::{RouteInfo, Routes};
pub(crate) use unmatched::Unmatched;
