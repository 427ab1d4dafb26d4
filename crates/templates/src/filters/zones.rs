//! `timezone("Europe/Berlin")` and `utc`: an instant by the clocks of a place.

use jiff::tz::TimeZone;
use minijinja::{Environment, Error, value::Value};

use super::{dates::exact, pass, wrong};
use crate::value::{Exact, Local};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("timezone", |value: &Value, name: &str| {
        let zone = TimeZone::get(name).map_err(|_| {
            wrong(format!("`{name}` is no time zone: its name is one such as \"Europe/Berlin\", or \"UTC\""))
        })?;
        at(value, zone, "timezone")
    });
    env.add_filter("utc", |value: &Value| at(value, TimeZone::UTC, "utc"));
}

fn at(value: &Value, zone: TimeZone, filter: &str) -> Result<Value, Error> {
    pass!(value);
    match exact(value, filter)? {
        Exact::DateTime(instant) => Ok(Value::from_object(Local(instant.to_zoned(zone)))),
        _ => Err(wrong(format!("`{filter}` needs an instant, a date with a time: `{value}` is none"))),
    }
}
