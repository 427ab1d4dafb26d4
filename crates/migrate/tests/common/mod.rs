//! What the tests share: databases, models by hand, and a reader of a database's own description of its tables.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

mod describe;
mod engines;
pub mod random;
pub mod schemas;
mod stage;

use std::collections::BTreeMap;

#[allow(unused_imports, reason = "each test file uses a part of it")]
pub use describe::{assert_database, introspect};
#[allow(unused_imports, reason = "each test file uses a part of it")]
pub use engines::{Bed, Engine, engines};
use quintet_core::{
    Result, Value,
    meta::{Digits, OnDelete},
    value::Kind,
};
use quintet_migrate::{
    Graph, Migration, MigrationKey, Migrator, Operation, ProjectState,
    run::{Mode, Target},
    state::{FieldState, ModelState},
};
use quintet_orm::{Db, DbOptions, Executor, Stmt};
#[allow(unused_imports, reason = "each test file uses a part of it")]
pub use stage::{Stage, folder, stage};

pub async fn memory() -> Db {
    Db::open("sqlite::memory:", DbOptions::default()).await.unwrap()
}

pub async fn rows(db: &Db, sql: &str) -> Vec<Vec<Value>> {
    let executor: &dyn Executor = db;
    executor.rows(Stmt::read(sql, vec![])).await.unwrap()
}

/// All rows as text, `NULL` for NULL: `1|a;2|NULL`.
pub async fn text(db: &Db, sql: &str) -> String {
    let shown = |value: &Value| match value {
        Value::Null => "NULL".to_owned(),
        Value::Int(v) => v.to_string(),
        Value::Bool(v) => v.to_string(),
        Value::Decimal(v) => v.to_string(),
        Value::Float(v) => format!("{v:?}"),
        Value::Text(v) => v.clone(),
        other => format!("{other:?}"),
    };
    let lines: Vec<String> =
        rows(db, sql).await.iter().map(|row| row.iter().map(shown).collect::<Vec<_>>().join("|")).collect();
    lines.join(";")
}

pub fn field(name: &str, kind: Kind) -> FieldState {
    FieldState::new(name, kind)
}

pub fn null(field: FieldState) -> FieldState {
    FieldState { null: true, ..field }
}

pub fn unique(field: FieldState) -> FieldState {
    FieldState { unique: true, ..field }
}

pub fn varchar(name: &str, length: u32) -> FieldState {
    FieldState { max_length: Some(length), ..field(name, Kind::Text) }
}

pub fn decimal(name: &str, max: u8, places: u8) -> FieldState {
    FieldState { digits: Some(Digits { max, places }), ..field(name, Kind::Decimal) }
}

pub fn fk(name: &str, to: &str) -> FieldState {
    FieldState::foreign_key(name, Kind::BigInt, to, OnDelete::Cascade)
}

/// A model with an `id`, of the table that its label asks for.
pub fn model(label: &str, fields: Vec<FieldState>) -> (String, ModelState) {
    let table = label.to_lowercase().replace('.', "_");
    let fields = [vec![FieldState::auto_key("id")], fields].concat();
    (label.to_owned(), ModelState::new(table, fields))
}

pub fn state(models: Vec<(String, ModelState)>) -> ProjectState {
    ProjectState { models: models.into_iter().collect() }
}

pub fn migration(key: &str, depends: &[&str], operations: Vec<Operation>) -> Migration {
    let key_of = |text: &str| {
        let (app, name) = text.split_once('.').unwrap();
        MigrationKey::new(app, name)
    };
    Migration::new(key_of(key), depends.iter().map(|d| key_of(d)).collect(), operations)
}

/// `app.0001`, `app.0002` …, each building on the one before.
pub fn chain(app: &str, all: Vec<Vec<Operation>>) -> Graph {
    let mut before: Option<String> = None;
    let mut migrations = Vec::new();
    for (i, operations) in all.into_iter().enumerate() {
        let key = format!("{app}.{:04}", i + 1);
        let depends: Vec<&str> = before.iter().map(String::as_str).collect();
        migrations.push(migration(&key, &depends, operations));
        before = Some(key);
    }
    Graph::new(migrations).unwrap()
}

pub fn create((label, model): (String, ModelState)) -> Operation {
    Operation::CreateModel { model: label, state: model }
}

pub fn alter(model: &str, field: FieldState) -> Operation {
    Operation::AlterField { model: model.to_owned(), field, backfill: None, values: BTreeMap::new() }
}

pub fn add(model: &str, field: FieldState, backfill: Option<&str>) -> Operation {
    Operation::AddField { model: model.to_owned(), field, backfill: backfill.map(str::to_owned) }
}

pub fn remove(model: &str, name: &str) -> Operation {
    Operation::RemoveField { model: model.to_owned(), name: name.to_owned(), backfill: None }
}

pub async fn go(db: &Db, graph: &Graph, target: Target) -> Result<usize> {
    let migrator = Migrator::new(db, graph);
    let plan = migrator.plan(&target).await?;
    Ok(migrator.run(&plan, Mode::Run, |_, _| {}).await?.len())
}

pub async fn up_to(db: &Db, graph: &Graph, app: &str, name: &str) -> Result<usize> {
    go(db, graph, Target::Migration(MigrationKey::new(app, name))).await
}

pub fn run_sql(text: &str) -> Operation {
    let up = BTreeMap::from([("all".to_owned(), text.to_owned())]);
    Operation::RunSql {
        up,
        down: BTreeMap::from([("all".to_owned(), String::new())]),
        database: None,
        elidable: false,
    }
}
