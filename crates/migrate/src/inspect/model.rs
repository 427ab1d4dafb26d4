//! Models as they are written: texts in their places.

/// A model as it is written.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) name: String,
    /// `#[model(..)]`, an option each.
    pub(super) options: Vec<Opt>,
    pub(super) doc: Option<String>,
    /// What could not be carried over.
    pub(super) notes: Vec<String>,
    pub(super) fields: Vec<Field>,
    /// What comes in the place of a field that there can't be.
    pub(super) missing: Vec<String>,
}

/// A field as it is written.
#[derive(Debug, Default)]
pub(super) struct Field {
    pub(super) name: String,
    /// The column; empty for a relation without one.
    pub(super) column: String,
    pub(super) ty: String,
    pub(super) options: Vec<Opt>,
    pub(super) doc: Option<String>,
    pub(super) notes: Vec<String>,
    /// Is it left to `#[model]`, which adds it?
    pub(super) implied: bool,
}

/// An option of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opt {
    /// Words and values, which rustfmt lays out.
    Plain(String),
    /// Something else, which it leaves as it is.
    Free(String),
    /// A list, an item a line.
    List(&'static str, Vec<String>),
}

impl Opt {
    pub(super) fn text(name: &str, value: &str) -> Opt {
        Opt::Plain(format!("{name} = {}", literal(value)))
    }
}

/// A text as Rust writes it.
pub(super) fn literal(value: &str) -> String {
    if value.contains(['"', '\\']) && !value.contains("\"#") && !value.contains(char::is_control) {
        return format!("r#\"{value}\"#");
    }
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '\'' => out.push('\''),
            other => out.extend(other.escape_debug()),
        }
    }
    out.push('"');
    out
}

/// Field names for a set of columns; `None` if one of them has no field.
pub(super) fn of_columns(model: &Model, columns: &[&str]) -> Option<Vec<String>> {
    let name = |column: &&str| model.fields.iter().find(|f| f.column == *column).map(|f| f.name.clone());
    columns.iter().map(name).collect()
}

/// A list of columns in a note.
pub(super) fn shown(columns: &[&str]) -> String {
    list(&columns.iter().map(|column| (*column).to_owned()).collect::<Vec<_>>())
}

/// `(a, b)`, or nothing.
pub(super) fn list(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("({})", names.join(", ")) }
}
