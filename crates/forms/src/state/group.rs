//! A value of several controls: a field that is data itself, with `widget = "group"`. Its fields are controls of their own,
//! `address-city`, shown again and judged one by one; what was typed into them is put together as the JSON that anybody else would
//! send for the field.

use quintet_web::{DataField, ShapeKind, rt::typed};
use serde_json::{Map as Members, Value as Json};

use super::State;
use crate::{FormBody, text::is_true};

/// The fields of a field that is shown as a group.
pub(crate) fn fields(field: &DataField) -> Option<&'static [DataField]> {
    if field.options.widget != Some("group") {
        return None;
    }
    match (field.shape)().inner() {
        ShapeKind::Object(fields) => Some(fields),
        _ => None,
    }
}

/// What was sent for the parts, and the field's own text: JSON, nothing where nothing was typed and nothing need be.
pub(crate) fn take(state: &State, field: &DataField, body: &FormBody) -> Option<(State, String)> {
    let mut part = State::of_fields(fields(field)?, &state.control_name(field.name), &state.zone);
    if state.query && !part.is_asked(body) {
        return None;
    }
    part.submitted = true;
    part.take(body);
    let json = together(&part);
    let optional = matches!((field.shape)().kind, ShapeKind::Optional(_)) || field.has_default;
    let text = if optional && part.is_empty() { String::new() } else { Json::Object(json).to_string() };
    Some((part, text))
}

/// The form of the parts, as it is to be shown.
pub(crate) fn part(state: &State, field: &DataField) -> Option<State> {
    let fields = fields(field)?;
    let mut part = match state.sent_part(field) {
        Some(sent) => sent.clone(),
        None => State::of_fields(fields, &state.control_name(field.name), &state.zone),
    };
    // The name that scripts give to a row.
    part.prefix = state.control_name(field.name);
    part.submitted = state.submitted && (!state.query || state.sent_part(field).is_some());
    part.loose = state.loose || !matches!((field.shape)().kind, ShapeKind::Object(_)) || field.has_default;
    if let Some(value) = state.began_with(field) {
        part.show(&value);
    }
    for error in state.errors.iter() {
        if let Some(name) = inner(field, &error.field) {
            part.errors.push_coded(name.to_owned(), error.code.clone(), error.message.clone());
        }
    }
    Some(part)
}

/// The name within the group of what an error is about: `city` of `address.city`. `None` if it is about the group as a whole or
/// something else.
pub(crate) fn inner<'a>(field: &DataField, name: &'a str) -> Option<&'a str> {
    let rest = name.strip_prefix(field.name)?.strip_prefix('.')?;
    let first = rest.split('.').next()?;
    fields(field)?.iter().any(|field| field.name == first).then_some(rest)
}

/// The parts as members of a JSON object, each as its type is read. What is empty is left out.
fn together(part: &State) -> Members<String, Json> {
    let mut members = Members::new();
    for field in part.fields {
        let shape = (field.shape)();
        let json = match part.sent_part(field) {
            Some(inner) if is_optional(&shape.kind) && inner.is_empty() => continue,
            Some(inner) => Json::Object(together(inner)),
            None => match one(part, field) {
                Some(json) => json,
                None => continue,
            },
        };
        members.insert(field.name.to_owned(), json);
    }
    members
}

/// What was typed into one control.
fn one(part: &State, field: &DataField) -> Option<Json> {
    let texts = part.typed_of(field);
    let shape = (field.shape)();
    let kind = shape.inner();
    match kind {
        ShapeKind::Bool if !is_optional(&shape.kind) => {
            Some(Json::Bool(texts.iter().any(|text| is_true(text))))
        }
        ShapeKind::List(item) if !typed::is_json(kind) => {
            let all =
                texts.iter().flat_map(|text| text.lines()).map(str::trim).filter(|text| !text.is_empty());
            Some(Json::Array(all.map(|text| scalar(item.inner(), text, part)).collect()))
        }
        _ => {
            let text = texts.last().map(String::as_str).unwrap_or_default();
            let text = if matches!(kind, ShapeKind::Text) {
                typed::plain(field, text)
            } else {
                text.trim().to_owned()
            };
            if !text.is_empty() {
                return Some(scalar(kind, &text, part));
            }
            // A text that may be empty is one.
            let may = matches!(shape.kind, ShapeKind::Text)
                && typed::may_be_empty(field, None)
                && !field.has_default;
            may.then_some(Json::String(text))
        }
    }
}

fn is_optional(kind: &ShapeKind) -> bool {
    matches!(kind, ShapeKind::Optional(_))
}

/// A text as JSON has a value of this kind. What is none stays a text, to be refused.
fn scalar(kind: &ShapeKind, text: &str, part: &State) -> Json {
    let number = match kind {
        ShapeKind::Whole { .. } => text.parse::<i64>().ok().map(Json::from),
        ShapeKind::Number => {
            text.parse::<f64>().ok().and_then(|n| serde_json::Number::from_f64(n).map(Json::Number))
        }
        ShapeKind::Bool => match text.to_ascii_lowercase().as_str() {
            "true" | "on" | "yes" | "1" => Some(Json::Bool(true)),
            "false" | "off" | "no" | "0" => Some(Json::Bool(false)),
            _ => None,
        },
        kind if typed::is_json(kind) => serde_json::from_str(text).ok(),
        _ => None,
    };
    number.unwrap_or_else(|| Json::String(typed::translate(kind, text, &part.zone)))
}
