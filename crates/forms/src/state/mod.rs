//! A form without its type: what was typed, what is wrong, what is offered. Fields that can't be changed are in `again`, those of
//! several controls in `group`.

pub(crate) mod again;
pub(crate) mod group;

use std::{borrow::Cow, sync::Arc};

use jiff::tz::TimeZone;
use quintet_core::{
    FieldErrors, Services, Value,
    error::FieldError,
    meta::{FieldMeta, ModelMeta},
};
use quintet_web::{Data, DataField, ShapeKind, Upload, rt::typed};
use serde_json::Value as Json;

use crate::{
    FormBody,
    choice::Offer,
    dates,
    shelf::Shelf,
    text::{is_true, texts},
    untouched::untouched,
};

use self::again::Came;

/// What is never shown again: passwords.
fn is_secret(field: &DataField) -> bool {
    field.options.widget == Some("password")
}

/// Is it what becomes of a file that a row has?
pub(crate) fn is_change(field: &DataField) -> bool {
    matches!((field.shape)().inner(), ShapeKind::FileChange)
}

/// The texts of a control that takes one a line; of any other the whole.
fn lines<'a>(field: &DataField, text: &'a str) -> Vec<&'a str> {
    match (field.shape)().inner() {
        ShapeKind::List(item) if !typed::is_json(item.inner()) => text.lines().collect(),
        _ => vec![text],
    }
}

