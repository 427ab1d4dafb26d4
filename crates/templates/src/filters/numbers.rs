//! Filters for numbers, decimals included.

use std::str::FromStr;

use minijinja::{
    Environment, Error,
    value::{Value, ValueKind},
};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{pass, python, text_of, wrong};
use crate::value::Exact;

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("add", plus);
    env.add_filter("filesizeformat", filesizeformat);
    env.add_filter("floatformat", floatformat);
    env.add_filter("intcomma", intcomma);
    env.add_filter("pluralize", pluralize);
}

/// The decimal that a number, a decimal or a text with a number is worth, if it fits.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    match Exact::of(value) {
        Some(Exact::Decimal(decimal)) => Some(decimal),
        Some(_) => None,
        None if value.is_number() || value.as_str().is_some() => {
            let text = text_of(value);
            let text = text.trim();
            Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok()
        }
        None => None,
    }
}

/// The sum of two numbers (or texts that spell whole numbers), or two texts or lists one behind the other.
fn plus(value: &Value, other: &Value) -> Result<Value, Error> {
    pass!(value);
    if other.is_undefined() {
        return other.get_attr("");
    }
    if let (Some(a), Some(b)) = (whole(value), whole(other)) {
        let sum = a.checked_add(b).ok_or_else(|| wrong("the sum is too large for a whole number"))?;
        return Ok(i64::try_from(sum).map_or_else(|_| Value::from(sum), Value::from));
    }
    if let (Some(a), Some(b)) = (value.as_str(), other.as_str()) {
        return Ok(Value::from(format!("{a}{b}")));
    }
    let exact = Exact::of(value).is_some() || Exact::of(other).is_some();
    if let (true, Some(a), Some(b)) = (exact, decimal(value), decimal(other)) {
        return a
            .checked_add(b)
            .map(|sum| Exact::Decimal(sum).into())
            .ok_or_else(|| wrong("the sum is too large"));
    }
    if let (Some(a), Some(b)) = (double(value), double(other)) {
        return Ok(Value::from(a + b));
    }
    match (value.try_iter(), other.try_iter()) {
        (Ok(a), Ok(b)) if value.as_str().is_none() && other.as_str().is_none() => {
            Ok(Value::from(a.chain(b).collect::<Vec<_>>()))
        }
        _ => Err(wrong(format!("can't add {} to {}", other.kind(), value.kind()))),
    }
}

/// Whole numbers alone: fractions are added as such.
fn whole(value: &Value) -> Option<i128> {
    python::whole(value)
        .filter(|_| value.is_integer() || value.as_str().is_some() || value.kind() == ValueKind::Bool)
}

fn double(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some(text) => text.trim().parse().ok(),
        None if value.kind() == ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        None => f64::try_from(value.clone()).ok(),
    }
}

/// Commas between thousands: 1234567.5 → 1,234,567.5. Text without a number at its start stays as it is.
fn intcomma(value: &Value) -> Result<Value, Error> {
    pass!(value);
    Ok(Value::from(grouped(&text_of(value))))
}

