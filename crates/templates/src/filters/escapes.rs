//! Filters that make text harmless in HTML, in scripts and in addresses.

use minijinja::{
    Environment, Error, filters as jinja,
    value::{Value, ValueKind},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    pass,
    python::{escape_text, escaped, keep},
    text_of,
};

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_filter("e", escape);
    env.add_filter("escape", escape);
    env.add_filter("escapejs", escapejs);
    env.add_filter("force_escape", force_escape);
    env.add_filter("iriencode", iriencode);
    env.add_filter("urlencode", urlencode);
}

/// As HTML, if it isn't yet; also where nothing is escaped by itself.
fn escape(value: &Value) -> Result<Value, Error> {
    pass!(value);
    Ok(if value.is_safe() {
        value.clone()
    } else {
        Value::from_safe_string(escaped(value, true).into_owned())
    })
}

/// As HTML, also if it is HTML already.
fn force_escape(value: &Value) -> Result<Value, Error> {
    pass!(value);
    Ok(Value::from_safe_string(escape_text(&text_of(value))))
}

/// For the inside of a quoted text of JavaScript. (Data is better handed over by `json_script`.)
fn escapejs(value: &Value) -> Result<Value, Error> {
    pass!(value);
    let mut out = String::new();
    for c in text_of(value).chars() {
        match c {
            '\\'
            | '\''
            | '"'
            | '>'
            | '<'
            | '&'
            | '='
            | '-'
            | ';'
            | '`'
            | '\u{2028}'
            | '\u{2029}'
            | '\0'..='\x1f' => {
                out.push_str(&format!("\\u{:04X}", u32::from(c)));
            }
            other => out.push(other),
        }
    }
    Ok(Value::from_safe_string(out))
}

/// What Python calls safe in an address: letters, digits and these.
pub(super) const UNRESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'_').remove(b'.').remove(b'-').remove(b'~');
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');
const IRI: &AsciiSet = &PATH
    .remove(b'#')
    .remove(b'%')
    .remove(b'[')
    .remove(b']')
    .remove(b'=')
    .remove(b':')
    .remove(b';')
    .remove(b'$')
    .remove(b'&')
    .remove(b'(')
    .remove(b')')
    .remove(b'+')
    .remove(b',')
    .remove(b'!')
    .remove(b'?')
    .remove(b'*')
    .remove(b'@')
    .remove(b'\'');

/// An address with letters of all languages as one of ASCII.
fn iriencode(value: &Value) -> Result<Value, Error> {
    pass!(value);
    Ok(keep(value, utf8_percent_encode(&text_of(value), IRI).to_string()))
}

/// For a part of an address; `/` stays unless other characters are named that should: `urlencode("")`. A map becomes a query.
fn urlencode(value: &Value, safe: Option<&str>) -> Result<Value, Error> {
    pass!(value);
    if matches!(value.kind(), ValueKind::Map | ValueKind::Bytes) {
        return jinja::urlencode(value).map(Value::from);
    }
    let text = text_of(value);
    let Some(safe) = safe else { return Ok(Value::from(utf8_percent_encode(&text, PATH).to_string())) };
    let mut out = String::new();
    let mut buffer = [0; 4];
    for c in text.chars() {
        if c.is_ascii() && safe.contains(c) {
            out.push(c);
        } else {
            out.extend(utf8_percent_encode(c.encode_utf8(&mut buffer), UNRESERVED));
        }
    }
    Ok(Value::from(out))
}
