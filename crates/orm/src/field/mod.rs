//! The Rust types that can be columns: [`FieldType`] turns them into values and back.
//!
//! What a database without own types stores (text for dates, integers for booleans and decimals) is read here;
//! drivers write it. A driver therefore needs no knowledge of models.
mod scalar;
mod time;

use quintet_core::{
    Error, Result, Value,
    meta::Choice,
    value::{Kind, ValueRef},
};

use crate::decode::DecodeCx;

/// A Rust type that can be a column.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a model's column",
    label = "not a column type",
    note = "column types are bool, i16, i32, i64, f64, String, Vec<u8>, Decimal, Date, Time, Timestamp, \
            SignedDuration, JsonValue, #[derive(Choices)] enums, ForeignKey<Model>, and Option<_> of these"
)]
pub trait FieldType: Sized + Send + Sync + 'static {
    /// The type without `Option`.
    type Base: FieldType<Base = Self::Base>;

    /// The column's type.
    const KIND: Kind;

    /// May it be NULL?
    const NULL: bool = false;

    /// The allowed values, if it is an enum.
    const CHOICES: &'static [Choice] = &[];

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
        let mut cx = DecodeCx::default();
        let json;
        let borrowed = match value {
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
            Value::Json(v) => {
                json = v.to_string();
                ValueRef::Json(&json)
            }
            other => {
                return Err(Error::bad_request(format!("{} can't be stored in a column", other.describe())));
            }
        };
        Self::decode(borrowed, &mut cx)
    }
}

impl<T: FieldType<Base = T>> FieldType for Option<T> {
    type Base = T;
    const KIND: Kind = T::KIND;
    const NULL: bool = true;
    const CHOICES: &'static [Choice] = T::CHOICES;

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
pub trait Number: FieldType {}

impl Number for i16 {}
impl Number for i32 {}
impl Number for i64 {}
impl Number for f64 {}
impl Number for quintet_core::value::Decimal {}
impl<T: Number + FieldType<Base = T>> Number for Option<T> {}

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
