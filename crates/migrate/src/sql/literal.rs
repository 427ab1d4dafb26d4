//! Values inside SQL text. Schema changes take no parameters, so this is the one place where a value is written
//! into a statement; everywhere else values are bound.

use std::fmt::Write;

use quintet_core::{
    Result, Value,
    meta::Digits,
    value::{Decimal, Kind},
};

use crate::{error::refuse, state::FieldState};

/// Text as an SQL literal. A NUL would end the statement, so text that has one is written in hexadecimal.
pub(crate) fn text(value: &str) -> String {
    if value.contains('\0') {
        return format!("CAST({} AS TEXT)", bytes(value.as_bytes()));
    }
    format!("'{}'", value.replace('\'', "''"))
}

/// Bytes as an SQL literal.
pub(crate) fn bytes(value: &[u8]) -> String {
    let mut out = String::with_capacity(value.len() * 2 + 3);
    out.push_str("X'");
    for byte in value {
        // Writing to a String can't fail.
        let _ = write!(out, "{byte:02X}");
    }
    out.push('\'');
    out
}

/// The text of a migration file as the value of a field.
///
/// # Errors
/// If it is no value of the field's kind, or too long or too large for the field.
pub(crate) fn read(field: &FieldState, given: &str) -> Result<Value> {
    let value = Value::parse(field.kind, given)
        .map_err(|error| refuse(format!("the value for `{}`: {error}", field.name)))?;
    let wrong = |why: String| Err(refuse(format!("the value for `{}`: `{given}` {why}", field.name)));
    if let (Value::Text(text), Some(longest)) = (&value, field.max_length) {
        let length = text.chars().count();
        if usize::try_from(longest).is_ok_and(|longest| length > longest) {
            return wrong(format!("has {length} characters, and at most {longest} fit"));
        }
    }
    if let Value::Text(text) = &value
        && !field.choices.is_empty()
        && !field.choices.contains(text)
    {
        return wrong(format!("is none of {}", field.choices.join(", ")));
    }
    if let (Value::Decimal(number), Some(digits)) = (&value, field.digits)
        && scaled(*number, digits).is_none()
    {
        return wrong(format!(
            "does not fit {} digits, {} of them after the point",
            digits.max, digits.places
        ));
    }
    Ok(value)
}

/// A decimal as a whole number of its last place; `None` if digits would be lost or it is too large.
pub(crate) fn scaled(number: Decimal, digits: Digits) -> Option<i64> {
    let mut exact = number.normalize();
    if exact.scale() > u32::from(digits.places) {
        return None;
    }
    exact.rescale(digits.places.into());
    let scaled = i64::try_from(exact.mantissa()).ok()?;
    let limit = 10u64.checked_pow(digits.max.into())?;
    (exact.scale() == u32::from(digits.places) && scaled.unsigned_abs() < limit).then_some(scaled)
}

/// A value as SQLite's driver would keep it, as a literal.
pub(crate) fn sqlite(field: &FieldState, given: &str) -> Result<String> {
    let value = read(field, given)?;
    let out_of_range =
        || refuse(format!("the value for `{}`: `{given}` can't be kept by SQLite", field.name));
    Ok(match value {
        Value::Bool(yes) => i64::from(yes).to_string(),
        // The smallest number can't be written: SQLite reads the minus by itself.
        Value::Int(i64::MIN) => "(-9223372036854775807 - 1)".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:e}"),
        Value::Decimal(number) => {
            let digits = field.digits.unwrap_or(Digits { max: 18, places: 0 });
            scaled(number, digits).ok_or_else(out_of_range)?.to_string()
        }
        Value::Text(value) => text(&value),
        Value::Bytes(value) => bytes(&value),
        Value::Date(day) if day.year() >= 0 => text(&day.strftime("%Y-%m-%d").to_string()),
        Value::Time(time) if time.subsec_nanosecond() >= 1000 => {
            text(&time.strftime("%H:%M:%S.%6f").to_string())
        }
        Value::Time(time) => text(&time.strftime("%H:%M:%S").to_string()),
        Value::DateTime(instant) => {
            let civil = jiff::tz::TimeZone::UTC.to_datetime(instant);
            if civil.year() < 0 {
                return Err(out_of_range());
            }
            text(&civil.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string())
        }
        Value::Duration(span) => i64::try_from(span.as_micros()).map_err(|_| out_of_range())?.to_string(),
        Value::Json(json) => text(&json.to_string()),
        Value::Uuid(uuid) => text(&uuid.simple().to_string()),
        Value::Ip(ip) => text(&ip.to_string()),
        _ => return Err(out_of_range()),
    })
}

/// Text as a literal of PostgreSQL, whatever its `standard_conforming_strings` says.
pub(crate) fn postgres_text(value: &str) -> String {
    if value.contains('\\') {
        return format!("E'{}'", value.replace('\\', "\\\\").replace('\'', "''"));
    }
    format!("'{}'", value.replace('\'', "''"))
}

