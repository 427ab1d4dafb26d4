//! Which control shows a field, and what stands in it.

use quintet_core::{
    Value,
    meta::{Format, Rules},
    value::{Map, Piece},
};
use quintet_web::{DataField, ShapeKind, rt::typed};

use crate::{
    choice::Offer,
    dates,
    state::{State, group},
    text::{is_true, plain, texts},
};

/// More stars than these are a number.
const MOST_STARS: i64 = 20;

/// The control of a field, as its templates see it.
pub(crate) struct Control {
    pub(crate) piece: Piece,
    /// The name of its widget.
    pub(crate) widget: String,
    /// Is it several controls, which need a legend rather than a label?
    pub(crate) group: bool,
    /// Does it take a file?
    pub(crate) file: bool,
    /// The id of the control that a link to its error leads to, where that is not the field's.
    pub(crate) target: Option<String>,
}

/// What the field around a control says about it.
pub(crate) struct About<'a> {
    pub(crate) id: &'a str,
    pub(crate) label: &'a str,
    pub(crate) required: bool,
    pub(crate) invalid: bool,
    pub(crate) describedby: &'a str,
}

/// `parts` are the fields of a field that is a group.
pub(crate) fn of(state: &State, field: &DataField, about: &About<'_>, parts: Vec<Value>) -> Control {
    let shape = (field.shape)();
    let kind = shape.inner();
    let optional = !matches!(shape.kind, ShapeKind::Bool) && !about.required;
    let offers = offers(state, field, kind);
    let widget = widget(state, field, kind, offers.is_some(), matches!(shape.kind, ShapeKind::Optional(_)));
    let shown = state.shown(field);
    let multiple = matches!(kind, ShapeKind::List(_)) && !typed::is_json(kind);
    let group = matches!(
        widget.as_str(),
        "radio" | "checkboxes" | "stars" | "split_datetime" | "select_date" | "group"
    );
    let mut attributes = attributes(state, field, kind, &widget, about);
    let value = match (multiple, widget.as_str()) {
        (true, "textarea") => shown.join("\n"),
        _ => shown.last().cloned().unwrap_or_default(),
    };
    let mut members: Map = vec![
        ("name".into(), text(state.control_name(field.name))),
        ("id".into(), text(about.id)),
        ("type".into(), text(input_type(&widget))),
        ("label".into(), text(about.label)),
        ("required".into(), Value::Bool(about.required)),
        ("value".into(), text(&value)),
        ("values".into(), Value::List(shown.iter().map(text).collect())),
    ];
    match widget.as_str() {
        "checkbox" => members.push(("checked".into(), Value::Bool(is_true(&value)))),
        "select" | "radio" | "checkboxes" | "stars" => {
            let blank = optional && !multiple || widget == "select" && !multiple && value.is_empty();
            let mut all = if widget == "stars" { stars(state, field) } else { offers.unwrap_or_default() };
            if blank && widget != "stars" && !all.iter().any(|offer| offer.value.is_empty()) {
                let label = if widget == "select" { "---------" } else { "None" };
                all.insert(0, Offer::new("", label));
            }
            let options = options(&all, about.id, |offer| match kind {
                ShapeKind::Bool => !value.is_empty() && is_true(offer) == is_true(&value),
                _ if multiple => shown.iter().any(|shown| shown == offer),
                _ => offer == value,
            });
            members.push(("groups".into(), groups(&all, &options)));
            members.push(("options".into(), Value::List(options)));
            members.push(("multiple".into(), Value::Bool(multiple)));
        }
        "select_date" => {
            let parts = dates::parts(&value);
            let offers = dates::offers(field, state.column(field), &parts[0]);
            let lists = dates::PARTS.iter().zip(&parts).zip(offers).map(|((part, chosen), mut offers)| {
                let id = format!("{}_{part}", about.id);
                // What was sent and is no entry is told at the field, and can't be shown in a list.
                if optional || chosen.is_empty() || !offers.iter().any(|offer| offer.value == *chosen) {
                    offers.insert(0, Offer::new("", "---------"));
                }
                Value::Map(vec![
                    ("name".into(), text(format!("{}_{part}", state.control_name(field.name)))),
                    ("label".into(), text(format!("{}: {part}", about.label))),
                    ("options".into(), Value::List(options(&offers, &id, |offer| offer == chosen))),
                    ("id".into(), text(id)),
                ])
            });
            members.push(("lists".into(), Value::List(lists.collect())));
        }
        "file" | "image" => {
            if let Some(name) = state.stored(field) {
                let url = state.shelf.as_ref().and_then(|shelf| shelf.url(name)).map(Value::Text);
                let last = name.rsplit('/').next().unwrap_or_default();
                members.push((
                    "stored".into(),
                    Value::Map(vec![("name".into(), text(last)), ("url".into(), url.unwrap_or_default())]),
                ));
                // A row that must have a file can't lose it.
                if !about.required {
                    members.push((
                        "clear".into(),
                        Value::Map(vec![
                            ("name".into(), text(format!("{}-clear", state.control_name(field.name)))),
                            ("id".into(), text(format!("{}_clear", about.id))),
                            ("checked".into(), Value::Bool(state.file_goes(field))),
                        ]),
                    ));
                }
            }
        }
        "group" => members.push(("fields".into(), Value::List(parts))),
        "split_datetime" => {
            let (day, time) = value.split_once(['T', ' ']).unwrap_or((&value, ""));
            members.push(("date".into(), text(day)));
            members.push(("time".into(), text(time)));
        }
        _ => {}
    }
    // Several boxes are not required one by one.
    if widget == "checkboxes" {
        attributes.retain(|(name, _)| name != "required");
    }
    members.push(("attrs".into(), Value::Map(attributes)));
    let template = if widget.contains(['/', '.']) {
        widget.clone().into()
    } else {
        format!("forms/widgets/{widget}.html").into()
    };
    let file = matches!(widget.as_str(), "file" | "image");
    let piece = Piece { template, name: "widget", value: Value::Map(members), errors: Default::default() };
    let target = match widget.as_str() {
        "split_datetime" => Some(format!("{}_0", about.id)),
        "select_date" => Some(format!("{}_year", about.id)),
        _ => None,
    };
    Control { piece, widget, group, file, target }
}

