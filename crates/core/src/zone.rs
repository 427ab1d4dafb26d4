//! The time zone in which people read and write times: that of `[site] time_zone`, unless a request says otherwise.
//!
//! Instants are kept as such, whatever zone anybody is in. Templates show them by the clocks of [`current`], forms read what is typed by
//! them, and [`clock::today`](crate::clock::today) is the day there.
//!
//! ```
//! use quintet_core::zone;
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! assert_eq!(zone::current().iana_name(), Some("UTC"));
//! zone::within("Europe/Berlin".parse().unwrap(), async {
//!     assert_eq!(zone::current().iana_name(), Some("Europe/Berlin"));
//! })
//! .await;
//! # });
//! ```
use jiff::tz::TimeZone;

pub use crate::settings::Zone;
use crate::{local, services::Services};

/// The zone of the request, command or task that runs: the one that it has [set], else the site's, else UTC.
#[must_use]
pub fn current() -> TimeZone {
    own().or_else(of_site).unwrap_or_default().into()
}

fn of_site() -> Option<Zone> {
    Services::current()?.get::<Zone>().cloned()
}

/// The one that the request, command or task that runs has set, if it has.
#[must_use]
pub fn own() -> Option<Zone> {
    local::own_zone().map(Zone::from)
}

/// From here on the request, command or task that runs is in this zone: a guard or a layer that knows the visitor's says so. Outside of
/// any, nothing happens.
///
/// An answer to a request that did so is not kept for others (routes with `cache = ..`); a kept part of a page (`{% cache %}`) has to
/// say that it varies with it.
pub fn set(zone: Zone) {
    // Only what is no request, command or task has nowhere to note it.
    local::local(|local| *local.zone.borrow_mut() = Some(zone.into()));
}

/// Runs `work` in this zone: a mail to somebody far away.
pub fn within<F: Future>(zone: Zone, work: F) -> impl Future<Output = F::Output> {
    local::in_zone(zone.into(), work)
}
