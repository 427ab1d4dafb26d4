//! What names a thing: UUIDs and IP addresses, also as databases without such types store them.
//!
//! A UUID is kept as its 32 hexadecimal digits, without hyphens: text that sorts as the UUID does (so that a v7 key is in
//! the order of its making) and that Django reads. An address is kept as the text that people write.

use std::net::IpAddr;

use quintet_core::{
    Result, Value,
    value::{Kind, Uuid, ValueRef},
};

use super::{FieldType, mismatch};
use crate::decode::DecodeCx;

impl FieldType for Uuid {
    type Base = Uuid;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::Uuid;

    #[inline]
    fn decode(value: ValueRef<'_>, _: &mut DecodeCx) -> Result<Self> {
        match value {
            ValueRef::Uuid(v) => Ok(v),
            ValueRef::Text(text) => Uuid::try_parse(text).or_else(|_| mismatch("a UUID", value)),
            ValueRef::Bytes(bytes) => Uuid::from_slice(bytes).or_else(|_| mismatch("a UUID", value)),
            other => mismatch("a UUID", other),
        }
    }

    fn encode(&self) -> Value {
        Value::Uuid(*self)
    }
}

impl FieldType for IpAddr {
    type Base = IpAddr;
    type Like<U: FieldType<Base = U>> = U;
    const KIND: Kind = Kind::Ip;

    #[inline]
    fn decode(value: ValueRef<'_>, _: &mut DecodeCx) -> Result<Self> {
        match value {
            ValueRef::Ip(v) => Ok(v),
            ValueRef::Text(text) => text.parse().or_else(|_| mismatch("an IP address", value)),
            other => mismatch("an IP address", other),
        }
    }

    fn encode(&self) -> Value {
        Value::Ip(*self)
    }
}
