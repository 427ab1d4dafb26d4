//! Fields that are shown and can't be changed: what was sent for them is left aside, and the value that the form began with is
//! read in its place. As that is known only once the handler has said it, a form is read anew then.

use quintet_core::{Value, value::Map};
use quintet_web::{Data, DataField, ShapeKind, Upload, rt::typed};
use serde_json::Value as Json;

use super::{State, group};
use crate::text::texts;

/// Texts and files by the names of fields.
type Texts = Vec<(String, Vec<String>)>;
type Files = Vec<(String, Vec<Upload>)>;

/// What came, to be read again.
#[derive(Clone, Debug, Default)]
pub(crate) enum Came {
    /// Nothing: the form was asked for.
    #[default]
    Nothing,
    Texts(Texts, Files),
    Json(Json),
}

impl State {
    pub(crate) fn is_disabled(&self, field: &DataField) -> bool {
        self.disabled.contains(&field.name)
    }

    pub(crate) fn disable(&mut self, name: &'static str) {
        if !self.disabled.contains(&name) {
            self.disabled.push(name);
        }
    }

    /// Reads what came as a `T`, if nothing is wrong with it. What was wrong before is forgotten.
    pub(crate) fn read_again<T: Data>(&mut self) -> Option<T> {
        let read = match self.came.clone() {
            Came::Nothing => return None,
            Came::Json(json) => typed::from_json::<T>(self.fixed_json(json)),
            Came::Texts(texts, files) => {
                let (texts, files) = self.fixed_texts(texts, files);
                typed::from_form::<T>(texts, files, &self.zone)
            }
        };
        self.errors = Default::default();
        let value = match read {
            Ok(value) => Some(value),
            Err(errors) => {
                self.errors.extend(errors);
                None
            }
        };
        self.judge_files();
        for name in self.limited.clone() {
            self.check_offered(name);
        }
        value
    }

    fn fixed_texts(&mut self, mut texts: Texts, mut files: Files) -> (Texts, Files) {
        for field in self.fields.iter().filter(|field| self.disabled.contains(&field.name)) {
            let parts = [field.name.to_owned(), format!("{}_0", field.name), format!("{}_1", field.name)];
            texts.retain(|(name, _)| !parts.contains(name));
            files.retain(|(name, _)| name != field.name);
            self.files_came.retain(|name| *name != field.name);
            self.files_go.retain(|name| *name != field.name);
            if typed::is_file((field.shape)().inner()) {
                continue;
            }
            if let Some(value) = self.began_with(field) {
                texts.push((field.name.to_owned(), exact(&value, field)));
            }
        }
        (texts, files)
    }

    fn fixed_json(&mut self, mut json: Json) -> Json {
        let Json::Object(members) = &mut json else { return json };
        for field in self.fields.iter().filter(|field| self.disabled.contains(&field.name)) {
            // A file stays as it is: the name that the row has of it is none that could be sent.
            let is_file = typed::is_file((field.shape)().inner());
            match self.began_with(field).filter(|_| !is_file) {
                Some(value) => {
                    members.insert(field.name.to_owned(), json_of(&value, field));
                }
                None => {
                    members.remove(field.name);
                }
            }
        }
        json
    }
}

/// The texts that are read as this very value.
fn exact(value: &Value, field: &DataField) -> Vec<String> {
    match (value, (field.shape)().inner()) {
        (Value::DateTime(at), _) => vec![at.to_string()],
        (Value::Map(_), ShapeKind::Object(_)) => vec![json_of(value, field).to_string()],
        (Value::Duration(span), _) => vec![span.to_string()],
        _ => texts(value, &jiff::tz::TimeZone::UTC),
    }
}

/// A value as JSON that is read as a field: members go by the names that are sent.
fn json_of(value: &Value, field: &DataField) -> Json {
    match (value, (field.shape)().inner()) {
        (Value::Map(map), ShapeKind::Object(fields)) => object_of(map, fields),
        _ => serde_json::to_value(value).unwrap_or_default(),
    }
}

fn object_of(map: &Map, fields: &'static [DataField]) -> Json {
    let member = |field: &DataField| {
        let (_, value) = map.iter().find(|(name, _)| name == field.ident)?;
        Some((field.name.to_owned(), json_of(value, field)))
    };
    Json::Object(fields.iter().filter_map(member).collect())
}

/// The form of a field's parts, all of which are disabled where the field is.
pub(crate) fn part_of(state: &State, field: &DataField) -> Option<State> {
    let mut part = group::part(state, field)?;
    if state.is_disabled(field) {
        part.disabled = part.fields.iter().map(|field| field.name).collect();
    }
    Some(part)
}