#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) fields: &'static [DataField],
    pub(crate) model: Option<&'static ModelMeta>,
    /// Before the names of all controls: `items-0`, or nothing.
    pub(crate) prefix: String,
    pub(crate) submitted: bool,
    /// Does it come with the address?
    pub(crate) query: bool,
    /// What was typed, by field.
    typed: Vec<(&'static str, Vec<String>)>,
    /// What is shown before anything is typed, by field.
    initial: Vec<(&'static str, Value)>,
    pub(crate) errors: FieldErrors,
    /// What lists offer beyond what the field itself says, by field; `None` if that is too much for a list.
    offers: Vec<(&'static str, Option<Arc<[Offer]>>)>,
    /// The fields whose lists a handler has said: what is sent must be in them.
    limited: Vec<&'static str>,
    /// Whose values the messages are about that say that something is taken: the row's key, and the field.
    #[cfg(feature = "orm")]
    taken: Vec<(Value, &'static str)>,
    pub(crate) zone: TimeZone,
    /// Where files are kept.
    pub(crate) shelf: Option<Shelf>,
    /// The fields that files came for, and those whose file is to go.
    files_came: Vec<&'static str>,
    files_go: Vec<&'static str>,
    /// What was sent for the fields of fields that are groups.
    parts: Vec<(&'static str, State)>,
    /// Fields that are shown and can't be changed.
    pub(crate) disabled: Vec<&'static str>,
    pub(crate) came: Came,
    /// What a handler has said is wrong.
    pub(crate) said: FieldErrors,
    /// Whom the rules ask.
    pub(crate) services: Option<Services>,
    /// Are there rules that have not seen it as it is now?
    pub(crate) stale: bool,
    /// May it be left empty as a whole, so that no control of it must be filled in for the browser?
    pub(crate) loose: bool,
}

impl State {
    pub(crate) fn new<T: Data>(prefix: &str, zone: &TimeZone) -> Self {
        let disabled = T::FIELDS.iter().filter(|field| field.options.disabled).map(|field| field.name);
        let (model, disabled) = (T::MODEL.map(|model| model()), disabled.collect());
        State { model, disabled, ..State::of_fields(T::FIELDS, prefix, zone) }
    }

    /// Of these fields alone.
    pub(crate) fn of_fields(fields: &'static [DataField], prefix: &str, zone: &TimeZone) -> Self {
        State {
            fields,
            model: None,
            prefix: prefix.to_owned(),
            submitted: false,
            query: false,
            typed: Vec::new(),
            initial: Vec::new(),
            errors: FieldErrors::new(),
            offers: Vec::new(),
            limited: Vec::new(),
            #[cfg(feature = "orm")]
            taken: Vec::new(),
            zone: zone.clone(),
            shelf: None,
            files_came: Vec::new(),
            files_go: Vec::new(),
            parts: Vec::new(),
            disabled: Vec::new(),
            came: Came::Nothing,
            said: FieldErrors::new(),
            services: None,
            stale: false,
            loose: false,
        }
    }

    /// Reads what was sent, keeps it, and gives it as a `T` if nothing is wrong with it.
    pub(crate) fn read<T: Data>(&mut self, body: &FormBody) -> Option<T> {
        self.submitted = if self.query { self.is_asked(body) } else { body.is_submitted() };
        self.services = body.services.clone();
        self.came = match body.json() {
            Some(json) => {
                let json =
                    self.prefix.split('-').filter(|part| !part.is_empty()).try_fold(json, |json, part| {
                        match part.parse::<usize>() {
                            Ok(index) if json.is_array() => json.get(index),
                            // The rows of a form may be the whole document.
                            Err(_) if json.is_array() => Some(json),
                            _ => json.get(part),
                        }
                    });
                let json = json.cloned().unwrap_or(Json::Null);
                self.keep_json(&json);
                Came::Json(json)
            }
            None if self.submitted => {
                let texts = self.take(body);
                Came::Texts(texts, self.files(body))
            }
            None => Came::Nothing,
        };
        self.read_again()
    }

    /// The texts of this form's fields under their own names; those that may be shown again are kept.
    pub(crate) fn take(&mut self, body: &FormBody) -> Vec<(String, Vec<String>)> {
        let mut sent = Vec::new();
        for field in self.fields {
            let name = self.control_name(field.name);
            if let Some((part, text)) = group::take(self, field, body) {
                self.parts.push((field.name, part));
                self.typed.push((field.name, vec![text.clone()]));
                sent.push((field.name.to_owned(), vec![text]));
                continue;
            }
            if field.options.widget == Some("select_date")
                && let Some(day) = dates::sent(body, &name)
            {
                self.typed.push((field.name, vec![day.clone()]));
                sent.push((field.name.to_owned(), vec![day]));
                continue;
            }
            let parts = [(String::new(), true), ("_0".to_owned(), false), ("_1".to_owned(), false)];
            let mut kept = Vec::new();
            for (part, whole) in parts {
                if !whole && !matches!((field.shape)().inner(), ShapeKind::DateTime) {
                    continue;
                }
                let Some(texts) = body.texts(&format!("{name}{part}")) else { continue };
                if whole {
                    kept = texts.to_vec();
                } else if kept.is_empty() && part == "_0" {
                    let time = body.text(&format!("{name}_1")).unwrap_or_default();
                    kept = vec![format!("{}T{time}", texts.last().map(String::as_str).unwrap_or_default())];
                }
                sent.push((format!("{}{part}", field.name), texts.to_vec()));
            }
            if !typed::is_file((field.shape)().inner()) {
                self.typed.push((field.name, kept));
            }
            let ticked = |text: &str| matches!(text, "true" | "on" | "1");
            if is_change(field) && body.text(&format!("{name}-clear")).is_some_and(ticked) {
                self.files_go.push(field.name);
                sent.push((field.name.to_owned(), vec!["false".to_owned()]));
            }
        }
        sent
    }

    /// The files of this form's fields under their own names. They can't be shown again.
    fn files(&mut self, body: &FormBody) -> Vec<(String, Vec<Upload>)> {
        let of = |field: &DataField| {
            let files: Vec<Upload> = body.files_of(&self.control_name(field.name)).cloned().collect();
            (!files.is_empty()).then_some((field.name, files))
        };
        let fields = self.fields.iter().filter(|field| typed::is_file((field.shape)().inner()));
        let all: Vec<(&'static str, Vec<Upload>)> = fields.filter_map(of).collect();
        self.files_came = all.iter().map(|(name, _)| *name).collect();
        all.into_iter().map(|(name, files)| (name.to_owned(), files)).collect()
    }

    /// Says what is wrong with changes of files, as far as it is known without the row.
    pub(crate) fn judge_files(&mut self) {
        for field in self.fields.iter().filter(|field| is_change(field)) {
            let (came, goes) = (self.files_came.contains(&field.name), self.files_go.contains(&field.name));
            let column = self.column(field);
            if came && goes {
                let message = "choose another file or remove this one, not both".to_owned();
                self.refuse(field, column, "contradiction", message);
            } else if !came && self.needs_file(field) && self.errors.of(field.name).next().is_none() {
                self.refuse(field, column, "required", "this field is required".to_owned());
            }
        }
    }

    /// Must there be a file at any time?
    pub(crate) fn needs_file(&self, field: &DataField) -> bool {
        field
            .options
            .required
            .unwrap_or_else(|| self.column(field).is_some_and(|column| !column.may_be_blank()))
    }

    /// The name of the file that a row has in this field.
    pub(crate) fn stored(&self, field: &DataField) -> Option<&str> {
        let (_, value) = self.initial.iter().find(|(name, _)| *name == field.name && is_change(field))?;
        match value {
            Value::Text(name) => Some(name.as_str()).filter(|name| !name.is_empty()),
            _ => None,
        }
    }

    /// Is the file of a field to go?
    pub(crate) fn file_goes(&self, field: &DataField) -> bool {
        self.files_go.contains(&field.name)
    }

    /// Takes back what was said about missing files that the row has.
    #[cfg(feature = "orm")]
    pub(crate) fn forget_missing_files(&mut self) {
        let has = |field: &&DataField| self.stored(field).is_some() && !self.file_goes(field);
        let there: Vec<&'static str> = self.fields.iter().filter(has).map(|field| field.name).collect();
        self.errors.retain(|error| error.code != "required" || !there.contains(&&*error.field));
    }

    fn keep_json(&mut self, json: &Json) {
        for field in self.fields {
            let Some(given) = json.get(field.name) else { continue };
            let texts = match given {
                Json::Null => Vec::new(),
                Json::String(text) => vec![text.clone()],
                Json::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => items
                    .iter()
                    .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                    .collect(),
                other => vec![other.to_string()],
            };
            self.typed.push((field.name, texts));
        }
    }

    /// Shows these values where nothing was typed: a map by the fields' names in Rust.
    pub(crate) fn show(&mut self, values: &Value) {
        for field in self.fields {
            if let Some(value) = values.get(field.ident) {
                self.set_initial(field.name, value.clone());
            }
        }
    }

    pub(crate) fn set_initial(&mut self, name: &'static str, value: Value) {
        self.initial.retain(|(known, _)| *known != name);
        self.initial.push((name, value));
    }

    /// Does it show what `start` shows: has nobody typed anything?
    pub(crate) fn is_blank(&self, start: &State) -> bool {
        self.fields.iter().all(|field| self.is_untouched(field, start))
    }

    /// The form as it began, before anything was sent.
    pub(crate) fn start(&self) -> State {
        State {
            submitted: false,
            typed: Vec::new(),
            parts: Vec::new(),
            errors: FieldErrors::new(),
            ..self.clone()
        }
    }

    /// Was a field sent as `start` shows it?
    pub(crate) fn is_untouched(&self, field: &DataField, start: &State) -> bool {
        let any_true = |texts: &[String]| texts.iter().any(|text| is_true(text));
        if self.is_disabled(field) {
            return true;
        }
        if let (Some(sent), Some(start)) = (self.sent_part(field), group::part(start, field)) {
            return sent.is_blank(&start);
        }
        // What is not shown again is in what was sent, under a name of its own.
        let (typed, began) = (self.typed_of(field), start.shown(field));
        match (field.shape)().inner() {
            kind if typed::is_file(kind) => {
                !self.files_came.contains(&field.name) && !self.files_go.contains(&field.name)
            }
            ShapeKind::Bool => any_true(&typed) == any_true(&began),
            _ if began.is_empty() && typed == untouched(field) => true,
            _ => {
                let typed = typed.iter().flat_map(|text| lines(field, text)).map(str::trim);
                typed.filter(|text| !text.is_empty()).eq(began.iter().map(|text| text.trim()))
            }
        }
    }

    /// What was typed into a field.
    pub(crate) fn typed_of(&self, field: &DataField) -> Vec<String> {
        let typed = self.typed.iter().find(|(name, _)| *name == field.name);
        typed.map(|(_, texts)| texts.clone()).unwrap_or_default()
    }

    /// What the control of a field shows: what was typed, else what the form began with.
    pub(crate) fn shown(&self, field: &DataField) -> Vec<String> {
        if is_secret(field) || typed::is_file((field.shape)().inner()) {
            return Vec::new();
        }
        if self.submitted && !self.is_disabled(field) {
            let typed = self.typed_of(field);
            // An address need not have all fields: of one that it does not have, the data has the default.
            if self.query && typed.is_empty() && self.falls_back(field) {
                let default = field.options.initial.map(|make| make());
                return default.map(|value| texts(&value, &self.zone)).unwrap_or_default();
            }
            return typed;
        }
        self.began_with(field).map(|value| texts(&value, &self.zone)).unwrap_or_default()
    }

    /// Is what is not sent the field's default? What is not ticked or chosen isn't.
    fn falls_back(&self, field: &DataField) -> bool {
        field.has_default && !matches!((field.shape)().kind, ShapeKind::Bool | ShapeKind::List(_))
    }

    /// What a field shows before anything is typed.
    pub(crate) fn began_with(&self, field: &DataField) -> Option<Value> {
        if let Some((_, value)) = self.initial.iter().find(|(name, _)| *name == field.name) {
            return Some(value.clone());
        }
        let default = field.options.initial.or_else(|| match self.column(field)?.default {
            quintet_core::meta::FieldDefault::Value(make) => Some(make),
            _ => None,
        });
        default.map(|make| make())
    }

    /// What was sent for the parts of a group.
    pub(crate) fn sent_part(&self, field: &DataField) -> Option<&State> {
        self.parts.iter().find(|(name, _)| *name == field.name).map(|(_, part)| part)
    }

    /// Was nothing typed into any of it? A box that is not ticked is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        let blank = |texts: &[String]| texts.iter().all(|text| text.trim().is_empty());
        self.fields.iter().all(|field| match self.sent_part(field) {
            Some(part) => part.is_empty(),
            None => blank(&self.typed_of(field)),
        })
    }

    /// The model's field that it is.
    pub(crate) fn column(&self, field: &DataField) -> Option<&'static FieldMeta> {
        field.column(self.model)
    }

    /// `title`, or `items-0-title`.
    pub(crate) fn control_name(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}-{name}", self.prefix) }
    }

    pub(crate) fn offer(&mut self, name: &'static str, offers: Option<Arc<[Offer]>>) {
        self.offers.retain(|(known, _)| *known != name);
        self.offers.push((name, offers));
    }

    /// Offers these in the list of a field, and refuses what is none of them, however often the form is read.
    pub(crate) fn limit(&mut self, name: &'static str, offers: Vec<Offer>) {
        self.offer(name, Some(offers.into()));
        if !self.limited.contains(&name) {
            self.limited.push(name);
        }
        self.check_offered(name);
    }

    /// Refuses what was sent for a field whose list has it not.
    fn check_offered(&mut self, name: &'static str) {
        let Some(field) = self.field(name).filter(|field| self.submitted && !self.is_disabled(field)) else {
            return;
        };
        let (sent, offers) = (self.shown(field), self.offers(field).unwrap_or_default());
        let known = |text: &String| text.is_empty() || offers.iter().any(|offer| offer.value == *text);
        if self.errors.of(name).next().is_none() && !sent.iter().all(known) {
            let message = "choose one of those that are offered".to_owned();
            self.refuse(field, self.column(field), "choice", message);
        }
    }

    /// What the list of a field offers; `None` if it is no list.
    pub(crate) fn offers(&self, field: &DataField) -> Option<Arc<[Offer]>> {
        if let Some((_, offers)) = self.offers.iter().find(|(name, _)| *name == field.name) {
            return offers.clone();
        }
        let choices =
            match (field.options.choices, self.column(field).map_or(&[][..], |column| column.choices)) {
                ([], []) => match (field.shape)().inner() {
                    ShapeKind::Choice(choices) => choices,
                    ShapeKind::List(item) => match item.inner() {
                        ShapeKind::Choice(choices) => choices,
                        _ => return None,
                    },
                    _ => return None,
                },
                ([], column) => column,
                (own, _) => own,
            };
        let mut groups =
            field.options.groups.iter().flat_map(|(group, count)| std::iter::repeat_n(*group, *count));
        let own = !field.options.choices.is_empty();
        let grouped = |choice| Offer::of(choice).within(groups.next().filter(|_| own).unwrap_or_default());
        Some(choices.iter().map(grouped).collect())
    }

    /// Adds what a handler says is wrong.
    pub(crate) fn say(&mut self, name: &'static str, code: Option<Cow<'static, str>>, message: String) {
        for errors in [&mut self.errors, &mut self.said] {
            match &code {
                Some(code) => errors.push_coded(name, code.clone(), message.clone()),
                None => errors.push(name, message.clone()),
            }
        }
    }

    /// Adds a message about a field, in the words that it or its column has for it.
    pub(crate) fn refuse(
        &mut self,
        field: &DataField,
        column: Option<&FieldMeta>,
        code: &'static str,
        message: String,
    ) {
        let own =
            field.options.messages.iter().find(|(known, _)| *known == code).map(|(_, message)| *message);
        let own = own.or_else(|| column?.rules.message(code));
        self.errors.push_coded(field.name, code, own.map_or(message, str::to_owned));
    }

    /// Remembers that a message is about the values of this row.
    #[cfg(feature = "orm")]
    pub(crate) fn note_taken(&mut self, key: Value, name: &'static str) {
        self.taken.push((key, name));
    }

    /// Takes the messages about the values of this row back: it is the one that is edited.
    #[cfg(feature = "orm")]
    pub(crate) fn forget_taken(&mut self, key: &Value) {
        let own: Vec<_> = self.taken.extract_if(.., |(of, _)| of == key).collect();
        for (_, name) in own {
            let others = self.taken.iter().any(|(_, other)| *other == name);
            self.errors.retain(|error| others || error.field != name || error.code != "unique");
        }
    }

    /// The field beside which an error is told, and the message: one about a part of the field (`address.city`) names the part.
    pub(crate) fn told(&self, error: &FieldError) -> (Option<&'static str>, String) {
        if let Some(field) = self.field(&error.field) {
            return (Some(field.name), error.message.clone());
        }
        // Told at a control of its own.
        if self.fields.iter().any(|field| group::inner(field, &error.field).is_some()) {
            return (None, error.message.clone());
        }
        let (whole, part) = error.field.split_once('.').unwrap_or((&error.field, ""));
        match self.field(whole) {
            Some(field) => (Some(field.name), format!("{part}: {}", error.message)),
            None => (None, error.message.clone()),
        }
    }

    /// What is told beside a field.
    pub(crate) fn messages(&self, field: &DataField) -> Vec<String> {
        let told = self.errors.iter().map(|error| self.told(error));
        told.filter(|(name, _)| *name == Some(field.name)).map(|(_, message)| message).collect()
    }

    /// The field of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&'static DataField> {
        self.fields.iter().find(|field| field.name == name)
    }
}
