//! What people type into forms, read by the same rules as JSON.
//!
//! [`prepare`] makes of the texts what the types read: blanks are taken away, a box that is not ticked is false, a time without
//! an offset is one of the form's zone. Then the data is read as from anywhere.

use jiff::{civil, tz::TimeZone};
use quintet_core::{
    FieldErrors,
    meta::{FieldMeta, ModelMeta},
};
use serde_json::Value as Json;

use super::{
    Data, DataField, Given, ShapeKind,
    explain::{explain, push, read_pairs},
    given::{Entry, Pairs},
};
use crate::upload::Upload;

const REQUIRED: &str = "this field is required";

/// Reads a form: names, each with its texts or its files.
///
/// # Errors
/// A message for each field that is missing, does not fit or breaks a rule.
pub fn from_form<T: Data>(
    texts: Vec<(String, Vec<String>)>,
    files: Vec<(String, Vec<Upload>)>,
    zone: &TimeZone,
) -> Result<T, FieldErrors> {
    let texts = texts.into_iter().map(|(name, texts)| (name, Entry::Texts(texts)));
    let files = files.into_iter().map(|(name, files)| (name, Entry::Files(files)));
    let mut pairs = Pairs(files.chain(texts).collect());
    let errors = prepare(T::FIELDS, T::MODEL.map(|model| model()), &mut pairs, zone);
    read_pairs(&pairs, errors)
}

/// Reads JSON by the rules of forms: an empty text is none, blanks around texts go.
///
/// # Errors
/// A message for each field that is missing, does not fit or breaks a rule.
pub fn from_json<T: Data>(mut given: Json) -> Result<T, FieldErrors> {
    let mut errors = FieldErrors::new();
    let model = T::MODEL.map(|model| model());
    if let Json::Object(members) = &mut given {
        for field in T::FIELDS {
            let Some(Json::String(text)) = members.get_mut(field.name) else { continue };
            if !matches!((field.shape)().inner(), ShapeKind::Text) {
                continue;
            }
            *text = plain(field, text);
            if text.is_empty() && !may_be_empty(field, field.column(model)) {
                push(field, field.column(model), "required", REQUIRED, &mut errors);
            }
        }
    }
    match T::deserialize(&given) {
        Ok(value) => {
            let mut found = FieldErrors::new();
            value.validate(&mut found);
            // What is missing has no other fault.
            found.retain(|error| errors.of(&error.field).next().is_none());
            errors.extend(found);
            if errors.is_empty() { Ok(value) } else { Err(errors) }
        }
        Err(why) => {
            errors.extend(explain::<T>(&given, &why.to_string()));
            Err(errors)
        }
    }
}

/// May a person leave this field empty?
#[must_use]
pub fn may_be_empty(field: &DataField, column: Option<&FieldMeta>) -> bool {
    match field.options.required {
        Some(required) => !required,
        None if !field.is_required() => true,
        // Of a column that may be blank, only a text can be empty without being an `Option`.
        None => {
            column.is_some_and(FieldMeta::may_be_blank) && matches!((field.shape)().kind, ShapeKind::Text)
        }
    }
}

