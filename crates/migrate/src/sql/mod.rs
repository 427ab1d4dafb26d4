//! From operations to a database's SQL.
//!
//! A [`SchemaWriter`] knows one database. It is given the state before and the operations, and answers with
//! [`Batch`]es of [`Step`]s: operations that are done together (on SQLite, all changes of one table in one
//! rebuild) with the statements for them, and the questions to the data that must be answered with "none" first.
//! Nothing here touches a database; [`crate::run`] does.
pub(crate) mod literal;
mod place;
mod postgres;
mod raw;
mod shared;
mod sqlite;

use std::{ops::Range, sync::Arc};

use quintet_core::{Error, Result};
use quintet_orm::{Dialect, Stmt};

pub use self::place::Place;
use crate::{error::refuse, operation::Operation, state::ProjectState};

/// The table of applied migrations.
pub const HISTORY: &str = "quintet_migrations";

/// A step of a batch.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Step {
    /// A statement.
    Sql(String),
    /// A statement that can't run in a transaction.
    Alone(String),
    /// A question to the data; any row that it finds stops the migration.
    Guard(Guard),
    /// A query for statements (its first column) that [`Restore`](Step::Restore) runs: indexes and triggers that are not
    /// the models' own and would be lost with their table.
    Remember(String),
    /// Runs the statements that were remembered.
    Restore,
    /// Runs a function of the program.
    Rust(RustStep),
}

/// A function of the program, and what it is to see.
#[derive(Clone, Debug, PartialEq)]
pub struct RustStep {
    /// App and name; empty if there is nothing to do.
    pub function: String,
    /// The models at this point.
    pub state: Arc<ProjectState>,
}

impl Step {
    /// The step of a function, which sees the state as it is.
    fn rust(state: &ProjectState, operation: &Operation) -> Step {
        let function = match operation {
            Operation::RunRust { function, .. } => function.clone(),
            _ => String::new(),
        };
        Step::Rust(RustStep { function, state: Arc::new(state.clone()) })
    }
}

/// What must not be there for the next steps to be safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// A query of one row: how many rows (or columns) are in the way, and the keys (or names) of some.
    pub sql: String,
    /// Does it count columns? Rows otherwise.
    pub columns: bool,
    /// What is wrong with them, after "12 rows of `film` ": "have no `year`".
    pub wrong: String,
    /// How to mend it.
    pub hint: String,
    /// The table.
    pub table: String,
}

impl Guard {
    /// The refusal, once rows are in the way.
    #[must_use]
    pub fn refusal(&self, count: i64, examples: &str) -> Error {
        let thing = if self.columns { "column" } else { "row" };
        let rows = if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") };
        let examples = if examples.is_empty() { String::new() } else { format!(" (for example {examples})") };
        refuse(format!("{rows} of `{}` {}{examples}: {}", self.table, self.wrong, self.hint))
            .with_detail("SQL", self.sql.clone())
    }
}

/// Operations that are done together.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Which operations of the migration, counted from 0.
    pub operations: Range<usize>,
    /// What is done for them.
    pub steps: Vec<Step>,
    /// Is it the matter of another database?
    pub elsewhere: bool,
}

/// A database's way to change its schema.
pub trait SchemaWriter: Send + Sync {
    /// The steps for the operations at the front that belong together, and how many they are. The state is that
    /// before them, and becomes that after them.
    ///
    /// # Errors
    /// If the database can't do it; the message says what to do instead.
    fn front(&self, state: &mut ProjectState, operations: &[Operation]) -> Result<(usize, Vec<Step>)>;

    /// A statement that makes the table of applied migrations, if it is not there.
    fn create_history(&self) -> String;

    /// A query that has a row if there is a table of this name.
    fn find_table(&self, table: &str) -> Stmt;

    /// A query for the names of a table's columns; none if it is not there.
    fn columns(&self, table: &str) -> Stmt;

    /// What puts the connection right again after a step failed, before the transaction is rolled back.
    fn after_failure(&self) -> Option<&'static str> {
        None
    }

    /// What a migration's transaction starts with, so that processes that start together take turns.
    fn take_turns(&self) -> Option<&'static str> {
        None
    }

    /// What must come between a developer's changes of rows and a change of the schema.
    fn settle(&self) -> Option<&'static str> {
        None
    }
}

