//! `now()`, `now("j F Y")` and `today()`, by the site's clock, so that tests can set them.

use minijinja::{Environment, Error, State, args, value::Value};
use quintet_core::{clock::Clock, zone};

use super::scope;
use crate::value::Exact;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_function("now", |state: &mut State<'_, '_>, format: Option<&str>| {
        let now: Value = Exact::DateTime(now(state)?).into();
        match format {
            Some(format) => state.apply_filter("date", args!(now, format)),
            None => Ok::<Value, Error>(now),
        }
    });
    env.add_function("today", |state: &State<'_, '_>| {
        Ok::<Value, Error>(Exact::Date(now(state)?.to_zoned(zone::current()).date()).into())
    });
}

pub(crate) fn now(state: &State<'_, '_>) -> Result<jiff::Timestamp, Error> {
    Ok(scope(state)?.services.get::<Clock>().map_or_else(jiff::Timestamp::now, Clock::now))
}