fn grouped(text: &str) -> String {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (whole, behind) = rest.split_at(digits);
    let mut out = String::with_capacity(text.len() + digits / 3);
    out.push_str(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(behind);
    out
}

/// Rounds half up: `floatformat` shows one place unless it is 0, `floatformat(2)` two, `floatformat(-2)` two unless
/// both are 0; with "g" (`"2g"`) thousands are grouped.
fn floatformat(value: &Value, places: Option<Value>) -> Result<Value, Error> {
    pass!(value);
    let asked = places.as_ref().map_or_else(|| "-1".to_owned(), ToString::to_string);
    // "u" is for languages with other signs for numbers.
    let number = asked.trim_end_matches(['g', 'u']);
    let group = asked.get(number.len()..).unwrap_or_default().contains('g');
    let number = if number.is_empty() && group { "-1" } else { number };
    let places: i32 = match number.parse() {
        Ok(places) if (-28..=28).contains(&places) => places,
        _ => {
            return Err(wrong(format!(
                "floatformat takes -28 to 28 places, with \"g\" behind to group: not `{asked}`"
            )));
        }
    };
    let text = match decimal(value) {
        Some(exact) => fixed(exact, places),
        None if value.kind() == ValueKind::Bool => fixed(Decimal::from(u8::from(value.is_true())), places),
        None => match double(value) {
            Some(number) if number.is_finite() => long(number, places),
            Some(_) => text_of(value).into_owned(),
            None => return Err(wrong(format!("floatformat needs a number, not `{value}`"))),
        },
    };
    Ok(Value::from(if group { grouped(&text) } else { text }))
}

fn fixed(exact: Decimal, places: i32) -> String {
    if places <= 0 && exact.fract().is_zero() {
        let whole = exact.trunc().to_string();
        return if exact.is_zero() { whole.trim_start_matches('-').to_owned() } else { whole };
    }
    let mut shown =
        exact.round_dp_with_strategy(places.unsigned_abs(), RoundingStrategy::MidpointAwayFromZero);
    let zero = shown.is_zero();
    // A decimal has 28 digits; the zeros behind may be more.
    shown.rescale(places.unsigned_abs().min(shown.scale().max(places.unsigned_abs())));
    let text = shown.to_string();
    let missing = places.unsigned_abs().saturating_sub(shown.scale()) as usize;
    let dot = if shown.scale() == 0 && missing > 0 { "." } else { "" };
    let text = format!("{text}{dot}{}", "0".repeat(missing));
    if zero { text.trim_start_matches('-').to_owned() } else { text }
}

/// What no decimal holds: it is whole, or less than can be shown.
fn long(number: f64, places: i32) -> String {
    let whole = if number.abs() < 1.0 { "0".to_owned() } else { number.trunc().to_string() };
    match places {
        places if places <= 0 && (number.fract() == 0.0 || places == 0) => whole,
        places => format!("{whole}.{}", "0".repeat(places.unsigned_abs() as usize)),
    }
}

/// 13 KB, 4.1 MB, 102 bytes; a unit is 1024 of the one before. The space does not break.
fn filesizeformat(value: &Value) -> Result<Value, Error> {
    pass!(value);
    let bytes = python::whole(value)
        .map(|whole| whole as f64)
        .or_else(|| double(value).filter(|b| b.is_finite() && value.as_str().is_none()))
        .ok_or_else(|| wrong(format!("filesizeformat needs a number of bytes, not `{value}`")))?;
    let (sign, size) = if bytes < 0.0 { ("-", -bytes) } else { ("", bytes) };
    if size < 1024.0 {
        let whole = size.trunc();
        let unit = if whole == 1.0 { "byte" } else { "bytes" };
        return Ok(Value::from(format!("{sign}{whole}\u{a0}{unit}")));
    }
    let (mut size, mut unit) = (size / 1024.0, "KB");
    for larger in ["MB", "GB", "TB", "PB"] {
        if size < 1024.0 {
            break;
        }
        (size, unit) = (size / 1024.0, larger);
    }
    let shown = if size < 1e15 { format!("{size:.1}") } else { format!("{size}.0") };
    Ok(Value::from(format!("{sign}{shown}\u{a0}{unit}")))
}

/// The ending for a number, or for how many there are: `film{{ n|pluralize }}`, `bus{{ n|pluralize("es") }}`,
/// `stor{{ n|pluralize("y,ies") }}`.
fn pluralize(value: &Value, endings: Option<&str>) -> Result<Value, Error> {
    pass!(value);
    let (one, many) = match endings.unwrap_or("s").split(',').collect::<Vec<_>>().as_slice() {
        [many] => ("", *many),
        [one, many] => (*one, *many),
        _ => return Err(wrong("pluralize takes one ending (\"es\") or two (\"y,ies\")")),
    };
    let single = match (decimal(value), double(value)) {
        (Some(number), _) => number == Decimal::ONE,
        (None, Some(number)) => number == 1.0,
        (None, None) => match value.len().filter(|_| value.as_str().is_none()) {
            Some(length) => length == 1,
            None => return Err(wrong(format!("pluralize needs a number or a list, not `{value}`"))),
        },
    };
    Ok(Value::from(if single { one } else { many }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;
    use quintet_core::Value as CoreValue;

    fn show(call: &str, value: Value) -> Result<String, Error> {
        let mut env = Environment::new();
        add(&mut env);
        env.render_str(&format!("{{{{ v|{call} }}}}"), context! { v => value })
    }

    fn check<V: Into<Value> + Clone>(cases: &[(&str, V, &str)]) {
        for (call, given, expected) in cases {
            let given: Value = given.clone().into();
            assert_eq!(show(call, given.clone()).unwrap(), *expected, "{given}|{call}");
        }
    }

    fn exact(text: &str) -> Value {
        crate::value::to_template(&CoreValue::Decimal(text.parse().unwrap()))
    }

    #[test]
    fn thousands() {
        check(&[("intcomma", 0, "0"), ("intcomma", 999, "999"), ("intcomma", -1000, "-1,000")]);
        check(&[("intcomma", 1_234_567.5, "1,234,567.5")]);
        check(&[("intcomma", "12345", "12,345"), ("intcomma", "many", "many"), ("intcomma", "", "")]);
        check(&[("intcomma", exact("1234567.50"), "1,234,567.50")]);
    }

    #[test]
    fn places() {
        check(&[
            ("floatformat", 34.23234, "34.2"),
            ("floatformat", 34.0, "34"),
            ("floatformat", 34.26, "34.3"),
            ("floatformat(3)", 34.0, "34.000"),
            ("floatformat(0)", 39.56, "40"),
            ("floatformat(-3)", 34.26, "34.260"),
            ("floatformat(-3)", 34.0, "34"),
            ("floatformat(2)", 0.125, "0.13"),
            ("floatformat(1)", -0.04, "0.0"),
            ("floatformat('2g')", 34232.345, "34,232.35"),
            ("floatformat(2)", 1e40, "10000000000000000000000000000000000000000.00"),
            ("floatformat", f64::NAN, "nan"),
        ]);
        check(&[("floatformat(2)", exact("12.5"), "12.50"), ("floatformat", exact("12.00"), "12")]);
        check(&[("floatformat(1)", "2.25", "2.3")]);
        assert!(show("floatformat(2)", "a".into()).unwrap_err().to_string().contains("needs a number"));
        assert!(show("floatformat('x')", 1.into()).unwrap_err().to_string().contains("not `x`"));
    }

    #[test]
    fn sizes() {
        check(&[
            ("filesizeformat", 0_i64, "0\u{a0}bytes"),
            ("filesizeformat", 1, "1\u{a0}byte"),
            ("filesizeformat", 1023, "1023\u{a0}bytes"),
            ("filesizeformat", 1024, "1.0\u{a0}KB"),
            ("filesizeformat", 123_456_789, "117.7\u{a0}MB"),
            ("filesizeformat", -2048, "-2.0\u{a0}KB"),
            ("filesizeformat", 1 << 60, "1024.0\u{a0}PB"),
        ]);
    }

    #[test]
    fn endings() {
        check(&[
            ("pluralize", 0, "s"),
            ("pluralize", 1, ""),
            ("pluralize", 2, "s"),
            ("pluralize('es')", 2, "es"),
        ]);
        check(&[("pluralize('y,ies')", "1", "y"), ("pluralize('y,ies')", "2", "ies")]);
        check(&[("pluralize", vec![1], ""), ("pluralize", vec![], "s")]);
        check(&[("pluralize", exact("1.00"), ""), ("pluralize", exact("1.5"), "s")]);
        assert!(show("pluralize('a,b,c')", 1.into()).is_err());
        assert!(show("pluralize", "many".into()).is_err());
    }

    #[test]
    fn sums() {
        check(&[("add(2)", 4, "6"), ("add(-5)", 4, "-1")]);
        check(&[("add('b')", "a", "ab"), ("add(0.5)", "1", "1.5"), ("add('2')", "1", "3")]);
        check(&[("add(0.5)", 1.0, "1.5"), ("add(1)", 0.5, "1.5")]);
        check(&[("add(1)", exact("0.10"), "1.10")]);
        check(&[("add([3])", vec![1, 2], "[1, 2, 3]")]);
        check(&[("add(1)", i64::MAX, "9223372036854775808")]);
        assert!(show("add([])", 1.into()).is_err());
    }
}
