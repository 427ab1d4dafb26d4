//! Text as people, forms, addresses and the command line write it, read as a column's kind.

use super::{Kind, Value, single};
use crate::error::{Error, Result};

impl Value {
    /// Reads `text` as a value of `kind`.
    ///
    /// Integers must fit their width. Booleans are `true`/`false`, `on`/`off`, `yes`/`no`, `1`/`0`.
    /// Instants are RFC 3339 with an offset; bytes are hexadecimal.
    ///
    /// # Errors
    /// Status 400, with the text and what was expected, if it can't be read.
    #[track_caller]
    pub fn parse(kind: Kind, text: &str) -> Result<Value> {
        read(kind, text).ok_or_else(|| Error::bad_request(format!("`{text}` is not {}", expected(kind))))
    }
}

impl Value {
    /// The text that [`parse`](Self::parse) reads as this value, as addresses say it. Nothing and what is made of several has none.
    #[must_use]
    pub fn plain_text(&self) -> Option<String> {
        match self {
            Value::Null | Value::List(_) | Value::Map(_) | Value::Json(_) => None,
            Value::Text(text) => Some(text.clone()),
            Value::Bytes(bytes) => Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
            other => match serde_json::to_value(other).ok()? {
                serde_json::Value::String(text) => Some(text),
                plain @ (serde_json::Value::Bool(_) | serde_json::Value::Number(_)) => {
                    Some(plain.to_string())
                }
                _ => None,
            },
        }
    }
}

fn read(kind: Kind, text: &str) -> Option<Value> {
    let trimmed = text.trim();
    Some(match kind {
        Kind::Bool => Value::Bool(match trimmed.to_ascii_lowercase().as_str() {
            "true" | "on" | "yes" | "1" => true,
            "false" | "off" | "no" | "0" => false,
            _ => return None,
        }),
        Kind::SmallInt | Kind::Int | Kind::BigInt | Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64 => {
            let (least, most) = kind.range()?;
            Value::Int(trimmed.parse().ok().filter(|number| (least..=most).contains(number))?)
        }
        Kind::Real => Value::Float(single(trimmed.parse::<f32>().ok().filter(|f| f.is_finite())?)),
        Kind::Float => Value::Float(trimmed.parse::<f64>().ok().filter(|f| f.is_finite())?),
        #[cfg(feature = "decimal")]
        Kind::Decimal => Value::Decimal(trimmed.parse().ok()?),
        // Without the feature no column has this kind.
        #[cfg(not(feature = "decimal"))]
        Kind::Decimal => return None,
        Kind::Text => Value::Text(text.to_owned()),
        Kind::Bytes => Value::Bytes(unhex(trimmed)?),
        Kind::Date => Value::Date(trimmed.parse().ok()?),
        Kind::Time => Value::Time(trimmed.parse().ok()?),
        Kind::DateTime => Value::DateTime(trimmed.parse().ok()?),
        Kind::Duration => Value::Duration(trimmed.parse().ok()?),
        Kind::Json => Value::Json(serde_json::from_str(text).ok()?),
        Kind::Uuid => Value::Uuid(trimmed.parse().ok()?),
        Kind::Ip => Value::Ip(trimmed.parse().ok()?),
    })
}

fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "yes or no (true, false, on, off, 1, 0)",
        Kind::SmallInt => "a whole number from -32768 to 32767",
        Kind::Int => "a whole number from -2147483648 to 2147483647",
        Kind::BigInt => "a whole number",
        Kind::U8 => "a whole number from 0 to 255",
        Kind::U16 => "a whole number from 0 to 65535",
        Kind::U32 => "a whole number from 0 to 4294967295",
        Kind::U64 => "a whole number from 0 to 9223372036854775807",
        Kind::Float | Kind::Real => "a number",
        Kind::Decimal => "a decimal number such as 12.50",
        Kind::Text => "text",
        Kind::Bytes => "hexadecimal (00ff)",
        Kind::Date => "a date such as 1979-05-25",
        Kind::Time => "a time such as 20:15:00",
        Kind::DateTime => "a date and time such as 1979-05-25T20:15:00Z",
        Kind::Duration => "a duration such as PT1H30M or 1h 30m",
        Kind::Json => "JSON",
        Kind::Uuid => "a UUID such as 67e55044-10b1-426f-9247-bb680e5fe0c8",
        Kind::Ip => "an IP address such as 192.0.2.1 or 2001:db8::1",
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_by_kind() {
        let day: super::super::Date = "1979-05-25".parse().unwrap();
        for (kind, text, value) in [
            (Kind::Bool, "ON", Value::Bool(true)),
            (Kind::Int, " 7 ", Value::Int(7)),
            (Kind::Decimal, "12.50", Value::Decimal("12.50".parse().unwrap())),
            (Kind::Text, " a ", Value::Text(" a ".into())),
            (Kind::Bytes, "00ff", Value::Bytes(vec![0, 255])),
            (Kind::Date, "1979-05-25", Value::Date(day)),
            (Kind::Json, "[1]", Value::Json(serde_json::json!([1]))),
            (Kind::U32, "4294967295", Value::Int(4_294_967_295)),
            (Kind::Real, "0.1", Value::Float(0.1)),
            (
                Kind::Uuid,
                "67E5504410b1426f9247bb680e5fe0c8",
                Value::Uuid(uuid::Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8)),
            ),
            (Kind::Ip, " 2001:DB8::0:1 ", Value::Ip("2001:db8::1".parse().unwrap())),
        ] {
            assert_eq!(Value::parse(kind, text).unwrap(), value, "{kind} {text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_reason() {
        for (kind, text) in [
            (Kind::SmallInt, "40000"),
            (Kind::Int, "3000000000"),
            (Kind::U8, "256"),
            (Kind::U16, "-1"),
            (Kind::U32, "4294967296"),
            (Kind::U64, "9223372036854775808"),
            (Kind::Real, "1e39"),
            (Kind::Uuid, "67e55044-10b1-426f-9247"),
            (Kind::Ip, "10.0.0.0/8"),
            (Kind::Ip, "10.0.0.256"),
            (Kind::Ip, "010.0.0.1"),
            (Kind::Float, "NaN"),
            (Kind::Date, "1979-02-30"),
            (Kind::Bool, "maybe"),
            (Kind::Bytes, "é1"),
        ] {
            let error = Value::parse(kind, text).unwrap_err();
            assert_eq!(error.status(), 400, "{kind} {text}");
            assert!(error.to_string().contains(text), "{error}");
        }
    }
}
