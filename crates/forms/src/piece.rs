//! A form as a piece of a page, and its fields as pieces of it.

use quintet_core::{
    FieldErrors, TemplateValue, Value,
    value::{Map, Piece},
};
use quintet_web::{DataField, ShapeKind, rt::typed};

use crate::{
    control::{self, About},
    state::{self, State, again, group},
};

/// What templates find in a form beside its fields. A field of such a name is reached as `form.field.errors`.
const OWN: [&str; 7] = ["errors", "field", "fields", "hidden", "open", "multipart", "submitted"];

pub(crate) fn form(state: &State) -> Piece {
    let shown: Vec<Shown> = state.fields.iter().map(|field| show(state, field)).collect();
    let all = |hidden: bool| {
        let those = shown.iter().filter(move |shown| shown.hidden == hidden);
        Value::List(those.map(|shown| shown.value.clone()).collect())
    };
    let multipart = shown.iter().any(|shown| shown.file);
    let by_name: Map = shown.iter().map(|shown| (shown.field.ident.into(), shown.value.clone())).collect();
    let mut members: Map = vec![
        ("errors".into(), summary(state, &shown).to_value()),
        ("fields".into(), all(false)),
        ("hidden".into(), all(true)),
        ("open".into(), open(if state.query { "get" } else { "post" }, multipart).to_value()),
        ("multipart".into(), Value::Bool(multipart)),
        ("submitted".into(), Value::Bool(state.submitted)),
    ];
    members.extend(by_name.iter().filter(|(name, _)| !OWN.contains(&name.as_ref())).cloned());
    members.push(("field".into(), Value::Map(by_name)));
    // What a handler says to somebody who only asks for the form is no failure of theirs.
    // Nor is a search that finds nothing for it, whose page is asked for.
    let errors = if state.submitted && !state.query { prefixed(state) } else { FieldErrors::new() };
    Piece { template: "forms/form.html".into(), name: "form", value: Value::Map(members), errors }
}

/// The errors under the names that were sent.
pub(crate) fn prefixed(state: &State) -> FieldErrors {
    if state.prefix.is_empty() {
        return state.errors.clone();
    }
    let path = state.prefix.replace('-', ".");
    let mut errors = FieldErrors::new();
    for error in state.errors.iter() {
        let dot = if error.field.is_empty() { "" } else { "." };
        errors.push_coded(format!("{path}{dot}{}", error.field), error.code.clone(), error.message.clone());
    }
    errors
}

/// The start tag of a form.
pub(crate) fn open(method: &str, multipart: bool) -> Piece {
    let members: Map = vec![
        ("method".into(), Value::Text(method.to_owned())),
        ("multipart".into(), Value::Bool(multipart)),
        ("attrs".into(), Value::Map(Vec::new())),
    ];
    Piece {
        template: "forms/open.html".into(),
        name: "open",
        value: Value::Map(members),
        errors: FieldErrors::new(),
    }
}

/// A field that is ready to be shown.
pub(crate) struct Shown {
    pub(crate) field: &'static DataField,
    pub(crate) label: String,
    /// Where a link to its error leads.
    pub(crate) target: String,
    pub(crate) hidden: bool,
    file: bool,
    pub(crate) value: Value,
    /// Those of a group.
    parts: Vec<Shown>,
}

impl Shown {
    /// The control that an error is about, here or inside of a group, and what it is called from outside.
    pub(crate) fn at(&self, name: &str) -> Option<(String, &Shown)> {
        if self.field.name == name {
            return Some((self.label.clone(), self));
        }
        let inner = group::inner(self.field, name)?;
        let (label, shown) = self.parts.iter().find_map(|part| part.at(inner))?;
        Some((format!("{}, {}", self.label, label.to_lowercase()), shown))
    }
}

/// Is an empty field refused?
fn is_required(state: &State, field: &DataField) -> bool {
    let shape = (field.shape)();
    match &shape.kind {
        ShapeKind::Bool | ShapeKind::List(_) => field.options.required == Some(true),
        _ if state::is_change(field) => state.needs_file(field),
        _ => !typed::may_be_empty(field, state.column(field)),
    }
}

