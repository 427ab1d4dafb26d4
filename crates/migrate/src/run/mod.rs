//! Migrations and the database: what is applied, what is to be done, and doing it.
//!
//! A [`Plan`] is made from the history and a [`Target`] without touching the schema. [`Migrator::run`] takes one
//! migration after the other through a transaction of its own: inside it the history is read again (another process
//! may have been first), the steps are run, and the history is written. A failure leaves the database as it was before
//! that migration.
mod execute;
mod history;
mod initial;
mod plan;
mod prune;

use std::collections::BTreeSet;

use quintet_core::{Result, command::Progress, meta::ModelMeta};
use quintet_orm::{Db, Executor};

pub use history::Applied;
pub use plan::{Direction, Plan, Planned, Target};

use crate::{
    data::DataMigrations,
    detect::{Hints, Prepared, detect},
    error::refuse,
    file::Migration,
    graph::Graph,
    key::MigrationKey,
    operation::Operation,
    sql::{self, Batch, Place},
    state::ProjectState,
};

/// Is a migration run, or only written down as done?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The schema is changed.
    Run,
    /// Only the history is changed, for a schema that was changed by hand.
    Fake,
    /// The first migration of an app is only written down if all its tables are there already; everything else is run.
    FakeInitial,
}

/// The migrations of a site, on a database.
#[derive(Clone, Debug)]
pub struct Migrator<'a> {
    db: &'a Db,
    graph: &'a Graph,
    functions: DataMigrations,
    progress: Option<Progress>,
}

impl<'a> Migrator<'a> {
    /// These migrations on this database.
    #[must_use]
    pub fn new(db: &'a Db, graph: &'a Graph) -> Self {
        Migrator { db, graph, functions: DataMigrations::default(), progress: None }
    }

    /// With the functions that `run_rust` names.
    #[must_use]
    pub fn with_functions(mut self, functions: DataMigrations) -> Self {
        self.functions = functions;
        self
    }

    /// With somebody to whom data migrations show how far they are.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &'a Db {
        self.db
    }

    /// What the database says was applied, in the order in which it was; also migrations that have no file any more.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn history(&self) -> Result<Vec<Applied>> {
        history::read_if_there(self.db).await
    }

    /// What the database says was applied.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn recorded(&self) -> Result<BTreeSet<MigrationKey>> {
        Ok(self.history().await?.into_iter().map(|applied| applied.key).collect())
    }

    /// The graph that counts for this database ([`Graph::for_history`]), and what of it is applied.
    ///
    /// # Errors
    /// What the database reports; or if it needs files that were squashed and deleted.
    pub async fn resolve(&self) -> Result<(Graph, BTreeSet<MigrationKey>)> {
        let recorded = self.recorded().await?;
        let graph = self.graph.for_history(&recorded)?;
        let applied = graph.counted(&recorded);
        Ok((graph, applied))
    }

    /// What is to be done to reach the target.
    ///
    /// # Errors
    /// If an app has two leaves, the history contradicts the files, or the target is not there.
    pub async fn plan(&self, target: &Target) -> Result<Plan> {
        let (graph, applied) = self.resolve().await?;
        plan::make(&graph, &applied, target)
    }

    /// Does what was planned, and tells `report` before each migration, with whether it is run or only written down.
    /// Returns what this call has done itself: migrations that another process did meanwhile are left out.
    ///
    /// # Errors
    /// Migration, operation, SQL and reason of what failed. The migrations before it stay applied. If a function is missing
    /// that one of them names, nothing is done at all.
    pub async fn run(
        &self,
        plan: &Plan,
        mode: Mode,
        mut report: impl FnMut(&Planned, Mode) + Send,
    ) -> Result<Vec<Planned>> {
        let (graph, mut applied) = self.resolve().await?;
        self.functions.check(plan.steps.iter().filter_map(|step| graph.get(&step.key)))?;
        let mut done = Vec::new();
        for step in &plan.steps {
            let work = self.prepare(&graph, step, &applied)?;
            let mode = match mode {
                Mode::FakeInitial if initial::is_there(self.db, &work).await? => Mode::Fake,
                Mode::FakeInitial => Mode::Run,
                mode => mode,
            };
            report(step, mode);
            if execute::run(self.db, &work, mode).await? {
                done.push(step.clone());
            }
            match step.direction {
                Direction::Forwards => applied.insert(step.key.clone()),
                Direction::Backwards => applied.remove(&step.key),
            };
        }
        self.note_squashed().await?;
        Ok(done)
    }

    /// Writes down each squashed migration of which all is applied, so that those that it stands for can be deleted.
    async fn note_squashed(&self) -> Result {
        let recorded = self.recorded().await?;
        let whole = |m: &&Migration| {
            !m.replaces.is_empty()
                && !recorded.contains(&m.key)
                && m.replaces.iter().all(|key| recorded.contains(key))
        };
        let keys: Vec<&MigrationKey> = self.graph.files().filter(whole).map(|m| &m.key).collect();
        if keys.is_empty() { Ok(()) } else { history::add(self.db, keys).await }
    }

    /// Strikes out of the history what an app has no file for any more, and returns it.
    ///
    /// # Errors
    /// If a squashed migration still names one of these in `replaces`.
    pub async fn prune(&self, app: &str) -> Result<Vec<MigrationKey>> {
        prune::prune(self.db, self.graph, app).await
    }

    /// The SQL of a migration, for people to read.
    ///
    /// # Errors
    /// If it does not fit the state before it, or has no way back.
    pub fn sql(&self, key: &MigrationKey, direction: Direction) -> Result<Vec<(String, Vec<sql::Step>)>> {
        let before = self.graph.with_ancestors(key);
        let planned = Planned { key: key.clone(), direction };
        let work = self.prepare(self.graph, &planned, &before)?;
        Ok(work
            .batches
            .iter()
            .filter(|batch| !batch.elsewhere)
            .map(|batch| (work.describe(batch.operations.clone()), batch.steps.clone()))
            .collect())
    }

    /// The steps of one migration, given what is applied before it is run.
    fn prepare<'g>(
        &'g self,
        graph: &'g Graph,
        step: &Planned,
        applied: &BTreeSet<MigrationKey>,
    ) -> Result<Work<'g>> {
        let migration =
            graph.get(&step.key).ok_or_else(|| refuse(format!("the migration {} has no file", step.key)))?;
        let others = |key: &MigrationKey| key != &step.key && applied.contains(key);
        let mut state = graph.state_of(others)?;
        let before = state.clone();
        let dialect = self.db.dialect();
        let mut operations = migration.operations.clone();
        if step.direction == Direction::Backwards {
            operations = crate::operation::inverse_of(&mut state, &migration.operations)
                .map_err(|(index, error)| migration.locate(index, &error))?;
        }
        let place = Place::Of(self.db);
        let batches = sql::plan_on(place, dialect, &mut state, &operations)
            .map_err(|(index, error)| migration.locate(step.original(index, operations.len()), &error))?;
        Ok(Work {
            graph,
            migration,
            planned: step.clone(),
            place,
            before,
            operations,
            batches,
            rebuilds: dialect.rebuilds_tables,
            functions: &self.functions,
            progress: self.progress.as_ref(),
        })
    }
}

