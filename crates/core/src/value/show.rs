//! Typed data as dynamic values, for templates.

use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

#[cfg(feature = "decimal")]
use super::Decimal;
use super::{Date, JsonValue, SignedDuration, Time, Timestamp, Uuid, Value, single};

/// What a template can show.
///
/// `#[data]`, `#[model]` and `#[derive(Shape)]` implement it: a struct becomes a map of its fields.
/// A relation that was not loaded is [`Value::NotLoaded`], so that reading it in a template is an error and never a query.
#[diagnostic::on_unimplemented(
    message = "a template can't show `{Self}`",
    label = "add #[data] or #[model] to it",
    note = "text, numbers, dates, Option<_>, Vec<_> and maps of showable things can be shown as they are"
)]
pub trait TemplateValue {
    /// The value as the template sees it.
    fn to_value(&self) -> Value;
}

macro_rules! show {
    ($($t:ty, $v:ident => $e:expr;)*) => {$(
        impl TemplateValue for $t {
            fn to_value(&self) -> Value {
                let $v = self;
                $e
            }
        }
    )*};
}

show! {
    bool, v => Value::Bool(*v);
    i8, v => Value::Int((*v).into());
    i16, v => Value::Int((*v).into());
    i32, v => Value::Int((*v).into());
    i64, v => Value::Int(*v);
    u8, v => Value::Int((*v).into());
    u16, v => Value::Int((*v).into());
    u32, v => Value::Int((*v).into());
    u64, v => i64::try_from(*v).map_or_else(|_| Value::Text(v.to_string()), Value::Int);
    usize, v => i64::try_from(*v).map_or_else(|_| Value::Text(v.to_string()), Value::Int);
    f32, v => Value::Float(single(*v));
    f64, v => Value::Float(*v);
    str, v => Value::Text(v.to_owned());
    String, v => Value::Text(v.clone());
    Date, v => Value::Date(*v);
    Time, v => Value::Time(*v);
    Timestamp, v => Value::DateTime(*v);
    SignedDuration, v => Value::Duration(*v);
    JsonValue, v => Value::Json(v.clone());
    Uuid, v => Value::Uuid(*v);
    IpAddr, v => Value::Ip(*v);
    Ipv4Addr, v => Value::Ip((*v).into());
    Ipv6Addr, v => Value::Ip((*v).into());
    Value, v => v.clone();
    (), _v => Value::Null;
}

#[cfg(feature = "decimal")]
show! { Decimal, v => Value::Decimal(*v); }

impl<T: TemplateValue + ?Sized> TemplateValue for &T {
    fn to_value(&self) -> Value {
        (**self).to_value()
    }
}

impl<T: TemplateValue + ?Sized> TemplateValue for Box<T> {
    fn to_value(&self) -> Value {
        (**self).to_value()
    }
}

impl<T: TemplateValue + ?Sized> TemplateValue for std::sync::Arc<T> {
    fn to_value(&self) -> Value {
        (**self).to_value()
    }
}

impl<T: TemplateValue + ToOwned + ?Sized> TemplateValue for std::borrow::Cow<'_, T> {
    fn to_value(&self) -> Value {
        (**self).to_value()
    }
}

impl<T: TemplateValue> TemplateValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, TemplateValue::to_value)
    }
}

impl<T: TemplateValue> TemplateValue for [T] {
    fn to_value(&self) -> Value {
        Value::List(self.iter().map(TemplateValue::to_value).collect())
    }
}

impl<T: TemplateValue> TemplateValue for Vec<T> {
    fn to_value(&self) -> Value {
        self.as_slice().to_value()
    }
}

impl<T: TemplateValue, const N: usize> TemplateValue for [T; N] {
    fn to_value(&self) -> Value {
        self.as_slice().to_value()
    }
}

impl<T: TemplateValue> TemplateValue for BTreeMap<String, T> {
    fn to_value(&self) -> Value {
        Value::Map(self.iter().map(|(k, v)| (k.clone().into(), v.to_value())).collect())
    }
}

/// In the order of the keys, so that a page looks the same twice.
impl<T: TemplateValue, S> TemplateValue for HashMap<String, T, S> {
    fn to_value(&self) -> Value {
        let mut entries: Vec<_> = self.iter().collect();
        entries.sort_by_key(|(k, _)| k.as_str());
        Value::Map(entries.into_iter().map(|(k, v)| (k.clone().into(), v.to_value())).collect())
    }
}

macro_rules! tuples {
    ($($($n:ident)+;)*) => {$(
        /// A tuple is a list.
        impl<$($n: TemplateValue),+> TemplateValue for ($($n,)+) {
            #[allow(non_snake_case)]
            fn to_value(&self) -> Value {
                let ($($n,)+) = self;
                Value::List(vec![$($n.to_value()),+])
            }
        }
    )*};
}
tuples! { A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H; }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_become_lists_and_maps() {
        let value = (1, vec![Some("a"), None]).to_value();
        assert_eq!(
            value,
            Value::List(vec![Value::Int(1), Value::List(vec![Value::Text("a".into()), Value::Null])])
        );
        let map: HashMap<String, i32> = [("b".to_owned(), 2), ("a".to_owned(), 1)].into();
        assert_eq!(
            map.to_value(),
            Value::Map(vec![("a".into(), Value::Int(1)), ("b".into(), Value::Int(2))])
        );
    }

    #[test]
    fn a_number_too_large_for_a_column_is_shown_whole() {
        assert_eq!(u64::MAX.to_value(), Value::Text("18446744073709551615".into()));
    }
}
