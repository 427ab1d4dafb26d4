//! One migration in one transaction.

use std::time::{Duration, Instant};

use quintet_core::{Error, ErrorKind, Result, Value, command::Progress};
use quintet_orm::{Db, Executor, Stmt, Tx};

use super::{Direction, Mode, Work, history};
use crate::{
    data::{DataMigrations, OldModels},
    error::refuse,
    operation::Operation,
    sql::{self, Guard, Place, RustStep, Step},
    state::ProjectState,
};

/// How long a migration waits for another process to finish its own.
const PATIENCE: Duration = Duration::from_secs(120);

/// A refusal that came faster was no waiting in vain: the database is closed, or is not to be waited for.
const NO_WAIT: Duration = Duration::from_millis(50);

/// Runs a migration and writes it down. `false` if another process has done it already.
pub(super) async fn run(db: &Db, work: &Work<'_>, mode: Mode) -> Result<bool> {
    let started = Instant::now();
    let alone = mode == Mode::Run
        && work.batches.iter().flat_map(|batch| &batch.steps).any(|step| matches!(step, Step::Alone(_)));
    loop {
        let tried = Instant::now();
        let result = if alone {
            beside(db, work).await
        } else if mode == Mode::Run && work.is_data() {
            db.atomic(async |tx| inside(tx, work, mode).await).await
        } else {
            db.atomic_schema(async |tx| inside(tx, work, mode).await).await
        };
        match result {
            // Nothing was kept, so trying again is safe: most likely another process runs the same migration.
            Err(error)
                if (*error.kind() == ErrorKind::Clash
                    || *error.kind() == ErrorKind::Unavailable && tried.elapsed() > NO_WAIT)
                    && started.elapsed() < PATIENCE =>
            {
                tracing::info!(migration = %work.planned.key, "waiting for the database's writer");
            }
            Err(error) if *error.kind() == ErrorKind::Migration => return Err(error),
            Err(error) => return Err(failed(work, None, &error)),
            Ok(done) => return Ok(done),
        }
    }
}

async fn inside(tx: &Tx, work: &Work<'_>, mode: Mode) -> Result<bool> {
    if let Some(statement) = sql::writer(tx.dialect())?.take_turns() {
        tx.batch(statement.to_owned()).await?;
    }
    history::ensure(tx).await?;
    if !is_to_do(tx, work).await? {
        return Ok(false);
    }
    if mode == Mode::Run {
        for batch in &work.batches {
            let mut remembered = Vec::new();
            for step in &batch.steps {
                let done = match step {
                    Step::Rust(step) => run_rust(tx, step, work.functions, work.progress).await,
                    _ => run_step(tx, step, &mut remembered).await,
                };
                if let Err(error) = done {
                    put_right(tx).await;
                    // What a function could not reach is its own matter, and no reason to call it again. A clash is undone.
                    let away = *error.kind() == ErrorKind::Unavailable && !matches!(step, Step::Rust(_));
                    if away || *error.kind() == ErrorKind::Clash {
                        return Err(error);
                    }
                    return Err(failed(work, Some(batch.operations.clone()), &error));
                }
            }
        }
    }
    write_down(tx, work).await?;
    Ok(true)
}

/// Runs statements that no transaction takes. Beside them one is open all the time, for it holds the lock that keeps
/// others from doing the same.
async fn beside(db: &Db, work: &Work<'_>) -> Result<bool> {
    db.atomic_schema(async |tx| history::ensure(tx).await).await?;
    let tx = db.begin().await?;
    if let Some(statement) = sql::writer(db.dialect())?.take_turns() {
        tx.batch(statement.to_owned()).await?;
    }
    if !is_to_do(&tx, work).await? {
        return Ok(false);
    }
    // The answer above leaves a snapshot behind, for which a concurrent index would wait for ever.
    tx.batch("SELECT 1".to_owned()).await?;
    for batch in &work.batches {
        for step in &batch.steps {
            let done = match step {
                Step::Alone(text) | Step::Sql(text) => db.batch(text.clone()).await,
                Step::Guard(guard) => ask(db, guard).await,
                Step::Remember(_) | Step::Restore | Step::Rust(_) => Ok(()),
            };
            if let Err(error) = done {
                return Err(failed(work, Some(batch.operations.clone()), &error));
            }
        }
    }
    write_down(&tx, work).await?;
    tx.commit().await?;
    Ok(true)
}

/// Has no other process done it, and may it be done?
async fn is_to_do(tx: &Tx, work: &Work<'_>) -> Result<bool> {
    let recorded = history::read(tx).await?.into_iter().map(|applied| applied.key).collect();
    let applied = work.graph.counted(&recorded);
    let key = &work.planned.key;
    let forwards = work.planned.direction == Direction::Forwards;
    if applied.contains(key) == forwards {
        return Ok(false);
    }
    if forwards && let Some(missing) = work.migration.depends.iter().find(|k| !applied.contains(k)) {
        return Err(refuse(format!(
            "{key} needs {missing}, which another process has just reversed: look at `showmigrations`, and start again"
        )));
    }
    Ok(true)
}

