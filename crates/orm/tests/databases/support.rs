//! Two databases with the same tables, and the models that live in them.

#![allow(unreachable_pub)]

use quintet_core::Value;
use quintet_orm::{Databases, DbOptions, Executor, Stmt, prelude::*};
use tempfile::TempDir;

use super::common::{On, typed};

/// Lives in the default database.
#[model(app = "shop")]
#[derive(Debug, Clone)]
pub struct Customer {
    pub name: String,
    pub visits: i32,
    pub orders: HasMany<Purchase>,
}

#[model(app = "shop")]
#[derive(Debug, Clone)]
pub struct Purchase {
    pub customer: ForeignKey<Customer>,
    pub what: String,
}

/// Lives in the archive, with its marks.
#[model(app = "shop", database = "archive")]
#[derive(Debug, Clone)]
pub struct Entry {
    #[field(unique)]
    pub text: String,
    pub level: i32,
    pub marks: HasMany<Mark>,
    pub tags: ManyToMany<Label>,
}

#[model(app = "shop", database = "archive")]
#[derive(Debug, Clone)]
pub struct Mark {
    pub entry: ForeignKey<Entry>,
    pub word: String,
}

#[model(app = "shop", database = "archive")]
#[derive(Debug, Clone)]
pub struct Label {
    pub name: String,
}

/// A foreign key that no database can look after.
#[model(app = "shop")]
#[derive(Debug, Clone)]
pub struct Crossing {
    pub entry: ForeignKey<Entry>,
    pub name: String,
}

pub const TABLES: &str = "
CREATE TABLE shop_customer (id :key, name TEXT NOT NULL, visits INTEGER NOT NULL);
CREATE TABLE shop_purchase (id :key, customer_id :ref NOT NULL REFERENCES shop_customer (id) ON DELETE CASCADE,
    what TEXT NOT NULL);
CREATE TABLE shop_entry (id :key, text TEXT NOT NULL UNIQUE, level INTEGER NOT NULL);
CREATE TABLE shop_mark (id :key, entry_id :ref NOT NULL REFERENCES shop_entry (id) ON DELETE CASCADE,
    word TEXT NOT NULL);
CREATE TABLE shop_label (id :key, name TEXT NOT NULL);
CREATE TABLE shop_entry_tags (id :key, entry_id :ref NOT NULL REFERENCES shop_entry (id) ON DELETE CASCADE,
    label_id :ref NOT NULL REFERENCES shop_label (id) ON DELETE CASCADE, UNIQUE (entry_id, label_id));
CREATE TABLE shop_crossing (id :key, entry_id :ref NOT NULL, name TEXT NOT NULL);
";

/// Two databases, each with all tables, so that what goes to the wrong one is seen and does not just fail.
pub struct Two {
    /// The default one, which leads to the other.
    pub db: Db,
    /// Handles that know of no others.
    pub plain: [Db; 2],
    pub urls: [String; 2],
    _files: TempDir,
    _on: Vec<On>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl Two {
    /// `None` where there is no server.
    pub async fn on(kinds: [Kind; 2]) -> Option<Two> {
        let files = tempfile::tempdir().unwrap();
        let (mut on, mut urls, mut plain) = (Vec::new(), Vec::new(), Vec::new());
        for (kind, name) in kinds.into_iter().zip(["default", "archive"]) {
            let url = match kind {
                Kind::Sqlite => format!("sqlite://{}", files.path().join(format!("{name}.db")).display()),
                Kind::Postgres => {
                    let bed = On::postgres().await?;
                    let url = bed.url().to_owned();
                    on.push(bed);
                    url
                }
            };
            let db = open(&url, name).await;
            db.batch(typed(db.dialect(), TABLES)).await.unwrap();
            plain.push(db);
            urls.push(url);
        }
        let [first, second] = <[Db; 2]>::try_from(plain).unwrap();
        let urls = <[String; 2]>::try_from(urls).unwrap();
        let db = Databases::new(first.clone()).with(second.clone()).build().unwrap();
        Some(Two { db, plain: [first, second], urls, _files: files, _on: on })
    }

    /// How many rows a table has in the default database, and in the archive.
    pub async fn count(&self, table: &str) -> [i64; 2] {
        [count(&self.plain[0], table).await, count(&self.plain[1], table).await]
    }
}

pub async fn open(url: &str, name: &str) -> Db {
    Db::open(url, DbOptions { name: name.to_owned(), ..DbOptions::default() }).await.unwrap()
}

pub async fn count(db: &dyn Executor, table: &str) -> i64 {
    let rows = db.rows(Stmt::read(format!("SELECT count(*) FROM {table}"), vec![])).await.unwrap();
    rows[0][0].as_int().unwrap()
}

/// Writes past the ORM.
pub async fn put(db: &Db, table: &str, column: &str, text: &str) {
    let rest = match table {
        "shop_customer" => (", visits", ", 0"),
        "shop_entry" => (", level", ", 0"),
        _ => ("", ""),
    };
    let sql = format!("INSERT INTO {table} ({column}{}) VALUES (?1{})", rest.0, rest.1);
    let stmt = Stmt::write(super::common::said(db, &sql), vec![Value::Text(text.into())]);
    db.execute(stmt).await.unwrap();
}

/// Makes a test of each scenario on each pair of databases.
macro_rules! pairs {
    ($($name:ident),* $(,)?) => {
        mod two_sqlite {
            $(#[tokio::test]
            async fn $name() {
                let kinds = [crate::support::Kind::Sqlite, crate::support::Kind::Sqlite];
                super::$name(crate::support::Two::on(kinds).await.unwrap()).await;
            })*
        }
        mod two_postgres {
            $(#[tokio::test]
            async fn $name() {
                let kinds = [crate::support::Kind::Postgres, crate::support::Kind::Postgres];
                let Some(two) = crate::support::Two::on(kinds).await else { return };
                super::$name(two).await;
            })*
        }
        mod sqlite_and_postgres {
            $(#[tokio::test]
            async fn $name() {
                let kinds = [crate::support::Kind::Sqlite, crate::support::Kind::Postgres];
                let Some(two) = crate::support::Two::on(kinds).await else { return };
                super::$name(two).await;
            })*
        }
        mod postgres_and_sqlite {
            $(#[tokio::test]
            async fn $name() {
                let kinds = [crate::support::Kind::Postgres, crate::support::Kind::Sqlite];
                let Some(two) = crate::support::Two::on(kinds).await else { return };
                super::$name(two).await;
            })*
        }
    };
}
pub(crate) use pairs;
