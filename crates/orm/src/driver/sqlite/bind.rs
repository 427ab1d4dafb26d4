//! Values on their way into SQLite, in the form in which it keeps them.

use std::fmt::Write;

use jiff::tz::TimeZone;
use quintet_core::{
    Error, Result, Value,
    value::{CivilDateTime, Date, Time, Timestamp},
};
use rusqlite::{
    Statement, ToSql,
    types::{ToSqlOutput, Value as Owned, ValueRef as Borrowed},
};

use super::errors::Context;

/// Binds all parameters of a statement.
pub(super) fn bind(prepared: &mut Statement<'_>, params: &[Value], context: &Context<'_>) -> Result {
    let wanted = prepared.parameter_count();
    if wanted != params.len() {
        return Err(context.error(Error::database(format!(
            "the statement has {wanted} parameters, but {} values were given",
            params.len()
        ))));
    }
    for (i, value) in (1usize..).zip(params) {
        let bound = match value {
            // Most values, without a detour.
            Value::Int(number) => prepared.raw_bind_parameter(i, number),
            Value::Text(text) => prepared.raw_bind_parameter(i, text.as_str()),
            Value::Bool(yes) => prepared.raw_bind_parameter(i, yes),
            Value::Float(number) if !number.is_nan() => prepared.raw_bind_parameter(i, number),
            value => {
                let form = form(value)
                    .map_err(|why| context.error(Error::database(format!("parameter {i}: {why}"))))?;
                prepared.raw_bind_parameter(i, Form(form))
            }
        };
        bound.map_err(|e| context.of(e))?;
    }
    Ok(())
}

struct Form<'a>(ToSqlOutput<'a>);

impl ToSql for Form<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match &self.0 {
            ToSqlOutput::Borrowed(value) => ToSqlOutput::Borrowed(*value),
            ToSqlOutput::Owned(value) => ToSqlOutput::Borrowed(Borrowed::from(value)),
            // `form` makes no others.
            _ => ToSqlOutput::Owned(Owned::Null),
        })
    }
}

fn form(value: &Value) -> Result<ToSqlOutput<'_>, String> {
    let text = |text: String| ToSqlOutput::Owned(Owned::Text(text));
    Ok(match value {
        Value::Null => ToSqlOutput::Owned(Owned::Null),
        Value::Bool(yes) => ToSqlOutput::Owned(Owned::Integer((*yes).into())),
        Value::Int(number) => ToSqlOutput::Owned(Owned::Integer(*number)),
        Value::Float(number) if number.is_nan() => {
            return Err("a number that is NaN, which SQLite would keep as NULL".to_owned());
        }
        Value::Float(number) => ToSqlOutput::Owned(Owned::Real(*number)),
        Value::Text(value) => ToSqlOutput::Borrowed(Borrowed::Text(value.as_bytes())),
        Value::Bytes(value) => ToSqlOutput::Borrowed(Borrowed::Blob(value)),
        Value::Date(day) => text(date_text(*day)?),
        Value::Time(time) => text(time_text(*time)),
        Value::DateTime(instant) => text(instant_text(*instant)?),
        Value::Duration(span) => {
            let micros = i64::try_from(span.as_micros())
                .map_err(|_| format!("{span} is longer than 292,000 years"))?;
            ToSqlOutput::Owned(Owned::Integer(micros))
        }
        Value::Json(json) => text(json.to_string()),
        // 32 digits, as Django keeps it: in order as text.
        Value::Uuid(uuid) => text(uuid.simple().to_string()),
        Value::Ip(ip) => text(ip.to_string()),
        Value::Decimal(number) => {
            return Err(format!(
                "the decimal {number} has no number of places here. SQLite keeps decimals as whole numbers: in raw SQL give \
                 `12.50` of a column with 2 places as 1250"
            ));
        }
        Value::List(_) => {
            return Err("a list is no value of a column: write one parameter for each item".to_owned());
        }
        Value::Map(_) => return Err("a map is no value of a column: give it as JSON".to_owned()),
        other => return Err(format!("{} can't be kept by SQLite", other.describe())),
    })
}

/// `1979-05-25`. Years below 0 would not sort as text.
fn date_text(day: Date) -> Result<String, String> {
    if day.year() < 0 {
        return Err(format!("{day} lies before the year 0"));
    }
    let mut out = String::with_capacity(10);
    push_date(&mut out, day);
    Ok(out)
}

/// `20:15:00`, or `20:15:00.250000` where there is a fraction: as Django writes it, and in order as text.
fn time_text(time: Time) -> String {
    let mut out = String::with_capacity(15);
    push_time(&mut out, time, time.subsec_nanosecond() >= 1000);
    out
}

/// `1979-05-25 20:15:00.000000` in UTC, always 26 characters: in order as text, and read by SQLite's own functions.
fn instant_text(instant: Timestamp) -> Result<String, String> {
    let civil: CivilDateTime = TimeZone::UTC.to_datetime(instant);
    if civil.year() < 0 {
        return Err(format!("{instant} lies before the year 0"));
    }
    let mut out = String::with_capacity(26);
    push_date(&mut out, civil.date());
    out.push(' ');
    push_time(&mut out, civil.time(), true);
    Ok(out)
}

fn push_date(out: &mut String, day: Date) {
    // Writing to a String can't fail.
    let _ = write!(out, "{:04}-{:02}-{:02}", day.year(), day.month(), day.day());
}

fn push_time(out: &mut String, time: Time, fraction: bool) {
    let _ = write!(out, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    if fraction {
        let _ = write!(out, ".{:06}", time.subsec_nanosecond() / 1000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(value: Value) -> Owned {
        match form(&value).unwrap() {
            ToSqlOutput::Owned(value) => value,
            other => panic!("{value:?} is borrowed as {other:?}"),
        }
    }

    #[test]
    fn times_are_text_that_sorts() {
        let instants = [
            "0001-01-01T00:00:00Z",
            "1969-12-31T23:59:59.999999Z",
            "1979-05-25T22:15:00+02:00",
            "1979-05-25T20:15:00.5Z",
        ];
        let texts: Vec<String> = instants.iter().map(|t| instant_text(t.parse().unwrap()).unwrap()).collect();
        assert_eq!(
            texts,
            [
                "0001-01-01 00:00:00.000000",
                "1969-12-31 23:59:59.999999",
                "1979-05-25 20:15:00.000000",
                "1979-05-25 20:15:00.500000"
            ]
        );
        assert_eq!(bound(Value::Date("0800-12-25".parse().unwrap())), Owned::Text("0800-12-25".into()));
        assert_eq!(bound(Value::Time("20:15".parse().unwrap())), Owned::Text("20:15:00".into()));
        assert_eq!(bound(Value::Time("20:15:00.25".parse().unwrap())), Owned::Text("20:15:00.250000".into()));
    }

    #[test]
    fn what_sqlite_can_not_keep_is_refused_by_name() {
        for (value, word) in [
            (Value::Float(f64::NAN), "NaN"),
            (Value::Decimal("12.50".parse().unwrap()), "1250"),
            (Value::List(vec![]), "list"),
            (Value::Map(vec![]), "JSON"),
            (Value::Date("-000044-03-15".parse().unwrap()), "year 0"),
        ] {
            let why = form(&value).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
        assert_eq!(bound(Value::Duration("-PT1.5S".parse().unwrap())), Owned::Integer(-1_500_000));
        assert_eq!(bound(Value::Float(f64::INFINITY)), Owned::Real(f64::INFINITY));
    }
}