async fn write_down(tx: &Tx, work: &Work<'_>) -> Result {
    match work.planned.direction {
        Direction::Forwards => history::add(tx, work.keys()).await,
        Direction::Backwards => history::remove(tx, work.keys()).await,
    }
}

/// Runs operations without writing them down.
pub(super) async fn run_unrecorded(db: &Db, mut state: ProjectState, operations: &[Operation]) -> Result {
    let place = Place::Of(db);
    let batches = sql::plan_on(place, db.dialect(), &mut state, operations).map_err(|(_, error)| error)?;
    db.atomic_schema(async |tx| {
        for step in batches.iter().flat_map(|batch| &batch.steps) {
            run_step(tx, step, &mut Vec::new()).await?;
        }
        Ok(())
    })
    .await
}

/// Calls a function of the program with the models of its moment.
async fn run_rust(
    tx: &Tx,
    step: &RustStep,
    functions: &DataMigrations,
    progress: Option<&Progress>,
) -> Result {
    if step.function.is_empty() {
        return Ok(());
    }
    let function = functions.get(&step.function).ok_or_else(|| functions.unknown(&step.function))?;
    let old = OldModels::new(&step.state, &step.function, progress.cloned())?;
    function(tx, &old).await
}

async fn run_step(tx: &Tx, step: &Step, remembered: &mut Vec<String>) -> Result {
    match step {
        Step::Sql(text) | Step::Alone(text) => tx.batch(text.clone()).await,
        Step::Guard(guard) => ask(tx, guard).await,
        Step::Remember(query) => {
            let rows = rows(tx, query).await?;
            remembered.extend(rows.into_iter().filter_map(|row| match row.into_iter().next() {
                Some(Value::Text(text)) => Some(text),
                _ => None,
            }));
            Ok(())
        }
        Step::Rust(step) => run_rust(tx, step, &DataMigrations::default(), None).await,
        Step::Restore => {
            for text in remembered.drain(..) {
                tx.batch(text.clone()).await.map_err(|error| {
                    refuse(format!(
                        "an index or trigger that was made by hand does not fit the changed table ({error}): drop it with \
                         run_sql before this operation, and make it again after it"
                    ))
                    .with_detail("SQL", text)
                })?;
            }
            Ok(())
        }
    }
}

async fn ask(db: &dyn Executor, guard: &Guard) -> Result {
    let rows = db.rows(Stmt::read(guard.sql.clone(), Vec::new())).await?;
    let mut found = rows.into_iter().next().unwrap_or_default().into_iter();
    let (count, examples) = (found.next(), found.next());
    match count {
        Some(Value::Int(0)) => Ok(()),
        Some(Value::Int(count)) => {
            Err(guard.refusal(count, examples.as_ref().and_then(Value::as_text).unwrap_or_default()))
        }
        other => Err(Error::internal(format!("a question to the data was answered with {other:?}"))
            .with_detail("SQL", guard.sql.clone())),
    }
}

async fn rows(tx: &Tx, query: &str) -> Result<Vec<Vec<Value>>> {
    let executor: &dyn Executor = tx;
    executor.rows(Stmt::read(query, Vec::new())).await
}

/// What a rolled-back transaction does not undo.
async fn put_right(tx: &Tx) {
    let statement = sql::writer(tx.dialect()).ok().and_then(sql::SchemaWriter::after_failure);
    if let Some(statement) = statement
        && let Err(error) = tx.batch(statement.to_owned()).await
    {
        tracing::error!(error = ?error, "the connection could not be put right after a failed migration");
    }
}

/// The error with the migration and the operations in front, at their line.
fn failed(work: &Work<'_>, operations: Option<std::ops::Range<usize>>, error: &Error) -> Error {
    let verb = match work.planned.direction {
        Direction::Forwards => "was not applied",
        Direction::Backwards => "was not reversed",
    };
    let mut what = "its end, where foreign keys are checked".to_owned();
    if work.rebuilds {
        // Foreign keys are off until then, so that tables can be built anew.
        what.push_str(" (until then a DELETE takes nothing along)");
    }
    let mut at = None;
    if let Some(range) = operations {
        what = work.describe(range.clone());
        at = work.migration.operation_place(work.planned.original(range.start, work.operations.len()));
    }
    let kept = if work.operations.iter().any(Operation::is_concurrent) && !work.rebuilds {
        "; it can be started again"
    } else {
        ", and nothing of it was kept"
    };
    let text = format!("{} {verb}{kept}: {what}: {error}", work.planned.key);
    let mut failed = refuse(text);
    for (name, detail) in error.details() {
        failed = failed.with_detail(name, detail.clone());
    }
    match at {
        Some(place) => failed.in_file(place),
        None => failed,
    }
}
