//! Rust values as dynamic values: what raw SQL, `set_field` and scripts take.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[cfg(feature = "decimal")]
use super::Decimal;
use super::{Date, JsonValue, SignedDuration, Time, Timestamp, Uuid, Value};

macro_rules! from {
    ($($t:ty, $v:ident => $e:expr;)*) => {$(
        impl From<$t> for Value {
            fn from($v: $t) -> Self {
                $e
            }
        }
    )*};
}

from! {
    bool, v => Value::Bool(v);
    i16, v => Value::Int(v.into());
    i32, v => Value::Int(v.into());
    i64, v => Value::Int(v);
    u8, v => Value::Int(v.into());
    u16, v => Value::Int(v.into());
    u32, v => Value::Int(v.into());
    f32, v => Value::Float(single(v));
    f64, v => Value::Float(v);
    &str, v => Value::Text(v.to_owned());
    String, v => Value::Text(v);
    Vec<u8>, v => Value::Bytes(v);
    Date, v => Value::Date(v);
    Time, v => Value::Time(v);
    Timestamp, v => Value::DateTime(v);
    SignedDuration, v => Value::Duration(v);
    JsonValue, v => Value::Json(v);
    Uuid, v => Value::Uuid(v);
    IpAddr, v => Value::Ip(v);
    Ipv4Addr, v => Value::Ip(v.into());
    Ipv6Addr, v => Value::Ip(v.into());
}

/// A single as the double that people would write: 0.1, not 0.10000000149011612. It is read back as the same single.
///
/// ```
/// assert_eq!(quintet_core::value::single(0.1), 0.1f64);
/// ```
#[must_use]
pub fn single(value: f32) -> f64 {
    #[expect(clippy::cast_possible_truncation, reason = "that it is the same single is what is asked")]
    let same = |double: &f64| (*double as f32).to_bits() == value.to_bits();
    value.to_string().parse().ok().filter(same).unwrap_or_else(|| value.into())
}

#[cfg(feature = "decimal")]
from! { Decimal, v => Value::Decimal(v); }

/// `None` is NULL.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_kind() {
        assert_eq!(Value::from("a"), Value::Text("a".into()));
        assert_eq!(Value::from(Some(7)), Value::Int(7));
        assert_eq!(Value::from(None::<bool>), Value::Null);
    }
}
