//! Values as a developer is shown them: short, and without secrets.

use std::borrow::Cow;

use super::{MASK, is_secret};
use crate::value::Value;

/// Longest text, and longest text in it, in characters or so; rows of a list, fields of a row, depth of what lies in each other.
const MOST: usize = 4000;
const LONGEST: usize = 200;
const ROWS: usize = 5;
const FIELDS: usize = 30;
const DEPTH: usize = 4;

/// A named value in few words: what has a secret name is masked, however deep it lies; what is long is cut.
///
/// ```
/// use quintet_core::{Value, debug::outline};
///
/// let film = Value::Map(vec![("title".into(), "Alien".into()), ("api_key".into(), "hunter2".into())]);
/// assert_eq!(outline("film", &film), "{ title: Alien, api_key: •••••••• }");
/// assert_eq!(outline("password", &film), "••••••••");
/// ```
#[must_use]
pub fn outline(name: &str, value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, name, value, 0);
    out
}

fn write(out: &mut String, name: &str, value: &Value, depth: usize) {
    if out.len() > MOST {
        if !out.ends_with('…') {
            out.push('…');
        }
        return;
    }
    if is_secret(name) && !matches!(value, Value::Null | Value::Bool(_)) {
        out.push_str(MASK);
        return;
    }
    match value {
        Value::Null => out.push_str("none"),
        Value::Bytes(bytes) => out.push_str(&format!("{} bytes", bytes.len())),
        Value::List(rows) if depth >= DEPTH => out.push_str(&format!("[ {} ]", rows.len())),
        Value::Map(fields) if depth >= DEPTH => out.push_str(&format!("{{ {} fields }}", fields.len())),
        Value::List(rows) => {
            out.push_str("[ ");
            for (i, row) in rows.iter().take(ROWS).enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write(out, "", row, depth + 1);
            }
            if rows.len() > ROWS {
                out.push_str(&format!(", … {} in all", rows.len()));
            }
            out.push_str(" ]");
        }
        Value::Map(fields) => {
            out.push_str("{ ");
            for (i, (name, value)) in fields.iter().take(FIELDS).enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                out.push_str(name);
                out.push_str(": ");
                write(out, name, value, depth + 1);
            }
            if fields.len() > FIELDS {
                out.push_str(&format!(", … {} fields in all", fields.len()));
            }
            out.push_str(" }");
        }
        Value::Json(json) => out.push_str(&cut(&masked(json.clone()).to_string())),
        Value::Piece(piece) => out.push_str(&format!("(shown by {})", piece.template)),
        Value::NotLoaded(_) => out.push_str("(not loaded)"),
        Value::Text(text) => out.push_str(&cut(&address(text))),
        Value::Bool(v) => out.push_str(&v.to_string()),
        Value::Int(v) => out.push_str(&v.to_string()),
        Value::Float(v) => out.push_str(&v.to_string()),
        #[cfg(feature = "decimal")]
        Value::Decimal(v) => out.push_str(&v.to_string()),
        Value::Date(v) => out.push_str(&v.to_string()),
        Value::Time(v) => out.push_str(&v.to_string()),
        Value::DateTime(v) => out.push_str(&v.to_string()),
        Value::Duration(v) => out.push_str(&v.to_string()),
        Value::Uuid(v) => out.push_str(&v.to_string()),
        Value::Ip(v) => out.push_str(&v.to_string()),
    }
}

/// The names in JSON count as well.
fn masked(mut json: crate::value::JsonValue) -> crate::value::JsonValue {
    use crate::value::JsonValue;
    match &mut json {
        JsonValue::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                *value = if is_secret(name) { JsonValue::from(MASK) } else { masked(value.take()) };
            }
        }
        JsonValue::Array(rows) => rows.iter_mut().for_each(|row| *row = masked(row.take())),
        _ => {}
    }
    json
}

/// An address, or the query of one: what has a secret name in it is masked.
fn address(text: &str) -> Cow<'_, str> {
    if !text.contains('=') || text.contains(char::is_whitespace) {
        return Cow::Borrowed(text);
    }
    let masked = text.split_inclusive(['?', '&', '#']).map(|piece| {
        let (pair, end) = match piece.strip_suffix(['?', '&', '#']) {
            Some(pair) => (pair, piece.get(pair.len()..).unwrap_or_default()),
            None => (piece, ""),
        };
        match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}={MASK}{end}"),
            _ => piece.to_owned(),
        }
    });
    Cow::Owned(masked.collect())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => {
            format!("{}… {} characters", text.get(..at).unwrap_or_default(), text.chars().count())
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_things_are_cut_and_secrets_masked_at_any_depth() {
        let rows = Value::List((0..100).map(Value::Int).collect());
        assert_eq!(outline("rows", &rows), "[ 0, 1, 2, 3, 4, … 100 in all ]");
        let long = outline("text", &Value::Text("é".repeat(10_000)));
        assert!(long.ends_with("é… 10000 characters") && long.chars().count() < 230, "{long}");
        let wide = (0..3).fold(Value::Text("w".repeat(300)), |inner, _| {
            Value::Map((0..100).map(|n| (format!("field{n}").into(), inner.clone())).collect())
        });
        let wide = outline("wide", &wide);
        assert!(wide.contains('…') && wide.len() < 6000, "{}", wide.len());
        let deep = (0..50).fold(Value::Text("x".into()), |inner, _| Value::List(vec![inner]));
        assert_eq!(outline("deep", &deep), "[ [ [ [ [ 1 ] ] ] ] ]");
        let json = serde_json::json!({ "a": [{ "token": "hunter2", "n": 1 }] });
        assert_eq!(outline("json", &Value::Json(json)), r#"{"a":[{"n":1,"token":"••••••••"}]}"#);
        let next = Value::Text("https://a.example/reset/?token=hunter2&q=a%20b#x".into());
        assert_eq!(outline("next", &next), "https://a.example/reset/?token=••••••••&q=a%20b#x");
        let user = Value::Map(vec![("password".into(), "hunter2".into()), ("name".into(), "Ripley".into())]);
        let shown = outline("users", &Value::List(vec![user]));
        assert_eq!(shown, "[ { password: ••••••••, name: Ripley } ]");
    }
}
