use jiff::tz::TimeZone;
use quintet_core::{Error, Result, Services, settings::Settings};

/// `[forms]` in `quintet.toml`.
#[derive(Clone, Debug, quintet_macros::Settings)]
#[settings("forms")]
pub struct FormsSettings {
    /// The time zone in which dates with a time are shown and typed: `Europe/Berlin`.
    #[setting(default = "UTC")]
    pub time_zone: String,
    /// How many fields a form may send; one that sends more is answered 413.
    #[setting(default = 1000)]
    pub max_fields: usize,
}

impl FormsSettings {
    /// The settings of a running site, else those that a site without any has.
    pub(crate) fn of(services: Option<&Services>) -> Result<Self> {
        match services.and_then(|services| services.get::<Settings>()) {
            Some(settings) => settings.get(),
            None => Ok(FormsSettings { time_zone: "UTC".to_owned(), max_fields: 1000 }),
        }
    }

    /// The time zone.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn zone(&self) -> Result<TimeZone> {
        TimeZone::get(&self.time_zone).map_err(|why| {
            Error::settings(format!("[forms] time_zone: `{}` is no time zone: {why}", self.time_zone))
        })
    }
}
