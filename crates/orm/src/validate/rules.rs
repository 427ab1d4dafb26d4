//! Bounds, steps, patterns and formats.

use std::cmp::Ordering;

use quintet_core::{Value, valid::fits_pattern, value::Decimal};

use super::Found;

pub(super) fn check(value: &Value, found: &mut Found<'_>) {
    let field = found.field;
    if let Value::Text(text) = value
        && !text.is_empty()
    {
        if let Some(problem) = field.format.problem(text) {
            found.push("format", problem);
        }
        if let Some(pattern) = field.rules.regex
            && !fits_pattern(pattern, text)
        {
            found.push("regex", "is not in the form that is asked for");
        }
    }
    let rules = &field.rules;
    if rules.min.is_none() && rules.max.is_none() && rules.step.is_none() {
        return;
    }
    let beyond = |bound: Option<fn() -> Value>, wrong: Ordering| {
        let bound = bound?();
        (compare(value, &bound) == Some(wrong)).then(|| shown(&bound))
    };
    if let Some(least) = beyond(rules.min, Ordering::Less) {
        found.push("min", format!("must be at least {least}"));
    }
    if let Some(most) = beyond(rules.max, Ordering::Greater) {
        found.push("max", format!("must be at most {most}"));
    }
    if let Some(step) = rules.step.map(|step| step()) {
        let start = rules.min.map(|min| min());
        if !is_step(value, &step, start.as_ref()) {
            let from = start.map_or_else(String::new, |start| format!(", counted from {}", shown(&start)));
            found.push("step", format!("must be a multiple of {}{from}", shown(&step)));
        }
    }
}

/// How two values of one column relate; `None` for what has no order.
fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    Some(match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b)?,
        (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::DateTime(a), Value::DateTime(b)) => a.cmp(b),
        (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        // A number that was too large for its column.
        (Value::Decimal(a), Value::Int(b)) => a.cmp(&Decimal::from(*b)),
        _ => return None,
    })
}

/// Is `value` whole steps away from the start? What is no number is.
fn is_step(value: &Value, step: &Value, start: Option<&Value>) -> bool {
    match (value, step) {
        (Value::Int(value), Value::Int(step)) => {
            let start = start.and_then(Value::as_int).unwrap_or_default();
            *step == 0 || (i128::from(*value) - i128::from(start)) % i128::from(*step) == 0
        }
        (Value::Decimal(value), Value::Decimal(step)) => {
            let start = match start {
                Some(Value::Decimal(start)) => *start,
                _ => Decimal::ZERO,
            };
            let away = value.checked_sub(start);
            step.is_zero() || away.and_then(|away| away.checked_rem(*step)).is_some_and(|rest| rest.is_zero())
        }
        (Value::Float(value), Value::Float(step)) => {
            let start = match start {
                Some(Value::Float(start)) => *start,
                _ => 0.0,
            };
            // 0.3 is three steps of 0.1, though the doubles do not say so.
            let steps = (value - start) / step;
            *step == 0.0 || (steps - steps.round()).abs() < 1e-9 * steps.abs().max(1.0)
        }
        _ => true,
    }
}

/// A bound, for people.
fn shown(value: &Value) -> String {
    match value {
        Value::Int(v) => v.to_string(),
        Value::Float(v) => v.to_string(),
        Value::Decimal(v) => v.to_string(),
        Value::Date(v) => v.to_string(),
        Value::Time(v) => v.to_string(),
        Value::DateTime(v) => v.to_string(),
        Value::Duration(v) => v.to_string(),
        Value::Text(v) => v.clone(),
        other => other.describe().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_whole() {
        let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
        for (value, step, start, whole) in [
            (Value::Int(15), Value::Int(5), None, true),
            (Value::Int(-16), Value::Int(5), Some(Value::Int(-1)), true),
            (Value::Int(16), Value::Int(5), None, false),
            (Value::Int(i64::MAX), Value::Int(2), Some(Value::Int(i64::MIN)), false),
            (decimal("0.30"), decimal("0.1"), None, true),
            (decimal("0.35"), decimal("0.1"), None, false),
            (decimal("0.35"), decimal("0.1"), Some(decimal("0.05")), true),
            (Value::Float(0.3), Value::Float(0.1), None, true),
            (Value::Float(0.35), Value::Float(0.1), None, false),
            (Value::Float(1e300), Value::Float(0.1), None, true),
        ] {
            assert_eq!(is_step(&value, &step, start.as_ref()), whole, "{value:?} {step:?}");
        }
    }

    #[test]
    fn only_what_has_an_order_is_compared() {
        assert_eq!(compare(&Value::Int(1), &Value::Int(2)), Some(Ordering::Less));
        assert_eq!(compare(&Value::Float(f64::NAN), &Value::Float(2.0)), None);
        assert_eq!(compare(&Value::Bool(true), &Value::Bool(false)), None);
    }
}
