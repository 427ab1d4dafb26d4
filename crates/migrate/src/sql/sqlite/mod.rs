//! SQLite's way to change a schema.
//!
//! `ALTER TABLE` serves where it is enough ([`change`]); for anything else the table is built anew with all its rows
//! (`rebuild`), once for all field operations that stand together. Values are converted by SQL that is exact
//! ([`convert`]), after a [`guard`] has asked whether any row could not be. Uniqueness is always an index with a
//! name, so that it comes and goes without a rebuild.
mod change;
mod convert;
mod guard;
mod rebuild;
mod table;

use quintet_core::{Result, Value};
use quintet_orm::{Stmt, dialect::SQLITE};

use super::{HISTORY, SchemaWriter, Step, literal, raw, shared::Words};
use crate::{
    operation::Operation,
    state::{FieldState, ModelState, ProjectState},
};

/// The writer for SQLite 3.35 and newer.
pub(super) struct Sqlite;

/// How SQLite says it.
const WORDS: Words = Words {
    dialect: &SQLITE,
    name: "SQLite",
    text: literal::text,
    literal: literal::sqlite,
    join: "group_concat",
    length: "length",
    shown,
    no_key: "'rowid = ' || rowid",
    include: false,
    deferrable: false,
};

/// A column's value in words.
fn shown(field: &FieldState) -> String {
    format!("quote({})", quoted(&field.column))
}

/// A name as an identifier.
fn quoted(name: &str) -> String {
    SQLITE.quoted(name)
}

impl SchemaWriter for Sqlite {
    fn front(&self, state: &mut ProjectState, operations: &[Operation]) -> Result<(usize, Vec<Step>)> {
        let Some(first) = operations.first() else { return Ok((0, Vec::new())) };
        let steps = match first {
            Operation::AddField { .. }
            | Operation::RemoveField { .. }
            | Operation::AlterField { .. }
            | Operation::AlterUniqueTogether { .. }
            | Operation::AddIndex { .. }
            | Operation::RemoveIndex { .. }
            | Operation::RenameIndex { .. }
            | Operation::AddConstraint { .. }
            | Operation::RemoveConstraint { .. } => {
                let together = change::together(state, operations)?;
                return Ok((together.len(), change::steps(state, together)?));
            }
            Operation::CreateModel { model, .. } => {
                first.apply(state)?;
                let new = state.model(model)?;
                let mut steps = vec![Step::Sql(table::create(state, new, &new.table)?)];
                steps.extend(table::indexes(new)?.into_iter().map(|index| Step::Sql(index.create)));
                steps
            }
            Operation::DeleteModel { model } => {
                let old = state.model(model)?;
                let table = quoted(&old.table);
                // Indexes go with the table; what is beside it does not.
                let beside = table::indexes(old)?.into_iter().filter(|index| !index.triggers.is_empty());
                let mut steps: Vec<Step> = beside.map(|index| Step::Sql(index.drop)).collect();
                first.apply(state)?;
                steps.push(Step::Sql(format!("DROP TABLE {table}")));
                steps
            }
            Operation::RenameModel { .. } | Operation::Separate { .. } => {
                first.apply(state)?;
                Vec::new()
            }
            Operation::RenameTable { model, .. } => {
                let before = state.model(model)?.clone();
                first.apply(state)?;
                let after = state.model(model)?;
                renaming(
                    &before,
                    after,
                    format!("ALTER TABLE {} RENAME TO {}", quoted(&before.table), quoted(&after.table)),
                )?
            }
            Operation::RenameField { model, from, to, .. } => {
                let before = state.model(model)?.clone();
                first.apply(state)?;
                let after = state.model(model)?;
                let (old, new) = (before.field(from)?, after.field(to)?);
                if old.column == new.column {
                    Vec::new()
                } else {
                    renaming(&before, after, table::rename_column(&before.table, &old.column, &new.column))?
                }
            }
            Operation::RunSql { up, .. } => raw::steps(&SQLITE, up)?,
            Operation::RunRust { .. } => vec![Step::rust(state, first)],
        };
        Ok((1, steps))
    }

    fn create_history(&self) -> String {
        format!(
            "CREATE TABLE IF NOT EXISTS {} (\"app\" TEXT NOT NULL, \"name\" TEXT NOT NULL, \"applied_at\" DATETIME \
             NOT NULL, PRIMARY KEY (\"app\", \"name\"))",
            quoted(HISTORY)
        )
    }

    fn find_table(&self, table: &str) -> Stmt {
        let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE";
        Stmt::read(sql, vec![Value::Text(table.to_owned())])
    }

    fn columns(&self, table: &str) -> Stmt {
        let sql = "SELECT name FROM pragma_table_xinfo(?1)";
        Stmt::read(sql, vec![Value::Text(table.to_owned())])
    }

    /// A rebuild that stopped half-way leaves this pragma on, for it is no part of the transaction.
    fn after_failure(&self) -> Option<&'static str> {
        Some("PRAGMA legacy_alter_table = OFF")
    }
}

/// A statement that renames, with the indexes that are named after what it renames.
fn renaming(before: &ModelState, after: &ModelState, statement: String) -> Result<Vec<Step>> {
    let (dropped, created) = table::index_changes(before, after)?;
    let mut steps: Vec<Step> = dropped.into_iter().map(Step::Sql).collect();
    steps.push(Step::Sql(statement));
    steps.extend(created.into_iter().map(Step::Sql));
    Ok(steps)
}
