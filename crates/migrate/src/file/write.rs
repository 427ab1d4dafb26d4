//! From a [`Migration`] to a file's text. Fields are inline tables, one a line; what is as usual is left out.

use std::fmt::Write;

use super::{Migration, operation::rule_name};
use crate::{
    key::MigrationKey,
    operation::{Operation, SqlByDialect},
    state::{CheckState, FieldState, IndexState, ModelState, app_of, name_of},
};

const HEADER: &str = "# A migration: steps from one shape of the tables to the next, in order.\n\
                      # Edit it until it has been applied elsewhere; then write another.\n";

/// The text of the migration's file.
#[must_use]
pub fn render(migration: &Migration) -> String {
    let mut out = String::from(HEADER);
    let app = migration.key.app.as_str();
    let named = |key: &MigrationKey| quoted(&if key.app == app { key.name.clone() } else { key.to_string() });
    let depends: Vec<String> = migration.depends.iter().map(named).collect();
    line(&mut out, "depends", &format!("[{}]", depends.join(", ")));
    if !migration.replaces.is_empty() {
        let replaces: Vec<String> =
            migration.replaces.iter().map(|key| format!("    {},\n", named(key))).collect();
        line(&mut out, "replaces", &format!("[\n{}]", replaces.concat()));
    }
    for operation in &migration.operations {
        out.push_str("\n[[operation]]\n");
        write_operation(app, operation, "operation", &mut out);
    }
    out
}

fn line(out: &mut String, key: &str, value: &str) {
    // Writing to a String can't fail.
    let _ = writeln!(out, "{key} = {value}");
}

/// A model's label as it is seen from the migration's app.
fn short(app: &str, label: &str) -> String {
    quoted(if app_of(label) == app { name_of(label) } else { label })
}

/// `path` is the key of the list that it stands in.
fn write_operation(app: &str, operation: &Operation, path: &str, out: &mut String) {
    let op = match operation {
        Operation::CreateModel { .. } => "create_model",
        Operation::DeleteModel { .. } => "delete_model",
        Operation::RenameModel { .. } => "rename_model",
        Operation::RenameTable { .. } => "rename_table",
        Operation::AddField { .. } => "add_field",
        Operation::RemoveField { .. } => "remove_field",
        Operation::AlterField { .. } => "alter_field",
        Operation::RenameField { .. } => "rename_field",
        Operation::AlterUniqueTogether { .. } => "alter_unique_together",
        Operation::AddIndex { .. } => "add_index",
        Operation::RemoveIndex { .. } => "remove_index",
        Operation::RenameIndex { .. } => "rename_index",
        Operation::AddConstraint { .. } => "add_constraint",
        Operation::RemoveConstraint { .. } => "remove_constraint",
        Operation::Separate { .. } => "separate",
        Operation::RunSql { .. } => "run_sql",
        Operation::RunRust { .. } => "run_rust",
    };
    line(out, "op", &quoted(op));
    if let Some(model) = operation.model() {
        line(out, "model", &short(app, model));
    }
    match operation {
        Operation::CreateModel { state, .. } => write_model(app, state, out),
        Operation::DeleteModel { .. } => {}
        Operation::RenameModel { to, .. } => line(out, "to", &short(app, to)),
        Operation::RenameTable { table, .. } => line(out, "table", &quoted(table)),
        Operation::AddField { field, backfill, .. } => {
            line(out, "field", &inline(app, field));
            write_backfill(field, backfill.as_deref(), out);
        }
        Operation::RemoveField { name, backfill, .. } => {
            line(out, "name", &quoted(name));
            if let Some(value) = backfill {
                line(out, "backfill", &quoted(value));
            }
        }
        Operation::AlterField { field, backfill, values, .. } => {
            line(out, "field", &inline(app, field));
            write_backfill(field, backfill.as_deref(), out);
            if !values.is_empty() {
                let pairs: Vec<String> =
                    values.iter().map(|(a, b)| format!("{} = {}", quoted(a), quoted(b))).collect();
                line(out, "values", &format!("{{ {} }}", pairs.join(", ")));
            }
        }
        Operation::RenameField { from, to, column, .. } => {
            line(out, "from", &quoted(from));
            line(out, "to", &quoted(to));
            if let Some(column) = column {
                line(out, "column", &quoted(column));
            }
        }
        Operation::AlterUniqueTogether { sets: all, .. } => line(out, "sets", &sets(all)),
        Operation::AddIndex { index, concurrently, .. } => {
            index_keys(index).iter().for_each(|(key, value)| line(out, key, value));
            write_flag("concurrently", *concurrently, out);
        }
        Operation::RemoveIndex { name, concurrently, .. } => {
            line(out, "name", &quoted(name));
            write_flag("concurrently", *concurrently, out);
        }
        Operation::RenameIndex { from, to, .. } => {
            line(out, "from", &quoted(from));
            if let Some(to) = to {
                line(out, "to", &quoted(to));
            }
        }
        Operation::AddConstraint { check, .. } => {
            line(out, "name", &quoted(&check.name));
            line(out, "check", &quoted(&check.sql));
        }
        Operation::RemoveConstraint { name, .. } => line(out, "name", &quoted(name)),
        Operation::Separate { state, database } => {
            for (key, all) in [("state", state), ("database", database)] {
                for operation in all {
                    let path = format!("{path}.{key}");
                    let _ = writeln!(out, "\n[[{path}]]");
                    write_operation(app, operation, &path, out);
                }
            }
        }
        Operation::RunSql { up, down, database, elidable } => {
            write_sql("up", up, out);
            write_sql("down", down, out);
            write_database(database.as_deref(), out);
            write_flag("elidable", *elidable, out);
        }
        Operation::RunRust { function, reverse, database, elidable } => {
            let named = |name: &str| if name.is_empty() { quoted(name) } else { short(app, name) };
            line(out, "name", &named(function));
            if let Some(reverse) = reverse {
                line(out, "reverse", &named(reverse));
            }
            write_database(database.as_deref(), out);
            write_flag("elidable", *elidable, out);
        }
    }
}

