//! Functions on texts.

use quintet_core::value::JsonValue;
use regex::{Regex, RegexBuilder};
use rusqlite::{
    Connection, Result,
    functions::Context,
    types::{Value, ValueRef},
};

use super::{PURE, failed};

/// More characters than a text of a statement's answer should have.
const LONGEST: usize = 100_000_000;

pub(super) fn register(connection: &Connection) -> Result<()> {
    connection.create_scalar_function("quintet_regex", 3, PURE, |context| {
        let Some(text) = text(context, 0) else { return Ok(Value::Null) };
        // Kept as long as the statement runs with this pattern.
        let pattern = context.get_or_create_aux(1, |pattern| {
            let fold = matches!(context.get_raw(2), ValueRef::Integer(1));
            compile(pattern.as_str().map_err(|error| error.to_string())?, fold)
        })?;
        Ok(Value::Integer(pattern.is_match(&text).into()))
    })?;
    connection.create_scalar_function("quintet_repeat", 2, PURE, |context| {
        let (Some(text), Some(times)) = (text(context, 0), count(context, 1)) else { return Ok(Value::Null) };
        if text.len().saturating_mul(times) > LONGEST {
            return Err(failed(format!("repeat({times}) makes a text of more than {LONGEST} bytes")));
        }
        Ok(Value::Text(text.repeat(times)))
    })?;
    for (name, at_start) in [("quintet_pad_start", true), ("quintet_pad_end", false)] {
        connection.create_scalar_function(name, 3, PURE, move |context| {
            let (Some(text), Some(length), Some(fill)) =
                (text(context, 0), count(context, 1), text(context, 2))
            else {
                return Ok(Value::Null);
            };
            if length > LONGEST {
                return Err(failed(format!(
                    "a text is filled to at most {LONGEST} characters, not {length}"
                )));
            }
            Ok(Value::Text(pad(&text, length, &fill, at_start)))
        })?;
    }
    connection.create_scalar_function("quintet_join", 2, PURE, |context| {
        let (Some(list), Some(between)) = (text(context, 0), text(context, 1)) else {
            return Ok(Value::Null);
        };
        let list: JsonValue = list.parse().map_err(|error| failed(format!("quintet_join: {error}")))?;
        let texts: Vec<&str> = list.as_array().into_iter().flatten().filter_map(JsonValue::as_str).collect();
        Ok(if texts.is_empty() { Value::Null } else { Value::Text(texts.join(&between)) })
    })?;
    digests(connection)
}

fn digests(connection: &Connection) -> Result<()> {
    use md5::Md5;
    use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
    fn digest<D: Digest>(connection: &Connection, name: &'static str) -> Result<()> {
        connection.create_scalar_function(name, 1, PURE, |context| {
            Ok(match text(context, 0) {
                Some(text) => {
                    let mut hex = String::new();
                    for byte in D::digest(text.as_bytes()).as_slice() {
                        use std::fmt::Write;
                        // Writing to a String can't fail.
                        let _ = write!(hex, "{byte:02x}");
                    }
                    Value::Text(hex)
                }
                None => Value::Null,
            })
        })
    }
    digest::<Md5>(connection, "quintet_md5")?;
    digest::<Sha224>(connection, "quintet_sha224")?;
    digest::<Sha256>(connection, "quintet_sha256")?;
    digest::<Sha384>(connection, "quintet_sha384")?;
    digest::<Sha512>(connection, "quintet_sha512")
}

fn compile(pattern: &str, fold: bool) -> std::result::Result<Regex, String> {
    // As in PostgreSQL a point is any character, `^` and `$` are the text's own ends.
    let regex = RegexBuilder::new(pattern).case_insensitive(fold).dot_matches_new_line(true).build();
    regex.map_err(|error| format!("invalid regular expression: {error}"))
}

fn text(context: &Context<'_>, at: usize) -> Option<String> {
    match context.get_raw(at) {
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

fn count(context: &Context<'_>, at: usize) -> Option<usize> {
    match context.get_raw(at) {
        ValueRef::Integer(number) => Some(usize::try_from(number).unwrap_or_default()),
        _ => None,
    }
}

fn pad(text: &str, length: usize, fill: &str, at_start: bool) -> String {
    let lacking = length.saturating_sub(text.chars().count());
    let filling = fill.chars().cycle().take(if fill.is_empty() { 0 } else { lacking });
    if lacking == 0 {
        text.chars().take(length).collect()
    } else if at_start {
        filling.chain(text.chars()).collect()
    } else {
        text.chars().chain(filling).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_filled_and_cut_by_characters() {
        for (text, length, fill, start, end) in [
            ("ä", 4, "xy", "xyxä", "äxyx"),
            ("äöü", 2, "x", "äö", "äö"),
            ("a", 3, "", "a", "a"),
            ("a", 0, "x", "", ""),
        ] {
            assert_eq!(pad(text, length, fill, true), start);
            assert_eq!(pad(text, length, fill, false), end);
        }
    }

    #[test]
    fn a_wrong_pattern_is_told() {
        assert!(compile("(", false).unwrap_err().starts_with("invalid regular expression"));
        assert!(compile("^ÄB", true).unwrap().is_match("äb\nc"));
    }
}
