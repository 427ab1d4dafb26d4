//! Routes: from declarations to an axum router and back to addresses.
//!
//! Apps and sites are given routes (`builder`, `route`), whose paths are taken apart (`pattern`). At start-up
//! `dispatch` puts all into one axum router and one table of [`Routes`] (`table`), and finds what can't be. `atomic` says which
//! requests are transactions, `secret` which parts of an address no log shows.
mod atomic;
mod builder;
pub(crate) mod current;
mod guard;
mod pattern;
mod route;
mod secret;
mod table;

pub use atomic::Atomic;
#[doc(hidden)]
pub use builder::WebPart;
pub(crate) use builder::{Entry, WebSlot, What};
pub use builder::{Routing, SuppliedRoutes};
pub use guard::RouteGuard;
pub(crate) use pattern::{Pattern, fill, join};
pub use route::{Declared, Route, Routed};
pub(crate) use route::{Need, Run};
pub(crate) use secret::shown;
pub(crate) use table::clash;
pub use table::{RouteInfo, Routes};