fn write_database(database: Option<&str>, out: &mut String) {
    if let Some(name) = database {
        line(out, "database", &quoted(name));
    }
}

fn write_model(app: &str, state: &ModelState, out: &mut String) {
    line(out, "table", &quoted(&state.table));
    write_database(state.database.as_deref(), out);
    if let Some(through) = &state.through {
        let owner =
            if app_of(&through.model) == app { name_of(&through.model) } else { through.model.as_str() };
        line(out, "through", &quoted(&format!("{owner}.{}", through.field)));
    }
    out.push_str("fields = [\n");
    for field in &state.fields {
        let _ = writeln!(out, "    {},", inline(app, field));
    }
    out.push_str("]\n");
    if !state.unique_together.is_empty() {
        line(out, "unique_together", &sets(&state.unique_together));
    }
    let indexes = state.indexes.iter().map(|index| {
        let keys: Vec<String> =
            index_keys(index).into_iter().map(|(key, value)| format!("{key} = {value}")).collect();
        format!("{{ {} }}", keys.join(", "))
    });
    write_tables("indexes", indexes, out);
    let check = |c: &CheckState| format!("{{ name = {}, check = {} }}", quoted(&c.name), quoted(&c.sql));
    write_tables("constraints", state.checks.iter().map(check), out);
}

/// A list of inline tables, one a line; nothing if there are none.
fn write_tables(key: &str, tables: impl Iterator<Item = String>, out: &mut String) {
    let mut tables = tables.peekable();
    if tables.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "{key} = [");
    for table in tables {
        let _ = writeln!(out, "    {table},");
    }
    out.push_str("]\n");
}

fn index_keys(index: &IndexState) -> Vec<(&'static str, String)> {
    let mut keys = Vec::new();
    if let Some(name) = &index.name {
        keys.push(("name", quoted(name)));
    }
    for (key, texts) in
        [("fields", &index.fields), ("expressions", &index.expressions), ("include", &index.include)]
    {
        if !texts.is_empty() {
            keys.push((key, list(texts)));
        }
    }
    if let Some(condition) = &index.condition {
        keys.push(("where", quoted(condition)));
    }
    for (key, set) in [("unique", index.unique), ("deferrable", index.deferrable)] {
        if set {
            keys.push((key, "true".to_owned()));
        }
    }
    if index.search {
        keys.push(("search", "true".to_owned()));
    }
    keys
}

