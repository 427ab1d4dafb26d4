use std::fmt;

use super::Operation;
use crate::state::{FieldState, app_of, name_of};

impl Operation {
    /// The operation in one line, for lists and messages: `add field year to Film`.
    #[must_use]
    pub fn describe(&self) -> String {
        self.to_string()
    }

    /// A few words for the migration's file name: `film_year`.
    pub(crate) fn slug(&self) -> String {
        let snake = |label: &str| quintet_core::meta::snake_case(name_of(label));
        match self {
            Operation::CreateModel { model, .. } => snake(model),
            Operation::DeleteModel { model } => format!("delete_{}", snake(model)),
            Operation::RenameModel { to, .. } => format!("rename_{}", snake(to)),
            Operation::RenameTable { model, .. } => format!("{}_table", snake(model)),
            Operation::AddField { model, field, .. } => format!("{}_{}", snake(model), field.name),
            Operation::RemoveField { model, name, .. } => format!("remove_{}_{name}", snake(model)),
            Operation::AlterField { model, field, .. } => format!("alter_{}_{}", snake(model), field.name),
            Operation::RenameField { model, to, .. } => format!("rename_{}_{to}", snake(model)),
            Operation::AlterUniqueTogether { model, .. } => format!("{}_unique_together", snake(model)),
            Operation::AddIndex { model, .. } => format!("{}_index", snake(model)),
            Operation::RemoveIndex { model, .. } => format!("remove_{}_index", snake(model)),
            Operation::RenameIndex { model, .. } => format!("rename_{}_index", snake(model)),
            Operation::AddConstraint { model, check } => format!("{}_{}", snake(model), check.name),
            Operation::RemoveConstraint { model, name } => format!("remove_{}_{name}", snake(model)),
            Operation::Separate { .. } => "separate".to_owned(),
            Operation::RunSql { .. } => "sql".to_owned(),
            Operation::RunRust { function, .. } => name_of(function).to_owned(),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::CreateModel { model, state } => match &state.through {
                Some(through) => {
                    write!(f, "create the table of {}.{}", name_of(&through.model), through.field)
                }
                None => write!(f, "create model {}{}", name_of(model), on(state.database.as_deref())),
            },
            Operation::DeleteModel { model } => write!(f, "delete model {}", name_of(model)),
            Operation::RenameModel { model, to } if app_of(model) != app_of(to) => {
                write!(f, "move model {model} to {to}")
            }
            Operation::RenameModel { model, to } => {
                write!(f, "rename model {} to {}", name_of(model), name_of(to))
            }
            Operation::RenameTable { model, table } => {
                write!(f, "rename the table of {} to {table}", name_of(model))
            }
            Operation::AddField { model, field, .. } => {
                write!(f, "add field {} to {}", field.name, name_of(model))
            }
            Operation::RemoveField { model, name, .. } => {
                write!(f, "remove field {name} from {}", name_of(model))
            }
            Operation::AlterField { model, field, .. } => {
                write!(f, "alter field {} of {}", field.name, name_of(model))
            }
            Operation::RenameField { model, from, to, .. } => {
                write!(f, "rename field {from} of {} to {to}", name_of(model))
            }
            Operation::AlterUniqueTogether { model, sets } if sets.is_empty() => {
                write!(f, "let any rows of {} share values", name_of(model))
            }
            Operation::AlterUniqueTogether { model, sets } => {
                let sets: Vec<String> = sets.iter().map(|set| format!("({})", set.join(", "))).collect();
                write!(f, "make {} unique together in {}", sets.join(" and "), name_of(model))
            }
            Operation::AddIndex { model, index, .. } => {
                let parts: Vec<&str> =
                    index.fields.iter().chain(&index.expressions).map(String::as_str).collect();
                let unique = match (index.unique, index.search) {
                    (true, _) => "unique ",
                    (false, true) => "search ",
                    (false, false) => "",
                };
                write!(f, "add {unique}index ({}) to {}", parts.join(", "), name_of(model))
            }
            Operation::RemoveIndex { model, name, .. } => {
                write!(f, "remove index {name} from {}", name_of(model))
            }
            Operation::RenameIndex { model, from, to: Some(to) } => {
                write!(f, "rename index {from} of {} to {to}", name_of(model))
            }
            Operation::RenameIndex { model, from, to: None } => {
                write!(f, "name index {from} of {} after its columns", name_of(model))
            }
            Operation::AddConstraint { model, check } => {
                write!(f, "add constraint {} to {}", check.name, name_of(model))
            }
            Operation::RemoveConstraint { model, name } => {
                write!(f, "remove constraint {name} from {}", name_of(model))
            }
            Operation::Separate { state, database } => {
                let told = |all: &[Operation]| -> String {
                    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
                    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
                };
                write!(f, "in the files: {}; in the database: {}", told(state), told(database))
            }
            Operation::RunSql { database, .. } => write!(f, "run SQL{}", on(database.as_deref())),
            Operation::RunRust { function, .. } if function.is_empty() => f.write_str("nothing to undo"),
            Operation::RunRust { function, database, .. } => {
                write!(f, "run {}{}", name_of(function), on(database.as_deref()))
            }
        }
    }
}

/// ` on archive`, where it is not the default database.
fn on(database: Option<&str>) -> String {
    match database {
        None => String::new(),
        Some("*") => " on all databases".to_owned(),
        Some(name) => format!(" on {name}"),
    }
}

/// What differs between two states of a field, in words: `null, max_length 10 → 20`.
#[must_use]
pub(crate) fn difference(old: &FieldState, new: &FieldState) -> String {
    let mut parts = Vec::new();
    let mut note = |what: &str, a: String, b: String| {
        if a != b {
            parts.push(format!("{what} {a} → {b}"));
        }
    };
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
    note("kind", old.kind.to_string(), new.kind.to_string());
    note("column", old.column.clone(), new.column.clone());
    note("null", old.null.to_string(), new.null.to_string());
    note("primary_key", old.primary_key.to_string(), new.primary_key.to_string());
    note("unique", old.unique.to_string(), new.unique.to_string());
    note("index", old.index.to_string(), new.index.to_string());
    note(
        "max_length",
        or_none(old.max_length.map(|n| n.to_string())),
        or_none(new.max_length.map(|n| n.to_string())),
    );
    let digits = |f: &FieldState| or_none(f.digits.map(|d| format!("({}, {})", d.max, d.places)));
    note("digits", digits(old), digits(new));
    note("choices", old.choices.join("|"), new.choices.join("|"));
    note("db_default", or_none(old.db_default.clone()), or_none(new.db_default.clone()));
    note("generated", or_none(old.generated.clone()), or_none(new.generated.clone()));
    let to =
        |f: &FieldState| or_none(f.reference.as_ref().map(|r| format!("{} ({:?})", r.model, r.on_delete)));
    note("to", to(old), to(new));
    parts.join(", ")
}
