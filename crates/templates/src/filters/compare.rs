//! Comparing: numbers, decimals and texts that spell numbers by their worth, dates and times with each other and with their ISO
//! form. What has no order is refused, instead of put into some.

use std::cmp::Ordering;

use minijinja::{
    Environment, Error,
    value::{Rest, Value, ValueKind},
};

use super::{numbers::decimal, wrong};
use crate::value::Exact;

pub(super) fn add(env: &mut Environment<'static>) {
    for (names, accepts) in ORDERS {
        for name in *names {
            env.add_test(*name, move |a: &Value, b: &Value| {
                Ok::<_, Error>(order(a, b)?.is_some_and(accepts))
            });
        }
    }
    for name in ["eq", "equalto", "=="] {
        env.add_test(name, same);
    }
    for name in ["ne", "!="] {
        env.add_test(name, |a: &Value, b: &Value| !same(a, b));
    }
    env.add_test("compared", compared);
}

type Accepts = fn(Ordering) -> bool;

const ORDERS: &[(&[&str], Accepts)] = &[
    (&["lt", "lessthan", "<"], Ordering::is_lt),
    (&["le", "<="], Ordering::is_le),
    (&["gt", "greaterthan", ">"], Ordering::is_gt),
    (&["ge", ">="], Ordering::is_ge),
];

/// `a < b <= c`: `a is compared("<", b, "<=", c)`.
fn compared(first: &Value, rest: Rest<Value>) -> Result<bool, Error> {
    let mut left = first;
    for pair in rest.chunks(2) {
        let [sign, right] = pair else { return Err(wrong("a comparison has two sides")) };
        let sign = sign.as_str().unwrap_or_default();
        let holds = match (sign, ORDERS.iter().find(|(names, _)| names.contains(&sign))) {
            ("==", _) => same(left, right),
            ("!=", _) => !same(left, right),
            (_, Some((_, accepts))) => order(left, right)?.is_some_and(accepts),
            _ => return Err(wrong(format!("`{sign}` compares nothing"))),
        };
        if !holds {
            return Ok(false);
        }
        left = right;
    }
    Ok(true)
}

pub(super) fn same(a: &Value, b: &Value) -> bool {
    match exact_order(a, b) {
        Some(order) => order == Some(Ordering::Equal),
        None => a == b,
    }
}

/// `None` if one is nothing or not a number: then neither is the greater.
fn order(a: &Value, b: &Value) -> Result<Option<Ordering>, Error> {
    for value in [a, b] {
        if value.is_undefined() {
            // Fails, and names the expression.
            return value.get_attr("").map(|_| None);
        }
    }
    if a.is_none() || b.is_none() {
        return Ok(None);
    }
    if let Some(Some(order)) = exact_order(a, b) {
        return Ok(Some(order));
    }
    let exact = Exact::of(a).is_some() || Exact::of(b).is_some();
    let nan = |value: &Value| value.is_number() && f64::try_from(value.clone()).is_ok_and(f64::is_nan);
    match (a.kind(), b.kind()) {
        (ValueKind::Number, _) | (_, ValueKind::Number) if nan(a) || nan(b) => Ok(None),
        (one, other) if one == other && !exact && one != ValueKind::Plain => Ok(Some(a.cmp(b))),
        _ => {
            let call =
                if is_function(a) || is_function(b) { " (a function is called: `today()`)" } else { "" };
            Err(wrong(format!("{} can't be compared with {}{call}", describe(a), describe(b))))
        }
    }
}

/// The order if one of them is exact: `None` if neither is, `Some(None)` if there is no order between them.
fn exact_order(a: &Value, b: &Value) -> Option<Option<Ordering>> {
    match (Exact::of(a), Exact::of(b)) {
        (None, None) => None,
        (Some(a), Some(b)) => Some(a.comparable(b).then(|| a.cmp(&b))),
        (Some(a), None) => Some(with_plain(a, b)),
        (None, Some(b)) => Some(with_plain(b, a).map(Ordering::reverse)),
    }
}

fn with_plain(exact: Exact, plain: &Value) -> Option<Ordering> {
    if let Exact::Decimal(worth) = exact {
        if let Some(other) = decimal(plain) {
            return Some(worth.cmp(&other));
        }
        // Beyond what a decimal holds.
        let other = f64::try_from(plain.clone()).ok().filter(|_| plain.is_number())?;
        return worth.to_string().parse::<f64>().ok()?.partial_cmp(&other);
    }
    let other = exact.like(plain.as_str()?)?;
    Some(exact.cmp(&other))
}

fn is_function(value: &Value) -> bool {
    value.kind() == ValueKind::Plain && Exact::of(value).is_none()
}

pub(super) fn describe(value: &Value) -> String {
    match Exact::of(value) {
        Some(exact) => format!("{} ({exact})", exact.describe()),
        None => match value.kind() {
            ValueKind::String => "a text".to_owned(),
            ValueKind::Number => format!("a number ({value})"),
            ValueKind::Bool => "true or false".to_owned(),
            ValueKind::Seq | ValueKind::Iterable => "a list".to_owned(),
            ValueKind::Map => "a map".to_owned(),
            _ if is_function(value) => "a function".to_owned(),
            other => other.to_string(),
        },
    }
}
