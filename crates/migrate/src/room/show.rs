//! `showmigrations` and `sqlmigrate`.

use std::collections::BTreeMap;

use quintet_core::{
    Result, Services,
    command::{ArgSpec, Args, Command},
};

use quintet_orm::Db;

use super::{Needs, databases};
use crate::{
    graph::Graph,
    run::{Direction, Migrator},
    sources,
    sql::Step,
};

pub(super) fn list() -> Command {
    let about = "Lists migrations by app, and which are applied.\n\n\
                 [x] is applied, [ ] is not, [?] is applied but has no file.";
    Command::new("showmigrations", about, show)
        .arg(ArgSpec::of::<Option<String>>("app", "Only this app").positional())
        .arg(databases::option("Only on this database; by default on all"))
}

async fn show(services: Services, args: Args) -> Result {
    let needs = Needs::of(&services)?;
    let graph = sources::load(&needs.site)?;
    let only: Option<String> = args.take("app")?;
    if let Some(app) = &only {
        needs.check_app(&graph, app)?;
    }
    let all = databases::wanted(&needs.db, args.take::<Option<String>>("database")?.as_deref())?;
    for db in &all {
        databases::head(&needs.console, db, &all);
        show_on(&needs, db, &graph, only.as_deref()).await?;
    }
    Ok(())
}

async fn show_on(needs: &Needs, db: &Db, graph: &Graph, only: Option<&str>) -> Result {
    let migrator = Migrator::new(db, graph);
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
    for (app, lines) in by_app.iter().filter(|(app, _)| only.is_none_or(|only| only == **app)) {
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
        .arg(databases::option("The SQL for this database; by default for all in which it does something"))
}

async fn show_sql(services: Services, args: Args) -> Result {
    let needs = Needs::of(&services)?;
    let all = sources::load(&needs.site)?;
    let app: String = args.take("app")?;
    let migration: String = args.take("migration")?;
    let backwards: bool = args.take("backwards")?;
    let direction = if backwards { Direction::Backwards } else { Direction::Forwards };
    let wanted = databases::wanted(&needs.db, args.take::<Option<String>>("database")?.as_deref())?;
    let mut found = Vec::new();
    for db in &wanted {
        let (graph, _) = Migrator::new(db, &all).resolve().await?;
        needs.check_app(&graph, &app)?;
        let key = graph.find(&app, &migration)?;
        let parts = Migrator::new(db, &graph).sql(key, direction)?;
        if !parts.is_empty() {
            found.push((db, parts));
        }
    }
    for (db, parts) in &found {
        if wanted.len() > 1 {
            needs.console.line(format!("-- database {}", db.name()));
        }
        tell(&needs, parts);
    }
    if found.is_empty() {
        needs.console.line("-- it does nothing here");
    }
    Ok(())
}

fn tell(needs: &Needs, parts: &[(String, Vec<Step>)]) {
    for (what, steps) in parts {
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
}
