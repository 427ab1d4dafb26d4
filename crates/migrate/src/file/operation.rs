//! One `[[operation]]` of a file.

use quintet_core::{
    Result,
    meta::{Digits, OnDelete},
    near::did_you_mean,
    value::Kind,
};
use toml::de::DeValue;

use super::table::Table;
use crate::{
    operation::{Operation, SqlByDialect},
    state::{CheckState, FieldState, IndexState, ModelState, Reference, ThroughOf},
};

/// The operations, as `op` names them.
pub(super) const NAMES: [&str; 17] = [
    "create_model",
    "delete_model",
    "rename_model",
    "rename_table",
    "add_field",
    "remove_field",
    "alter_field",
    "rename_field",
    "alter_unique_together",
    "add_index",
    "remove_index",
    "rename_index",
    "add_constraint",
    "remove_constraint",
    "separate",
    "run_sql",
    "run_rust",
];

const RULES: [OnDelete; 7] = [
    OnDelete::Cascade,
    OnDelete::Protect,
    OnDelete::Restrict,
    OnDelete::SetNull,
    OnDelete::SetDefault,
    OnDelete::Set,
    OnDelete::DoNothing,
];

/// What happens on deletion, as files name it.
pub(super) fn rule_name(rule: OnDelete) -> &'static str {
    match rule {
        OnDelete::Cascade => "cascade",
        OnDelete::Protect => "protect",
        OnDelete::Restrict => "restrict",
        OnDelete::SetNull => "set_null",
        OnDelete::SetDefault => "set_default",
        OnDelete::Set => "set",
        _ => "do_nothing",
    }
}

/// `Film` is a model of the migration's own app, `auth.User` one of another.
fn full_label(app: &str, model: &str) -> String {
    if model.contains('.') { model.to_owned() } else { format!("{app}.{model}") }
}

/// `file` is the database that the file names for SQL and Rust of its own.
pub(super) fn read(app: &str, file: Option<&str>, table: Table<'_>) -> Result<Operation> {
    let op = table.text("op")?;
    let table = table.named(&op);
    let label = |key: &str| {
        let model = table.text(key)?;
        let parts: Vec<&str> = model.split('.').collect();
        if parts.len() > 2 || parts.iter().any(|part| part.trim().is_empty()) {
            let message =
                format!("`{model}` is no model: write \"Film\", or \"auth.User\" for one of another app");
            return Err(table.error_at(key, message));
        }
        Ok(full_label(app, &model))
    };
    Ok(match op.as_str() {
        "create_model" => {
            table.allow(&[
                "op",
                "model",
                "table",
                "database",
                "through",
                "fields",
                "unique_together",
                "indexes",
                "constraints",
            ])?;
            Operation::CreateModel { model: label("model")?, state: model(app, &table)? }
        }
        "delete_model" => {
            table.allow(&["op", "model"])?;
            Operation::DeleteModel { model: label("model")? }
        }
        "rename_model" => {
            table.allow(&["op", "model", "to"])?;
            Operation::RenameModel { model: label("model")?, to: label("to")? }
        }
        "rename_table" => {
            table.allow(&["op", "model", "table"])?;
            Operation::RenameTable { model: label("model")?, table: table.text("table")? }
        }
        "add_field" => {
            table.allow(&["op", "model", "field", "backfill"])?;
            Operation::AddField {
                model: label("model")?,
                field: one_field(app, &table)?,
                backfill: table.opt_scalar("backfill")?,
            }
        }
        "remove_field" => {
            table.allow(&["op", "model", "name", "backfill"])?;
            Operation::RemoveField {
                model: label("model")?,
                name: table.text("name")?,
                backfill: table.opt_scalar("backfill")?,
            }
        }
        "alter_field" => {
            table.allow(&["op", "model", "field", "backfill", "values"])?;
            Operation::AlterField {
                model: label("model")?,
                field: one_field(app, &table)?,
                backfill: table.opt_scalar("backfill")?,
                values: table.text_table("values")?.into_iter().collect(),
            }
        }
        "rename_field" => {
            table.allow(&["op", "model", "from", "to", "column"])?;
            Operation::RenameField {
                model: label("model")?,
                from: table.text("from")?,
                to: table.text("to")?,
                column: table.opt_text("column")?,
            }
        }
        "alter_unique_together" => {
            table.allow(&["op", "model", "sets"])?;
            let sets = table.opt_sets("sets")?.ok_or_else(|| table.missing("sets"))?;
            Operation::AlterUniqueTogether { model: label("model")?, sets }
        }
        "add_index" => {
            table.allow(&[&["op", "model", "concurrently"][..], &INDEX].concat())?;
            let concurrently = table.flag("concurrently")?;
            Operation::AddIndex { model: label("model")?, index: index(&table)?, concurrently }
        }
        "remove_index" => {
            table.allow(&["op", "model", "name", "concurrently"])?;
            let concurrently = table.flag("concurrently")?;
            Operation::RemoveIndex { model: label("model")?, name: table.text("name")?, concurrently }
        }
        "rename_index" => {
            table.allow(&["op", "model", "from", "to"])?;
            Operation::RenameIndex {
                model: label("model")?,
                from: table.text("from")?,
                to: table.opt_text("to")?,
            }
        }
        "add_constraint" => {
            table.allow(&["op", "model", "name", "check"])?;
            Operation::AddConstraint { model: label("model")?, check: check(&table)? }
        }
        "remove_constraint" => {
            table.allow(&["op", "model", "name"])?;
            Operation::RemoveConstraint { model: label("model")?, name: table.text("name")? }
        }
        "separate" => {
            table.allow(&["op", "state", "database"])?;
            let all = |key: &str| -> Result<Vec<Operation>> {
                let items = table.opt_list(key)?.unwrap_or_default();
                items
                    .into_iter()
                    .map(|item| read(app, file, table.table_in(item, key, "an operation")?))
                    .collect()
            };
            Operation::Separate { state: all("state")?, database: all("database")? }
        }
        "run_sql" => {
            table.allow(&["op", "up", "down", "database", "elidable"])?;
            let up = sql(&table, "up")?.ok_or_else(|| table.missing("up"))?;
            let down = sql(&table, "down")?.unwrap_or_default();
            let database = place(&table, file)?;
            Operation::RunSql { up, down, database, elidable: table.flag("elidable")? }
        }
        "run_rust" => {
            table.allow(&["op", "name", "reverse", "database", "elidable"])?;
            let function = table.text("name")?;
            if function.is_empty() {
                let at = table.item("name").map_or(table.at(), |item| item.span().start);
                return Err(
                    table.error(at, "`name` of run_rust is empty: name a function that the app registers")
                );
            }
            // Nothing to undo is no function, and stays empty.
            let named = |name: String| if name.is_empty() { name } else { full_label(app, &name) };
            Operation::RunRust {
                function: full_label(app, &function),
                reverse: table.opt_text("reverse")?.map(named),
                database: place(&table, file)?,
                elidable: table.flag("elidable")?,
            }
        }
        other => {
            let at = table.item("op").map_or(0, |item| item.span().start);
            let near = did_you_mean(other, NAMES);
            let known = if near.is_empty() { format!("; there are {}", NAMES.join(", ")) } else { near };
            return Err(table.error(at, format!("there is no operation `{other}`{known}")));
        }
    })
}