/// A value as a literal of PostgreSQL with its type.
pub(crate) fn postgres(field: &FieldState, given: &str) -> Result<String> {
    let value = read(field, given)?;
    let refused = |why: &str| {
        Err(refuse(format!("the value for `{}`: `{given}` can't be kept by PostgreSQL: {why}", field.name)))
    };
    Ok(match value {
        Value::Bool(yes) => yes.to_string(),
        Value::Int(number @ 0..) => number.to_string(),
        Value::Int(number) => format!("'{number}'::bigint"),
        Value::Float(number) => format!("'{number:e}'::double precision"),
        Value::Decimal(number) => format!("'{number}'::numeric"),
        Value::Text(text) if text.contains('\0') => {
            return refused("it holds a zero byte");
        }
        Value::Text(text) => postgres_text(&text),
        Value::Bytes(value) => {
            format!("decode('{}', 'hex')", bytes(&value).trim_start_matches('X').trim_matches('\''))
        }
        Value::Date(day) if day.year() > 0 => format!("'{}'::date", day.strftime("%Y-%m-%d")),
        Value::Time(time) => format!("'{}'::time", time.strftime("%H:%M:%S.%6f")),
        Value::DateTime(instant) => {
            let civil = jiff::tz::TimeZone::UTC.to_datetime(instant);
            if civil.year() < 1 {
                return refused("its year is before the first");
            }
            format!("'{}+00'::timestamptz", civil.strftime("%Y-%m-%d %H:%M:%S.%6f"))
        }
        Value::Duration(span) => {
            let Ok(micros) = i64::try_from(span.as_micros()) else { return refused("it is too long") };
            let (sign, all) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
            let (seconds, rest) = (all / 1_000_000, all % 1_000_000);
            let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
            format!("'{sign}{hours}:{minutes:02}:{:02}.{rest:06}'::interval", seconds % 60)
        }
        Value::Json(json) => format!("{}::jsonb", postgres_text(&json.to_string())),
        Value::Uuid(uuid) => format!("'{uuid}'::uuid"),
        Value::Ip(ip) => format!("'{ip}'::inet"),
        _ => return refused("there is no such value"),
    })
}

/// A value (a model's default) as the text of a migration file.
///
/// # Errors
/// If the text would not be read back as a value of this kind.
pub(crate) fn as_file_text(field: &FieldState, value: &Value) -> Result<String> {
    let given = match value {
        Value::Bytes(bytes) => bytes.iter().fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        }),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => text.clone(),
        Value::Bool(v) => v.to_string(),
        Value::Int(v) => v.to_string(),
        Value::Decimal(v) => v.to_string(),
        Value::Date(v) => v.to_string(),
        Value::Time(v) => v.to_string(),
        Value::DateTime(v) => v.to_string(),
        Value::Duration(v) => v.to_string(),
        Value::Json(v) => v.to_string(),
        Value::Uuid(v) => v.to_string(),
        Value::Ip(v) => v.to_string(),
        other => {
            return Err(refuse(format!(
                "the default of `{}` is {}, no value of a column",
                field.name,
                other.describe()
            )));
        }
    };
    read(field, &given)?;
    Ok(given)
}

/// Is it a kind whose values are kept as text?
pub(crate) fn is_text_on_sqlite(kind: Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Date | Kind::Time | Kind::DateTime | Kind::Json | Kind::Uuid | Kind::Ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_nul_can_not_end_a_literal() {
        assert_eq!(text("it's"), "'it''s'");
        assert_eq!(text("a\0b"), "CAST(X'610062' AS TEXT)");
        assert_eq!(bytes(&[0, 255]), "X'00FF'");
    }

    #[test]
    fn decimals_are_whole_numbers_of_their_last_place() {
        let digits = Digits { max: 5, places: 2 };
        for (number, expected) in [
            ("12.5", Some(1250)),
            ("12.500", Some(1250)),
            ("-999.99", Some(-99_999)),
            ("1000", None),
            ("0.001", None),
        ] {
            assert_eq!(scaled(number.parse().unwrap(), digits), expected, "{number}");
        }
    }

    #[test]
    fn a_value_that_does_not_fit_the_field_is_refused() {
        let short = FieldState { max_length: Some(3), ..FieldState::new("code", Kind::Text) };
        assert!(sqlite(&short, "abcd").unwrap_err().to_string().contains("at most 3"));
        let choice = FieldState { choices: vec!["a".into()], ..FieldState::new("status", Kind::Text) };
        assert!(sqlite(&choice, "b").unwrap_err().to_string().contains("none of a"));
        let number = FieldState::new("year", Kind::Int);
        assert!(sqlite(&number, "x").unwrap_err().to_string().contains("`year`"));
    }
}
