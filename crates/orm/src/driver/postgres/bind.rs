//! Values on their way to the server, in the types that the statement wants.

use bytes::{BufMut, BytesMut};
use jiff::tz::TimeZone;
use postgres_protocol::{
    IsNull,
    message::frontend::{self, BindError},
};
use quintet_core::{
    Value,
    value::{Date, Decimal, SignedDuration, Time, Timestamp},
};

use super::{
    numeric, oid,
    plan::{Format, Plan},
};

/// Days and microseconds count from here.
pub(super) const EPOCH: Date = Date::constant(2000, 1, 1);
/// [`EPOCH`] in microseconds since 1970.
pub(super) const EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Writes the message that binds a statement's parameters and names the formats of its answer.
///
/// # Errors
/// What is wrong with which parameter. `out` may hold a part of the message then.
pub(super) fn bind(plan: &Plan, params: &[Value], out: &mut BytesMut) -> Result<(), String> {
    if plan.params.len() != params.len() {
        return Err(format!(
            "the statement has {} parameters, but {} values were given",
            plan.params.len(),
            params.len()
        ));
    }
    let pairs = || params.iter().zip(&plan.params);
    let bound = frontend::bind(
        "",
        &plan.name,
        pairs().map(|(value, oid)| format(value, *oid).code()),
        (1usize..).zip(pairs()),
        |(number, (value, oid)), out| {
            write(value, *oid, out).map_err(|why| format!("parameter {number}: {why}").into())
        },
        plan.columns.iter().map(|column| column.format.code()),
        out,
    );
    bound.map_err(|error| match error {
        BindError::Conversion(error) => error.to_string(),
        BindError::Serialization(error) => error.to_string(),
    })
}

/// Text goes as text, whatever is wanted: the server reads it as a date, a uuid, an enum.
pub(super) fn format(value: &Value, oid: u32) -> Format {
    match value {
        Value::Text(_) => Format::Text,
        Value::Float(_) if oid == oid::NUMERIC => Format::Text,
        Value::List(items) if binary_item(items, oid).is_some() => Format::Binary,
        _ => oid::format(oid),
    }
}

pub(super) fn write(value: &Value, wanted: u32, out: &mut BytesMut) -> Result<IsNull, String> {
    match (value, wanted) {
        (Value::Null, _) => return Ok(IsNull::Yes),
        (Value::Text(_), oid::BYTEA) => return Err(mismatch(value, wanted)),
        (Value::Text(text), _) => put_text(text, out)?,
        (Value::Bool(yes), oid::BOOL) => out.put_u8((*yes).into()),
        (Value::Int(number), _) => integer(*number, wanted, out)?,
        (Value::Float(number), _) => float(*number, wanted, out)?,
        (Value::Decimal(number), _) => decimal(*number, wanted, out)?,
        (Value::Uuid(uuid), oid::UUID) => out.put_slice(uuid.as_bytes()),
        (Value::Uuid(uuid), oid::TEXT | oid::VARCHAR | oid::BPCHAR) => put_text(&uuid.to_string(), out)?,
        (Value::Bytes(bytes), oid::BYTEA) => out.put_slice(bytes),
        (Value::Date(day), oid::DATE) => out.put_i32(days(*day)),
        (Value::Time(time), oid::TIME) => out.put_i64(time_micros(*time)),
        (Value::DateTime(instant), oid::TIMESTAMPTZ | oid::TIMESTAMP) => {
            out.put_i64(instant_micros(*instant)?)
        }
        (Value::Duration(span), oid::INTERVAL) => {
            out.put_i64(span_micros(*span)?);
            out.put_i64(0); // days and months
        }
        (Value::Duration(span), oid::INT8) => out.put_i64(span_micros(*span)?),
        (Value::Json(json), oid::JSONB) => {
            out.put_u8(1);
            put_text(&json.to_string(), out)?;
        }
        (Value::Json(json), oid::JSON | oid::TEXT | oid::VARCHAR) => put_text(&json.to_string(), out)?,
        (Value::List(items), _) => list(items, wanted, out)?,
        (Value::Map(_), _) => return Err("a map is no value of a column: give it as JSON".to_owned()),
        (value, wanted) if oid::format(wanted) == Format::Text => put_text(&literal(value, wanted)?, out)?,
        _ => return Err(mismatch(value, wanted)),
    }
    Ok(IsNull::No)
}

