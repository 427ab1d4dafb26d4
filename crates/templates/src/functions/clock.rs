//! `now()` and `today()`, by the site's clock, so that tests can set them.

use jiff::tz::TimeZone;
use minijinja::{Environment, Error, State, value::Value};
use quintet_core::clock::Clock;

use super::scope;
use crate::value::Exact;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_function("now", |state: &State<'_, '_>| Ok::<Value, Error>(Exact::DateTime(now(state)?).into()));
    env.add_function("today", |state: &State<'_, '_>| {
        Ok::<Value, Error>(Exact::Date(now(state)?.to_zoned(TimeZone::UTC).date()).into())
    });
}

pub(crate) fn now(state: &State<'_, '_>) -> Result<jiff::Timestamp, Error> {
    Ok(scope(state)?.services.get::<Clock>().map_or_else(jiff::Timestamp::now, Clock::now))
}
