//! The rules that `#[field(..)]` sets, one function each.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Display,
};

use quintet_core::{
    FieldErrors, TemplateValue, Value,
    meta::{Choice, Format},
    valid::{fits_pattern, pattern_problem},
};

use crate::upload::FileChange;

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
        errors.push_coded(
            name,
            "min_length",
            format!("at least {least} {} (this has {length})", T::unit(least)),
        );
    }
}

/// `max_length = …`
pub fn max_length<T: Length>(errors: &mut FieldErrors, name: &'static str, value: Option<&T>, most: usize) {
    if let Some(length) = value.map(T::length).filter(|length| *length > most) {
        errors.push_coded(
            name,
            "max_length",
            format!("at most {most} {} (this has {length})", T::unit(most)),
        );
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
        errors.push_coded(name, "min", format!("must be at least {least}"));
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
        errors.push_coded(name, "max", format!("must be at most {most}"));
    }
}

/// `regex = "…"`
pub fn regex<T: AsRef<str>>(
    errors: &mut FieldErrors,
    name: &'static str,
    value: Option<&T>,
    pattern: &'static str,
) {
    // Nothing at all is a matter of being required.
    if value.map(T::as_ref).is_some_and(|text| !text.is_empty() && !fits_pattern(pattern, text)) {
        if let Some(problem) = pattern_problem(pattern) {
            tracing::error!(field = name, "the pattern of this field is no regular expression: {problem}");
        }
        errors.push_coded(name, "regex", "is not in the form that is asked for");
    }
}

/// `email`, `url`, `slug`, `unicode_slug`
pub fn format<T: AsRef<str>>(
    errors: &mut FieldErrors,
    name: &'static str,
    value: Option<&T>,
    format: Format,
) {
    let text = value.map(T::as_ref).filter(|text| !text.is_empty());
    if let Some(problem) = text.and_then(|text| format.problem(text)) {
        errors.push_coded(name, "format", problem);
    }
}

/// `choices = [..]`, of a value or of several.
pub fn choices<T: TemplateValue>(
    errors: &mut FieldErrors,
    name: &'static str,
    value: Option<&T>,
    known: &'static [Choice],
) {
    let fits = |value: &Value| {
        let text = match value {
            Value::Null => return true,
            Value::Text(text) => text.clone(),
            other => match serde_json::to_value(other) {
                Ok(serde_json::Value::String(text)) => text,
                Ok(json) => json.to_string(),
                Err(_) => return false,
            },
        };
        text.is_empty() || known.iter().any(|choice| choice.value == text)
    };
    let value = value.map(TemplateValue::to_value).unwrap_or_default();
    let fine = match &value {
        Value::List(items) => items.iter().all(fits),
        one => fits(one),
    };
    if !fine {
        let known: Vec<&str> = known.iter().map(|choice| choice.value).collect();
        errors.push_coded(name, "choice", format!("expected one of {}", known.join(", ")));
    }
}

/// What can be left empty, though its type always has a value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` always says something",
    label = "`required` is for text, lists, options, and a box that must be ticked"
)]
pub trait Filled {
    /// Does it say something?
    fn is_filled(&self) -> bool;
}

impl Filled for bool {
    fn is_filled(&self) -> bool {
        *self
    }
}

impl Filled for String {
    fn is_filled(&self) -> bool {
        !self.trim().is_empty()
    }
}

impl<T> Filled for Vec<T> {
    fn is_filled(&self) -> bool {
        !self.is_empty()
    }
}

impl<T> Filled for Option<T> {
    fn is_filled(&self) -> bool {
        self.is_some()
    }
}

/// Whether a file that stays is there is for who knows the row.
impl Filled for FileChange {
    fn is_filled(&self) -> bool {
        !self.is_cleared()
    }
}

/// `required`
pub fn required<T: Filled>(errors: &mut FieldErrors, name: &'static str, value: &T) {
    if !value.is_filled() {
        errors.push_coded(name, "required", "this field is required");
    }
}

