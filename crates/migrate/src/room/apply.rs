//! `migrate`.

use std::collections::BTreeSet;

use quintet_core::{
    Result, Services,
    command::{ArgSpec, Args, Command},
};
use quintet_orm::Executor;

use super::{Needs, list, make::pending};
use crate::{
    graph::Graph,
    run::{Direction, Migrator, Mode, Plan, Target},
    sources,
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
        .arg(ArgSpec::of::<bool>("plan", "Show what would be done"))
        .arg(ArgSpec::of::<bool>(
            "fake",
            "Only write down that it was done, for tables that are as they should be already",
        ))
}

async fn migrate(services: Services, args: Args) -> Result {
    let needs = Needs::of(&services)?;
    let graph = sources::load(&needs.site)?;
    let app: Option<String> = args.take("app")?;
    let migration: Option<String> = args.take("migration")?;
    let target = target(&needs, &graph, app, migration)?;
    let migrator = Migrator::new(&needs.db, &graph);
    let plan = migrator.plan(&target).await?;
    warn_of_unknown(&needs, &graph, &migrator).await?;
    if plan.is_empty() {
        needs.console.line("Nothing to do.");
        warn_of_pending(&needs, &graph);
        return Ok(());
    }
    let only_show: bool = args.take("plan")?;
    if only_show {
        return show(&needs, &graph, &migrator, &plan).await;
    }
    let fake: bool = args.take("fake")?;
    let mode = if fake { Mode::Fake } else { Mode::Run };
    let note = if fake { " (only written down)" } else { "" };
    let done = migrator.run(&plan, mode, |step| needs.console.line(format!("{step}{note}"))).await?;
    let others = plan.steps.len().saturating_sub(done.len());
    if others > 0 {
        needs.console.line(format!("{others} of these had been done by another process."));
    }
    warn_of_pending(&needs, &graph);
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

async fn show(needs: &Needs, graph: &Graph, migrator: &Migrator<'_>, plan: &Plan) -> Result {
    let applied: BTreeSet<_> = migrator.history().await?.into_iter().map(|applied| applied.key).collect();
    let mut state = graph.state_of(|key| applied.contains(key))?;
    for step in &plan.steps {
        needs.console.line(step);
        let Some(migration) = graph.get(&step.key) else { continue };
        if step.direction == Direction::Backwards {
            let undone = migration.operations.iter().rev();
            undone.for_each(|operation| needs.console.line(format!("    undo: {operation}")));
            continue;
        }
        for operation in &migration.operations {
            needs.console.line(format!("    {operation}"));
            if let Some(advice) = operation.advice(&state, needs.db.dialect()) {
                needs.console.line(format!("      ! {advice}"));
            }
            operation.apply(&mut state)?;
        }
    }
    Ok(())
}

/// Models that are ahead of the files: `migrate` alone changes nothing for them.
fn warn_of_pending(needs: &Needs, graph: &Graph) {
    // Models that can't be compared are what the checks tell of; here they are no news.
    let changes = pending(&needs.site, graph).unwrap_or_default();
    if !changes.is_empty() {
        needs.console.warn(format!(
            "models have changes that no migration has: {}; run `makemigrations`, then `migrate` again",
            list(&changes)
        ));
    }
}

/// Migrations of installed apps that the database knows and the files don't: another branch's, most likely.
async fn warn_of_unknown(needs: &Needs, graph: &Graph, migrator: &Migrator<'_>) -> Result {
    for applied in migrator.history().await? {
        let installed = needs.site.parts().any(|part| part.label() == applied.key.app);
        if installed && graph.get(&applied.key).is_none() {
            needs.console.warn(format!(
                "{} was applied on {} but has no file: the tables may differ from what the files say",
                applied.key, applied.at
            ));
        }
    }
    Ok(())
}