fn write_flag(key: &str, set: bool, out: &mut String) {
    if set {
        line(out, key, "true");
    }
}

fn sets(all: &[Vec<String>]) -> String {
    let all: Vec<String> = all.iter().map(|set| list(set)).collect();
    format!("[{}]", all.join(", "))
}

fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(", "))
}

fn inline(app: &str, field: &FieldState) -> String {
    let mut parts = vec![format!("name = {}", quoted(&field.name))];
    if !field.has_usual_column() {
        parts.push(format!("column = {}", quoted(&field.column)));
    }
    parts.push(format!("kind = {}", quoted(field.kind.name())));
    if let Some(reference) = &field.reference {
        parts.push(format!("to = {}", short(app, &reference.model)));
        parts.push(format!("on_delete = {}", quoted(rule_name(reference.on_delete))));
    }
    for (name, set) in [
        ("primary_key", field.primary_key),
        ("auto", field.auto),
        ("null", field.null),
        ("unique", field.unique),
        ("index", field.index),
    ] {
        if set {
            parts.push(format!("{name} = true"));
        }
    }
    if let Some(length) = field.max_length {
        parts.push(format!("max_length = {length}"));
    }
    if let Some(digits) = field.digits {
        parts.push(format!("max_digits = {}, decimal_places = {}", digits.max, digits.places));
    }
    if !field.choices.is_empty() {
        parts.push(format!("choices = {}", list(&field.choices)));
    }
    if let Some(sql) = &field.db_default {
        parts.push(format!("db_default = {}", quoted(sql)));
    }
    if let Some(sql) = &field.generated {
        parts.push(format!("generated = {}", quoted(sql)));
    }
    format!("{{ {} }}", parts.join(", "))
}

/// A number or a yes stands bare, where it is read back as the same text.
fn write_backfill(field: &FieldState, value: Option<&str>, out: &mut String) {
    let Some(value) = value else { return };
    let number = field.kind.is_integer() && value.parse::<i64>().is_ok_and(|n| n.to_string() == value);
    let bare = number || (field.kind == quintet_core::value::Kind::Bool && matches!(value, "true" | "false"));
    let value = if bare { value.to_owned() } else { quoted(value) };
    line(out, "backfill", &value);
}

fn write_sql(key: &str, sql: &SqlByDialect, out: &mut String) {
    match sql.get("all") {
        _ if sql.is_empty() => {}
        Some(all) if sql.len() == 1 => line(out, key, &quoted_lines(all)),
        // In dotted keys, for an inline table is one line, and SQL seldom is.
        _ => {
            sql.iter().for_each(|(dialect, text)| line(out, &format!("{key}.{dialect}"), &quoted_lines(text)))
        }
    }
}

/// Text as TOML's basic string.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    text.chars().for_each(|c| escape(c, &mut out));
    out.push('"');
    out
}

/// Text as a basic string over several lines, if it has several.
fn quoted_lines(text: &str) -> String {
    if !text.contains('\n') {
        return quoted(text);
    }
    let mut out = String::from("\"\"\"\n");
    for c in text.chars() {
        if c == '\n' { out.push('\n') } else { escape(c, &mut out) }
    }
    out.push_str("\"\"\"");
    out
}

fn escape(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c.is_control() => {
            let _ = write!(out, "\\u{:04X}", u32::from(c));
        }
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_so_that_toml_reads_the_same() {
        for text in ["plain", "a\"b\\c", "line\nline", "\u{7f}\u{1}\t\r", "é ☃", "'''\"\"\""] {
            for written in [quoted(text), quoted_lines(text)] {
                let document = format!("x = {written}");
                let table: toml::Table = document.parse().unwrap();
                assert_eq!(table["x"].as_str(), Some(text), "{document}");
            }
        }
    }
}
