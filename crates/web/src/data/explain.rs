//! All that is wrong with what came in, field by field.

use quintet_core::{FieldErrors, near::nearest};
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
        match (inner(&shape), given) {
            // No text at all is an empty list.
            (ShapeKind::List(_), None) if !field.has_default => {
                pairs.0.push((field.name.to_owned(), Vec::new()))
            }
            (ShapeKind::Text | ShapeKind::Any, _) => {}
            // A number field left blank was left out.
            (_, Some(i)) => {
                if let Some((_, texts)) = pairs.0.get_mut(i) {
                    texts.retain(|text| !text.trim().is_empty());
                    if texts.is_empty() && !matches!(inner(&shape), ShapeKind::List(_)) {
                        pairs.0.remove(i);
                    }
                }
            }
            _ => {}
        }
    }
    let mut errors = FieldErrors::new();
    for (name, _) in pairs.0.iter().filter(|(_, texts)| texts.iter().any(|text| text.contains('\0'))) {
        if T::FIELDS.iter().any(|field| field.name == name) {
            errors.push(name.clone(), NUL);
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    match T::deserialize(&pairs) {
        Ok(value) => {
            value.validate(&mut errors);
            if errors.is_empty() { Ok(value) } else { Err(errors) }
        }
        Err(why) => {
            for field in T::FIELDS {
                let shape = (field.shape)();
                match pairs.get(field.name) {
                    None => missing(field, "", &mut errors, pairs.0.iter().map(|(n, _)| n.as_str())),
                    Some(texts) => {
                        if let Err(why) = (shape.reads)(Given::Texts(texts)) {
                            // Several texts are a list already: what is wrong is one of them.
                            let expected = match inner(&shape) {
                                ShapeKind::List(item) => item.expected(),
                                ShapeKind::Whole { min, max } => Some(field.expected_whole(*min, *max)),
                                _ => shape.expected(),
                            };
                            errors.push(field.name, expected.unwrap_or(why));
                        }
                    }
                }
            }
            if errors.is_empty() {
                errors.push("", why.to_string());
            }
            Err(errors)
        }
    }
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
    match (inner(shape), given) {
        (ShapeKind::Object(fields), Json::Object(map)) => {
            for field in *fields {
                match map.get(field.name) {
                    None => missing(field, path, errors, map.keys().map(String::as_str)),
                    Some(given) => look(&(field.shape)(), given, &at(path, field.name), errors),
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
            matches!((inner(shape), given), (ShapeKind::Object(_) | ShapeKind::Map(_), Json::Object(_)));
        let message = shape.expected().filter(|_| !fits).unwrap_or_else(|| without_place(&why).to_owned());
        errors.push(path.to_owned(), message);
    }
}

fn missing<'a>(
    field: &DataField,
    path: &str,
    errors: &mut FieldErrors,
    given: impl Iterator<Item = &'a str>,
) {
    if field.is_required() {
        // A slip in the name is the likeliest reason.
        let near = nearest(field.name, given.filter(|name| *name != field.name));
        let hint = near.map(|near| format!(" (is `{near}` meant?)")).unwrap_or_default();
        errors.push(at(path, field.name), format!("is required{hint}"));
    }
}

fn inner(shape: &DataShape) -> &ShapeKind {
    match &shape.kind {
        ShapeKind::Optional(shape) => inner(shape),
        kind => kind,
    }
}

/// serde_json ends its messages with the place, which a pointer tells better.
fn without_place(why: &str) -> &str {
    why.rsplit_once(" at line ").map_or(why, |(text, _)| text)
}
