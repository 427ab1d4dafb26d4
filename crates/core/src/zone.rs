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
use std::{fmt, str::FromStr};

use jiff::tz::TimeZone;

use crate::{
    error::Error,
    local::{self, LOCAL},
    services::Services,
    settings::{Given, SettingValue, Wrong},
};

/// A time zone by its IANA name, such as `Europe/Berlin`: a setting, and what a user's profile may keep as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone itself.
    #[must_use]
    pub fn time_zone(&self) -> &TimeZone {
        &self.0
    }
}

impl Default for Zone {
    fn default() -> Self {
        Zone(TimeZone::UTC)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

impl FromStr for Zone {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let found = TimeZone::get(name).ok().filter(|zone| zone.iana_name().is_some());
        found
            .map(Zone)
            .ok_or_else(|| Error::bad_request(format!("`{name}` is no time zone, such as `Europe/Berlin`")))
    }
}

impl SettingValue for Zone {
    fn read(given: &Given) -> Result<Self, Wrong> {
        let wrong = || Wrong::new("a time zone: \"Europe/Berlin\", \"UTC\"", given);
        given.text().and_then(|text| text.parse().ok()).ok_or_else(wrong)
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// The zone of the request, command or task that runs: the one that it has [set](set), else the site's, else UTC.
#[must_use]
pub fn current() -> TimeZone {
    own().or_else(of_site).map_or(TimeZone::UTC, |zone| zone.0)
}

fn of_site() -> Option<Zone> {
    Services::current()?.get::<Zone>().cloned()
}

/// The one that the request, command or task that runs has set, if it has.
#[must_use]
pub fn own() -> Option<Zone> {
    LOCAL.try_with(|local| local.zone.borrow().clone()).ok().flatten()
}

/// From here on the request, command or task that runs is in this zone: a guard or a layer that knows the visitor's says so. Outside of
/// any, nothing happens.
///
/// An answer to a request that did so is not kept for others (routes with `cache = ..`); a kept part of a page (`{% cache %}`) has to
/// say that it varies with it.
pub fn set(zone: Zone) {
    // Only what is no request, command or task has nowhere to note it.
    let _ = LOCAL.try_with(|local| *local.zone.borrow_mut() = Some(zone));
}

/// Runs `work` in this zone: a mail to somebody far away.
pub fn within<F: Future>(zone: Zone, work: F) -> impl Future<Output = F::Output> {
    local::in_zone(zone, work)
}
