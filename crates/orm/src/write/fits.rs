//! What a database can't keep, though its field allows it: told by field before the statement, instead of by the
//! database after it.

use quintet_core::{
    FieldErrors, Result, Value,
    meta::ModelMeta,
    value::{Date, JsonValue},
};

use crate::{ast::Node, dialect::Dialect};

/// Refuses values that this database can't keep.
///
/// # Errors
/// Of kind `Invalid` (422), by field.
pub(super) fn check_fits<'a>(
    meta: &'static ModelMeta,
    values: impl IntoIterator<Item = (u16, &'a Node)>,
    dialect: &Dialect,
) -> Result {
    let mut errors = FieldErrors::new();
    for (index, node) in values {
        if let (Node::Value(value), Some(field)) = (node, meta.field_at(index))
            && let Some(why) = refused(value, dialect)
        {
            errors.push(field.name, why);
        }
    }
    errors.into_result()
}

/// [`check_fits`] for values without expressions.
///
/// # Errors
/// Of kind `Invalid` (422), by field.
pub(super) fn check_values(meta: &'static ModelMeta, values: &[(u16, Value)], dialect: &Dialect) -> Result {
    let mut errors = FieldErrors::new();
    for (index, value) in values {
        if let Some(why) = refused(value, dialect)
            && let Some(field) = meta.field_at(*index)
        {
            errors.push(field.name, why);
        }
    }
    errors.into_result()
}

/// Why this database can't keep the value.
pub(super) fn refused(value: &Value, dialect: &Dialect) -> Option<&'static str> {
    let zero = "must hold no zero character (U+0000)";
    let early = if dialect.native_types { -4712 } else { 0 };
    let too_early = |day: Date| (day.year() < early).then_some("lies too far in the past");
    match value {
        Value::Text(text) if dialect.native_types && text.contains('\0') => Some(zero),
        Value::Json(json) if dialect.native_types && has_zero(json) => Some(zero),
        Value::Date(day) => too_early(*day),
        Value::DateTime(at) => too_early(jiff::tz::TimeZone::UTC.to_datetime(*at).date()),
        Value::Duration(span) if i64::try_from(span.as_micros()).is_err() => Some("is too long"),
        _ => None,
    }
}

/// Is there a zero character in any text or name of the document? It is written as `\u0000` there.
fn has_zero(json: &JsonValue) -> bool {
    match json {
        JsonValue::String(text) => text.contains('\0'),
        JsonValue::Array(items) => items.iter().any(has_zero),
        JsonValue::Object(entries) => {
            entries.iter().any(|(name, item)| name.contains('\0') || has_zero(item))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{POSTGRES, SQLITE};

    #[test]
    fn what_a_database_can_not_keep_is_known_before_it_is_asked() {
        let json = |text: &str| Value::Json(text.parse().unwrap());
        for (value, sqlite, postgres) in [
            (Value::Text("a\0".into()), None, Some("zero")),
            (json(r#"[{"a": "\u0000"}]"#), None, Some("zero")),
            (json(r#"{"\u0000": 1}"#), None, Some("zero")),
            (json(r#"["\\u0000"]"#), None, None),
            (Value::Date("-000044-03-15".parse().unwrap()), Some("past"), None),
            (Value::Date("-005000-01-01".parse().unwrap()), Some("past"), Some("past")),
            (Value::DateTime("-005000-01-01T00:00:00Z".parse().unwrap()), Some("past"), Some("past")),
            (Value::Duration("PT9999999999999S".parse().unwrap()), Some("long"), Some("long")),
            (Value::Date("9999-12-31".parse().unwrap()), None, None),
        ] {
            for (dialect, word) in [(&SQLITE, sqlite), (&POSTGRES, postgres)] {
                let why = refused(&value, dialect);
                assert_eq!(why.is_some(), word.is_some(), "{value:?} {why:?}");
                assert!(why.is_none_or(|why| why.contains(word.unwrap())), "{value:?} {why:?}");
            }
        }
    }
}
