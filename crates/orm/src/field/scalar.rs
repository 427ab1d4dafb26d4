//! Numbers, text, bytes, JSON.

use quintet_core::{
    Result, Value,
    value::{Decimal, JsonValue, Kind, ValueRef, single},
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
    u8, U8, "a whole number from 0 to 255";
    u16, U16, "a whole number from 0 to 65535";
    u32, U32, "a whole number from 0 to 4294967295";
}

/// Up to what 64 bits with a sign hold: more is no value of a column on any database, and refused.
impl FieldType for u64 {
    type Base = u64;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::U64;

    #[inline]
    fn decode(value: ValueRef<'_>, _: &mut DecodeCx) -> Result<Self> {
        match value {
            ValueRef::Int(v) => u64::try_from(v).or_else(|_| mismatch("a whole number from 0", value)),
            other => mismatch("a whole number from 0", other),
        }
    }

    fn encode(&self) -> Value {
        unsigned(*self)
    }
}

/// A whole number as a column's value; what is too large is no integer, so that the checks refuse it.
pub(crate) fn unsigned(number: u64) -> Value {
    i64::try_from(number).map_or_else(|_| Value::Decimal(number.into()), Value::Int)
}

/// Kept as the shortest number that is read back as the same: 0.1, not 0.10000000149011612.
impl FieldType for f32 {
    type Base = f32;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::Real;

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "what leaves the range of singles is refused")]
    fn decode(value: ValueRef<'_>, cx: &mut DecodeCx) -> Result<Self> {
        let double = f64::decode(value, cx)?;
        let single = double as f32;
        if single.is_infinite() && double.is_finite() {
            mismatch("a number of 32 bits", value)
        } else {
            Ok(single)
        }
    }

    fn encode(&self) -> Value {
        Value::Float(single(*self))
    }
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
