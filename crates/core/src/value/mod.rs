//! Dynamic values: what travels between columns, templates, JSON and scripts.
//!
//! [`Value`] owns, [`ValueRef`] borrows from a driver's row so that text is copied once, into the model.
//! [`Kind`] names the type of a column. [`TemplateValue`] is how typed data becomes a `Value` to be shown.
mod from;
mod kind;
mod parse;
mod piece;
mod show;
mod unloaded;

use std::{borrow::Cow, net::IpAddr, sync::Arc};

pub use from::single;
pub use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime as CivilDateTime, Time},
};
pub use kind::Kind;
pub use piece::Piece;
#[cfg(feature = "decimal")]
pub use rust_decimal::Decimal;
pub use serde_json::Value as JsonValue;
pub use show::TemplateValue;
pub use unloaded::{Relations, Unloaded};
pub use uuid::Uuid;

/// A named collection of values that keeps its order.
pub type Map = Vec<(Cow<'static, str>, Value)>;

/// A value whose type is known at run time.
///
/// The first group is what a database column can hold. `List` and `Map` exist for templates, JSON and
/// scripts; drivers refuse them.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// SQL's NULL, JSON's null, a template's none.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// Every integer type of a column.
    Int(i64),
    /// A double.
    Float(f64),
    /// An exact decimal.
    #[cfg(feature = "decimal")]
    Decimal(Decimal),
    /// UTF-8 text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A day of the calendar.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// An instant, kept in UTC.
    DateTime(Timestamp),
    /// A span of time.
    Duration(SignedDuration),
    /// A JSON document.
    Json(JsonValue),
    /// A UUID.
    Uuid(Uuid),
    /// An IP address.
    Ip(IpAddr),
    /// Several values.
    List(Vec<Value>),
    /// Named values, in order.
    Map(Map),
    /// A relation that the query did not load: a template that reads it fails, JSON leaves it out.
    NotLoaded(Unloaded),
    /// A part of a page that has a template of its own.
    Piece(Arc<Piece>),
}

/// A column's value, borrowed from the driver's buffers.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ValueRef<'a> {
    /// NULL.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// An exact decimal.
    #[cfg(feature = "decimal")]
    Decimal(Decimal),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A day.
    Date(Date),
    /// A time of day.
    Time(Time),
    /// An instant.
    DateTime(Timestamp),
    /// A span of time.
    Duration(SignedDuration),
    /// A JSON document as text.
    Json(&'a str),
    /// A UUID.
    Uuid(Uuid),
    /// An IP address.
    Ip(IpAddr),
}

impl ValueRef<'_> {
    /// A copy that outlives the row. JSON text that does not parse stays text.
    #[must_use]
    pub fn to_owned(&self) -> Value {
        match *self {
            ValueRef::Null => Value::Null,
            ValueRef::Bool(v) => Value::Bool(v),
            ValueRef::Int(v) => Value::Int(v),
            ValueRef::Float(v) => Value::Float(v),
            #[cfg(feature = "decimal")]
            ValueRef::Decimal(v) => Value::Decimal(v),
            ValueRef::Text(v) => Value::Text(v.to_owned()),
            ValueRef::Bytes(v) => Value::Bytes(v.to_owned()),
            ValueRef::Date(v) => Value::Date(v),
            ValueRef::Time(v) => Value::Time(v),
            ValueRef::DateTime(v) => Value::DateTime(v),
            ValueRef::Duration(v) => Value::Duration(v),
            ValueRef::Uuid(v) => Value::Uuid(v),
            ValueRef::Ip(v) => Value::Ip(v),
            ValueRef::Json(v) => {
                serde_json::from_str(v).map_or_else(|_| Value::Text(v.to_owned()), Value::Json)
            }
        }
    }

    /// Is this NULL?
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, ValueRef::Null)
    }
}

impl Value {
    /// Is this NULL?
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The text, if this is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if this is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The entry of this name, if this is a map that has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Map(map) => map.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            Value::Piece(piece) => piece.value.get(name),
            _ => None,
        }
    }

    /// What sort of value this is, in words for messages: `text`, `whole number`, …
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "yes or no",
            Value::Int(_) => "whole number",
            Value::Float(_) => "number",
            #[cfg(feature = "decimal")]
            Value::Decimal(_) => "decimal number",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
            Value::Date(_) => "date",
            Value::Time(_) => "time",
            Value::DateTime(_) => "date and time",
            Value::Duration(_) => "duration",
            Value::Json(_) => "JSON",
            Value::Uuid(_) => "UUID",
            Value::Ip(_) => "IP address",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::NotLoaded(_) => "relation that is not loaded",
            Value::Piece(_) => "piece of a page",
        }
    }
}

/// As JSON: decimals, dates, times, durations, UUIDs and addresses become text (RFC 3339, ISO 8601), bytes become numbers.
impl serde::Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        match self {
            Value::Null | Value::NotLoaded(_) => s.serialize_unit(),
            Value::Bool(v) => s.serialize_bool(*v),
            Value::Int(v) => s.serialize_i64(*v),
            Value::Float(v) => s.serialize_f64(*v),
            #[cfg(feature = "decimal")]
            Value::Decimal(v) => s.collect_str(v),
            Value::Text(v) => s.serialize_str(v),
            Value::Bytes(v) => v.serialize(s),
            Value::Date(v) => s.collect_str(v),
            Value::Time(v) => s.collect_str(v),
            Value::DateTime(v) => s.collect_str(v),
            Value::Duration(v) => s.collect_str(v),
            Value::Json(v) => v.serialize(s),
            Value::Uuid(v) => s.collect_str(v),
            Value::Ip(v) => s.collect_str(v),
            Value::List(v) => v.serialize(s),
            Value::Piece(piece) => piece.value.serialize(s),
            Value::Map(map) => {
                let loaded = || map.iter().filter(|(_, value)| !matches!(value, Value::NotLoaded(_)));
                let mut out = s.serialize_map(Some(loaded().count()))?;
                for (name, value) in loaded() {
                    out.serialize_entry(name, value)?;
                }
                out.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json() {
        let value = Value::Map(vec![
            ("price".into(), Value::Decimal("12.50".parse().unwrap())),
            ("day".into(), Value::Date("1979-05-25".parse().unwrap())),
            ("tags".into(), Value::List(vec![Value::Int(1), Value::Null])),
        ]);
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(json, r#"{"price":"12.50","day":"1979-05-25","tags":[1,null]}"#);
    }

    #[test]
    fn broken_json_text_is_kept_as_text() {
        assert_eq!(ValueRef::Json("{").to_owned(), Value::Text("{".into()));
        assert_eq!(ValueRef::Json("[1]").to_owned(), Value::Json(serde_json::json!([1])));
    }
}
