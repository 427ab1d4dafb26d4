//! All that is wrong with what came in, field by field.

use std::borrow::Cow;

use quintet_core::{FieldErrors, meta::FieldMeta, near::nearest};
use serde_json::Value as Json;

use super::{
    Data, DataField, DataShape, Given, Payload, ShapeKind,
    given::Pairs,
    payload::{NUL, at},
};

/// Reads a query string.
///
/// # Errors
/// A message for each parameter that is missing, does not fit or breaks a rule.
pub(crate) fn from_pairs<T: Data>(pairs: Vec<(String, String)>) -> Result<T, FieldErrors> {
    let mut pairs = Pairs::of(pairs);
    for field in T::FIELDS {
        let shape = (field.shape)();
        let given = pairs.0.iter().position(|(name, _)| name == field.name);
        match (shape.inner(), given) {
            // No text at all is an empty list.
            (ShapeKind::List(_), None) if !field.has_default => pairs.put(field.name, Vec::new()),
            (ShapeKind::Text | ShapeKind::Any, _) => {}
            // A number field left blank was left out.
            (_, Some(i)) => {
                if let Some(texts) = pairs.0.get_mut(i).and_then(|(_, entry)| entry.texts()) {
                    texts.retain(|text| !text.trim().is_empty());
                    if texts.is_empty() && !matches!(shape.inner(), ShapeKind::List(_)) {
                        pairs.0.remove(i);
                    }
                }
            }
            _ => {}
        }
    }
    read_pairs(&pairs, FieldErrors::new())
}

/// Reads what is ready to be read; fields that `errors` has something about already are not looked at again.
pub(super) fn read_pairs<T: Data>(pairs: &Pairs, mut errors: FieldErrors) -> Result<T, FieldErrors> {
    for (name, entry) in &pairs.0 {
        let zero =
            matches!(entry.given(), Given::Texts(texts) if texts.iter().any(|text| text.contains('\0')));
        if let Some(field) = T::FIELDS.iter().find(|field| zero && field.name == name) {
            push(field, None, "invalid", NUL, &mut errors);
        }
    }
    if errors.is_empty() {
        match serde::Deserialize::deserialize(pairs) {
            Ok(value) => {
                let value: T = value;
                value.validate(&mut errors);
                return if errors.is_empty() { Ok(value) } else { Err(errors) };
            }
            Err(why) => {
                explain_pairs(T::FIELDS, T::MODEL.map(|model| model()), pairs, &mut errors);
                if errors.is_empty() {
                    errors.push("", why.to_string());
                }
            }
        }
    } else {
        explain_pairs(T::FIELDS, T::MODEL.map(|model| model()), pairs, &mut errors);
    }
    Err(errors)
}

/// Looks at each field alone, so that all that is wrong is told at once.
fn explain_pairs(
    fields: &'static [DataField],
    model: Option<&'static quintet_core::meta::ModelMeta>,
    pairs: &Pairs,
    errors: &mut FieldErrors,
) {
    for field in fields {
        if errors.of(field.name).next().is_some() {
            continue;
        }
        let column = field.column(model);
        let shape = (field.shape)();
        match pairs.get(field.name) {
            None => missing(field, column, "", errors, pairs.0.iter().map(|(n, _)| n.as_str())),
            Some(given) => match ((shape.reads)(given), shape.inner(), given) {
                (Ok(()), ..) => (field.judge)(given, errors),
                // Looked into: what is wrong is one of its parts.
                (Err(_), ShapeKind::Object(_), Given::Json(json @ Json::Object(_))) => {
                    look_at_field(field, json, "", errors);
                }
                (Err(why), kind, _) => {
                    // Several texts are a list already: what is wrong is one of them.
                    let expected = match kind {
                        ShapeKind::List(item) => item.expected(),
                        ShapeKind::Whole { min, max } => Some(field.expected_whole(*min, *max)),
                        _ => shape.expected(),
                    };
                    push(field, column, shape.code(), expected.unwrap_or(why), errors);
                }
            },
        }
    }
}

