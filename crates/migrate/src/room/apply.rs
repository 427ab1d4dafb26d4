//! `migrate`.

use std::collections::BTreeSet;

use quintet_core::{
    Result, Services,
    command::{ArgSpec, Args, Command, Progress},
    signal::Signals,
};
use quintet_orm::{Db, Executor};

use super::{Needs, databases, list, make::pending, unknown};
use crate::{
    data::DataMigrations,
    error::refuse,
    events::{Migrated, Migrating},
    graph::Graph,
    key::MigrationKey,
    run::{Direction, Migrator, Mode, Plan, Planned, Target},
    sql::Place,
    state::ProjectState,
};

pub(super) fn command() -> Command {
    let about = "Applies migrations, or takes them back.\n\n\
                 Without arguments, all that are not applied. With APP, those of the app and what they need. With \
                 MIGRATION, forwards or backwards until it is the last of the app; `zero` takes all of them back. Each \
                 migration is one transaction: if it fails, the database is as it was before it.";
    Command::new("migrate", about, migrate)
        .arg(ArgSpec::of::<Option<String>>("app", "Only this app, and what it needs").positional())
        .arg(
            ArgSpec::of::<Option<String>>("migration", "The app's last migration afterwards, or `zero`")
                .positional(),
        )
        .arg(databases::option("Only this database; by default all"))
        .arg(ArgSpec::of::<bool>("plan", "Show what would be done"))
        .arg(ArgSpec::of::<bool>("check", "Do nothing, and fail if there is anything to do"))
        .arg(ArgSpec::of::<bool>(
            "fake",
            "Only write down that it was done, for tables that are as they should be already",
        ))
        .arg(ArgSpec::of::<bool>(
            "fake_initial",
            "Only write down an app's first migration if all its tables are there already",
        ))
        .arg(ArgSpec::of::<bool>("prune", "Strike out of the history what APP has no file for any more"))
}

async fn migrate(services: Services, args: Args) -> Result {
    let needs = Needs::of(&services)?;
    let graph = needs.load()?;
    let app: Option<String> = args.take("app")?;
    let migration: Option<String> = args.take("migration")?;
    let all = databases::wanted(&needs.db, args.take::<Option<String>>("database")?.as_deref())?;
    let migrator = |db| {
        Migrator::new(db, &graph)
            .with_functions(DataMigrations::of(&needs.site))
            .with_progress(Progress::new(needs.console.clone()))
    };
    let migrators: Vec<Migrator<'_>> = all.iter().map(migrator).collect();
    if args.take::<bool>("prune")? {
        return strike_out(&needs, &graph, &migrators, app.as_deref()).await;
    }
    let mode = match (args.take::<bool>("fake")?, args.take::<bool>("fake_initial")?) {
        (true, true) => {
            return Err(refuse("--fake writes everything down already: leave --fake-initial out"));
        }
        (true, false) => Mode::Fake,
        (false, true) => Mode::FakeInitial,
        (false, false) => Mode::Run,
    };
    // Whatever is wrong with one of them is told before anything is done to another.
    let mut plans = Vec::with_capacity(migrators.len());
    for migrator in &migrators {
        let (here, _) = migrator.resolve().await?;
        let target = target(&needs, &here, app.clone(), migration.clone())?;
        plans.push((migrator, migrator.plan(&target).await?));
        warn_of_unknown(&needs, &graph, migrator).await?;
    }
    let (only_check, only_show): (bool, bool) = (args.take("check")?, args.take("plan")?);
    if only_check || only_show {
        return only_tell(&needs, &plans, &all, (only_check, only_show)).await;
    }
    for (migrator, plan) in plans {
        databases::head(&needs.console, migrator.db(), &all);
        let console = needs.console.clone();
        let tell = move |step: &Planned, mode: Mode| {
            let note = if mode == Mode::Fake { " (only written down)" } else { "" };
            console.line(format!("{step}{note}"));
        };
        let done = run_and_tell(&services, migrator, plan.clone(), mode, tell).await?;
        if plan.is_empty() {
            needs.console.line("Nothing to do.");
        }
        let others = plan.steps.len().saturating_sub(done.len());
        if others > 0 {
            needs.console.line(format!("{others} of these had been done by another process."));
        }
    }
    warn_of_pending(&needs, &graph);
    Ok(())
}

