//! Days, times, instants and spans, also as databases without such types store them: text that sorts
//! (`2026-11-20`, `12:00:00.000000`, `2026-11-20 12:00:00.000000` in UTC) and microseconds.

use quintet_core::{
    Result, Value,
    value::{CivilDateTime, Date, Kind, SignedDuration, Time, Timestamp, ValueRef},
};

use super::{FieldType, mismatch};
use crate::decode::DecodeCx;

impl FieldType for Date {
    type Base = Date;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::Date;

    fn decode(value: ValueRef<'_>, _: &mut DecodeCx) -> Result<Self> {
        match value {
            ValueRef::Date(v) => Ok(v),
            ValueRef::Text(text) => date(text).map_or_else(|| mismatch("a date", value), Ok),
            other => mismatch("a date", other),
        }
    }

    fn encode(&self) -> Value {
        Value::Date(*self)
    }
}

impl FieldType for Time {
    type Base = Time;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::Time;

    fn decode(value: ValueRef<'_>, _: &mut DecodeCx) -> Result<Self> {
        match value {
            ValueRef::Time(v) => Ok(v),
            ValueRef::Text(text) => text.parse().or_else(|_| mismatch("a time", value)),
            other => mismatch("a time", other),
        }
    }

    fn encode(&self) -> Value {
        Value::Time(*self)
    }
}

impl FieldType for Timestamp {
    type Base = Timestamp;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::DateTime;

    fn decode(value: ValueRef<'_>, _: &mut DecodeCx) -> Result<Self> {
        match value {
            ValueRef::DateTime(v) => Ok(v),
            ValueRef::Text(text) => instant(text).map_or_else(|| mismatch("a date and time", value), Ok),
            other => mismatch("a date and time", other),
        }
    }

    fn encode(&self) -> Value {
        Value::DateTime(*self)
    }
}

impl FieldType for SignedDuration {
    type Base = SignedDuration;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::Duration;

    fn decode(value: ValueRef<'_>, _: &mut DecodeCx) -> Result<Self> {
        match value {
            ValueRef::Duration(v) => Ok(v),
            ValueRef::Int(micros) => Ok(SignedDuration::from_micros(micros)),
            other => mismatch("a duration in microseconds", other),
        }
    }

    fn encode(&self) -> Value {
        Value::Duration(*self)
    }
}

/// `2026-11-20` without the general parser, which costs ten times as much.
fn date(text: &str) -> Option<Date> {
    if let [a, b, c, d, b'-', e, f, b'-', g, h] = text.as_bytes() {
        let year = number(&[*a, *b, *c, *d])?;
        return Date::new(year, small(*e, *f)?, small(*g, *h)?).ok();
    }
    text.parse().ok()
}

/// The fixed-width text, read by position; anything else with an offset, or as UTC without.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    if let [day @ .., b' ', h1, h2, b':', m1, m2, b':', s1, s2, b'.', f1, f2, f3, f4, f5, f6] =
        text.as_bytes()
        && day.len() == 10
    {
        let day = date(text.get(..10)?)?;
        let micros = number(&[*f1, *f2, *f3])?;
        let nanos = i32::from(micros) * 1_000_000 + i32::from(number(&[*f4, *f5, *f6])?) * 1000;
        let clock = Time::new(small(*h1, *h2)?, small(*m1, *m2)?, small(*s1, *s2)?, nanos).ok()?;
        return utc(day.to_datetime(clock));
    }
    text.parse().ok().or_else(|| utc(text.parse().ok()?))
}

fn utc(civil: CivilDateTime) -> Option<Timestamp> {
    civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn number(digits: &[u8]) -> Option<i16> {
    digits.iter().try_fold(0i16, |sum, digit| {
        Some(sum * 10 + i16::from(digit.is_ascii_digit().then(|| digit - b'0')?))
    })
}

fn small(tens: u8, ones: u8) -> Option<i8> {
    i8::try_from(number(&[tens, ones])?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_text_is_read_as_utc() {
        for (text, same) in [
            ("2026-11-20 12:00:00.000000", "2026-11-20T12:00:00Z"),
            ("1969-12-31 23:59:59.999999", "1969-12-31T23:59:59.999999Z"),
            ("2026-11-20 12:00:00", "2026-11-20T12:00:00Z"),
            ("2026-11-20T14:00:00+02:00", "2026-11-20T12:00:00Z"),
            ("0001-01-01 00:00:00.000000", "0001-01-01T00:00:00Z"),
        ] {
            let read = Timestamp::decode(ValueRef::Text(text), &mut DecodeCx::default()).unwrap();
            assert_eq!(read, same.parse().unwrap(), "{text}");
        }
    }

    #[test]
    fn text_that_is_no_instant_is_refused_with_its_text() {
        for text in [
            "",
            "2026-11-20 25:00:00.000000",
            "2026-13-20 12:00:00.000000",
            "äöü",
            "2026-11-20 12:00:00.00000x",
        ] {
            let error =
                Timestamp::decode(ValueRef::Text(text), &mut DecodeCx::default()).unwrap_err().to_string();
            assert!(error.contains("a date and time"), "{error}");
        }
    }
}
