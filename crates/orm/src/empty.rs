//! A column that is NOT NULL was to be left without a value.
#![cfg_attr(
    not(any(feature = "sqlite", feature = "postgres")),
    allow(dead_code, reason = "no driver is built in")
)]

use quintet_core::Error;

/// The detail that names the column for those who know the model.
const DETAIL: &str = "column without a value";

/// The database's refusal. It is the program's fault, as far as the driver knows: whoever filled in a form can't give a value to
/// a column that no form has.
#[cold]
pub(crate) fn empty_column(table: &str, column: &str) -> Error {
    let whole = if table.is_empty() { column.to_owned() } else { format!("{table}.{column}") };
    let text = format!(
        "`{whole}` is NOT NULL in the database, and was to be written without a value: if no model has this column any more, or \
         the model lets it be empty, the database is behind the models (`makemigrations`, `migrate`); else the statement \
         must give a value"
    );
    Error::database(text).with_detail(DETAIL, whole)
}

/// The table and the column, if the error is such a refusal.
pub(crate) fn column_without_value(error: &Error) -> Option<(&str, &str)> {
    error.details().iter().find(|(name, _)| *name == DETAIL)?.1.rsplit_once('.')
}