pub(crate) fn show(state: &State, field: &'static DataField) -> Shown {
    let column = state.column(field);
    let name = state.control_name(field.name);
    let id = format!("id_{name}");
    let label = match column.filter(|_| !field.options.labelled) {
        Some(column) => capitalized(column.verbose_name),
        None => field.label.to_owned(),
    };
    let help = match column {
        Some(column) if field.help.is_empty() => column.help_text,
        _ => field.help,
    };
    let required = is_required(state, field);
    let messages = state.messages(field);
    let errors = messages.iter().enumerate().map(|(i, message)| {
        let error_id = if i == 0 { format!("{id}_error") } else { format!("{id}_error_{i}") };
        (error_id, message.as_str())
    });
    let errors: Vec<(String, &str)> = errors.collect();
    let mut described: Vec<String> = errors.iter().map(|(id, _)| id.clone()).collect();
    if !help.is_empty() {
        described.push(format!("{id}_help"));
    }
    let describedby = described.join(" ");
    let about =
        About { id: &id, label: &label, required, invalid: !errors.is_empty(), describedby: &describedby };
    let parts: Vec<Shown> = match again::part_of(state, field) {
        Some(part) => part.fields.iter().map(|field| show(&part, field)).collect(),
        None => Vec::new(),
    };
    let shown_parts = parts.iter().map(|part| part.value.clone()).collect();
    let control = control::of(state, field, &about, shown_parts);
    let hidden = control.widget == "hidden";
    let text = |text: &str| Value::Text(text.to_owned());
    let errors_piece = Piece {
        template: "forms/field_errors.html".into(),
        name: "errors",
        value: Value::List(errors.iter().map(|(id, message)| error(id, message).to_value()).collect()),
        errors: FieldErrors::new(),
    };
    let label_tag = Piece {
        template: "forms/label.html".into(),
        name: "label",
        value: Value::Map(vec![
            ("for".into(), text(&id)),
            ("label".into(), text(&label)),
            ("required".into(), Value::Bool(required)),
            ("attrs".into(), Value::Map(Vec::new())),
        ]),
        errors: FieldErrors::new(),
    };
    let help_text = Piece {
        template: "forms/help.html".into(),
        name: "help",
        value: Value::Map(vec![("id".into(), text(&format!("{id}_help"))), ("text".into(), text(help))]),
        errors: FieldErrors::new(),
    };
    let file = control.file || parts.iter().any(|part| part.file);
    let members: Map = vec![
        ("name".into(), text(&name)),
        ("id".into(), text(&id)),
        ("label".into(), text(&label)),
        ("help".into(), text(help)),
        ("required".into(), Value::Bool(required)),
        ("hidden".into(), Value::Bool(hidden)),
        ("group".into(), Value::Bool(control.group)),
        ("widget".into(), text(&control.widget)),
        ("describedby".into(), text(&describedby)),
        ("value".into(), control.piece.value.get("value").cloned().unwrap_or_default()),
        ("control".into(), control.piece.to_value()),
        ("errors".into(), errors_piece.to_value()),
        ("label_tag".into(), label_tag.to_value()),
        ("help_text".into(), help_text.to_value()),
    ];
    let piece = Piece {
        template: "forms/field.html".into(),
        name: "field",
        value: Value::Map(members),
        errors: FieldErrors::new(),
    };
    let target = control.target.clone().or_else(|| Some(parts.first()?.target.clone())).unwrap_or(id);
    Shown { field, label, target, hidden, file, value: piece.to_value(), parts }
}

/// A field that is no field of the data: the box that deletes a row, its number in the order.
pub(crate) fn single(name: &str, label: &str, widget: &str, value: &str) -> Piece {
    let text = |text: &str| Value::Text(text.to_owned());
    let piece = |template: String, name, members: Map| Piece {
        template: template.into(),
        name,
        value: Value::Map(members),
        errors: FieldErrors::new(),
    };
    let id = format!("id_{name}");
    let control: Map = vec![
        ("name".into(), text(name)),
        ("id".into(), text(&id)),
        ("type".into(), text(widget)),
        ("label".into(), text(label)),
        ("value".into(), text(value)),
        ("checked".into(), Value::Bool(!value.is_empty())),
        ("attrs".into(), Value::Map(Vec::new())),
    ];
    let control = piece(format!("forms/widgets/{widget}.html"), "widget", control);
    let label_tag: Map = vec![
        ("for".into(), text(&id)),
        ("label".into(), text(label)),
        ("required".into(), Value::Bool(false)),
        ("attrs".into(), Value::Map(Vec::new())),
    ];
    let members: Map = vec![
        ("name".into(), text(name)),
        ("id".into(), text(&id)),
        ("label".into(), text(label)),
        ("hidden".into(), Value::Bool(false)),
        ("group".into(), Value::Bool(false)),
        ("errors".into(), Value::List(Vec::new())),
        ("help_text".into(), Value::Null),
        ("label_tag".into(), piece("forms/label.html".to_owned(), "label", label_tag).to_value()),
        ("control".into(), control.to_value()),
    ];
    piece("forms/field.html".to_owned(), "field", members)
}

/// One message beside a field.
fn error(id: &str, message: &str) -> Piece {
    let members: Map =
        vec![("id".into(), Value::Text(id.to_owned())), ("message".into(), Value::Text(message.to_owned()))];
    Piece {
        template: "forms/error.html".into(),
        name: "error",
        value: Value::Map(members),
        errors: FieldErrors::new(),
    }
}

/// All messages, with links to the fields.
fn summary(state: &State, shown: &[Shown]) -> Piece {
    let entries = state.errors.iter().map(|error| {
        let (name, message) = state.told(error);
        let of = shown.iter().find_map(|shown| shown.at(name.unwrap_or(&error.field)));
        let link = of.as_ref().filter(|(_, shown)| !shown.hidden);
        let link = link.map(|(_, shown)| Value::Text(shown.target.clone()));
        Value::Map(vec![
            ("message".into(), Value::Text(message)),
            ("label".into(), Value::Text(of.map(|(label, _)| label).unwrap_or_default())),
            ("id".into(), link.unwrap_or_default()),
        ])
    });
    Piece {
        template: "forms/errors.html".into(),
        name: "errors",
        value: Value::List(entries.collect()),
        errors: FieldErrors::new(),
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
