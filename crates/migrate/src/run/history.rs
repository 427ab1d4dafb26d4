//! The table that says which migrations were applied.

use quintet_core::{Result, Value, value::Timestamp};
use quintet_orm::{Dialect, Executor, Stmt};

use crate::{
    key::MigrationKey,
    sql::{self, HISTORY},
};

/// A migration that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Which one.
    pub key: MigrationKey,
    /// When, as the database keeps it: in UTC.
    pub at: String,
}

/// Makes the table if it is not there.
pub(super) async fn ensure(db: &dyn Executor) -> Result {
    db.batch(sql::writer(db.dialect())?.create_history()).await
}

/// What was applied; nothing if the table is not there.
pub(super) async fn read_if_there(db: &dyn Executor) -> Result<Vec<Applied>> {
    let find = sql::writer(db.dialect())?.find_table(HISTORY);
    if db.rows(find).await?.is_empty() { Ok(Vec::new()) } else { read(db).await }
}

/// What was applied, in that order.
pub(super) async fn read(db: &dyn Executor) -> Result<Vec<Applied>> {
    let q = |name: &str| db.dialect().quoted(name);
    let text = format!(
        "SELECT {app}, {name}, {at} FROM {history} ORDER BY {at}, {app}, {name}",
        app = q("app"),
        name = q("name"),
        at = q("applied_at"),
        history = q(HISTORY)
    );
    let rows = db.rows(Stmt::read(text, Vec::new())).await?;
    Ok(rows.into_iter().filter_map(applied).collect())
}

fn applied(row: Vec<Value>) -> Option<Applied> {
    let mut values = row.into_iter();
    let (Value::Text(app), Value::Text(name)) = (values.next()?, values.next()?) else { return None };
    let at = match values.next()? {
        Value::Text(text) => text,
        Value::DateTime(instant) => instant.to_string(),
        _ => String::new(),
    };
    Some(Applied { key: MigrationKey::new(app, name), at })
}

/// Writes migrations down; one that is written down already stays as it is.
pub(super) async fn add<'k>(db: &dyn Executor, keys: impl IntoIterator<Item = &'k MigrationKey>) -> Result {
    for key in keys {
        add_one(db, key).await?;
    }
    Ok(())
}

async fn add_one(db: &dyn Executor, key: &MigrationKey) -> Result {
    let dialect = db.dialect();
    let mut text = format!(
        "INSERT INTO {} ({}, {}, {}) VALUES (",
        dialect.quoted(HISTORY),
        dialect.quoted("app"),
        dialect.quoted("name"),
        dialect.quoted("applied_at")
    );
    parameters(dialect, 3, ", ", &mut text);
    text.push_str(") ON CONFLICT DO NOTHING");
    let now = Value::DateTime(Timestamp::now());
    let values = vec![Value::Text(key.app.clone()), Value::Text(key.name.clone()), now];
    db.execute(Stmt::write(text, values)).await.map(|_| ())
}

/// Strikes migrations out.
pub(super) async fn remove<'k>(
    db: &dyn Executor,
    keys: impl IntoIterator<Item = &'k MigrationKey>,
) -> Result {
    for key in keys {
        remove_one(db, key).await?;
    }
    Ok(())
}

async fn remove_one(db: &dyn Executor, key: &MigrationKey) -> Result {
    let dialect = db.dialect();
    let mut text = format!("DELETE FROM {} WHERE {} = ", dialect.quoted(HISTORY), dialect.quoted("app"));
    dialect.parameter(1, &mut text);
    text.push_str(&format!(" AND {} = ", dialect.quoted("name")));
    dialect.parameter(2, &mut text);
    let values = vec![Value::Text(key.app.clone()), Value::Text(key.name.clone())];
    db.execute(Stmt::write(text, values)).await.map(|_| ())
}

fn parameters(dialect: &Dialect, count: usize, between: &str, out: &mut String) {
    for n in 1..=count {
        if n > 1 {
            out.push_str(between);
        }
        dialect.parameter(n, out);
    }
}
