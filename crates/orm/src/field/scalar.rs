//! Numbers, text, bytes, JSON.

use quintet_core::{
    Result, Value,
    value::{Decimal, JsonValue, Kind, ValueRef},
};

use super::{FieldType, mismatch};
use crate::decode::DecodeCx;

impl FieldType for bool {
    type Base = bool;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::Bool;

    #[inline]
    fn decode(value: ValueRef<'_>, _: &mut DecodeCx) -> Result<Self> {
        match value {
            ValueRef::Bool(v) => Ok(v),
            ValueRef::Int(v) => Ok(v != 0),
            other => mismatch("true or false", other),
        }
    }

    fn encode(&self) -> Value {
        Value::Bool(*self)
    }
}

macro_rules! integers {
    ($($t:ty, $kind:ident, $words:literal;)*) => {$(
        impl FieldType for $t {
            type Base = $t;
            type Like<U: FieldType<Base = U>> = U;
            const KIND: Kind = Kind::$kind;

            #[inline]
            fn decode(value: ValueRef<'_>, _: &mut DecodeCx) -> Result<Self> {
                match value {
                    ValueRef::Int(v) => <$t>::try_from(v).or_else(|_| mismatch($words, value)),
                    other => mismatch($words, other),
                }
            }

            fn encode(&self) -> Value {
                Value::Int((*self).into())
            }
        }
    )*};
}

integers! {
    i16, SmallInt, "a whole number of 16 bits";
    i32, Int, "a whole number of 32 bits";
    i64, BigInt, "a whole number";
}

impl FieldType for f64 {
    type Base = f64;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::Float;

    #[inline]
    #[expect(
        clippy::cast_precision_loss,
        reason = "SQLite stores 2.0 as the integer 2; columns of doubles hold no others"
    )]
    fn decode(value: ValueRef<'_>, _: &mut DecodeCx) -> Result<Self> {
        match value {
            ValueRef::Float(v) => Ok(v),
            ValueRef::Int(v) => Ok(v as f64),
            ValueRef::Decimal(v) => v.try_into().or_else(|_| mismatch("a number", value)),
            other => mismatch("a number", other),
        }
    }

    fn encode(&self) -> Value {
        Value::Float(*self)
    }
}

impl FieldType for Decimal {
    type Base = Decimal;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::Decimal;

    /// An integer is scaled by the column's places where the query says so.
    #[inline]
    fn decode(value: ValueRef<'_>, cx: &mut DecodeCx) -> Result<Self> {
        match value {
            ValueRef::Int(v) => Ok(Decimal::new(v, u32::from(cx.places()))),
            ValueRef::Decimal(v) => Ok(v),
            ValueRef::Text(v) => v.parse().or_else(|_| mismatch("a decimal", value)),
            other => mismatch("a decimal", other),
        }
    }

    fn encode(&self) -> Value {
        Value::Decimal(*self)
    }
}

impl FieldType for String {
    type Base = String;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::Text;

    #[inline]
    fn decode(value: ValueRef<'_>, _: &mut DecodeCx) -> Result<Self> {
        match value {
            ValueRef::Text(v) => Ok(v.to_owned()),
            other => mismatch("text", other),
        }
    }

    fn encode(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl FieldType for Vec<u8> {
    type Base = Vec<u8>;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::Bytes;

    #[inline]
    fn decode(value: ValueRef<'_>, _: &mut DecodeCx) -> Result<Self> {
        match value {
            ValueRef::Bytes(v) => Ok(v.to_owned()),
            other => mismatch("bytes", other),
        }
    }

    fn encode(&self) -> Value {
        Value::Bytes(self.clone())
    }
}

impl FieldType for JsonValue {
    type Base = JsonValue;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::Json;

    fn decode(value: ValueRef<'_>, _: &mut DecodeCx) -> Result<Self> {
        match value {
            ValueRef::Json(text) | ValueRef::Text(text) => text.parse().or_else(|_| mismatch("JSON", value)),
            other => mismatch("JSON", other),
        }
    }

    fn encode(&self) -> Value {
        Value::Json(self.clone())
    }
}