#[cold]
fn mismatch(value: &Value, wanted: u32) -> String {
    let wanted = oid::name(wanted);
    format!(
        "a {} was given where the statement wants {wanted}; if the statement can't tell the type, write it out, as in \
         `$1::{}`",
        value.describe(),
        match value {
            Value::Int(_) => "bigint",
            Value::Bool(_) => "boolean",
            Value::Float(_) => "float8",
            Value::Decimal(_) => "numeric",
            Value::Bytes(_) => "bytea",
            Value::Date(_) => "date",
            Value::Time(_) => "time",
            Value::DateTime(_) => "timestamptz",
            Value::Duration(_) => "interval",
            Value::Json(_) => "jsonb",
            Value::Uuid(_) => "uuid",
            Value::Ip(_) => "inet",
            _ => "text",
        }
    )
}

fn put_text(text: &str, out: &mut BytesMut) -> Result<(), String> {
    if text.as_bytes().contains(&0) {
        return Err(
            "the text holds a zero byte (U+0000), which PostgreSQL can't keep: remove it, or use bytes"
                .to_owned(),
        );
    }
    out.put_slice(text.as_bytes());
    Ok(())
}

fn integer(number: i64, wanted: u32, out: &mut BytesMut) -> Result<(), String> {
    let too_wide = |_| format!("the number {number} does not fit {}", oid::name(wanted));
    match wanted {
        oid::INT8 => out.put_i64(number),
        oid::INT4 => out.put_i32(i32::try_from(number).map_err(too_wide)?),
        oid::INT2 => out.put_i16(i16::try_from(number).map_err(too_wide)?),
        oid::OID => out.put_u32(u32::try_from(number).map_err(too_wide)?),
        oid::NUMERIC => numeric::write(number.into(), out),
        #[expect(clippy::cast_precision_loss, reason = "the statement wants a double")]
        oid::FLOAT8 => out.put_f64(number as f64),
        #[expect(clippy::cast_precision_loss, reason = "the statement wants a single")]
        oid::FLOAT4 => out.put_f32(number as f32),
        _ if oid::format(wanted) == Format::Text => put_text(&number.to_string(), out)?,
        _ => return Err(mismatch(&Value::Int(number), wanted)),
    }
    Ok(())
}

fn float(number: f64, wanted: u32, out: &mut BytesMut) -> Result<(), String> {
    match wanted {
        oid::FLOAT8 => out.put_f64(number),
        oid::FLOAT4 => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the column keeps singles; what leaves their range is refused"
            )]
            let single = number as f32;
            if single.is_infinite() && number.is_finite() {
                return Err(format!("the number {number} does not fit real"));
            }
            out.put_f32(single);
        }
        oid::NUMERIC => put_text(&number.to_string(), out)?,
        _ if oid::format(wanted) == Format::Text => put_text(&number.to_string(), out)?,
        _ => return Err(mismatch(&Value::Float(number), wanted)),
    }
    Ok(())
}

fn decimal(number: Decimal, wanted: u32, out: &mut BytesMut) -> Result<(), String> {
    match wanted {
        oid::NUMERIC => numeric::write(number, out),
        oid::FLOAT8 | oid::FLOAT4 => {
            let double: f64 = number.try_into().map_err(|_| format!("the decimal {number} is no double"))?;
            float(double, wanted, out)?;
        }
        oid::INT8 | oid::INT4 | oid::INT2 => {
            if !number.is_integer() {
                return Err(format!(
                    "the decimal {number} is no whole number, and the statement wants {}",
                    oid::name(wanted)
                ));
            }
            let whole =
                i64::try_from(number).map_err(|_| format!("the decimal {number} does not fit bigint"))?;
            integer(whole, wanted, out)?;
        }
        _ if oid::format(wanted) == Format::Text => put_text(&number.to_string(), out)?,
        _ => return Err(mismatch(&Value::Decimal(number), wanted)),
    }
    Ok(())
}