/// A migration that is ready to run.
struct Work<'a> {
    graph: &'a Graph,
    migration: &'a Migration,
    planned: Planned,
    place: Place<'a>,
    /// The state that the database is in, if the migration is not applied.
    before: ProjectState,
    /// In the order in which they run.
    operations: Vec<Operation>,
    batches: Vec<Batch>,
    /// Does the database change tables by building them anew?
    rebuilds: bool,
    functions: &'a DataMigrations,
    progress: Option<&'a Progress>,
}

impl Work<'_> {
    fn describe(&self, range: std::ops::Range<usize>) -> String {
        let texts: Vec<String> =
            self.operations.get(range).unwrap_or_default().iter().map(ToString::to_string).collect();
        texts.join(", ")
    }

    /// The migration, and those that it stands for.
    fn keys(&self) -> impl Iterator<Item = &MigrationKey> {
        std::iter::once(&self.migration.key).chain(&self.migration.replaces)
    }

    /// Are there functions of the program, and no change of the schema beside them? Then foreign keys are enforced, so
    /// that a deletion takes along what it should.
    fn is_data(&self) -> bool {
        let data = |o: &Operation| matches!(o, Operation::RunSql { .. } | Operation::RunRust { .. });
        let rust = |o: &Operation| matches!(o, Operation::RunRust { .. });
        let here = || {
            let batches = self.batches.iter().filter(|batch| !batch.elsewhere);
            batches.flat_map(|batch| self.operations.get(batch.operations.clone()).unwrap_or_default())
        };
        here().all(data) && here().any(rust)
    }
}

/// Brings a database up to date with the migrations of `graph`: what a test and a start need.
///
/// # Errors
/// Those of [`Migrator::plan`] and [`Migrator::run`].
pub async fn migrate(db: &Db, graph: &Graph) -> Result<Vec<Planned>> {
    let migrator = Migrator::new(db, graph);
    let plan = migrator.plan(&Target::Latest).await?;
    migrator.run(&plan, Mode::Run, |_, _| {}).await
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