/// The text as the field keeps it.
#[must_use]
pub fn plain(field: &DataField, text: &str) -> String {
    let text = if field.options.trim { text.trim() } else { text };
    // Browsers send the line breaks of a text area as CR LF, and count them as one character.
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

/// Makes the texts ready to be read, and says what can't be.
fn prepare(
    fields: &'static [DataField],
    model: Option<&'static ModelMeta>,
    pairs: &mut Pairs,
    zone: &TimeZone,
) -> FieldErrors {
    let mut errors = FieldErrors::new();
    for field in fields {
        let shape = (field.shape)();
        let column = field.column(model);
        let optional = matches!(shape.kind, ShapeKind::Optional(_));
        if is_file(shape.inner()) {
            prepare_files(field, column, pairs, &mut errors);
            continue;
        }
        let mut texts = take(pairs, field.name, shape.inner());
        let mut missing = false;
        match shape.inner() {
            ShapeKind::Text => {
                if let Some(texts) = &mut texts {
                    texts.iter_mut().for_each(|text| *text = plain(field, text));
                } else if !field.has_default && !optional {
                    texts = Some(vec![String::new()]);
                }
                let empty = texts.as_ref().is_some_and(|texts| texts.last().is_none_or(String::is_empty));
                missing = empty && !may_be_empty(field, column);
            }
            // A box that is not ticked is not sent.
            ShapeKind::Bool if !optional => {
                let ticked = texts.filter(|texts| texts.iter().any(|text| !text.trim().is_empty()));
                texts = Some(ticked.unwrap_or_else(|| vec!["false".to_owned()]));
            }
            ShapeKind::List(item) => {
                let mut all = texts.unwrap_or_default();
                // What is no list of choices is typed in one text, an item a line.
                let chosen =
                    matches!(item.inner(), ShapeKind::Choice(_)) || !field.options.choices.is_empty();
                if !chosen && !is_json(shape.inner()) {
                    all = all.iter().flat_map(|text| text.split(['\n', '\r'])).map(str::to_owned).collect();
                }
                all.retain(|text| !text.trim().is_empty());
                all.iter_mut().for_each(|text| *text = translate(item.inner(), text.trim(), zone));
                missing = all.is_empty() && field.options.required == Some(true);
                texts = Some(all);
            }
            kind => {
                texts = texts.filter(|texts| texts.last().is_some_and(|text| !text.trim().is_empty()));
                if let Some(text) = texts.as_mut().and_then(|texts| texts.last_mut()) {
                    *text = translate(kind, text.trim(), zone);
                }
                missing = texts.is_none() && !may_be_empty(field, column);
            }
        }
        if missing {
            push(field, column, "required", REQUIRED, &mut errors);
            continue;
        }
        let Some(texts) = texts else { continue };
        match shape.inner() {
            ShapeKind::List(item) if !is_json(item.inner()) => pairs.put(field.name, texts),
            kind if is_json(kind) => match texts.last().map(|text| serde_json::from_str(text)) {
                Some(Ok(json)) => pairs.0.push((field.name.to_owned(), Entry::Json(json))),
                Some(Err(why)) => {
                    let message = format!("expected JSON: {why}");
                    push(field, column, "invalid", message, &mut errors);
                }
                None => {}
            },
            _ => pairs.put(field.name, texts),
        }
    }
    errors
}

/// Is it a file, or several?
#[must_use]
pub fn is_file(kind: &ShapeKind) -> bool {
    match kind {
        ShapeKind::File | ShapeKind::FileChange => true,
        ShapeKind::List(item) => matches!(item.inner(), ShapeKind::File),
        _ => false,
    }
}

/// A form that was not sent as one of parts sends the file's name, as text.
const NAME_ONLY: &str = "the file did not come along: the form needs `enctype=\"multipart/form-data\"`";

fn prepare_files(field: &DataField, column: Option<&FieldMeta>, pairs: &mut Pairs, errors: &mut FieldErrors) {
    let several = matches!((field.shape)().inner(), ShapeKind::List(_));
    let came = matches!(pairs.get(field.name), Some(Given::Files(files)) if !files.is_empty());
    let text = take(pairs, field.name, &ShapeKind::File).unwrap_or_default();
    if came {
        return;
    }
    if matches!((field.shape)().inner(), ShapeKind::FileChange) {
        // The box that takes the file away; whether there must be one is for who knows the row.
        match text.last().map(|text| text.trim()) {
            None | Some("") => {}
            Some("false") => pairs.put(field.name, vec!["false".to_owned()]),
            Some(_) => push(field, column, "invalid", NAME_ONLY, errors),
        }
        return;
    }
    if text.iter().any(|text| !text.trim().is_empty()) {
        push(field, column, "invalid", NAME_ONLY, errors);
    } else if several {
        pairs.put(field.name, Vec::new());
        if field.options.required == Some(true) {
            push(field, column, "required", REQUIRED, errors);
        }
    } else if !may_be_empty(field, column) {
        push(field, column, "required", REQUIRED, errors);
    }
}

/// What has no control of its own is typed as JSON.
#[must_use]
pub fn is_json(kind: &ShapeKind) -> bool {
    match kind {
        ShapeKind::Json | ShapeKind::Map(_) | ShapeKind::Object(_) => true,
        ShapeKind::List(item) => matches!(
            item.inner(),
            ShapeKind::Json | ShapeKind::Map(_) | ShapeKind::Object(_) | ShapeKind::List(_)
        ),
        _ => false,
    }
}

/// Takes what came under this name. A time that was typed in two controls, `starts_0` and `starts_1`, becomes one text.
fn take(pairs: &mut Pairs, name: &str, kind: &ShapeKind) -> Option<Vec<String>> {
    let mut texts = |name: &str| {
        let texts = |entry: &Entry| matches!(entry, Entry::Texts(_));
        let at = pairs.0.iter().position(|(known, entry)| known == name && texts(entry))?;
        pairs.0.remove(at).1.texts().map(std::mem::take)
    };
    let whole = texts(name);
    if whole.is_some() || !matches!(kind, ShapeKind::DateTime) {
        return whole;
    }
    let last = |texts: Option<Vec<String>>| texts.and_then(|mut texts| texts.pop()).unwrap_or_default();
    let (day, time) = (last(texts(&format!("{name}_0"))), last(texts(&format!("{name}_1"))));
    let (day, time) = (day.trim(), time.trim());
    (!day.is_empty() || !time.is_empty()).then(|| vec![format!("{day}T{time}")])
}

/// A text as people and browsers write it, in the form that the type reads. What is in no known form stays, to be refused.
#[must_use]
pub fn translate(kind: &ShapeKind, text: &str, zone: &TimeZone) -> String {
    match kind {
        ShapeKind::DateTime => instant(text, zone),
        ShapeKind::Duration => duration(text).unwrap_or_else(|| text.to_owned()),
        _ => text.to_owned(),
    }
}

/// `2026-11-20T18:30` in the zone. A time that the zone skips is the one after the gap, one that it has twice the first.
fn instant(text: &str, zone: &TimeZone) -> String {
    if text.parse::<jiff::Timestamp>().is_ok() {
        return text.to_owned();
    }
    let civil = text.parse::<civil::DateTime>().ok();
    let found =
        civil.filter(|_| text.contains(['T', 't', ' '])).and_then(|civil| zone.to_timestamp(civil).ok());
    found.map_or_else(|| text.to_owned(), |at| at.to_string())
}

/// `1:30`, `1:30:00`, `2 1:30:00` (days before), `90` (seconds), beside what the type reads itself.
fn duration(text: &str) -> Option<String> {
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (days, clock) = match text.split_once(' ') {
        Some((days, clock)) if clock.contains(':') => (days.parse::<u32>().ok()?, clock),
        _ => (0, text),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let whole = |text: &str| text.parse::<u32>().ok();
    let (hours, minutes, seconds) = match parts.as_slice() {
        [seconds] => (0, 0, *seconds),
        [hours, minutes] => (whole(hours)?, whole(minutes)?, "0"),
        [hours, minutes, seconds] => (whole(hours)?, whole(minutes)?, *seconds),
        _ => return None,
    };
    let plain = !seconds.is_empty() && seconds.chars().all(|c| c.is_ascii_digit() || c == '.');
    let hours = u64::from(days) * 24 + u64::from(hours);
    (plain && seconds.parse::<f64>().is_ok()).then(|| format!("{sign}PT{hours}H{minutes}M{seconds}S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_an_offset_are_the_zones() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        for (text, at) in [
            ("2026-07-01T18:30", "2026-07-01T16:30:00Z"),
            ("2026-07-01 18:30:15", "2026-07-01T16:30:15Z"),
            ("2026-07-01T18:30:00Z", "2026-07-01T18:30:00Z"),
            ("2026-07-01T18:30:00+05:00", "2026-07-01T18:30:00+05:00"),
            // Skipped in the night to summer time.
            ("2026-03-29T02:30", "2026-03-29T01:30:00Z"),
            ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),
            ("2026-07-01", "2026-07-01"),
            ("2026-07-01T", "2026-07-01T"),
            ("soon", "soon"),
        ] {
            assert_eq!(instant(text, &berlin), at, "{text}");
        }
    }

    #[test]
    fn durations_are_written_as_people_do() {
        for (text, seconds) in
            [("1:30", 5400), ("0:01:30", 90), ("2 1:00:00", 176_400), ("90", 90), ("-1:30", -5400)]
        {
            let read: jiff::SignedDuration = duration(text).unwrap().parse().unwrap();
            assert_eq!(read.as_secs(), seconds, "{text}");
        }
        for other in ["1h 30m", "PT1H", "x:30", "1:2:3:4", "", "1:-2"] {
            assert_eq!(duration(other), None, "{other}");
        }
    }
}