/// The type of the items, if the array goes in binary: UUIDs that are given as text are left to the server to read.
fn binary_item(items: &[Value], wanted: u32) -> Option<u32> {
    let texts = || items.iter().any(|item| matches!(item, Value::Text(_)));
    oid::items(wanted).filter(|item| *item != oid::UUID || !texts())
}

/// An array in one dimension.
fn list(items: &[Value], wanted: u32, out: &mut BytesMut) -> Result<(), String> {
    let Some(item) = binary_item(items, wanted) else {
        if oid::format(wanted) == Format::Binary {
            return Err(format!(
                "a list was given where the statement wants {}: write `= ANY($1)`",
                oid::name(wanted)
            ));
        }
        return put_text(&array_literal(items)?, out);
    };
    let count = i32::try_from(items.len()).map_err(|_| "the list is too long".to_owned())?;
    out.put_i32(i32::from(count > 0)); // dimensions
    out.put_i32(items.iter().any(Value::is_null).into());
    out.put_u32(item);
    if count > 0 {
        out.put_i32(count);
        out.put_i32(1); // counted from 1
    }
    for (i, value) in items.iter().enumerate() {
        let start = out.len();
        out.put_i32(-1);
        // An item has no format of its own: what a parameter would send as text is text here only for a text.
        if format(value, item) == Format::Text && !matches!(item, oid::TEXT | oid::VARCHAR) {
            return Err(format!("item {i} of the list: {}", mismatch(value, item)));
        }
        if let IsNull::No = write(value, item, out).map_err(|why| format!("item {i} of the list: {why}"))? {
            let length = i32::try_from(out.len() - start - 4)
                .map_err(|_| "an item of the list is too long".to_owned())?;
            if let Some(place) = out.get_mut(start..start + 4) {
                place.copy_from_slice(&length.to_be_bytes());
            }
        }
    }
    Ok(())
}

/// `{"a","b"}`, which the server reads as an array of any type.
fn array_literal(items: &[Value]) -> Result<String, String> {
    let mut out = String::from("{");
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        if item.is_null() {
            out.push_str("NULL");
            continue;
        }
        out.push('"');
        for c in literal(item, oid::UNKNOWN)?.chars() {
            if matches!(c, '"' | '\\') {
                out.push('\\');
            }
            out.push(c);
        }
        out.push('"');
    }
    out.push('}');
    Ok(out)
}

/// A value as the server reads it from text.
fn literal(value: &Value, wanted: u32) -> Result<String, String> {
    Ok(match value {
        Value::Bool(yes) => yes.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Date(day) => day.to_string(),
        Value::Time(time) => time.to_string(),
        Value::DateTime(instant) => instant.to_string(),
        Value::Json(json) => json.to_string(),
        Value::Uuid(uuid) => uuid.to_string(),
        Value::Ip(ip) => ip.to_string(),
        _ => return Err(mismatch(value, wanted)),
    })
}

fn days(day: Date) -> i32 {
    let span = day.duration_since(EPOCH).as_hours() / 24;
    // A calendar of 20,000 years.
    i32::try_from(span).unwrap_or_default()
}

fn time_micros(time: Time) -> i64 {
    let seconds = i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    seconds * 1_000_000 + i64::from(time.subsec_nanosecond()) / 1000
}

fn instant_micros(instant: Timestamp) -> Result<i64, String> {
    // The server's year 0 is 1 BC; before 4713 BC it has none.
    if TimeZone::UTC.to_datetime(instant).year() < -4712 {
        return Err(format!("{instant} lies before 4713 BC"));
    }
    // Below a microsecond is cut off, towards the past also before 1970.
    let micros = instant.as_nanosecond().div_euclid(1000);
    i64::try_from(micros)
        .map(|micros| micros - EPOCH_MICROS)
        .map_err(|_| format!("{instant} is out of range"))
}

