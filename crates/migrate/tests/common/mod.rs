//! What the tests share: databases, models by hand, and a reader of SQLite's own description of its tables.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

pub mod random;

use std::collections::{BTreeMap, BTreeSet};

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
    Ok(migrator.run(&plan, Mode::Run, |_| {}).await?.len())
}

pub async fn up_to(db: &Db, graph: &Graph, app: &str, name: &str) -> Result<usize> {
    go(db, graph, Target::Migration(MigrationKey::new(app, name))).await
}

/// A table as SQLite describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Name → declared type, NOT NULL, place in the key.
    pub columns: BTreeMap<String, (String, bool, i64)>,
    /// Column, table, column there, rule.
    pub references: BTreeSet<(String, String, String, String)>,
    /// Columns, unique.
    pub indexes: BTreeMap<String, (Vec<String>, bool)>,
    /// `AUTOINCREMENT`, and each reference deferred.
    pub numbered: bool,
}

fn string(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

/// All tables but the history, as SQLite describes them.
pub async fn introspect(db: &Db) -> BTreeMap<String, Table> {
    let mut tables = BTreeMap::new();
    let all = rows(
        db,
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
         AND name <> 'quintet_migrations'",
    )
    .await;
    for row in all {
        let (name, sql) = (string(&row[0]), string(&row[1]));
        let mut table = Table { numbered: sql.contains("AUTOINCREMENT"), ..Table::default() };
        for c in rows(db, &format!("PRAGMA table_info(\"{name}\")")).await {
            let Value::Int(key) = c[5] else { unreachable!() };
            table.columns.insert(string(&c[1]), (string(&c[2]), c[3] == Value::Int(1), key));
        }
        let references = rows(db, &format!("PRAGMA foreign_key_list(\"{name}\")")).await;
        assert_eq!(references.len(), sql.matches("DEFERRABLE INITIALLY DEFERRED").count(), "{sql}");
        for r in references {
            table.references.insert((string(&r[3]), string(&r[2]), string(&r[4]), string(&r[6])));
        }
        for i in rows(db, &format!("PRAGMA index_list(\"{name}\")")).await {
            if string(&i[3]) != "c" {
                continue;
            }
            let index = string(&i[1]);
            let columns = rows(db, &format!("PRAGMA index_info(\"{index}\")")).await;
            let columns = columns.iter().map(|c| string(&c[2])).collect();
            table.indexes.insert(index, (columns, i[2] == Value::Int(1)));
        }
        tables.insert(name, table);
    }
    tables
}

/// What a state should look like, written down independently of the SQL writer.
pub fn expected(state: &ProjectState) -> BTreeMap<String, Table> {
    let mut tables = BTreeMap::new();
    for model in state.models.values() {
        let mut table = Table { numbered: model.fields.iter().any(|f| f.auto), ..Table::default() };
        let mut key = 0;
        for f in &model.fields {
            let declared = match f.kind {
                _ if f.auto => "INTEGER".to_owned(),
                Kind::Bool => "BOOLEAN".to_owned(),
                Kind::SmallInt => "SMALLINT".to_owned(),
                Kind::Int => "INTEGER".to_owned(),
                Kind::BigInt | Kind::Duration => "BIGINT".to_owned(),
                Kind::Float => "REAL".to_owned(),
                Kind::Decimal => format!("DECIMAL({},{})", f.digits.unwrap().max, f.digits.unwrap().places),
                Kind::Text => f.max_length.map_or("TEXT".to_owned(), |n| format!("VARCHAR({n})")),
                Kind::Bytes => "BLOB".to_owned(),
                Kind::Date => "DATE".to_owned(),
                Kind::Time => "TIME".to_owned(),
                Kind::DateTime => "DATETIME".to_owned(),
                _ => "TEXT".to_owned(),
            };
            if f.primary_key {
                key += 1;
            }
            let place = if f.primary_key { key } else { 0 };
            table.columns.insert(f.column.clone(), (declared, !f.null || f.primary_key, place));
            if let Some(r) = &f.reference {
                let target = &state.models[&r.model];
                let rule = match r.on_delete {
                    OnDelete::Cascade => "CASCADE",
                    OnDelete::Protect => "RESTRICT",
                    OnDelete::SetNull => "SET NULL",
                    _ => "NO ACTION",
                };
                let there = target.key().next().unwrap().column.clone();
                table.references.insert((f.column.clone(), target.table.clone(), there, rule.to_owned()));
            }
            if f.unique && !f.primary_key {
                table
                    .indexes
                    .insert(format!("{}__{}_key", model.table, f.column), (vec![f.column.clone()], true));
            } else if f.index && !f.primary_key {
                table
                    .indexes
                    .insert(format!("{}__{}_idx", model.table, f.column), (vec![f.column.clone()], false));
            }
        }
        for set in &model.unique_together {
            let columns: Vec<String> = set.iter().map(|n| model.get(n).unwrap().column.clone()).collect();
            table.indexes.insert(format!("{}__{}_key", model.table, columns.join("_")), (columns, true));
        }
        tables.insert(model.table.clone(), table);
    }
    tables
}

/// The database has these tables, no row points nowhere, and foreign keys are enforced again.
pub async fn assert_database(db: &Db, state: &ProjectState) {
    assert_eq!(introspect(db).await, expected(state));
    assert_eq!(text(db, "PRAGMA foreign_key_check").await, "");
    assert_eq!(text(db, "PRAGMA integrity_check").await, "ok");
    assert_eq!(text(db, "PRAGMA foreign_keys").await, "1");
    assert_eq!(text(db, "PRAGMA legacy_alter_table").await, "0");
}
