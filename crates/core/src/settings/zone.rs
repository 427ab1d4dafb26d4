use std::{fmt, str::FromStr};

use jiff::tz::TimeZone;

use super::{Given, SettingValue, Wrong};
use crate::error::Error;

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

impl From<TimeZone> for Zone {
    fn from(zone: TimeZone) -> Self {
        Zone(zone)
    }
}

impl From<Zone> for TimeZone {
    fn from(zone: Zone) -> Self {
        zone.0
    }
}
