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
    let mut source = Source {
        file: file.to_owned(),
        text: text.to_owned(),
        depends_at: 0,
        replaces_at: 0,
        operations_at: Vec::new(),
    };
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        refuse(format!("this is no TOML: {}", error.message())).in_file(source.place(at))
    })?;
    let top = Table::top(&source, document.get_ref());
    top.allow(&["depends", "replaces", "database", "operation"])?;
    let database = operation::database(&top, true)?.flatten();
    let keys = |list: &str, wrong: &str| -> Result<Vec<MigrationKey>> {
        let mut keys = Vec::new();
        for (wanted, at) in top.texts(list)? {
            let key = match wanted.split_once('.') {
                Some((app, name)) => MigrationKey::new(app, name),
                None => MigrationKey::new(app, &wanted),
            };
            if key.app == app && key.name == name {
                return Err(top.error(at, format!("{key} {wrong} itself")));
            }
            if list == "replaces" && key.app != app {
                return Err(
                    top.error(at, format!("{key} is of another app: a migration stands for some of its own"))
                );
            }
            if keys.contains(&key) {
                return Err(top.error(at, format!("`{list}` names {key} twice")));
            }
            keys.push(key);
        }
        Ok(keys)
    };
    let (depends, replaces) = (keys("depends", "depends on")?, keys("replaces", "stands for")?);
    if let Some((wanted, at)) = top
        .texts("depends")?
        .into_iter()
        .zip(&depends)
        .find_map(|((_, at), key)| replaces.contains(key).then_some((key, at)))
    {
        return Err(top.error(at, format!("it stands for {wanted} and can't depend on it as well")));
    }
    let place = |list: &str| top.item(list).map_or(0, |item| item.span().start);
    let (depends_at, replaces_at) = (place("depends"), place("replaces"));
    let (mut operations, mut operations_at) = (Vec::new(), Vec::new());
    for item in top.opt_list("operation")?.unwrap_or_default() {
        let table = top.table_in(item, "operation", "an operation")?;
        operations_at.push(table.at());
        operations.push(operation::read(app, database.as_deref(), table)?);
    }
    (source.depends_at, source.replaces_at) = (depends_at, replaces_at);
    source.operations_at = operations_at;
    Ok(Migration { key: MigrationKey::new(app, name), depends, replaces, operations, source: Some(source) })
}
