//! Questions to a database's catalogue, and values of the answers.

use quintet_core::{Result, Value};
use quintet_orm::{Db, Executor, Stmt, dialect::SQLITE};

/// A name as an identifier, for both databases.
pub(super) fn quoted(name: &str) -> String {
    SQLITE.quoted(name)
}

pub(super) async fn rows(db: &Db, sql: &str, params: Vec<Value>) -> Result<Vec<Vec<Value>>> {
    let executor: &dyn Executor = db;
    executor.rows(Stmt::read(sql, params).long()).await
}

/// A text of a row; empty for NULL.
pub(super) fn text(row: &[Value], place: usize) -> String {
    row.get(place).and_then(Value::as_text).unwrap_or_default().to_owned()
}

/// A number of a row; 0 for NULL.
pub(super) fn number(row: &[Value], place: usize) -> i64 {
    match row.get(place) {
        Some(Value::Int(number)) => *number,
        Some(Value::Bool(yes)) => i64::from(*yes),
        _ => 0,
    }
}

/// The first column.
pub(super) fn names(rows: Vec<Vec<Value>>) -> Vec<String> {
    rows.iter().map(|row| text(row, 0)).collect()
}