/// The entries of a list, as templates see them.
fn options(all: &[Offer], id: &str, is_chosen: impl Fn(&str) -> bool) -> Vec<Value> {
    let option = |(i, offer): (usize, &Offer)| {
        Value::Map(vec![
            ("value".into(), text(&offer.value)),
            ("label".into(), text(&offer.label)),
            ("selected".into(), Value::Bool(is_chosen(&offer.value))),
            ("id".into(), text(format!("{id}_{i}"))),
        ])
    };
    all.iter().enumerate().map(option).collect()
}

/// The same entries by group: those next to each other that stand in the same.
fn groups(all: &[Offer], options: &[Value]) -> Value {
    let mut rest = options.iter();
    let groups = all.chunk_by(|one, next| one.group == next.group).map(|group| {
        let label = group.first().map(|offer| offer.group.as_str()).unwrap_or_default();
        let options = rest.by_ref().take(group.len()).cloned().collect();
        Value::Map(vec![("label".into(), text(label)), ("options".into(), Value::List(options))])
    });
    Value::List(groups.collect())
}

fn widget(state: &State, field: &DataField, kind: &ShapeKind, listed: bool, optional: bool) -> String {
    let given = field.options.widget.map(str::to_owned);
    let column = state.column(field);
    let format = match (field.options.format, column.map(|column| column.format)) {
        (Format::Plain, Some(format)) => format,
        (own, _) => own,
    };
    let by_type = || match kind {
        _ if listed => "select",
        ShapeKind::Bool if optional => "select",
        ShapeKind::Bool => "checkbox",
        ShapeKind::Whole { .. } | ShapeKind::Number | ShapeKind::Decimal => "number",
        ShapeKind::Date => "date",
        ShapeKind::Time => "time",
        ShapeKind::DateTime => "datetime",
        kind if typed::is_file(kind) => match field.options.accept {
            Some(list) if list.split(',').all(|word| word.trim().starts_with("image/")) => "image",
            None if format == Format::Image => "image",
            _ => "file",
        },
        ShapeKind::List(_) => "textarea",
        kind if typed::is_json(kind) => "textarea",
        _ => match format {
            Format::Email => "email",
            Format::Url => "url",
            Format::File => "file",
            Format::Image => "image",
            // As in a model: what has no bound is long.
            _ if column.is_some_and(|column| column.max_length.is_none())
                && field.max_length.is_none()
                && matches!(kind, ShapeKind::Text) =>
            {
                "textarea"
            }
            _ => "text",
        },
    };
    // Something else than data has no parts.
    let given = given.filter(|widget| widget != "group" || group::fields(field).is_some());
    let widget = given.unwrap_or_else(|| by_type().to_owned());
    match widget.as_str() {
        // A list of too many rows to be offered: the key is typed.
        "select" | "radio" | "checkboxes" if !listed && !matches!(kind, ShapeKind::Bool) => {
            if matches!(kind, ShapeKind::List(_)) { "textarea".to_owned() } else { "text".to_owned() }
        }
        "stars" if stars(state, field).is_empty() => "number".to_owned(),
        _ => widget,
    }
}

fn input_type(widget: &str) -> &str {
    match widget {
        "datetime" => "datetime-local",
        "image" => "file",
        other => other,
    }
}

/// What a list offers; of yes and no as well, where it may be neither.
fn offers(state: &State, field: &DataField, kind: &ShapeKind) -> Option<Vec<Offer>> {
    state
        .offers(field)
        .map(|offers| offers.to_vec())
        .or_else(|| {
            matches!(kind, ShapeKind::Bool).then(|| {
                [("true", "Yes"), ("false", "No")].map(|(value, label)| Offer::new(value, label)).to_vec()
            })
        })
        .filter(|_| {
            // One box says yes and no, unless it may be neither or a list was asked for.
            !matches!((field.shape)().kind, ShapeKind::Bool)
                || matches!(field.options.widget, Some("select" | "radio"))
        })
}

