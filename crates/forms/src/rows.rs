//! The rows of a form of rows, as they come and as they are shown.

use std::{borrow::Cow, collections::BTreeSet};

use quintet_core::{
    FieldErrors, TemplateValue, Value,
    value::{Map, Piece},
};
use serde_json::Value as Json;

use crate::{
    FormBody, piece,
    state::{State, group},
};

/// More rows than these are never read.
pub(crate) const MOST: usize = 1000;

/// The number in the names of the row that scripts copy.
const NEXT: &str = "__n__";

/// What a handler says of the rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) extra: usize,
    pub(crate) min: usize,
    pub(crate) max: usize,
    pub(crate) deletable: bool,
    pub(crate) ordered: bool,
    /// The column that keeps the order, by its index in the model.
    #[cfg(feature = "orm")]
    pub(crate) position: Option<u16>,
}

impl Settings {
    pub(crate) const START: Settings = Settings {
        extra: 1,
        min: 0,
        max: MOST,
        deletable: false,
        ordered: false,
        #[cfg(feature = "orm")]
        position: None,
    };
}

/// What people read of the rows.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    /// Above each, before its number.
    pub(crate) row: Cow<'static, str>,
    /// On the button that adds one.
    pub(crate) add: Cow<'static, str>,
}

impl Default for Words {
    fn default() -> Self {
        Words { row: "Row".into(), add: "Add a row".into() }
    }
}

/// How rows are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) settings: Settings,
    pub(crate) words: &'a Words,
}

/// The list of rows in a JSON document: the document itself, or what it has under the prefix.
fn list<'a>(json: &'a Json, prefix: &str) -> Option<&'a Vec<Json>> {
    json.as_array().or_else(|| json.get(prefix)?.as_array())
}

/// The numbers of the rows that came; `None` if nothing says how many there are. What the sender says there are is only a bound:
/// a row is read if any control of it came.
pub(crate) fn numbers(body: &FormBody, prefix: &str) -> Option<Vec<usize>> {
    if let Some(json) = body.json() {
        return Some((0..list(json, prefix)?.len().min(MOST + 1)).collect());
    }
    let total: usize = body.text(&format!("{prefix}-TOTAL"))?.trim().parse().ok()?;
    let start = format!("{prefix}-");
    let number = |name: &str| -> Option<usize> {
        let (number, _) = name.strip_prefix(&start)?.split_once('-')?;
        number.parse().ok().filter(|number| *number < total)
    };
    let found: BTreeSet<usize> = body.names().filter_map(number).collect();
    // One more than there may be, so that nobody's rows go unheard of.
    Some(found.into_iter().take(MOST + 1).collect())
}

/// What came with a row beside its fields.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) key: String,
    pub(crate) deleted: bool,
    pub(crate) order: Option<i64>,
}

impl Sent {
    pub(crate) fn of(body: &FormBody, prefix: &str, number: usize) -> Self {
        let text = |name: &str| -> String {
            if let Some(json) = body.json() {
                let member = list(json, prefix).and_then(|list| list.get(number)?.get(name));
                return match member {
                    Some(Json::String(text)) => text.clone(),
                    Some(Json::Null) | None => String::new(),
                    Some(other) => other.to_string(),
                };
            }
            body.text(&format!("{prefix}-{number}-{name}")).unwrap_or_default().trim().to_owned()
        };
        Sent {
            key: text("KEY"),
            deleted: matches!(text("DELETE").as_str(), "true" | "on" | "1"),
            order: text("ORDER").parse().ok(),
        }
    }
}

/// A row that is ready to be shown.
pub(crate) struct Shown {
    pub(crate) state: State,
    pub(crate) key: String,
    pub(crate) deleted: bool,
    pub(crate) order: Option<i64>,
}

