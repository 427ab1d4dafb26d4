//! PostgreSQL's way to change a schema.
//!
//! Each operation is a few `ALTER TABLE`s ([`change`]). Whatever hangs on columns (indexes, foreign keys, the key itself,
//! sequences) has a name that follows from table and columns ([`table`], [`keys`]), so that it is found again and renamed
//! with them. Values are converted by SQL that is exact ([`convert`]), after a question has been asked, under the table's lock,
//! whether any row could not be.
mod change;
mod concurrent;
mod convert;
mod keys;
mod table;

use quintet_core::{Result, Value, value::Kind};
use quintet_orm::{Stmt, dialect::POSTGRES};

use super::{HISTORY, SchemaWriter, Step, literal, raw, shared::Words};
use crate::{
    operation::Operation,
    state::{FieldState, ProjectState},
};

/// The writer for PostgreSQL 13 and newer.
pub(super) struct Postgres;

/// Checks the deferred foreign keys now: PostgreSQL alters no table while such a check is still to come.
const SETTLE: &str = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED";

/// How PostgreSQL says it.
const WORDS: Words = Words {
    dialect: &POSTGRES,
    name: "PostgreSQL",
    text: literal::postgres_text,
    literal: literal::postgres,
    join: "string_agg",
    length: "char_length",
    shown,
    no_key: "'row ' || ctid::text",
    include: true,
    deferrable: true,
};

/// A column's value in words.
fn shown(field: &FieldState) -> String {
    let column = quoted(&field.column);
    let number = field.kind.is_integer() || matches!(field.kind, Kind::Float | Kind::Real | Kind::Decimal);
    if number { column } else { format!("quote_nullable({column}::text)") }
}

/// A name as an identifier.
fn quoted(name: &str) -> String {
    POSTGRES.quoted(name)
}

fn sql(text: impl Into<String>) -> Step {
    Step::Sql(text.into())
}

impl SchemaWriter for Postgres {
    fn front(&self, state: &mut ProjectState, operations: &[Operation]) -> Result<(usize, Vec<Step>)> {
        let Some(first) = operations.first() else { return Ok((0, Vec::new())) };
        let steps = match first {
            Operation::RunSql { up, .. } => raw::steps(&POSTGRES, up)?,
            Operation::RunRust { .. } => vec![Step::rust(state, first)],
            _ => change::steps(state, first)?,
        };
        Ok((1, steps))
    }

    fn create_history(&self) -> String {
        format!(
            "CREATE TABLE IF NOT EXISTS {} (\"app\" TEXT NOT NULL, \"name\" TEXT NOT NULL, \"applied_at\" TIMESTAMPTZ \
             NOT NULL, PRIMARY KEY (\"app\", \"name\"))",
            quoted(HISTORY)
        )
    }

    fn find_table(&self, table: &str) -> Stmt {
        let sql = "SELECT 1 WHERE to_regclass($1) IS NOT NULL";
        Stmt::read(sql, vec![Value::Text(quoted(table))])
    }

    fn columns(&self, table: &str) -> Stmt {
        let sql = "SELECT column_name::text FROM information_schema.columns WHERE table_schema = current_schema() AND \
                   table_name = $1";
        Stmt::read(sql, vec![Value::Text(table.to_owned())])
    }

    /// A lock by the schema's name, held until the transaction ends. It also keeps two from making the history at once.
    fn take_turns(&self) -> Option<&'static str> {
        Some("SELECT pg_advisory_xact_lock(hashtext('quintet_migrations'), hashtext(current_schema()))")
    }

    fn settle(&self) -> Option<&'static str> {
        Some(SETTLE)
    }
}
