//! A table of notes on every database, for what a driver promises.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::path::Path;

use quintet_orm::{DbOptions, Executor, Stmt, dialect::Placeholder, prelude::*};

use super::postgres_support;
pub(crate) use super::postgres_support::poll_times;

/// The table in memory, in a file (with connections that read beside the writer), or on a server. Something of it lives as
/// long as what is given beside it.
pub async fn in_memory() -> Db {
    let db = Db::open("sqlite::memory:", options(Path::new("."))).await.unwrap();
    db.batch(TABLE.into()).await.unwrap();
    db
}

pub async fn in_a_file() -> (tempfile::TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open("sqlite://notes.db", options(folder.path())).await.unwrap();
    db.batch(TABLE.into()).await.unwrap();
    (folder, db)
}

/// With one connection for transactions: whoever comes next waits for the end of what was before.
pub async fn on_a_server() -> Option<(postgres_support::Bed, Db)> {
    let few = DbOptions { connections: 1, ..postgres_support::options() };
    let bed = postgres_support::bed_with(few, "").await?;
    let db = bed.db.clone();
    Some((bed, db))
}

const TABLE: &str = "CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL)";

/// Waits long enough for a busy machine.
fn options(root: &Path) -> DbOptions {
    let writer_wait = std::time::Duration::from_secs(60);
    DbOptions { root: root.to_owned(), writer_wait, ..DbOptions::default() }
}

/// Makes a test of each scenario, an `async fn name(db: Db)`, in memory, in a file and on a server.
macro_rules! on_notes {
    ($($name:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::common::notes::in_memory().await).await;
            })*
        }
        mod file {
            $(#[tokio::test]
            async fn $name() {
                let (_folder, db) = super::common::notes::in_a_file().await;
                super::$name(db).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                let Some((_bed, db)) = super::common::notes::on_a_server().await else { return };
                super::$name(db).await;
            })*
        }
    };
}
pub(crate) use on_notes;

/// Are there connections that read beside a transaction?
pub fn is_shared(db: &Db) -> bool {
    !db.url().contains(":memory:")
}

/// Makes statements that insert a note.
pub fn inserter(on: &dyn Executor) -> impl Fn(&str) -> Stmt + Copy + use<> {
    let sql = match on.dialect().placeholder {
        Placeholder::DollarNumber => "INSERT INTO note (text) VALUES ($1)",
        _ => "INSERT INTO note (text) VALUES (?1)",
    };
    move |text| Stmt::write(sql, vec![Value::Text(text.into())])
}

/// The first value of the first row.
pub async fn one(on: &dyn Executor, sql: &str) -> Value {
    let rows = on.rows(Stmt::read(sql, vec![])).await.unwrap();
    rows.into_iter().next().unwrap().into_iter().next().unwrap()
}

/// How many notes there are.
pub async fn count(on: &dyn Executor) -> i64 {
    one(on, "SELECT count(*) FROM note").await.as_int().unwrap()
}

/// All notes, in order.
pub async fn notes(on: &dyn Executor) -> String {
    let rows = on.rows(Stmt::read("SELECT text FROM note ORDER BY id", vec![])).await.unwrap();
    rows.iter().map(|row| row[0].as_text().unwrap().to_owned()).collect::<Vec<_>>().join(",")
}
