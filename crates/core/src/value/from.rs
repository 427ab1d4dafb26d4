//! Rust values as dynamic values: what raw SQL, `set_field` and scripts take.

#[cfg(feature = "decimal")]
use super::Decimal;
use super::{Date, JsonValue, SignedDuration, Time, Timestamp, Value};

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
    f64, v => Value::Float(v);
    &str, v => Value::Text(v.to_owned());
    String, v => Value::Text(v);
    Vec<u8>, v => Value::Bytes(v);
    Date, v => Value::Date(v);
    Time, v => Value::Time(v);
    Timestamp, v => Value::DateTime(v);
    SignedDuration, v => Value::Duration(v);
    JsonValue, v => Value::Json(v);
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
