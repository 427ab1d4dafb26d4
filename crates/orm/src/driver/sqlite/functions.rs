//! SQL functions that the ORM's renderer relies on, on every connection.

use rusqlite::{
    Connection,
    functions::FunctionFlags,
    types::{Value, ValueRef},
};

use crate::fold::{FOLD_FUNCTION, fold};

/// Registers them.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let pure =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    // SQLite's own `lower` and `LIKE` know only ASCII.
    connection.create_scalar_function(FOLD_FUNCTION, 1, pure, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Text(bytes) => Value::Text(fold(&String::from_utf8_lossy(bytes)).into_owned()),
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Real(number) => Value::Real(number),
            ValueRef::Blob(bytes) => Value::Blob(bytes.to_owned()),
        })
    })
}