fn model(app: &str, table: &Table<'_>) -> Result<ModelState> {
    let items = table.opt_list("fields")?.ok_or_else(|| table.missing("fields"))?;
    let field_of = |item| field(app, &table.table_in(item, "fields", "a field")?);
    let fields = items.into_iter().map(field_of).collect::<Result<_>>()?;
    let through = match table.opt_text("through")? {
        None => None,
        Some(path) => match path.rsplit_once('.') {
            Some((owner, name)) => Some(ThroughOf { model: full_label(app, owner), field: name.to_owned() }),
            None => {
                let at = table.item("through").map_or(table.at(), |item| item.span().start);
                return Err(table.error(at, "`through` names a model and its field: \"Film.tags\""));
            }
        },
    };
    Ok(ModelState {
        table: table.text("table")?,
        database: database(table, false)?.flatten(),
        fields,
        unique_together: table.opt_sets("unique_together")?.unwrap_or_default(),
        indexes: inner(table, "indexes", "an index", &INDEX, index)?,
        checks: inner(table, "constraints", "a constraint", &["name", "check"], check)?,
        through,
    })
}

/// The database that is named here: `None` if none is, `Some(None)` for the default one. `*` is all of them, where that can be.
pub(super) fn database(table: &Table<'_>, all: bool) -> Result<Option<Option<String>>> {
    let Some(name) = table.opt_text("database")? else { return Ok(None) };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name == "default" {
        return Ok(Some(None));
    }
    if name == "*" && all || !name.is_empty() && name.chars().all(plain) {
        return Ok(Some(Some(name)));
    }
    let every = if all { ", or \"*\" for all" } else { "" };
    let message =
        format!("`{name}` is no name of a database: write \"archive\" for `[databases.archive]`{every}");
    Err(table.error_at("database", message))
}

/// Where SQL and Rust run: on the database that they name, or else that of the file.
fn place(table: &Table<'_>, file: Option<&str>) -> Result<Option<String>> {
    Ok(database(table, true)?.unwrap_or_else(|| file.map(str::to_owned)))
}

