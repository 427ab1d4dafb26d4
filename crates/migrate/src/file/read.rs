//! From a file's text to a [`Migration`].

use quintet_core::Result;
use toml::de::DeTable;

use super::{Migration, Source, operation, table::Table};
use crate::{error::refuse, key::MigrationKey};

/// Reads a migration. `file` is how the developer knows it, for messages.
///
/// # Errors
/// With file, line and column: no TOML, an unknown key (with the nearest that exists), a value of the wrong type.
pub fn parse(app: &str, name: &str, file: &str, text: &str) -> Result<Migration> {
    let mut source =
        Source { file: file.to_owned(), text: text.to_owned(), depends_at: 0, operations_at: Vec::new() };
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        refuse(format!("this is no TOML: {}", error.message())).in_file(source.place(at))
    })?;
    let top = Table::top(&source, document.get_ref());
    top.allow(&["depends", "operation"])?;
    let mut depends = Vec::new();
    for (wanted, at) in top.texts("depends")? {
        let key = match wanted.split_once('.') {
            Some((app, name)) => MigrationKey::new(app, name),
            None => MigrationKey::new(app, &wanted),
        };
        if key.app == app && key.name == name {
            return Err(top.error(at, format!("{key} depends on itself")));
        }
        depends.push(key);
    }
    let depends_at = top.item("depends").map_or(0, |item| item.span().start);
    let (mut operations, mut operations_at) = (Vec::new(), Vec::new());
    for item in top.opt_list("operation")?.unwrap_or_default() {
        let table = top.table_in(item, "operation", "an operation")?;
        operations_at.push(table.at());
        operations.push(operation::read(app, table)?);
    }
    source.depends_at = depends_at;
    source.operations_at = operations_at;
    Ok(Migration { key: MigrationKey::new(app, name), depends, operations, source: Some(source) })
}