/// The writer for this database.
///
/// # Errors
/// If migrations do not know it.
pub fn writer(dialect: &Dialect) -> Result<&'static dyn SchemaWriter> {
    match dialect.name {
        "sqlite" => Ok(&sqlite::Sqlite),
        "postgres" => Ok(&postgres::Postgres),
        other => Err(refuse(format!("migrations can't change the schema of a `{other}` database"))),
    }
}

/// All steps of a migration, on a database that has all models. The state is that before it, and becomes that after it.
///
/// # Errors
/// As [`plan_on`].
pub fn plan(
    dialect: &Dialect,
    state: &mut ProjectState,
    operations: &[Operation],
) -> Result<Vec<Batch>, (usize, Error)> {
    plan_on(Place::Only, dialect, state, operations)
}

/// The steps of a migration on one of several databases. The state is that before it, and becomes that after it: of all
/// databases.
///
/// # Errors
/// The first operation (counted from 0) that does not fit the state or that the database can't do.
pub fn plan_on(
    place: Place<'_>,
    dialect: &Dialect,
    state: &mut ProjectState,
    operations: &[Operation],
) -> Result<Vec<Batch>, (usize, Error)> {
    let writer = writer(dialect).map_err(|error| (0, error))?;
    check_concurrency(operations)?;
    let here = place.of_each(state, operations);
    let mut batches = Vec::new();
    let (mut done, mut unsettled) = (0, false);
    while let Some(rest) = operations.get(done..).filter(|rest| !rest.is_empty()) {
        let together = here.iter().skip(done).take_while(|here| **here).count();
        let rest = rest.get(..together).unwrap_or_default();
        if rest.is_empty() {
            let elsewhere = operations.get(done);
            elsewhere.map_or(Ok(()), |operation| operation.apply(state)).map_err(|error| (done, error))?;
            batches.push(Batch { operations: done..done + 1, steps: Vec::new(), elsewhere: true });
            done += 1;
            continue;
        }
        let mut elsewhere = false;
        let (count, mut steps) = match rest.first() {
            Some(separate @ Operation::Separate { database, .. }) => {
                // The database goes its own way from the state before.
                let apart = plan_on(place, dialect, &mut state.clone(), database)
                    .map_err(|(_, error)| (done, error))?;
                separate.apply(state).map_err(|error| (done, error))?;
                elsewhere = !apart.is_empty() && apart.iter().all(|batch| batch.elsewhere);
                (1, apart.into_iter().flat_map(|batch| batch.steps).collect())
            }
            _ => writer.front(state, rest).map_err(|error| (done, error))?,
        };
        for step in &mut steps {
            if let (Step::Rust(step), Place::Of(_)) = (step, place) {
                step.state = Arc::new(place.models(&step.state));
            }
        }
        let changes_rows = rest.first().is_some_and(may_change_rows);
        if unsettled
            && !changes_rows
            && !steps.is_empty()
            && let Some(settle) = writer.settle()
        {
            steps.insert(0, Step::Sql(settle.to_owned()));
        }
        unsettled = changes_rows || (unsettled && steps.is_empty());
        // A writer that did nothing would never end.
        let next = done + count.clamp(1, rest.len());
        batches.push(Batch { operations: done..next, steps, elsewhere });
        done = next;
    }
    Ok(batches)
}

/// Does the developer's own SQL or Rust run in it?
fn may_change_rows(operation: &Operation) -> bool {
    match operation {
        Operation::RunSql { .. } | Operation::RunRust { .. } => true,
        Operation::Separate { database, .. } => database.iter().any(may_change_rows),
        _ => false,
    }
}

/// What is done concurrently is no transaction, so that a failure half-way would leave the rest done.
fn check_concurrency(operations: &[Operation]) -> Result<(), (usize, Error)> {
    if !operations.iter().any(Operation::is_concurrent) {
        return Ok(());
    }
    match operations.iter().position(|operation| !operation.is_concurrent()) {
        None => Ok(()),
        Some(at) => Err((
            at,
            refuse(
                "this can't stand beside an index with `concurrently = true`, which no transaction takes: give that a \
                 migration of its own",
            ),
        )),
    }
}
