//! Migrations and the database: what is applied, what is to be done, and doing it.
//!
//! A [`Plan`] is made from the history and a [`Target`] without touching the schema. [`Migrator::run`] takes one
//! migration after the other through a transaction of its own: inside it the history is read again (another process
//! may have been first), the steps are run, and the history is written. A failure leaves the database as it was before
//! that migration.
mod execute;
mod history;
mod plan;

use std::collections::BTreeSet;

use quintet_core::{Result, meta::ModelMeta};
use quintet_orm::{Db, Executor};

pub use history::Applied;
pub use plan::{Direction, Plan, Planned, Target};

use crate::{
    detect::{Hints, Prepared, detect},
    error::refuse,
    file::Migration,
    graph::Graph,
    key::MigrationKey,
    sql::{self, Batch},
    state::ProjectState,
};

/// Is a migration run, or only written down as done?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The schema is changed.
    Run,
    /// Only the history is changed, for a schema that was changed by hand.
    Fake,
}

/// The migrations of a site, on a database.
#[derive(Clone, Copy, Debug)]
pub struct Migrator<'a> {
    db: &'a Db,
    graph: &'a Graph,
}

impl<'a> Migrator<'a> {
    /// These migrations on this database.
    #[must_use]
    pub fn new(db: &'a Db, graph: &'a Graph) -> Self {
        Migrator { db, graph }
    }

    /// What the database says was applied, in the order in which it was; also migrations that have no file any more.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn history(&self) -> Result<Vec<Applied>> {
        history::read_if_there(self.db).await
    }

    async fn applied(&self) -> Result<BTreeSet<MigrationKey>> {
        Ok(self.history().await?.into_iter().map(|applied| applied.key).collect())
    }

    /// What is to be done to reach the target.
    ///
    /// # Errors
    /// If an app has two leaves, the history contradicts the files, or the target is not there.
    pub async fn plan(&self, target: &Target) -> Result<Plan> {
        plan::make(self.graph, &self.applied().await?, target)
    }

    /// Does what was planned, and tells `report` before each migration. Returns what this call has done itself:
    /// migrations that another process did meanwhile are left out.
    ///
    /// # Errors
    /// Migration, operation, SQL and reason of what failed. The migrations before it stay applied.
    pub async fn run(
        &self,
        plan: &Plan,
        mode: Mode,
        mut report: impl FnMut(&Planned) + Send,
    ) -> Result<Vec<Planned>> {
        let mut applied = self.applied().await?;
        let mut done = Vec::new();
        for step in &plan.steps {
            report(step);
            let work = self.prepare(step, &applied)?;
            if execute::run(self.db, &work, mode).await? {
                done.push(step.clone());
            }
            match step.direction {
                Direction::Forwards => applied.insert(step.key.clone()),
                Direction::Backwards => applied.remove(&step.key),
            };
        }
        Ok(done)
    }

    /// The SQL of a migration, for people to read.
    ///
    /// # Errors
    /// If it does not fit the state before it, or has no way back.
    pub fn sql(&self, key: &MigrationKey, direction: Direction) -> Result<Vec<(String, Vec<sql::Step>)>> {
        let before = self.graph.with_ancestors(key);
        let planned = Planned { key: key.clone(), direction };
        let work = self.prepare(&planned, &before)?;
        Ok(work
            .batches
            .iter()
            .map(|batch| (work.describe(batch.operations.clone()), batch.steps.clone()))
            .collect())
    }

    /// The steps of one migration, given what is applied before it is run.
    fn prepare(&self, step: &Planned, applied: &BTreeSet<MigrationKey>) -> Result<Work<'a>> {
        let migration = self
            .graph
            .get(&step.key)
            .ok_or_else(|| refuse(format!("the migration {} has no file", step.key)))?;
        let others = |key: &MigrationKey| key != &step.key && applied.contains(key);
        let mut state = self.graph.state_of(others)?;
        let dialect = self.db.dialect();
        let mut operations = migration.operations.clone();
        if step.direction == Direction::Backwards {
            operations = crate::operation::inverse_of(&mut state, &migration.operations)
                .map_err(|(index, error)| migration.locate(index, &error))?;
        }
        let batches = sql::plan(dialect, &mut state, &operations)
            .map_err(|(index, error)| migration.locate(step.original(index, operations.len()), &error))?;
        Ok(Work { migration, planned: step.clone(), operations, batches, rebuilds: dialect.rebuilds_tables })
    }
}

/// A migration that is ready to run.
struct Work<'a> {
    migration: &'a Migration,
    planned: Planned,
    /// In the order in which they run.
    operations: Vec<crate::operation::Operation>,
    batches: Vec<Batch>,
    /// Does the database change tables by building them anew?
    rebuilds: bool,
}

impl Work<'_> {
    fn describe(&self, range: std::ops::Range<usize>) -> String {
        let texts: Vec<String> =
            self.operations.get(range).unwrap_or_default().iter().map(ToString::to_string).collect();
        texts.join(", ")
    }
}

/// Brings a database up to date with the migrations of `graph`: what a test and a start need.
///
/// # Errors
/// Those of [`Migrator::plan`] and [`Migrator::run`].
pub async fn migrate(db: &Db, graph: &Graph) -> Result<Vec<Planned>> {
    let migrator = Migrator::new(db, graph);
    let plan = migrator.plan(&Target::Latest).await?;
    migrator.run(&plan, Mode::Run, |_| {}).await
}

/// Makes the tables of models without any migration file, in an empty database: for tests.
///
/// # Errors
/// If a model is in no app, or a table is there already.
pub async fn create_tables(db: &Db, models: &[&'static ModelMeta]) -> Result {
    let goal = ProjectState::of_models(models)?;
    let empty = ProjectState::default();
    let operations = detect(&empty, &goal, &Hints::default(), &mut Prepared::default())?;
    execute::run_unrecorded(db, empty, &operations).await
}

/// Makes the tables of those models whose app has no migration at all, beside what the migrations of `graph` have made: a
/// test can have models before there are files.
///
/// # Errors
/// If a model is in no app, or a table is there already.
pub async fn create_unmigrated(db: &Db, graph: &Graph, models: &[&'static ModelMeta]) -> Result {
    let migrated = graph.apps();
    let now = graph.state()?;
    let mut goal = now.clone();
    let all = ProjectState::of_models(models)?.models.into_iter();
    goal.models.extend(all.filter(|(label, _)| !migrated.contains(crate::state::app_of(label))));
    let operations = detect(&now, &goal, &Hints::default(), &mut Prepared::default())?;
    execute::run_unrecorded(db, now, &operations).await
}