fn span_micros(span: SignedDuration) -> Result<i64, String> {
    i64::try_from(span.as_micros()).map_err(|_| format!("{span} is longer than 292,000 years"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(value: Value, wanted: u32) -> Result<(Format, Vec<u8>), String> {
        let mut out = BytesMut::new();
        write(&value, wanted, &mut out)?;
        Ok((format(&value, wanted), out.to_vec()))
    }

    #[test]
    fn numbers_take_the_width_that_is_wanted_or_are_refused() {
        assert_eq!(sent(Value::Int(-2), oid::INT2).unwrap(), (Format::Binary, vec![0xff, 0xfe]));
        assert_eq!(sent(Value::Int(7), oid::INT4).unwrap().1, [0, 0, 0, 7]);
        assert!(sent(Value::Int(40_000), oid::INT2).unwrap_err().contains("40000 does not fit smallint"));
        assert!(sent(Value::Float(1e300), oid::FLOAT4).unwrap_err().contains("real"));
        assert_eq!(sent(Value::Float(0.1), oid::NUMERIC).unwrap(), (Format::Text, b"0.1".to_vec()));
        assert!(sent(Value::Decimal("1.5".parse().unwrap()), oid::INT4).unwrap_err().contains("whole"));
        let hint = sent(Value::Int(7), oid::TEXT).unwrap_err();
        assert!(hint.contains("wants text") && hint.contains("`$1::bigint`"), "{hint}");
    }

    #[test]
    fn text_is_left_to_the_server_and_may_hold_no_zero_byte() {
        let uuid = Value::Text("6ba7b810-9dad-11d1-80b4-00c04fd430c8".into());
        assert_eq!(sent(uuid, oid::UUID).unwrap().0, Format::Text);
        assert_eq!(sent(Value::Text("1979-05-25".into()), oid::DATE).unwrap().0, Format::Text);
        assert!(sent(Value::Text("a\0b".into()), oid::TEXT).unwrap_err().contains("U+0000"));
        assert!(sent(Value::Text("a".into()), oid::BYTEA).is_err());
    }

    #[test]
    fn lists_are_arrays() {
        let ids = Value::List(vec![Value::Int(1), Value::Null]);
        let (format, bytes) = sent(ids, oid::INT8_ARRAY).unwrap();
        assert_eq!(format, Format::Binary);
        assert_eq!(bytes.len(), 20 + 12 + 4);
        assert_eq!(sent(Value::List(vec![]), oid::INT4_ARRAY).unwrap().1.len(), 12);
        let uuid = quintet_core::value::Uuid::from_u128(7);
        let both = Value::List(vec![Value::Uuid(uuid), Value::Uuid(uuid)]);
        assert_eq!(sent(both, oid::UUID_ARRAY).unwrap().1.len(), 20 + 2 * 20);
        let texts = Value::List(vec![Value::Text(uuid.to_string())]);
        assert_eq!(sent(texts, oid::UUID_ARRAY).unwrap().0, Format::Text);
        let moods = Value::List(vec![Value::Text(r#"a"b\"#.into()), Value::Null]);
        assert_eq!(sent(moods, 99_999).unwrap(), (Format::Text, br#"{"a\"b\\",NULL}"#.to_vec()));
        let wrong = sent(Value::List(vec![Value::Text("x".into())]), oid::INT8_ARRAY).unwrap_err();
        assert!(wrong.contains("item 0"), "{wrong}");
        assert!(sent(Value::List(vec![]), oid::INT8).unwrap_err().contains("ANY"));
    }

    #[test]
    fn times_count_from_the_year_2000() {
        assert_eq!(sent(Value::Date("2000-01-02".parse().unwrap()), oid::DATE).unwrap().1, [0, 0, 0, 1]);
        assert_eq!(sent(Value::Date("1999-12-31".parse().unwrap()), oid::DATE).unwrap().1, [0xff; 4]);
        assert_eq!(instant_micros("2000-01-01T00:00:00Z".parse().unwrap()).unwrap(), 0);
        assert_eq!(instant_micros("1999-12-31T23:59:59.9999995Z".parse().unwrap()).unwrap(), -1);
        assert!(instant_micros("-005000-01-01T00:00:00Z".parse().unwrap()).is_err());
    }
}
