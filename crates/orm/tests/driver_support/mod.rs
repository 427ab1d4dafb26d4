//! A database of notes, and short words for statements.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#![allow(dead_code, reason = "each test file uses its part")]

use std::{path::Path, time::Duration};

use quintet_core::Value;
use quintet_orm::{Db, DbOptions, Executor, Stmt};

pub(crate) const TABLE: &str = "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)";

/// Options for a database below `root` that waits long enough for a busy machine.
pub(crate) fn options(root: &Path) -> DbOptions {
    DbOptions { root: root.to_owned(), writer_wait: Duration::from_secs(60), ..DbOptions::default() }
}

/// A file with the table, and the directory that keeps it.
pub(crate) async fn file() -> (tempfile::TempDir, Db) {
    let directory = tempfile::tempdir().unwrap();
    let db = Db::open("sqlite://notes.db", options(directory.path())).await.unwrap();
    db.batch(TABLE.into()).await.unwrap();
    (directory, db)
}

/// The table in memory.
pub(crate) async fn memory() -> Db {
    let db = Db::open("sqlite::memory:", options(Path::new("."))).await.unwrap();
    db.batch(TABLE.into()).await.unwrap();
    db
}

pub(crate) fn insert(text: &str) -> Stmt {
    Stmt::write("INSERT INTO note (text) VALUES (?1)", vec![Value::Text(text.into())])
}

/// The first value of the first row.
pub(crate) async fn one(on: &dyn Executor, sql: &str) -> Value {
    let rows = on.rows(Stmt::read(sql, vec![])).await.unwrap();
    rows.into_iter().next().unwrap().into_iter().next().unwrap()
}

/// How many notes there are.
pub(crate) async fn count(on: &dyn Executor) -> i64 {
    one(on, "SELECT count(*) FROM note").await.as_int().unwrap()
}

/// All notes, in order.
pub(crate) async fn notes(on: &dyn Executor) -> String {
    let Value::Text(all) =
        one(on, "SELECT coalesce(group_concat(text, ','), '') FROM (SELECT text FROM note ORDER BY id)")
            .await
    else {
        panic!("group_concat gives text")
    };
    all
}