/// The form as a piece of a page. `own` are the errors about all rows together, `errors` all of them.
pub(crate) fn piece(
    prefix: &str,
    blank: &State,
    shown: Vec<Shown>,
    next: usize,
    Look { settings, words }: Look<'_>,
    own: &FieldErrors,
    errors: FieldErrors,
) -> Piece {
    let mut entries: Vec<Value> = own.iter().map(|error| entry(None, "", &error.message)).collect();
    for (at, row) in shown.iter().enumerate().filter(|(_, row)| !row.deleted) {
        let id = format!("id_{}", row.state.prefix);
        for error in row.state.errors.iter() {
            let (name, message) = row.state.told(error);
            let name = name.unwrap_or(&error.field);
            let field = row
                .state
                .fields
                .iter()
                .find(|field| field.name == name || group::inner(field, name).is_some());
            let shown = field.map(|field| piece::show(&row.state, field));
            let (label, target) = match shown.as_ref().and_then(|shown| shown.at(name)) {
                Some((label, field)) => (format!("{} {}, {label}", words.row, at + 1), field.target.clone()),
                None => (format!("{} {}", words.row, at + 1), id.clone()),
            };
            entries.push(entry(Some(&target), &label, &message));
        }
    }
    let multipart = piece::form(blank).value.get("multipart") == Some(&Value::Bool(true));
    let mut empty = blank.clone();
    empty.prefix = format!("{prefix}-{NEXT}");
    let empty = Shown { state: empty, key: String::new(), deleted: false, order: None };
    let rows = shown.into_iter().enumerate();
    let rows = rows
        .map(|(at, shown)| row(shown, prefix, &(at + 1).to_string(), Look { settings, words }).to_value())
        .collect();
    let empty = row(empty, prefix, NEXT, Look { settings, words }).to_value();
    let number = |n: usize| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
    let members: Map = vec![
        ("rows".into(), Value::List(rows)),
        ("empty".into(), empty.clone()),
        (
            "add".into(),
            simple(
                "forms/add_row.html",
                "add",
                Value::Map(vec![
                    ("prefix".into(), text(prefix)),
                    ("max".into(), number(settings.max)),
                    ("row".into(), empty),
                    ("label".into(), text(&words.add)),
                    // The script is a static file.
                    ("script".into(), Value::Bool(cfg!(feature = "static"))),
                ]),
            )
            .to_value(),
        ),
        ("total".into(), hidden(&format!("{prefix}-TOTAL"), &next.to_string()).to_value()),
        ("errors".into(), simple("forms/errors.html", "errors", Value::List(entries)).to_value()),
        ("open".into(), piece::open("post", multipart).to_value()),
        ("prefix".into(), text(prefix)),
        ("multipart".into(), Value::Bool(multipart)),
        ("min".into(), number(settings.min)),
        ("max".into(), number(settings.max)),
    ];
    Piece { errors, ..simple("forms/forms.html", "forms", Value::Map(members)) }
}

fn entry(id: Option<&str>, label: &str, message: &str) -> Value {
    Value::Map(vec![
        ("id".into(), id.map_or(Value::Null, text)),
        ("label".into(), text(label)),
        ("message".into(), text(message)),
    ])
}

fn row(shown: Shown, of: &str, number: &str, Look { settings, words }: Look<'_>) -> Piece {
    let Shown { mut state, key, deleted, order } = shown;
    if deleted {
        state.errors = FieldErrors::new();
    }
    let prefix = state.prefix.clone();
    let control = |name: &str, label: &str, widget: &str, value: &str| {
        piece::single(&format!("{prefix}-{name}"), label, widget, value).to_value()
    };
    let order = order.map(|order| order.to_string()).unwrap_or_default();
    let on = if deleted { "true" } else { "" };
    let members: Map = vec![
        ("form".into(), Piece { errors: FieldErrors::new(), ..piece::form(&state) }.to_value()),
        ("id".into(), text(&format!("id_{prefix}"))),
        ("prefix".into(), text(of)),
        ("label".into(), text(&words.row)),
        ("number".into(), text(number)),
        ("deleted".into(), Value::Bool(deleted)),
        ("errors".into(), Value::List(state.errors.of("").map(text).collect())),
        ("key".into(), hidden(&format!("{prefix}-KEY"), &key).to_value()),
        (
            "order".into(),
            if settings.ordered { control("ORDER", "Order", "number", &order) } else { Value::Null },
        ),
        (
            "delete".into(),
            if settings.deletable { control("DELETE", "Delete", "checkbox", on) } else { Value::Null },
        ),
    ];
    simple("forms/row.html", "row", Value::Map(members))
}

fn hidden(name: &str, value: &str) -> Piece {
    let members: Map = vec![
        ("name".into(), text(name)),
        ("id".into(), text(&format!("id_{name}"))),
        ("values".into(), Value::List(vec![text(value)])),
    ];
    simple("forms/widgets/hidden.html", "widget", Value::Map(members))
}

fn simple(template: &'static str, name: &'static str, value: Value) -> Piece {
    Piece { template: template.into(), name, value, errors: FieldErrors::new() }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
