//! Full-text search: what somebody typed as a question to the database's own index of words.
//!
//! A model names the fields that are searched: `#[model(search = ["title", "plot"])]`. Migrations make what is needed: on
//! SQLite a table of FTS5 that triggers keep, on PostgreSQL a GIN index over `tsvector`. Words of earlier fields weigh more.
//!
//! [`Query`] reads what was typed; nothing of it reaches the database as a language of the database's.
mod query;
mod snippet;

use quintet_core::{
    Error, Result,
    meta::{IndexMeta, ModelMeta},
};

pub use crate::ast::Query;
pub use snippet::Snippet;

/// Where words of the answer's fragment start and end that were searched for: characters that no text has.
pub(crate) const MARKS: (char, char) = ('\u{E000}', '\u{E001}');

/// How much words of the first field weigh, of the second …; the fourth's is that of all further ones.
pub(crate) const WEIGHTS: [(char, &str); 4] = [('A', "10.0"), ('B', "4.0"), ('C', "2.0"), ('D', "1.0")];

/// The name of the index (or table) of words that belongs to a table.
#[must_use]
pub fn index_name(table: &str) -> String {
    format!("{table}_search")
}

/// The expression that PostgreSQL's index is over: the words of these columns (quoted, first to last), with their weights.
/// A query must say the very same.
#[must_use]
pub fn vector(columns: &[String]) -> String {
    let parts = columns.iter().enumerate().map(|(number, column)| {
        let weight = WEIGHTS.get(number).or(WEIGHTS.last()).map_or('D', |(letter, _)| *letter);
        format!("SETWEIGHT(TO_TSVECTOR('simple', COALESCE({column}, '')), '{weight}')")
    });
    format!("({})", parts.collect::<Vec<_>>().join(" || "))
}

/// The statements that make SQLite's index of words: a table without content of its own, filled from the rows that are there,
/// and triggers that keep it. All names are quoted; `name` is the index's own, unquoted.
#[must_use]
pub fn fts5_create(name: &str, table: &str, key: &str, columns: &[String]) -> String {
    let quoted = |name: &str| crate::dialect::SQLITE.quoted(name);
    let text = |name: &str| format!("'{}'", name.replace('\'', "''"));
    let fts = quoted(name);
    let list = columns.join(", ");
    let of = |row: &str| {
        let values: Vec<String> = columns.iter().map(|column| format!("{row}.{column}")).collect();
        format!("{row}.{key}, {}", values.join(", "))
    };
    let bare = |name: &str| name.trim_matches('"').replace("\"\"", "\"");
    let added = format!("INSERT INTO {fts} (rowid, {list}) VALUES ({});", of("new"));
    let gone = format!("INSERT INTO {fts} ({fts}, rowid, {list}) VALUES ('delete', {});", of("old"));
    let [insert, delete, update] = fts5_triggers(name).map(|name| quoted(&name));
    format!(
        "CREATE VIRTUAL TABLE {fts} USING fts5({list}, content={content}, content_rowid={rowid}, tokenize='unicode61 \
         remove_diacritics 0');\n\
         CREATE TRIGGER {insert} AFTER INSERT ON {table} BEGIN {added} END;\n\
         CREATE TRIGGER {delete} AFTER DELETE ON {table} BEGIN {gone} END;\n\
         CREATE TRIGGER {update} AFTER UPDATE OF {key}, {list} ON {table} BEGIN {gone} {added} END;\n\
         INSERT INTO {fts} ({fts}) VALUES ('rebuild')",
        content = text(&bare(table)),
        rowid = text(&bare(key)),
    )
}

/// The triggers' names.
#[must_use]
pub fn fts5_triggers(name: &str) -> [String; 3] {
    ["insert", "delete", "update"].map(|when| format!("{name}_{when}"))
}

/// The statements that take SQLite's index of words away.
#[must_use]
pub fn fts5_drop(name: &str) -> String {
    let quoted = |name: &str| crate::dialect::SQLITE.quoted(name);
    let triggers: Vec<String> = fts5_triggers(name)
        .iter()
        .map(|name| format!("DROP TRIGGER IF EXISTS {};\n", quoted(name)))
        .collect();
    format!("{}DROP TABLE IF EXISTS {}", triggers.concat(), quoted(name))
}

/// What a model says is searched.
///
/// # Errors
/// If it says nothing: names the option to be added.
pub(crate) fn index_of(model: &'static ModelMeta) -> Result<&'static IndexMeta> {
    model.indexes.iter().find(|index| index.search).ok_or_else(|| {
        Error::internal(format!(
            "{0} has no index of words: name the fields that are searched, #[model(search = [\"…\"])] on {0}, and make \
             migrations",
            model.name
        ))
    })
}
