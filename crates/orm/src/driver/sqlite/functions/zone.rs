//! Instants as the clocks of a time zone show them. Instants are stored as text in UTC.

use jiff::{
    Timestamp,
    civil::{DateTime, Weekday},
    tz::TimeZone,
};
use rusqlite::{
    Connection, Error, Result,
    functions::Context,
    types::{Value, ValueRef},
};

use super::{PURE, failed};

pub(super) fn register(connection: &Connection) -> Result<()> {
    connection.create_scalar_function("quintet_zone_clock", 2, PURE, |context| {
        let Some(instant) = instant(context, 0)? else { return Ok(Value::Null) };
        let zone = zone(context, 1)?;
        Ok(Value::Text(stored(zone.to_datetime(instant))))
    })?;
    connection.create_scalar_function("quintet_zone_start", 3, PURE, |context| {
        let Some(instant) = instant(context, 1)? else { return Ok(Value::Null) };
        let unit = match context.get_raw(0) {
            ValueRef::Text(unit) => String::from_utf8_lossy(unit).into_owned(),
            _ => return Err(failed("quintet_zone_start: no unit".to_owned())),
        };
        let zone = zone(context, 2)?;
        let start =
            start(&unit, instant, &zone).ok_or_else(|| failed(format!("there is no start of the {unit}")))?;
        Ok(Value::Text(stored(TimeZone::UTC.to_datetime(start))))
    })
}

/// When the unit started that the instant lies in.
fn start(unit: &str, instant: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let civil = zone.to_datetime(instant);
    let clock = match unit {
        "hour" => civil.with().minute(0).second(0).subsec_nanosecond(0).build().ok()?,
        "minute" => civil.with().second(0).subsec_nanosecond(0).build().ok()?,
        "second" => civil.with().subsec_nanosecond(0).build().ok()?,
        _ => {
            let day = civil.date();
            let first = match unit {
                "year" => day.first_of_year(),
                "quarter" => day.with().month((day.month() - 1) / 3 * 3 + 1).day(1).build().ok()?,
                "month" => day.first_of_month(),
                "week" if day.weekday() == Weekday::Monday => day,
                "week" => day.nth_weekday(-1, Weekday::Monday).ok()?,
                _ => day,
            };
            return zone.to_timestamp(first.to_datetime(jiff::civil::Time::midnight())).ok();
        }
    };
    // The hour that clocks show twice is two hours: what the clock goes back by is taken off the instant.
    instant.checked_sub(civil.duration_since(clock)).ok()
}

fn instant(context: &Context<'_>, at: usize) -> Result<Option<Timestamp>> {
    match context.get_raw(at) {
        ValueRef::Null => Ok(None),
        ValueRef::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            crate::field::instant(&text).map(Some).ok_or_else(|| failed(format!("{text:?} is no instant")))
        }
        _ => Err(failed("a number is no instant".to_owned())),
    }
}

fn zone(context: &Context<'_>, at: i32) -> Result<std::sync::Arc<TimeZone>, Error> {
    context.get_or_create_aux(at, |name| {
        TimeZone::get(name.as_str().map_err(|error| error.to_string())?).map_err(|error| error.to_string())
    })
}

/// With six digits of the second, as instants are stored.
fn stored(clock: DateTime) -> String {
    clock.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_start_where_the_clocks_of_the_zone_say() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        for (unit, instant, expected) in [
            ("day", "2024-03-31T12:00:00Z", "2024-03-30T23:00:00Z"),
            ("month", "2024-03-31T22:30:00Z", "2024-03-31T22:00:00Z"),
            ("quarter", "2024-06-30T21:59:00Z", "2024-03-31T22:00:00Z"),
            ("year", "2023-12-31T23:30:00Z", "2023-12-31T23:00:00Z"),
            ("week", "2024-03-31T22:30:00Z", "2024-03-31T22:00:00Z"),
            ("week", "2024-04-07T12:00:00Z", "2024-03-31T22:00:00Z"),
            // Between two and three, twice in that night.
            ("hour", "2024-10-27T00:59:59Z", "2024-10-27T00:00:00Z"),
            ("hour", "2024-10-27T01:30:00.25Z", "2024-10-27T01:00:00Z"),
            ("minute", "2024-10-27T01:30:10Z", "2024-10-27T01:30:00Z"),
            ("second", "2024-10-27T01:30:10.5Z", "2024-10-27T01:30:10Z"),
        ] {
            let started = start(unit, instant.parse().unwrap(), &zone).unwrap();
            assert_eq!(started, expected.parse().unwrap(), "{unit} of {instant}");
        }
    }
}
