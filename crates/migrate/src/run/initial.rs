//! `--fake-initial`: tables that were there before the first migration.

use quintet_core::{Result, Value};
use quintet_orm::{Db, Executor};

use super::{Direction, Work};
use crate::{error::refuse, operation::Operation, sql};

/// Is it the first migration of its app, and are all the tables there that it makes?
///
/// # Errors
/// If only some of them are, or one lacks a column: then it is neither to be run nor to be skipped.
pub(super) async fn is_there(db: &Db, work: &Work<'_>) -> Result<bool> {
    let migration = work.migration;
    let follows = migration.depends.iter().any(|key| key.app == migration.key.app);
    let creates = migration.operations.iter().any(|o| matches!(o, Operation::CreateModel { .. }));
    if follows || !creates || work.planned.direction == Direction::Backwards {
        return Ok(false);
    }
    let mut after = work.before.clone();
    migration.apply(&mut after)?;
    let (mut present, mut missing) = (Vec::new(), Vec::new());
    for model in after
        .models
        .iter()
        .filter(|(label, model)| !work.before.models.contains_key(*label) && work.place.has(label, model))
        .map(|(_, m)| m)
    {
        let executor: &dyn Executor = db;
        let rows = executor.rows(sql::writer(db.dialect())?.columns(&model.table)).await?;
        let columns: Vec<&str> = rows.iter().filter_map(|row| row.first().and_then(Value::as_text)).collect();
        if columns.is_empty() {
            missing.push(format!("the table `{}`", model.table));
            continue;
        }
        present.push(format!("`{}`", model.table));
        let there = |column: &str| columns.iter().any(|known| known.eq_ignore_ascii_case(column));
        let lacking = model.fields.iter().filter(|field| !there(&field.column));
        missing.extend(lacking.map(|field| format!("the column `{}` of `{}`", field.column, model.table)));
    }
    if present.is_empty() {
        return Ok(false);
    }
    if missing.is_empty() {
        return Ok(true);
    }
    Err(refuse(format!(
        "{} can neither be run nor only be written down: the database has {}, but not {}. Make what is missing, or move the \
         tables away",
        migration.key,
        present.join(", "),
        missing.join(", ")
    )))
}
