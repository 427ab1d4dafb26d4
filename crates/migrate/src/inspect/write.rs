//! Models as text, laid out as `rustfmt` does it.

use super::{
    InspectOptions,
    model::{Field, Model, Opt},
};

/// Widths of rustfmt's own configuration.
const WIDTH: usize = 100;
const ATTRIBUTE: usize = 70;

/// A whole file.
pub(super) fn file(models: &[Model], options: &InspectOptions, left_out: &[String]) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text.trim_end());
        out.push('\n');
    };
    line(
        "// Models of a database's tables, written by `inspectdb`. Read them through: names, types and rules are as near as",
    );
    line("// they can be, and what a database does not say (choices, what a text means) is yours to add.");
    if options.managed {
        line("//");
        line("// Migrations keep these tables from now on: `makemigrations`, then `migrate --fake-initial`.");
    }
    if models
        .iter()
        .flat_map(|model| &model.fields)
        .any(|field| has(&field.options, "on_delete = do_nothing"))
    {
        line("//");
        line(
            "// `on_delete = do_nothing`: the database has no rule of its own for that key. Django, for one, keeps its rules in the",
        );
        line("// program; give them here.");
    }
    if !left_out.is_empty() {
        line("//");
        line(&format!("// Without a model, for they are virtual tables: {}.", left_out.join(", ")));
    }
    let names: Vec<&str> =
        models.iter().map(|model| model.name.as_str()).filter(|name| !name.is_empty()).collect();
    if !names.is_empty() {
        let app = options.app.as_deref().unwrap_or("…");
        line("//");
        line(&format!("// app!(\"{app}\").models(({}))", list(&names)));
    }
    line("");
    line("use quintet::prelude::*;");
    if models.iter().flat_map(|model| &model.fields).any(|field| field.ty.contains("IpAddr")) {
        line("use std::net::IpAddr;");
    }
    for written in models {
        line("");
        model(written, &mut line);
    }
    out
}

/// Names in a row, in as many tuples as they need.
fn list(names: &[&str]) -> String {
    const MOST: usize = 20;
    if names.len() <= MOST {
        return if let [one] = names { (*one).to_owned() } else { names.join(", ") };
    }
    let tuples: Vec<String> = names.chunks(MOST).map(|chunk| chunk.join(", ")).collect();
    tuples.join(")).models((")
}

fn has(options: &[Opt], text: &str) -> bool {
    options.iter().any(|option| matches!(option, Opt::Free(free) if free == text))
}

fn model(model: &Model, line: &mut dyn FnMut(&str)) {
    for note in &model.notes {
        comment("", note, line);
    }
    if model.name.is_empty() {
        return;
    }
    doc("", model.doc.as_deref(), line);
    attribute("", "model", &model.options, line);
    line("#[derive(Debug, Clone)]");
    let fields: Vec<&Field> = model.fields.iter().filter(|field| !field.implied).collect();
    if fields.is_empty() && model.missing.is_empty() {
        line(&format!("pub struct {} {{}}", model.name));
        return;
    }
    line(&format!("pub struct {} {{", model.name));
    for written in fields {
        field(written, line);
    }
    for missing in &model.missing {
        comment("    ", missing, line);
    }
    line("}");
}

fn field(field: &Field, line: &mut dyn FnMut(&str)) {
    for note in &field.notes {
        comment("    ", note, line);
    }
    doc("    ", field.doc.as_deref(), line);
    if !field.options.is_empty() {
        attribute("    ", "field", &field.options, line);
    }
    let whole = format!("    pub {}: {},", field.name, field.ty);
    if whole.chars().count() <= WIDTH {
        line(&whole);
    } else {
        line(&format!("    pub {}:", field.name));
        line(&format!("        {},", field.ty));
    }
}

/// A note, as a sentence.
fn comment(indent: &str, note: &str, line: &mut dyn FnMut(&str)) {
    for (number, part) in note.lines().enumerate() {
        let mut chars = part.trim().chars();
        let text = match chars.next() {
            Some(first) if number == 0 => format!("{}{}", first.to_uppercase(), chars.as_str()),
            Some(first) => format!("{first}{}", chars.as_str()),
            None => String::new(),
        };
        let end =
            if text.ends_with(['.', ':', ';', '?']) || number + 1 < note.lines().count() { "" } else { "." };
        line(&format!("{indent}// {text}{end}"));
    }
}

/// What the database says, as the field's help text.
fn doc(indent: &str, text: Option<&str>, line: &mut dyn FnMut(&str)) {
    for part in text.unwrap_or_default().lines() {
        line(&format!("{indent}/// {}", part.trim_end()));
    }
}

/// `#[model(..)]` and `#[field(..)]`.
fn attribute(indent: &str, name: &str, options: &[Opt], line: &mut dyn FnMut(&str)) {
    if options.is_empty() {
        line(&format!("{indent}#[{name}]"));
        return;
    }
    let plain = options.iter().all(|option| matches!(option, Opt::Plain(_)));
    let lists = options.iter().any(|option| matches!(option, Opt::List(..)));
    let texts: Vec<String> = options
        .iter()
        .map(|option| match option {
            Opt::Plain(text) | Opt::Free(text) => text.clone(),
            Opt::List(name, items) => {
                let items: String = items.iter().map(|item| format!("{indent}        {item},\n")).collect();
                format!("{name} = [\n{items}{indent}    ]")
            }
        })
        .collect();
    let inside = texts.join(", ");
    let whole = format!("{indent}#[{name}({inside})]");
    let narrow = inside.chars().count() <= ATTRIBUTE || (plain && options.len() == 1);
    if !lists && narrow && whole.chars().count() < WIDTH {
        line(&whole);
        return;
    }
    line(&format!("{indent}#[{name}("));
    for (number, text) in texts.iter().enumerate() {
        // What rustfmt lays out has no comma at the end; what it leaves alone is written as by hand.
        let comma = if plain && number + 1 == texts.len() { "" } else { "," };
        line(&format!("{indent}    {text}{comma}"));
    }
    line(&format!("{indent})]"));
}
