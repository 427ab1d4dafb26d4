//! Tables, columns and indexes as SQLite declares them.

use quintet_core::{Result, value::Kind};

use super::{WORDS, quoted};
use crate::{
    error::refuse,
    sql::shared::{self, Index},
    state::{FieldState, ModelState, ProjectState},
};

/// Most digits of a decimal: they are kept as whole numbers of 64 bits.
const MOST_DIGITS: u8 = 18;

/// `CREATE TABLE`, under a name of its own for a rebuild.
pub(super) fn create(state: &ProjectState, model: &ModelState, name: &str) -> Result<String> {
    let mut lines: Vec<String> =
        model.fields.iter().map(|field| column(state, model, field)).collect::<Result<_>>()?;
    if model.key().count() > 1 {
        let key: Vec<&str> = model.key().map(|f| f.column.as_str()).collect();
        lines.push(format!("PRIMARY KEY ({})", list(&key)));
    }
    lines.extend(model.checks.iter().map(|c| format!("CONSTRAINT {} CHECK ({})", quoted(&c.name), c.sql)));
    Ok(format!("CREATE TABLE {} (\n    {}\n)", quoted(name), lines.join(",\n    ")))
}

/// A column's definition.
pub(super) fn column(state: &ProjectState, model: &ModelState, field: &FieldState) -> Result<String> {
    let mut out = format!("{} {}", quoted(&field.column), declared(field)?);
    if !field.null || field.primary_key {
        out.push_str(" NOT NULL");
    }
    let only_key = field.primary_key && model.key().count() == 1;
    if only_key {
        out.push_str(" PRIMARY KEY");
    }
    if field.auto {
        if !only_key || !field.kind.is_integer() {
            return Err(refuse(format!(
                "`{}` can't be numbered by SQLite: that needs a whole number that is the only key",
                field.name
            )));
        }
        out.push_str(" AUTOINCREMENT");
    }
    if let Some(sql) = &field.db_default {
        out.push_str(&format!(" DEFAULT ({sql})"));
    }
    if let Some(sql) = &field.generated {
        out.push_str(&format!(" GENERATED ALWAYS AS ({sql}) STORED"));
    }
    if let (Some((least, most)), true) = (field.kind.range(), field.kind.is_unsigned()) {
        out.push_str(&format!(" CHECK ({} BETWEEN {least} AND {most})", quoted(&field.column)));
    }
    if let Some(reference) = &field.reference {
        let target = state.model(&reference.model)?;
        let mut keys = target.key();
        let (Some(key), None) = (keys.next(), keys.next()) else {
            return Err(refuse(format!(
                "`{}` can't point to {}, whose key is not a single column",
                field.name, reference.model
            )));
        };
        let rule = field.on_delete_clause();
        out.push_str(&format!(
            " REFERENCES {} ({}) ON DELETE {rule} DEFERRABLE INITIALLY DEFERRED",
            quoted(&target.table),
            quoted(&key.column)
        ));
    }
    Ok(out)
}

/// The declared type. Its name gives the column its affinity, and tells a reader (and `inspectdb`) what it holds.
fn declared(field: &FieldState) -> Result<String> {
    Ok(match field.kind {
        // Only under this very name is it the row's number.
        _ if field.auto => "INTEGER".to_owned(),
        Kind::Bool => "BOOLEAN".to_owned(),
        Kind::SmallInt => "SMALLINT".to_owned(),
        Kind::Int => "INTEGER".to_owned(),
        // A duration is kept in microseconds.
        Kind::BigInt | Kind::Duration => "BIGINT".to_owned(),
        // As Django declares them; the rule that keeps them so stands behind.
        Kind::U8 => "SMALLINT UNSIGNED".to_owned(),
        Kind::U16 => "INTEGER UNSIGNED".to_owned(),
        Kind::U32 | Kind::U64 => "BIGINT UNSIGNED".to_owned(),
        Kind::Float | Kind::Real => "REAL".to_owned(),
        Kind::Uuid => "CHAR(32)".to_owned(),
        // The longest address: an IPv4 one written as IPv6.
        Kind::Ip => "CHAR(45)".to_owned(),
        Kind::Decimal => match field.digits {
            None => {
                return Err(refuse(format!(
                    "`{}` needs max_digits and decimal_places: SQLite keeps decimals as whole numbers",
                    field.name
                )));
            }
            Some(digits) if digits.max > MOST_DIGITS || digits.places > digits.max => {
                return Err(refuse(format!(
                    "`{}` can't have {} digits with {} after the point: on SQLite a decimal has at most {MOST_DIGITS} \
                     digits in all",
                    field.name, digits.max, digits.places
                )));
            }
            Some(digits) => format!("DECIMAL({},{})", digits.max, digits.places),
        },
        Kind::Text => field.max_length.map_or_else(|| "TEXT".to_owned(), |n| format!("VARCHAR({n})")),
        Kind::Bytes => "BLOB".to_owned(),
        Kind::Date => "DATE".to_owned(),
        Kind::Time => "TIME".to_owned(),
        Kind::DateTime => "DATETIME".to_owned(),
        // Not `JSON`: that name would turn the document `1` into a number.
        Kind::Json => "TEXT".to_owned(),
        other => return Err(refuse(format!("`{}`: SQLite has no column for {other}", field.name))),
    })
}

pub(super) fn rename_column(table: &str, from: &str, to: &str) -> String {
    format!("ALTER TABLE {} RENAME COLUMN {} TO {}", quoted(table), quoted(from), quoted(to))
}

/// The indexes of a model.
pub(super) fn indexes(model: &ModelState) -> Result<Vec<Index>> {
    shared::indexes(&WORDS, model)
}

/// What drops the indexes that go, and what makes those that come.
pub(super) fn index_changes(before: &ModelState, after: &ModelState) -> Result<(Vec<String>, Vec<String>)> {
    let (old, new) = (indexes(before)?, indexes(after)?);
    let same = |a: &Index, all: &[Index]| all.iter().any(|b| a.name == b.name && a.create == b.create);
    let dropped = old.iter().filter(|i| !same(i, &new)).map(|i| i.drop.clone());
    let created = new.iter().filter(|i| !same(i, &old)).map(|i| i.create.clone());
    Ok((dropped.collect(), created.collect()))
}

/// Columns as a list.
pub(super) fn list(columns: &[&str]) -> String {
    WORDS.list(columns)
}