/// The tables of a list.
fn inner<T>(
    table: &Table<'_>,
    key: &str,
    what: &str,
    known: &[&str],
    read: impl Fn(&Table<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let items = table.opt_list(key)?.unwrap_or_default();
    let one = |item| {
        let table = table.table_in(item, key, what)?;
        table.allow(known)?;
        read(&table)
    };
    items.into_iter().map(one).collect()
}

const INDEX: [&str; 8] =
    ["name", "fields", "expressions", "where", "include", "unique", "deferrable", "search"];

fn index(table: &Table<'_>) -> Result<IndexState> {
    let texts =
        |key| -> Result<Vec<String>> { Ok(table.texts(key)?.into_iter().map(|(text, _)| text).collect()) };
    Ok(IndexState {
        name: table.opt_text("name")?,
        fields: texts("fields")?,
        expressions: texts("expressions")?,
        condition: table.opt_text("where")?,
        include: texts("include")?,
        unique: table.flag("unique")?,
        deferrable: table.flag("deferrable")?,
        search: table.flag("search")?,
    })
}

fn check(table: &Table<'_>) -> Result<CheckState> {
    Ok(CheckState { name: table.text("name")?, sql: table.text("check")? })
}

fn one_field(app: &str, table: &Table<'_>) -> Result<FieldState> {
    let item = table.item("field").ok_or_else(|| table.missing("field"))?;
    field(app, &table.table_in(item, "field", "a field")?)
}

fn field(app: &str, table: &Table<'_>) -> Result<FieldState> {
    table.allow(&[
        "name",
        "column",
        "kind",
        "null",
        "primary_key",
        "auto",
        "unique",
        "index",
        "max_length",
        "max_digits",
        "decimal_places",
        "choices",
        "db_default",
        "generated",
        "to",
        "on_delete",
    ])?;
    let name = table.text("name")?;
    let kinds: Vec<(&str, Kind)> = Kind::ALL.iter().map(|kind| (kind.name(), *kind)).collect();
    let kind = named(table, "kind", &kinds)?.ok_or_else(|| table.missing("kind"))?;
    let on_delete = named(table, "on_delete", &RULES.map(|r| (rule_name(r), r)))?;
    let reference = match (table.opt_text("to")?, on_delete) {
        (Some(to), Some(on_delete)) => Some(Reference { model: full_label(app, &to), on_delete }),
        (Some(_), None) => return Err(table.missing("on_delete")),
        (None, Some(_)) => return Err(table.missing("to")),
        (None, None) => None,
    };
    let digits = match (table.opt_number("max_digits")?, table.opt_number("decimal_places")?) {
        (Some(max), Some(places)) => Some(Digits { max, places }),
        (Some(_), None) => return Err(table.missing("decimal_places")),
        (None, Some(_)) => return Err(table.missing("max_digits")),
        (None, None) => None,
    };
    let mut field = FieldState {
        null: table.flag("null")?,
        primary_key: table.flag("primary_key")?,
        auto: table.flag("auto")?,
        unique: table.flag("unique")?,
        index: table.flag("index")?,
        max_length: table.opt_number("max_length")?,
        digits,
        choices: table.texts("choices")?.into_iter().map(|(text, _)| text).collect(),
        db_default: table.opt_text("db_default")?,
        generated: table.opt_text("generated")?,
        reference,
        ..FieldState::new(name, kind)
    };
    field.column = match table.opt_text("column")? {
        Some(column) => column,
        None => field.usual_column(&field.name),
    };
    for (key, fits, whose) in [
        ("max_length", field.max_length.is_none() || kind == Kind::Text, "text"),
        ("max_digits", field.digits.is_none() || kind == Kind::Decimal, "decimal"),
        ("choices", field.choices.is_empty() || kind == Kind::Text, "text"),
        ("auto", !field.auto || kind.is_integer(), "whole numbers"),
    ] {
        if !fits {
            let message =
                format!("`{key}` is for {whose}, and `{}` is {}: take it out", field.name, kind.name());
            return Err(table.error_at(key, message));
        }
    }
    if let Some(digits) = field.digits.filter(|d| d.max == 0 || d.places > d.max) {
        let message = format!(
            "`{}` can't have {} digits in all and {} after the point",
            field.name, digits.max, digits.places
        );
        return Err(table.error_at("max_digits", message));
    }
    let given = field.db_default.is_some() || field.auto || field.primary_key || field.reference.is_some();
    if field.generated.is_some() && given {
        let message = format!(
            "`{}` is computed by the database: it can't be a key, numbered, or have a default or a `to`",
            field.name
        );
        return Err(table.error_at("generated", message));
    }
    if field.primary_key && field.null {
        return Err(
            table.error_at("null", format!("`{}` is the key, which can't be null: take it out", field.name))
        );
    }
    Ok(field)
}

/// One of a few names.
fn named<T: Copy>(table: &Table<'_>, key: &str, known: &[(&str, T)]) -> Result<Option<T>> {
    let Some(text) = table.opt_text(key)? else { return Ok(None) };
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == text) {
        return Ok(Some(*value));
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let near = did_you_mean(&text, names.iter().copied());
    let hint = if near.is_empty() { format!("; there are {}", names.join(", ")) } else { near };
    let at = table.item(key).map_or(table.at(), |item| item.span().start);
    Err(table.error(at, format!("there is no {} `{text}`{hint}", key.replace('_', " "))))
}

/// SQL for every database, or a table of SQL by dialect.
fn sql(table: &Table<'_>, key: &str) -> Result<Option<SqlByDialect>> {
    let Some(item) = table.item(key) else { return Ok(None) };
    if let DeValue::String(text) = item.get_ref() {
        return Ok(Some(SqlByDialect::from([("all".to_owned(), text.to_string())])));
    }
    let inner = table.table_in(item, key, key)?;
    inner.allow(&["all", "sqlite", "postgres", "mysql"])?;
    Ok(Some(table.text_table(key)?.into_iter().collect()))
}
