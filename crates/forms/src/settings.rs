use jiff::tz::TimeZone;
use quintet_core::{
    Result, Services,
    settings::Settings,
    zone::{self, Zone},
};

/// `[forms]` in `quintet.toml`.
#[derive(Clone, Debug, quintet_macros::Settings)]
#[settings("forms")]
pub struct FormsSettings {
    /// The time zone in which dates with a time are shown and typed, if it is not that of the request or of `[site]`: `Europe/Berlin`.
    pub time_zone: Option<Zone>,
    /// How many fields a form may send; one that sends more is answered 413.
    #[setting(default = 1000)]
    pub max_fields: usize,
}

impl FormsSettings {
    /// The settings of a running site, else those that a site without any has.
    pub(crate) fn of(services: Option<&Services>) -> Result<Self> {
        match services.and_then(|services| services.get::<Settings>()) {
            Some(settings) => settings.get(),
            None => Ok(FormsSettings { time_zone: None, max_fields: 1000 }),
        }
    }

    /// The time zone of forms that are read and shown now.
    #[must_use]
    pub fn zone(&self) -> TimeZone {
        self.time_zone.as_ref().map_or_else(zone::current, |zone| zone.time_zone().clone())
    }
}
