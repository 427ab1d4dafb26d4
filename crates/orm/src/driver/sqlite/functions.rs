//! SQL functions that the ORM's renderer relies on, on every connection.

mod math;
mod spread;
mod text;
mod zone;

use std::net::IpAddr;

use quintet_core::value::{Decimal, JsonValue, Uuid};
use rusqlite::{
    Connection, Error, Result,
    functions::{Context, FunctionFlags},
    types::{Value, ValueRef},
};

use crate::fold::{FOLD_FUNCTION, fold};

const PURE: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_INNOCUOUS);

/// Registers them.
pub(super) fn register(connection: &Connection) -> Result<()> {
    // SQLite's own `lower`, `upper` and `LIKE` know only ASCII.
    changed(connection, FOLD_FUNCTION, |text| fold(text).into_owned())?;
    changed(connection, "quintet_text_lower", str::to_lowercase)?;
    changed(connection, "quintet_text_upper", str::to_uppercase)?;
    changed(connection, "quintet_reverse", |text| text.chars().rev().collect())?;
    number(connection, "quintet_ceil", f64::ceil)?;
    number(connection, "quintet_floor", f64::floor)?;
    changed(connection, "quintet_uuid_text", |text| {
        Uuid::try_parse(text).map_or_else(|_| text.to_owned(), |uuid| uuid.to_string())
    })?;
    connection.create_scalar_function("quintet_ip_key", 1, PURE, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Text(bytes) => {
                let ip = std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok());
                Value::Blob(ip.map_or_else(|| bytes.to_vec(), ip_key))
            }
            other => Value::try_from(other).unwrap_or(Value::Null),
        })
    })?;
    connection.create_scalar_function("quintet_ip_text", 1, PURE, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Blob(bytes) => Value::Text(
                ip_of(bytes).map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), |ip| ip.to_string()),
            ),
            other => Value::try_from(other).unwrap_or(Value::Null),
        })
    })?;
    parsed(connection, "quintet_text_whole", |text| text.parse().ok().map(Value::Integer), "whole number")?;
    // NaN would be stored as NULL.
    let double = |text: &str| text.parse().ok().filter(|number: &f64| !number.is_nan()).map(Value::Real);
    parsed(connection, "quintet_text_float", double, "number")?;
    connection.create_scalar_function("quintet_decimal_text", 2, PURE, |context| {
        match (context.get_raw(0), context.get_raw(1)) {
            (ValueRef::Integer(units), ValueRef::Integer(places)) => {
                let places = u32::try_from(places).unwrap_or_default();
                Ok(Value::Text(Decimal::new(units, places).to_string()))
            }
            (ValueRef::Null, _) => Ok(Value::Null),
            _ => Err(Error::UserFunctionError("quintet_decimal_text: no decimal".into())),
        }
    })?;
    connection.create_scalar_function("quintet_json_contains", 2, PURE, |context| {
        match (json(context, 0)?, json(context, 1)?) {
            (Some(whole), Some(part)) => Ok(Value::Integer(contains(&whole, &part).into())),
            _ => Ok(Value::Null),
        }
    })?;
    spread::register(connection)?;
    text::register(connection)?;
    math::register(connection)?;
    zone::register(connection)
}

fn failed(why: String) -> Error {
    Error::UserFunctionError(why.into())
}

/// An address as bytes that sort: its version, then its bytes.
fn ip_key(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => [&[4], &ip.octets()[..]].concat(),
        IpAddr::V6(ip) => [&[6], &ip.octets()[..]].concat(),
    }
}

fn ip_of(key: &[u8]) -> Option<IpAddr> {
    match key {
        [4, octets @ ..] => <[u8; 4]>::try_from(octets).ok().map(IpAddr::from),
        [6, octets @ ..] => <[u8; 16]>::try_from(octets).ok().map(IpAddr::from),
        _ => None,
    }
}

/// A function of one text; other values stay as they are.
fn changed(
    connection: &Connection,
    name: &str,
    change: impl Fn(&str) -> String + Send + 'static,
) -> Result<()> {
    connection.create_scalar_function(name, 1, PURE, move |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Text(bytes) => Value::Text(change(&String::from_utf8_lossy(bytes))),
            other => Value::try_from(other).unwrap_or(Value::Null),
        })
    })
}

/// A function that reads a text, with spaces around it, as a value of this kind; NULL stays.
fn parsed(
    connection: &Connection,
    name: &'static str,
    read: fn(&str) -> Option<Value>,
    kind: &'static str,
) -> Result<()> {
    connection.create_scalar_function(name, 1, PURE, move |context| match context.get_raw(0) {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            let refused = || Error::UserFunctionError(format!("the text {text:?} is no {kind}").into());
            read(text.trim_ascii()).ok_or_else(refused)
        }
        other => Value::try_from(other).map_err(|error| Error::UserFunctionError(error.into())),
    })
}

/// A function of one number; other values stay as they are.
fn number(connection: &Connection, name: &str, change: fn(f64) -> f64) -> Result<()> {
    connection.create_scalar_function(name, 1, PURE, move |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Real(number) => Value::Real(change(number)),
            other => Value::try_from(other).unwrap_or(Value::Null),
        })
    })
}

fn parse(bytes: &[u8]) -> std::result::Result<JsonValue, String> {
    std::str::from_utf8(bytes).map_err(|e| e.to_string())?.parse().map_err(|e| format!("{e}"))
}

fn json(context: &Context<'_>, at: usize) -> Result<Option<JsonValue>> {
    match context.get_raw(at) {
        ValueRef::Text(bytes) => parse(bytes)
            .map(Some)
            .map_err(|error| Error::UserFunctionError(format!("quintet_json_contains: {error}").into())),
        _ => Ok(None),
    }
}

/// Has `whole` all of `part`? As PostgreSQL's `@>`: arrays regardless of order, and an array has a plain value that is one
/// of its items.
fn contains(whole: &JsonValue, part: &JsonValue) -> bool {
    match (whole, part) {
        (JsonValue::Object(whole), JsonValue::Object(part)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| contained(whole, part)))
        }
        (JsonValue::Array(items), JsonValue::Array(parts)) => {
            parts.iter().all(|part| items.iter().any(|item| contained(item, part)))
        }
        (JsonValue::Array(items), part) => !part.is_object() && items.contains(part),
        (whole, part) => whole == part,
    }
}

/// Below the top, a plain value is not taken for an array of it.
fn contained(whole: &JsonValue, part: &JsonValue) -> bool {
    whole.is_array() == part.is_array() && contains(whole, part)
}