/// Adds a message about a field, in the words that it or its column has for it.
pub(super) fn push(
    field: &DataField,
    column: Option<&FieldMeta>,
    code: &'static str,
    message: impl Into<String>,
    errors: &mut FieldErrors,
) {
    let own = field.options.messages.iter().find(|(known, _)| *known == code).map(|(_, message)| *message);
    let own = own.or_else(|| column?.rules.message(code));
    errors.push_coded(field.name, code, own.map_or_else(|| message.into(), str::to_owned));
}

/// Why this JSON can't be read as `T`; `why` is what serde said.
pub(crate) fn explain<T: Payload>(given: &Json, why: &str) -> FieldErrors {
    let mut errors = FieldErrors::new();
    look(&T::shape(), given, "", &mut errors);
    if errors.is_empty() {
        errors.push("", without_place(why));
    }
    errors
}

fn look(shape: &DataShape, given: &Json, path: &str, errors: &mut FieldErrors) {
    let Err(why) = (shape.reads)(Given::Json(given)) else { return };
    let before = errors.len();
    match (shape.inner(), given) {
        (ShapeKind::Object(fields), Json::Object(map)) => {
            for field in *fields {
                match map.get(field.name) {
                    None => missing(field, None, path, errors, map.keys().map(String::as_str)),
                    Some(given) => look_at_field(field, given, path, errors),
                }
            }
        }
        (ShapeKind::List(item), Json::Array(items)) => {
            for (i, given) in items.iter().enumerate() {
                look(item, given, &at(path, &i.to_string()), errors);
            }
        }
        (ShapeKind::Map(item), Json::Object(map)) => {
            for (name, given) in map {
                look(item, given, &at(path, name), errors);
            }
        }
        _ => {}
    }
    if errors.len() == before {
        // An object of the right kind with another fault (an unknown field that is denied) keeps serde's words.
        let fits =
            matches!((shape.inner(), given), (ShapeKind::Object(_) | ShapeKind::Map(_), Json::Object(_)));
        let message = shape.expected().filter(|_| !fits).unwrap_or_else(|| without_place(&why).to_owned());
        errors.push_coded(path.to_owned(), shape.code(), message);
    }
}

/// A field that can be read has its rules checked, though its object can't be read.
fn look_at_field(field: &DataField, given: &Json, path: &str, errors: &mut FieldErrors) {
    let shape = (field.shape)();
    let before = errors.len();
    if (shape.reads)(Given::Json(given)).is_err() {
        look(&shape, given, &at(path, field.name), errors);
        return errors.reword(before, field.options.messages);
    }
    let mut own = FieldErrors::new();
    (field.judge)(Given::Json(given), &mut own);
    for error in own.iter() {
        errors.push_coded(at(path, &error.field), error.code.clone(), error.message.clone());
    }
}

fn missing<'a>(
    field: &DataField,
    column: Option<&FieldMeta>,
    path: &str,
    errors: &mut FieldErrors,
    given: impl Iterator<Item = &'a str>,
) {
    if field.is_required() {
        // A slip in the name is the likeliest reason.
        let near = nearest(field.name, given.filter(|name| *name != field.name));
        let hint = near.map(|near| format!(" (is `{near}` meant?)")).unwrap_or_default();
        let mut own = FieldErrors::new();
        push(field, column, "required", format!("is required{hint}"), &mut own);
        for error in own.iter() {
            let place: Cow<'static, str> =
                if path.is_empty() { error.field.clone() } else { at(path, field.name).into() };
            errors.push_coded(place, "required", error.message.clone());
        }
    }
}

/// serde_json ends its messages with the place, which a pointer tells better.
fn without_place(why: &str) -> &str {
    why.rsplit_once(" at line ").map_or(why, |(text, _)| text)
}
