use quintet_core::{Error, Result, value::ValueRef};
use rusqlite::{Row, types::ValueRef as Stored};

use crate::row::RowAccess;

/// A row in SQLite's buffers.
pub(super) struct SqliteRow<'r, 's> {
    pub(super) row: &'r Row<'s>,
    pub(super) columns: usize,
}

impl RowAccess for SqliteRow<'_, '_> {
    #[inline]
    fn len(&self) -> usize {
        self.columns
    }

    #[inline]
    fn get(&self, column: usize) -> Result<ValueRef<'_>> {
        match self.row.get_ref(column) {
            Ok(Stored::Null) => Ok(ValueRef::Null),
            Ok(Stored::Integer(number)) => Ok(ValueRef::Int(number)),
            Ok(Stored::Real(number)) => Ok(ValueRef::Float(number)),
            Ok(Stored::Text(bytes)) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(ValueRef::Text(text)),
                Err(error) => Err(self.no_text(column, error)),
            },
            Ok(Stored::Blob(bytes)) => Ok(ValueRef::Bytes(bytes)),
            Err(_) => Err(Error::database(format!(
                "column {column} was asked for, but the row has {} (counted from 0)",
                self.columns
            ))),
        }
    }

    fn name(&self, column: usize) -> Option<&str> {
        self.row.as_ref().column_name(column).ok()
    }
}

impl SqliteRow<'_, '_> {
    #[cold]
    fn no_text(&self, column: usize, error: std::str::Utf8Error) -> Error {
        let name = self.row.as_ref().column_name(column).unwrap_or("?");
        Error::database(format!(
            "column `{name}` holds text that is not UTF-8 (from byte {} on): another program wrote it; \
             mend it with `UPDATE … SET {name} = …`, or keep it as BLOB",
            error.valid_up_to()
        ))
        .with_source(error)
    }
}