/// One to five, or the field's own bounds.
fn stars(state: &State, field: &DataField) -> Vec<Offer> {
    let rules = state.column(field).map_or(Rules::NONE, |column| column.rules);
    let bound = |own: Option<fn() -> Value>, column: Option<fn() -> Value>, otherwise| {
        own.or(column).and_then(|make| make().as_int()).unwrap_or(otherwise)
    };
    let (least, most) = (bound(field.min, rules.min, 1), bound(field.max, rules.max, 5));
    if most < least || most.saturating_sub(least) >= MOST_STARS {
        return Vec::new();
    }
    (least..=most)
        .map(|n| Offer::new(n.to_string(), format!("{n} star{}", if n == 1 { "" } else { "s" })))
        .collect()
}

/// The attributes that say in HTML what the field asks of its values.
fn attributes(state: &State, field: &DataField, kind: &ShapeKind, widget: &str, about: &About<'_>) -> Map {
    let mut all: Map = Vec::new();
    let mut put = |name: &'static str, value: Value| all.push((name.into(), value));
    let column = state.column(field);
    let rules = column.map_or(Rules::NONE, |column| column.rules);
    let value = |own: Option<fn() -> Value>, column: Option<fn() -> Value>| {
        own.or(column).map(|make| text(plain(&make())))
    };
    let is_text = matches!(widget, "text" | "email" | "url" | "tel" | "search" | "password" | "textarea");
    if matches!(widget, "number" | "range" | "date" | "time") {
        let unsigned = matches!(kind, ShapeKind::Whole { min: 0, .. }).then(|| text("0"));
        if let Some(min) = value(field.min, rules.min).or(unsigned) {
            put("min", min);
        }
        if let Some(max) = value(field.max, rules.max) {
            put("max", max);
        }
        let column_places = column.and_then(|column| column.digits).map(|digits| digits.places);
        let places = match (field.options.decimal_places, column_places) {
            (Some(own), Some(column)) => Some(own.min(column)),
            (own, column) => own.or(column),
        };
        let step = value(field.options.step, rules.step).or_else(|| match (kind, places) {
            (ShapeKind::Decimal, Some(0)) => Some(text("1")),
            (ShapeKind::Decimal, Some(places)) => {
                Some(text(format!("0.{}1", "0".repeat(usize::from(places) - 1))))
            }
            (ShapeKind::Number | ShapeKind::Decimal, _) => Some(text("any")),
            _ => None,
        });
        if let Some(step) = step {
            put("step", step);
        }
    }
    let mut seconds = state.shown(field).last().is_some_and(|text| text.matches(':').count() > 1);
    if widget == "datetime" {
        // As the control writes it: by the clock of the form's zone.
        let local = |own: Option<fn() -> Value>, column: Option<fn() -> Value>| {
            texts(&own.or(column)?(), &state.zone).pop()
        };
        if let Some(min) = local(field.min, rules.min) {
            // Browsers count the minutes from it.
            seconds |= min.matches(':').count() > 1;
            put("min", text(min));
        }
        if let Some(max) = local(field.max, rules.max) {
            put("max", text(max));
        }
    }
    if matches!(widget, "time" | "datetime") && seconds && field.options.step.is_none() {
        put("step", text("any"));
    }
    if is_text && matches!(kind, ShapeKind::Text) {
        let least = field.min_length.or_else(|| rules.min_length.and_then(|n| usize::try_from(n).ok()));
        let most = column.and_then(|column| column.max_length).and_then(|n| usize::try_from(n).ok());
        let most = match (field.max_length, most) {
            (Some(own), Some(column)) => Some(own.min(column)),
            (own, column) => own.or(column),
        };
        if let Some(least) = least {
            put("minlength", text(least.to_string()));
        }
        if let Some(most) = most {
            put("maxlength", text(most.to_string()));
        }
    }
    if widget == "textarea" {
        put("rows", text("5"));
    }
    if let Some(placeholder) = field.options.placeholder.filter(|_| is_text || widget == "number") {
        put("placeholder", text(placeholder));
    }
    if let Some(list) = field.options.accept.filter(|_| matches!(widget, "file" | "image")) {
        put("accept", text(list));
    } else if widget == "image" {
        put("accept", text("image/*"));
    }
    if typed::is_file(kind) && matches!(kind, ShapeKind::List(_)) {
        put("multiple", Value::Bool(true));
    }
    let filled_in = match widget {
        "email" => Some("email"),
        "url" => Some("url"),
        _ => None,
    };
    if let Some(autocomplete) = field.options.autocomplete.or(filled_in) {
        put("autocomplete", text(autocomplete));
    }
    // A file cannot be shown again, so one that was stored before need not be sent again.
    if state.is_disabled(field) {
        put("disabled", Value::Bool(true));
    } else if about.required && widget != "hidden" && !state.loose && state.stored(field).is_none() {
        put("required", Value::Bool(true));
    }
    if !about.describedby.is_empty() {
        put("aria-describedby", text(about.describedby));
    }
    if about.invalid {
        put("aria-invalid", text("true"));
    }
    all
}

fn text(text: impl AsRef<str>) -> Value {
    Value::Text(text.as_ref().to_owned())
}
