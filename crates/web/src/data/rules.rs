//! The rules that `#[field(..)]` sets, one function each.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
};

use quintet_core::FieldErrors;

/// What has a length: characters of text, items of a collection.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no length",
    label = "`min_length` and `max_length` are for text and collections; numbers have `min` and `max`"
)]
pub trait Length {
    /// How long it is.
    fn length(&self) -> usize;
    /// What is counted, of `n`.
    fn unit(n: usize) -> &'static str;
}

macro_rules! length {
    ($($t:ty, [$($g:tt)*], $v:ident => $length:expr, $one:literal, $many:literal;)*) => {$(
        impl<$($g)*> Length for $t {
            fn length(&self) -> usize {
                let $v = self;
                $length
            }

            fn unit(n: usize) -> &'static str {
                if n == 1 { $one } else { $many }
            }
        }
    )*};
}

length! {
    String, [], v => v.chars().count(), "character", "characters";
    Vec<T>, [T], v => v.len(), "item", "items";
    HashMap<K, V, S>, [K, V, S], v => v.len(), "item", "items";
    BTreeMap<K, V>, [K, V], v => v.len(), "item", "items";
}

/// `min_length = …`
pub fn min_length<T: Length>(errors: &mut FieldErrors, name: &'static str, value: Option<&T>, least: usize) {
    if let Some(length) = value.map(T::length).filter(|length| *length < least) {
        errors.push(name, format!("at least {least} {} (this has {length})", T::unit(least)));
    }
}

/// `max_length = …`
pub fn max_length<T: Length>(errors: &mut FieldErrors, name: &'static str, value: Option<&T>, most: usize) {
    if let Some(length) = value.map(T::length).filter(|length| *length > most) {
        errors.push(name, format!("at most {most} {} (this has {length})", T::unit(most)));
    }
}

/// `min = …`; a value that can't be compared (NaN) is refused too.
pub fn min<T: PartialOrd + Display>(
    errors: &mut FieldErrors,
    name: &'static str,
    value: Option<&T>,
    least: T,
) {
    if value.is_some_and(|value| value.partial_cmp(&least).is_none_or(|order| order.is_lt())) {
        errors.push(name, format!("must be at least {least}"));
    }
}

/// `max = …`; a value that can't be compared (NaN) is refused too.
pub fn max<T: PartialOrd + Display>(
    errors: &mut FieldErrors,
    name: &'static str,
    value: Option<&T>,
    most: T,
) {
    if value.is_some_and(|value| value.partial_cmp(&most).is_none_or(|order| order.is_gt())) {
        errors.push(name, format!("must be at most {most}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_inclusive_and_absence_is_fine() {
        let mut errors = FieldErrors::new();
        min(&mut errors, "a", Some(&1), 1);
        max(&mut errors, "a", Some(&5), 5);
        min(&mut errors, "a", None, 1);
        max_length(&mut errors, "a", Some(&"äöü".to_owned()), 3);
        assert!(errors.is_empty());
        max(&mut errors, "a", Some(&6), 5);
        min(&mut errors, "b", Some(&f64::NAN), 0.0);
        min_length(&mut errors, "c", Some(&Vec::<u8>::new()), 1);
        assert_eq!(
            errors.to_string(),
            "a: must be at most 5; b: must be at least 0; c: at least 1 item (this has 0)"
        );
    }
}
