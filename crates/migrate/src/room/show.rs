//! `showmigrations` and `sqlmigrate`.

use std::collections::BTreeMap;

use quintet_core::{
    Result, Services,
    command::{ArgSpec, Args, Command},
};

use super::Needs;
use crate::{
    run::{Direction, Migrator},
    sources,
    sql::Step,
};

pub(super) fn list() -> Command {
    let about = "Lists migrations by app, and which are applied.\n\n\
                 [x] is applied, [ ] is not, [?] is applied but has no file.";
    Command::new("showmigrations", about, show)
        .arg(ArgSpec::of::<Option<String>>("app", "Only this app").positional())
}

async fn show(services: Services, args: Args) -> Result {
    let needs = Needs::of(&services)?;
    let graph = sources::load(&needs.site)?;
    let only: Option<String> = args.take("app")?;
    if let Some(app) = &only {
        needs.check_app(&graph, app)?;
    }
    let migrator = Migrator::new(&needs.db, &graph);
    let history = migrator.history().await?;
    let (graph, counted) = migrator.resolve().await?;
    let mut by_app: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for part in needs.site.apps() {
        by_app.entry(part.label()).or_default();
    }
    for migration in graph.iter() {
        let applied = history.iter().find(|applied| applied.key == migration.key);
        let line = match applied {
            Some(applied) => format!("[x] {}  {}", migration.key.name, applied.at),
            None if counted.contains(&migration.key) => format!("[x] {}", migration.key.name),
            None => format!("[ ] {}", migration.key.name),
        };
        let line = match migration.replaces.len() {
            0 => line,
            n => format!("{line}  ({n} squashed migrations)"),
        };
        by_app.entry(&migration.key.app).or_default().push(line);
    }
    let unknown = |key| graph.get(key).is_none() && graph.stands_for(key).is_none();
    for applied in history.iter().filter(|applied| unknown(&applied.key)) {
        let line = format!("[?] {}  {}", applied.key.name, applied.at);
        by_app.entry(&applied.key.app).or_default().push(line);
    }
    for (app, lines) in by_app.iter().filter(|(app, _)| only.as_deref().is_none_or(|only| only == **app)) {
        needs.console.line(app);
        if lines.is_empty() {
            needs.console.line("  (no migrations)");
        }
        lines.iter().for_each(|line| needs.console.line(format!("  {line}")));
    }
    Ok(())
}

pub(super) fn sql() -> Command {
    let about = "Shows the SQL of a migration for the site's database.\n\n\
                 Questions to the data that can stop it are shown as comments.";
    Command::new("sqlmigrate", about, show_sql)
        .arg(ArgSpec::of::<String>("app", "The app"))
        .arg(ArgSpec::of::<String>("migration", "The migration's name, or how it begins"))
        .arg(ArgSpec::of::<bool>("backwards", "The SQL that takes it back"))
}

async fn show_sql(services: Services, args: Args) -> Result {
    let needs = Needs::of(&services)?;
    let all = sources::load(&needs.site)?;
    let (graph, _) = Migrator::new(&needs.db, &all).resolve().await?;
    let app: String = args.take("app")?;
    needs.check_app(&graph, &app)?;
    let key = graph.find(&app, &args.take::<String>("migration")?)?;
    let backwards: bool = args.take("backwards")?;
    let direction = if backwards { Direction::Backwards } else { Direction::Forwards };
    for (what, steps) in Migrator::new(&needs.db, &graph).sql(key, direction)? {
        needs.console.line(format!("-- {what}"));
        for step in steps {
            needs.console.line(match step {
                Step::Sql(text) => format!("{};", text.trim_end().trim_end_matches(';')),
                Step::Alone(text) => format!("-- outside of a transaction:\n{text};"),
                Step::Guard(guard) => {
                    let things = if guard.columns { "columns" } else { "rows" };
                    format!("-- stops if {things} of {} {}:\n--   {}", guard.table, guard.wrong, guard.sql)
                }
                Step::Remember(query) => {
                    format!("-- takes note of indexes and triggers made by hand:\n--   {query}")
                }
                Step::Rust(step) => format!("-- runs the function {}", step.function),
                Step::Restore => "-- makes the indexes and triggers again that were noted".to_owned(),
            });
        }
    }
    Ok(())
}
