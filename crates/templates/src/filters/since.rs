//! `timesince` and `timeuntil`: "2 weeks, 3 days".

use jiff::{Timestamp, civil};
use minijinja::{Environment, Error, State, value::Value};
use quintet_core::zone;

use super::{dates::exact, pass, wrong};
use crate::functions::now;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("timesince", |state: &State<'_, '_>, value: &Value, other: Option<Value>| {
        pass!(value);
        let (then, now) = (instant(value, "timesince")?, reference(state, other.as_ref(), "timesince")?);
        Ok::<_, Error>(Value::from(words(then, now)))
    });
    env.add_filter("timeuntil", |state: &State<'_, '_>, value: &Value, other: Option<Value>| {
        pass!(value);
        let (then, now) = (instant(value, "timeuntil")?, reference(state, other.as_ref(), "timeuntil")?);
        Ok::<_, Error>(Value::from(words(now, then)))
    });
}

fn instant(value: &Value, filter: &str) -> Result<Timestamp, Error> {
    exact(value, filter)?
        .instant()
        .ok_or_else(|| wrong(format!("`{filter}` needs a date, not a time of day")))
}

fn reference(state: &State<'_, '_>, other: Option<&Value>, filter: &str) -> Result<Timestamp, Error> {
    other.map_or_else(|| now(state), |other| instant(other, filter))
}

/// The two largest units that lie next to each other, from `from` to `to`; "0 minutes" if that is not after it.
fn words(from: Timestamp, to: Timestamp) -> String {
    let zone = zone::current();
    let day = |t: Timestamp| t.to_zoned(zone.clone()).datetime();
    let (from, to) = (day(from), day(to));
    let months = whole_months(from, to);
    let anchor = from.checked_add(jiff::Span::new().months(months)).unwrap_or(from);
    let seconds = to.duration_since(anchor).as_secs().max(0);
    let counts = [
        (months / 12, "year"),
        (months % 12, "month"),
        (seconds / 604_800, "week"),
        (seconds / 86_400 % 7, "day"),
        (seconds / 3600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
    ];
    let Some(first) = counts.iter().position(|(n, _)| *n > 0) else { return "0\u{a0}minutes".to_owned() };
    let shown = counts.iter().skip(first).take(2).take_while(|(n, _)| *n > 0);
    shown
        .map(|(n, unit)| format!("{n}\u{a0}{unit}{}", if *n == 1 { "" } else { "s" }))
        .collect::<Vec<_>>()
        .join(", ")
}

fn whole_months(from: civil::DateTime, to: civil::DateTime) -> i64 {
    if to <= from {
        return 0;
    }
    let years = i64::from(to.year()) - i64::from(from.year());
    let months = years * 12 + i64::from(to.month()) - i64::from(from.month());
    let early = (to.day(), to.time()) < (from.day(), from.time());
    (months - i64::from(early)).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_largest_neighbours_count() {
        for (from, to, expected) in [
            ("2024-01-01T00:00:00Z", "2024-01-01T00:00:59Z", "0 minutes"),
            ("2024-01-01T00:00:00Z", "2023-01-01T00:00:00Z", "0 minutes"),
            ("2024-01-01T00:00:00Z", "2024-01-01T00:01:00Z", "1 minute"),
            ("2024-01-01T00:00:00Z", "2024-01-01T02:30:00Z", "2 hours, 30 minutes"),
            ("2024-01-01T00:00:00Z", "2024-01-18T00:00:00Z", "2 weeks, 3 days"),
            ("2024-01-01T00:00:00Z", "2024-01-08T00:05:00Z", "1 week"),
            ("2024-01-31T00:00:00Z", "2024-03-01T00:00:00Z", "1 month"),
            ("2024-01-31T00:00:00Z", "2024-03-08T00:00:00Z", "1 month, 1 week"),
            ("2020-02-29T12:00:00Z", "2024-02-28T12:00:00Z", "3 years, 11 months"),
            ("1979-05-25T00:00:00Z", "2026-11-20T00:00:00Z", "47 years, 5 months"),
        ] {
            let found = words(from.parse().unwrap(), to.parse().unwrap());
            assert_eq!(found.replace('\u{a0}', " "), expected, "{from} to {to}");
        }
    }

    #[test]
    fn another_instant_may_be_given() {
        let mut env = Environment::new();
        add(&mut env);
        let shown = env.render_str(
            "{{ '2024-01-01'|timesince('2024-01-03') }}, {{ '2024-01-03'|timeuntil('2024-01-01') }}",
            (),
        );
        assert_eq!(shown.unwrap(), "2\u{a0}days, 2\u{a0}days");
        assert!(env.render_str("{{ '20:15'|timesince('2024-01-03') }}", ()).is_err());
    }
}