/// What whole steps can be counted in.
#[diagnostic::on_unimplemented(message = "`{Self}` has no steps", label = "`step` is for numbers")]
pub trait Step: Display {
    /// Is it whole steps away from the start?
    fn is_step(&self, step: &Self, start: Option<&Self>) -> bool;
}

macro_rules! whole_steps {
    ($($t:ty)*) => {$(
        impl Step for $t {
            fn is_step(&self, step: &Self, start: Option<&Self>) -> bool {
                *step == 0 || (*self as i128 - start.map_or(0, |start| *start as i128)) % *step as i128 == 0
            }
        }
    )*};
}
whole_steps! { i8 i16 i32 i64 u8 u16 u32 u64 usize isize }

macro_rules! float_steps {
    ($($t:ty: $slack:literal;)*) => {$(
        impl Step for $t {
            fn is_step(&self, step: &Self, start: Option<&Self>) -> bool {
                // 0.3 is three steps of 0.1, though the doubles do not say so.
                let steps = (self - start.copied().unwrap_or_default()) / step;
                *step == 0.0 || (steps - steps.round()).abs() < $slack * steps.abs().max(1.0)
            }
        }
    )*};
}
float_steps! { f32: 1e-4; f64: 1e-9; }

#[cfg(feature = "decimal")]
impl Step for quintet_core::value::Decimal {
    fn is_step(&self, step: &Self, start: Option<&Self>) -> bool {
        let away = self.checked_sub(start.copied().unwrap_or_default());
        step.is_zero() || away.and_then(|away| away.checked_rem(*step)).is_some_and(|rest| rest.is_zero())
    }
}

/// `step = …`, from `min` if there is one.
pub fn step<T: Step>(
    errors: &mut FieldErrors,
    name: &'static str,
    value: Option<&T>,
    step: T,
    start: Option<T>,
) {
    if value.is_some_and(|value| !value.is_step(&step, start.as_ref())) {
        let from = start.map_or_else(String::new, |start| format!(", counted from {start}"));
        errors.push_coded(name, "step", format!("must be a multiple of {step}{from}"));
    }
}

/// What has a known number of digits.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no digits to be counted",
    label = "`max_digits` and `decimal_places` are for `Decimal`; other numbers have `min`, `max` and `step`"
)]
pub trait Digits {
    /// The digits before the point, and those behind it; zeros at either end count for nothing.
    fn digits(&self) -> (u32, u32);
}

#[cfg(feature = "decimal")]
impl Digits for quintet_core::value::Decimal {
    fn digits(&self) -> (u32, u32) {
        let number = self.normalize();
        let whole = number.trunc().mantissa().unsigned_abs();
        (whole.checked_ilog10().map_or(0, |digits| digits + 1), number.scale())
    }
}

/// `max_digits = …`, `decimal_places = …`
pub fn digits<T: Digits>(
    errors: &mut FieldErrors,
    name: &'static str,
    value: Option<&T>,
    most: Option<u8>,
    places: Option<u8>,
) {
    let Some((before, behind)) = value.map(T::digits) else { return };
    let digits = |n: u32| format!("{n} digit{}", if n == 1 { "" } else { "s" });
    let (most, places) = (most.map(u32::from), places.map(u32::from));
    let whole = most.zip(places).map(|(most, places)| most.saturating_sub(places));
    let message = match (most, places, whole) {
        (_, Some(0), _) if behind > 0 => "a whole number".to_owned(),
        (_, Some(places), _) if behind > places => format!("at most {} after the point", digits(places)),
        (.., Some(whole)) if before > whole => format!("at most {} before the point", digits(whole)),
        (Some(most), None, _) if before + behind > most => format!("at most {}", digits(most)),
        _ => return,
    };
    errors.push_coded(name, "digits", message);
}

/// `validate = function`
pub fn validate<E: Into<String>>(
    errors: &mut FieldErrors,
    name: &'static str,
    outcome: Option<Result<(), E>>,
) {
    if let Some(Err(message)) = outcome {
        errors.push_coded(name, "invalid", message);
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
