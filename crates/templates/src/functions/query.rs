//! `querystring(page=2)`: the query of this request with some of it changed, for links to the next page and to filters.

use minijinja::{
    Environment, Error, State,
    value::{Kwargs, Value, ValueKind},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All that RFC 3986 does not call unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

pub(super) fn add(env: &mut Environment<'static>) {
    env.add_function("querystring", query);
}

/// Names that are given take the place of those that are there; nothing (`none`) takes them away; a list is several.
/// What remains stays as it was sent. Without anything it is `?`, which as a link drops the query.
fn query(state: &State<'_, '_>, changes: Kwargs) -> Result<String, Error> {
    let request = state.lookup("request").and_then(|request| request.get_attr("query").ok());
    let sent = request.as_ref().and_then(Value::as_str).unwrap_or_default();
    let mut given: Vec<(&str, Value)> = Vec::new();
    for name in changes.args() {
        let value: Value = changes.get(name)?;
        if value.is_undefined() {
            // Fails, and names the expression.
            value.get_attr(name)?;
        }
        given.push((name, value));
    }
    let mut out = String::from("?");
    let mut written: Vec<&str> = Vec::new();
    for pair in sent.split('&').filter(|pair| !pair.is_empty()) {
        let name = pair.split('=').next().unwrap_or(pair).replace('+', " ");
        let name = percent_decode_str(&name).decode_utf8_lossy();
        match given.iter().find(|(changed, _)| *changed == name) {
            None => push(&mut out, pair),
            Some((changed, value)) if !written.contains(changed) => {
                written.push(changed);
                write(&mut out, changed, value)?;
            }
            Some(_) => {}
        }
    }
    for (name, value) in given.iter().filter(|(name, _)| !written.contains(name)) {
        write(&mut out, name, value)?;
    }
    Ok(out)
}

fn write(out: &mut String, name: &str, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::None => {}
        ValueKind::Seq | ValueKind::Iterable => {
            for item in value.try_iter()? {
                write(out, name, &item)?;
            }
        }
        ValueKind::Bool => pair(out, name, if value.is_true() { "true" } else { "false" }),
        _ => pair(out, name, &value.to_string()),
    }
    Ok(())
}

fn pair(out: &mut String, name: &str, value: &str) {
    push(out, &format!("{}={}", utf8_percent_encode(name, ENCODED), utf8_percent_encode(value, ENCODED)));
}

fn push(out: &mut String, pair: &str) {
    if out.len() > 1 {
        out.push('&');
    }
    out.push_str(pair);
}
