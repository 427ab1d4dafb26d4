//! Cursors as they stand in addresses: what an order goes by of a row, its kinds and its order checked when it comes back.
//!
//! A cursor is no secret and no permission: it says where to go on, of rows that the query lets through anyway. What it carries
//! along tells one that was cut off, mistyped or made for another order, and its values are read as the columns' kinds.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use quintet_core::{Error, Result, Value, value::Kind};

use super::term::Term;

/// The bytes before the values that tell whether they are those that were written.
const CHECK: usize = 4;

/// # Errors
/// If a value can't be written: an infinite number.
pub(super) fn write(terms: &[Term], values: &[Value]) -> Result<String> {
    let texts = terms.iter().zip(values).map(|(term, value)| text(term, value));
    let texts: Vec<Option<String>> = texts.collect::<Result<_>>()?;
    let json = serde_json::to_vec(&texts).map_err(|why| Error::internal(why.to_string()))?;
    let mut bytes = check(terms, &json).to_vec();
    bytes.extend(json);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// # Errors
/// Of status 400 if it is no cursor of this order.
pub(super) fn read(terms: &[Term], cursor: &str) -> Result<Vec<Value>> {
    let refused = || {
        Error::bad_request(
            "this cursor can't be read: it was cut off or changed, or belongs to another order. Begin without it.",
        )
    };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
    let (said, json) = bytes.split_at_checked(CHECK).ok_or_else(refused)?;
    if said != check(terms, json) {
        return Err(refused());
    }
    let texts: Vec<Option<String>> = serde_json::from_slice(json).map_err(|_| refused())?;
    if texts.len() != terms.len() {
        return Err(refused());
    }
    let values = terms.iter().zip(texts).map(|(term, text)| match text {
        None => Ok(Value::Null),
        Some(text) => Value::parse(term.kind, &text).map_err(|_| refused()),
    });
    values.collect()
}

fn text(term: &Term, value: &Value) -> Result<Option<String>> {
    Ok(Some(match value {
        Value::Null => return Ok(None),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        // Exactly: the shortest text that is read as the same number.
        Value::Float(value) if value.is_finite() => format!("{value:?}"),
        Value::Decimal(value) => value.to_string(),
        Value::Text(value) => value.clone(),
        Value::Bytes(value) => value.iter().map(|byte| format!("{byte:02x}")).collect(),
        Value::Date(value) => value.to_string(),
        Value::Time(value) => value.to_string(),
        Value::DateTime(value) => value.to_string(),
        Value::Duration(value) => value.to_string(),
        Value::Uuid(value) => value.to_string(),
        Value::Ip(value) => value.to_string(),
        other => {
            let what = other.describe();
            return Err(Error::internal(format!(
                "rows can't go on from one whose `{}` is {what}",
                term.name
            )));
        }
    }))
}

/// FNV-1a of what the order is and of the values.
fn check(terms: &[Term], json: &[u8]) -> [u8; CHECK] {
    let mut hash = 0x811c_9dc5_u32;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    };
    for term in terms {
        add(term.mark().as_bytes());
        add(match term.kind {
            Kind::Text => b",t",
            _ => b",",
        });
    }
    add(json);
    hash.to_be_bytes()
}
