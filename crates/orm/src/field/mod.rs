//! The Rust types that can be columns: [`FieldType`] turns them into values and back.
//!
//! What a database without own types stores (text for dates, integers for booleans and decimals) is read here;
//! drivers write it. A driver therefore needs no knowledge of models.
mod file;
mod identifier;
mod scalar;
mod time;

pub use file::{StoredFile, StoredImage};
pub(crate) use scalar::unsigned;
#[cfg(feature = "sqlite")]
pub(crate) use time::instant;

use quintet_core::{
    Error, Result, Value,
    meta::{Choice, Format},
    value::{Date, Decimal, JsonValue, Kind, Time, Timestamp, ValueRef},
};

use crate::decode::DecodeCx;

/// A Rust type that can be a column.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a model's column",
    label = "not a column type",
    note = "column types are bool, i16, i32, i64, u8, u16, u32, u64, f32, f64, String, Vec<u8>, Decimal, Date, Time, \
            Timestamp, SignedDuration, JsonValue, Uuid, IpAddr, StoredFile, StoredImage, #[derive(Choices)] enums, ForeignKey<Model>, and Option<_> of these"
)]
pub trait FieldType: Sized + Send + Sync + 'static {
    /// The type without `Option`.
    type Base: FieldType<Base = Self::Base>;

    /// A `U` that may be missing where this may.
    type Like<U: FieldType<Base = U>>: FieldType<Base = U>;

    /// The column's type.
    const KIND: Kind;

    /// May it be NULL?
    const NULL: bool = false;

    /// The allowed values, if it is an enum.
    const CHOICES: &'static [Choice] = &[];

    /// What its text means.
    const FORMAT: Format = Format::Plain;

    /// Reads a database's value.
    ///
    /// # Errors
    /// If the value is none of this type.
    fn decode(value: ValueRef<'_>, cx: &mut DecodeCx) -> Result<Self>;

    /// The value to bind.
    fn encode(&self) -> Value;

    /// Reads a value that came from elsewhere: a form, a script.
    ///
    /// # Errors
    /// If the value is none of this type.
    fn from_value(value: &Value) -> Result<Self> {
        let mut json = String::new();
        match borrowed(value, &mut json) {
            Ok(value) => Self::decode(value, &mut DecodeCx::default()),
            Err(error) => Err(error),
        }
    }

    /// Takes such a value. `#[model]` calls it: what it would write itself is compiled for each field anew.
    #[doc(hidden)]
    fn take_value(&mut self, value: &Value) -> Result {
        *self = Self::from_value(value)?;
        Ok(())
    }
}

/// The value as a database would give it; `json` takes the text of one that is JSON.
fn borrowed<'a>(value: &'a Value, json: &'a mut String) -> Result<ValueRef<'a>> {
    Ok(match value {
        Value::Null => ValueRef::Null,
        Value::Bool(v) => ValueRef::Bool(*v),
        Value::Int(v) => ValueRef::Int(*v),
        Value::Float(v) => ValueRef::Float(*v),
        Value::Decimal(v) => ValueRef::Decimal(*v),
        Value::Text(v) => ValueRef::Text(v),
        Value::Bytes(v) => ValueRef::Bytes(v),
        Value::Date(v) => ValueRef::Date(*v),
        Value::Time(v) => ValueRef::Time(*v),
        Value::DateTime(v) => ValueRef::DateTime(*v),
        Value::Duration(v) => ValueRef::Duration(*v),
        Value::Uuid(v) => ValueRef::Uuid(*v),
        Value::Ip(v) => ValueRef::Ip(*v),
        Value::Json(v) => {
            *json = v.to_string();
            ValueRef::Json(json)
        }
        other => return Err(Error::bad_request(format!("{} can't be stored in a column", other.describe()))),
    })
}

impl<T: FieldType<Base = T>> FieldType for Option<T> {
    type Base = T;
    type Like<U: FieldType<Base = U>> = Option<U>;
    const KIND: Kind = T::KIND;
    const NULL: bool = true;
    const CHOICES: &'static [Choice] = T::CHOICES;
    const FORMAT: Format = T::FORMAT;

    #[inline]
    fn decode(value: ValueRef<'_>, cx: &mut DecodeCx) -> Result<Self> {
        if value.is_null() { Ok(None) } else { T::decode(value, cx).map(Some) }
    }

    fn encode(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::encode)
    }
}

/// A type that arithmetic is meant for.
#[diagnostic::on_unimplemented(message = "`{Self}` is no number", label = "this needs a column of numbers")]
pub trait Number: FieldType {
    /// What a sum of many is.
    type Sum: FieldType<Base = Self::Sum>;
}

macro_rules! numbers {
    ($($t:ty => $sum:ty;)*) => {$(
        impl Number for $t {
            type Sum = $sum;
        }
    )*};
}
numbers! {
    i16 => i64; i32 => i64; i64 => i64; u8 => i64; u16 => i64; u32 => i64; u64 => i64; f32 => f64; f64 => f64;
    Decimal => Decimal;
}

impl<T: Number + FieldType<Base = T>> Number for Option<T> {
    type Sum = T::Sum;
}

/// A number that may have places behind the point.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is whole already",
    label = "this needs a column of decimals or doubles"
)]
pub trait Fractional: Number {}

impl Fractional for f32 {}
impl Fractional for f64 {}
impl Fractional for Decimal {}
impl<T: Fractional + FieldType<Base = T>> Fractional for Option<T> {}

/// A type that has a day of the calendar.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no date",
    label = "this needs a column of dates or timestamps"
)]
pub trait DateLike: FieldType {}

impl DateLike for Date {}
impl DateLike for Timestamp {}
impl<T: DateLike + FieldType<Base = T>> DateLike for Option<T> {}

/// A type that has a time of day.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no time of day",
    label = "this needs a column of times or timestamps"
)]
pub trait ClockLike: FieldType {}

impl ClockLike for Time {}
impl ClockLike for Timestamp {}
impl<T: ClockLike + FieldType<Base = T>> ClockLike for Option<T> {}

/// An instant.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no instant",
    label = "this needs a column of timestamps"
)]
pub trait InstantLike: DateLike + ClockLike {}

impl InstantLike for Timestamp {}
impl InstantLike for Option<Timestamp> {}

/// A JSON document.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no JSON",
    label = "this needs a column of JSON documents"
)]
pub trait JsonLike: FieldType {}

impl JsonLike for JsonValue {}
impl JsonLike for Option<JsonValue> {}

/// An enum whose variants are a column's allowed values. `#[derive(Choices)]` implements it.
pub trait Enumerated: FieldType<Base = Self> {}

/// A type that can be searched as text.
#[diagnostic::on_unimplemented(message = "`{Self}` is no text", label = "this needs a column of text")]
pub trait TextLike: FieldType {}

impl TextLike for String {}
impl TextLike for Option<String> {}

/// The error for a value of the wrong type.
#[cold]
pub(crate) fn mismatch<T>(wanted: &str, got: ValueRef<'_>) -> Result<T> {
    let shown = match got {
        ValueRef::Text(text) | ValueRef::Json(text) => {
            format!("the text {:?}", text.chars().take(40).collect::<String>())
        }
        ValueRef::Bytes(bytes) => format!("{} bytes", bytes.len()),
        ValueRef::Null => "NULL".to_owned(),
        other => format!("{other:?}"),
    };
    Err(Error::database(format!("expected {wanted}, found {shown}")))
}
