//! What Python does with text and numbers, as far as Django's filters lean on it.

use std::borrow::Cow;

use minijinja::{Error, value::Value};
use quintet_core::html::write_escaped;
use rust_decimal::prelude::ToPrimitive;

use super::{digits, text_of, wrong};
use crate::value::Exact;

/// `str.isspace`: Unicode's white space, and four control characters that part records.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// `str.split()`.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// `str.splitlines()`.
pub(super) fn lines(text: &str) -> Vec<&str> {
    let ends = |c: char| {
        matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
    };
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(ends) {
        let (line, behind) = rest.split_at(at);
        found.push(line);
        let length =
            if behind.starts_with("\r\n") { 2 } else { behind.chars().next().map_or(1, char::len_utf8) };
        rest = behind.get(length..).unwrap_or_default();
    }
    if !rest.is_empty() {
        found.push(rest);
    }
    found
}

/// `int(value)`: towards zero; texts spell whole numbers.
pub(super) fn whole(value: &Value) -> Option<i128> {
    if let Some(exact) = Exact::of(value) {
        let Exact::Decimal(decimal) = exact else { return None };
        return decimal.trunc().to_i128();
    }
    if let Some(text) = value.as_str() {
        return text.trim_matches(is_space).parse().ok();
    }
    if value.is_integer() || value.kind() == minijinja::value::ValueKind::Bool {
        return i128::try_from(value.clone()).ok();
    }
    let float = f64::try_from(value.clone()).ok().filter(|f| f.is_finite() && f.abs() < 1e38)?;
    #[allow(clippy::cast_possible_truncation, reason = "its size was looked at")]
    Some(float.trunc() as i128)
}

/// A whole number as an argument, at most as large as text should get.
pub(super) fn count(argument: &Value, filter: &str) -> Result<i64, Error> {
    if argument.is_undefined() {
        return argument.get_attr("").map(|_| 0);
    }
    let most = 1_000_000;
    match whole(argument) {
        Some(count) if count > most => {
            Err(wrong(format!("`{filter}` takes a number up to a million, not {argument}")))
        }
        Some(count) => Ok(i64::try_from(count.max(-most)).unwrap_or(0)),
        None => Err(wrong(format!("`{filter}` takes a whole number, not `{argument}`"))),
    }
}

/// Text that keeps the mark of being HTML already, if what it was made of had it.
pub(super) fn keep(of: &Value, text: impl Into<String>) -> Value {
    if of.is_safe() { Value::from_safe_string(text.into()) } else { Value::from(text.into()) }
}

/// Text to be put into HTML: as it is if it is HTML already or nothing is escaped, else escaped.
pub(super) fn escaped(value: &Value, escape: bool) -> Cow<'_, str> {
    let text = text_of(value);
    if !escape || value.is_safe() { text } else { escape_text(&text).into() }
}

pub(super) fn escape_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let _ = write_escaped(&mut out, text);
    out
}

/// `repr` of a float: the shortest text that reads back, with an exponent where it is far from 1.
pub(super) fn float_text(float: f64) -> String {
    if float.is_nan() {
        return "nan".to_owned();
    }
    if let Some(text) = digits::plain(&mut zmij::Buffer::new(), float) {
        return text.to_owned();
    }
    let text = format!("{float:?}");
    match text.split_once('e') {
        None => text,
        Some((digits, exponent)) => {
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
            format!("{digits}e{sign}{exponent:0>2}")
        }
    }
}