/// `--plan` and `--check`.
async fn only_tell(
    needs: &Needs,
    plans: &[(&Migrator<'_>, Plan)],
    all: &[Db],
    (check, shown): (bool, bool),
) -> Result {
    let mut to_do = Vec::new();
    for (migrator, plan) in plans {
        if plan.is_empty() {
            continue;
        }
        if shown {
            databases::head(&needs.console, migrator.db(), all);
            show(needs, migrator, plan).await?;
        }
        let of = databases::of(migrator.db(), all);
        to_do.extend(plan.steps.iter().map(|step| format!("{step}{of}")));
    }
    if to_do.is_empty() {
        needs.console.line("Nothing to do.");
    } else if check {
        return Err(refuse(format!("migrations are to be done; run `migrate`: {}", list(&to_do))));
    }
    Ok(())
}

/// Runs a plan between the two signals.
pub(super) async fn run_and_tell(
    services: &Services,
    migrator: &Migrator<'_>,
    plan: Plan,
    mode: Mode,
    report: impl FnMut(&Planned, Mode) + Send,
) -> Result<Vec<Planned>> {
    let signals = services.get::<Signals>();
    if let Some(signals) = signals {
        let database = migrator.db().name().to_owned();
        signals.emit(services, Migrating { database, plan: plan.clone(), mode }).await?;
    }
    let done = migrator.run(&plan, mode, report).await?;
    if let Some(signals) = signals {
        let database = migrator.db().name().to_owned();
        signals.emit(services, Migrated { database, plan, done: done.clone(), mode }).await?;
    }
    Ok(done)
}

async fn strike_out(needs: &Needs, graph: &Graph, migrators: &[Migrator<'_>], app: Option<&str>) -> Result {
    let Some(app) = app else { return Err(refuse("name the app whose history is to be pruned")) };
    let mut known = false;
    for migrator in migrators {
        known |= migrator.recorded().await?.iter().any(|key| key.app == app);
    }
    if !known {
        needs.check_app(graph, app)?;
    }
    let mut nothing = true;
    for migrator in migrators {
        let of =
            if migrators.len() > 1 { format!(" (database {})", migrator.db().name()) } else { String::new() };
        for key in migrator.prune(app).await? {
            nothing = false;
            needs.console.line(format!("{key} is struck out{of}"));
        }
    }
    if nothing {
        needs.console.line("Nothing to do.");
    }
    Ok(())
}

fn target(needs: &Needs, graph: &Graph, app: Option<String>, migration: Option<String>) -> Result<Target> {
    let Some(app) = app else { return Ok(Target::Latest) };
    needs.check_app(graph, &app)?;
    Ok(match migration.as_deref() {
        None => Target::App(app),
        Some("zero") => Target::Zero(app),
        Some(text) => Target::Migration(graph.find(&app, text)?.clone()),
    })
}

async fn show(needs: &Needs, migrator: &Migrator<'_>, plan: &Plan) -> Result {
    let (graph, mut applied) = migrator.resolve().await?;
    for step in &plan.steps {
        needs.console.line(step);
        let Some(migration) = graph.get(&step.key) else { continue };
        let mut state = others(&graph, &applied, &step.key)?;
        let mut operations = migration.operations.clone();
        let mut mark = "";
        if step.direction == Direction::Backwards {
            mark = "undo: ";
            // What has no way back is told where it would be run.
            match crate::operation::inverse_of(&mut state, &migration.operations) {
                Ok(back) => operations = back,
                Err((index, error)) => {
                    needs.console.line(format!("    ! {}", migration.locate(index, &error)));
                    continue;
                }
            }
        }
        for (i, operation) in operations.iter().enumerate() {
            let shown = match step.direction {
                Direction::Forwards => Some(operation),
                Direction::Backwards => migration.operations.iter().rev().nth(i),
            };
            let here = Place::Of(migrator.db()).does(&state, operation);
            if here {
                needs.console.line(format!("    {mark}{}", shown.unwrap_or(operation)));
            }
            if here && let Some(advice) = operation.advice(&state, migrator.db().dialect()) {
                needs.console.line(format!("      ! {advice}"));
            }
            operation.apply(&mut state)?;
        }
        match step.direction {
            Direction::Forwards => applied.insert(step.key.clone()),
            Direction::Backwards => applied.remove(&step.key),
        };
    }
    Ok(())
}

/// The state that all applied migrations but one add up to.
fn others(graph: &Graph, applied: &BTreeSet<MigrationKey>, but: &MigrationKey) -> Result<ProjectState> {
    graph.state_of(|key| key != but && applied.contains(key))
}

/// Models that are ahead of the files: `migrate` alone changes nothing for them.
fn warn_of_pending(needs: &Needs, graph: &Graph) {
    // Models that can't be compared are what the checks tell of; here they are no news.
    let pending = pending(&needs.site, graph).unwrap_or_default();
    if !pending.changes.is_empty() {
        needs.console.warn(format!(
            "models have changes that no migration has: {}; run `makemigrations`, then `migrate` again",
            list(&pending.changes)
        ));
        pending.left_out.iter().for_each(|hint| needs.console.warn(hint));
    }
}

/// Migrations of installed apps that the database knows and the files don't: another branch's, most likely.
async fn warn_of_unknown(needs: &Needs, graph: &Graph, migrator: &Migrator<'_>) -> Result {
    for applied in unknown::applied_without_file(&needs.site, graph, migrator).await? {
        needs.console.warn(format!(
            "{} was applied on {} but has no file: the tables may differ from what the files say. If it was squashed or \
             taken out for good, `migrate {} --prune` forgets it",
            applied.key, applied.at, applied.key.app
        ));
    }
    Ok(())
}
