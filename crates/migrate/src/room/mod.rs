//! Migrations as a room of a site: the commands, the `[migrations]` section, the checks.
mod answers;
mod apply;
mod databases;
mod inspect;
mod make;
mod show;
mod squash;
mod unknown;

use std::sync::Arc;

use quintet_core::{
    BoxFuture, Error, Result, Room, Services, Site,
    check::Check,
    command::Command,
    settings::{Section, Settings, SettingsSection},
};
use quintet_macros::Settings;
use quintet_orm::Db;

use crate::{
    data::DataMigrations,
    run::{Migrator, Mode, Target},
    sources,
};

/// `[migrations]` in `quintet.toml`.
#[derive(Clone, Debug, Settings)]
#[settings("migrations")]
pub struct MigrationSettings {
    /// Apply migrations before the site is served or runs a command of an app (not before `migrate` and its kin).
    /// Processes that start together wait for one.
    #[setting(default = false)]
    pub on_start: bool,
}

/// The room that keeps the tables in step with the models.
#[derive(Debug, Default, Clone, Copy)]
pub struct MigrateRoom;

impl Room for MigrateRoom {
    fn name(&self) -> &'static str {
        "migrate"
    }

    fn sections(&self) -> Vec<Section> {
        vec![MigrationSettings::section()]
    }

    fn in_tests(&self) -> Vec<(&'static str, &'static str)> {
        vec![("migrations.on_start", "true")]
    }

    fn commands(&self) -> Vec<Command> {
        vec![
            make::command(),
            apply::command(),
            squash::command(),
            show::list(),
            show::sql(),
            inspect::command(),
        ]
    }

    fn ready<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            if !services.require::<Settings>()?.get::<MigrationSettings>()?.on_start {
                return Ok(());
            }
            let Some(db) = services.get::<Db>() else {
                return Err(Error::settings(
                    "`[migrations] on_start` needs a database: start the ORM's room first",
                ));
            };
            let site = services.require::<Arc<Site>>()?;
            let graph = sources::load(site)?;
            let functions = DataMigrations::of(site);
            functions.check(graph.iter())?;
            for db in databases::wanted(db, None)? {
                let migrator = Migrator::new(&db, &graph).with_functions(functions.clone());
                let plan = migrator.plan(&Target::Latest).await?;
                for done in apply::run_and_tell(services, &migrator, plan, Mode::Run, |_, _| {}).await? {
                    tracing::info!(migration = %done.key, database = db.name(), "applied");
                }
            }
            Ok(())
        })
    }

    fn checks<'a>(&'a self, services: &'a Services) -> BoxFuture<'a, Vec<Check>> {
        Box::pin(async move { checks(services).await })
    }
}

async fn checks(services: &Services) -> Vec<Check> {
    let mut found = Vec::new();
    let Some(site) = services.get::<Arc<Site>>() else { return found };
    let graph = match sources::load(site).and_then(|graph| graph.check_leaves().map(|()| graph)) {
        Ok(graph) => graph,
        Err(error) => {
            found.push(Check::error("migrate.E001", error.to_string()).hint("mend the migration files"));
            return found;
        }
    };
    if let Err(error) = DataMigrations::of(site).check(graph.iter()) {
        let hint = "register the function at its app: `.data_migration(\"name\", function)`";
        found.push(Check::error("migrate.E003", error.to_string()).hint(hint));
    }
    match make::pending(site, &graph) {
        Ok(pending) if pending.changes.is_empty() => {}
        Ok(pending) => found.push(
            Check::warning(
                "migrate.W002",
                format!("models have changes that no migration has: {}", list(&pending.changes)),
            )
            .hint(match pending.left_out {
                None => "run `makemigrations`".to_owned(),
                Some(left_out) => format!("{left_out}; then run `makemigrations`"),
            }),
        ),
        Err(error) => found.push(
            Check::warning("migrate.W002", format!("models can't be compared with the migrations: {error}"))
                .hint("run `makemigrations`"),
        ),
    }
    let Some(db) = services.get::<Db>() else { return found };
    let all = databases::wanted(db, None).unwrap_or_default();
    for db in &all {
        let of = databases::of(db, &all);
        match unapplied(db, &graph).await {
            Ok(names) if names.is_empty() => {}
            Ok(names) => found.push(
                Check::warning("migrate.W001", format!("migrations are not applied{of}: {}", list(&names)))
                    .hint("run `migrate`"),
            ),
            Err(error) => {
                found.push(Check::error("migrate.E002", format!("{error}{of}")).hint("see `showmigrations`"));
            }
        }
        found.extend(unknown::check(site, &graph, db, &all).await);
        found.extend(unknown_databases(db, &graph));
    }
    found.dedup_by(|a, b| a.id == b.id && a.message == b.message);
    found
}

/// Operations for databases that there are not: nobody would ever run them.
fn unknown_databases(db: &Db, graph: &crate::Graph) -> Vec<Check> {
    let names = db.names();
    let mut found = Vec::new();
    for migration in graph.iter() {
        for (index, operation) in migration.operations.iter().enumerate() {
            let Some(name) = operation.own_database() else { continue };
            if name == "*" || names.contains(&name) {
                continue;
            }
            let near = quintet_core::near::did_you_mean(name, names.iter().copied());
            let message = format!(
                "{}, operation {} ({operation}) is for the database `{name}`, which the settings do not have{near}",
                migration.key,
                index + 1
            );
            let hint =
                format!("write `[databases.{name}]` with a `url` into quintet.toml, or correct the name");
            found.push(Check::warning("migrate.W003", message).hint(hint));
        }
    }
    found
}

async fn unapplied(db: &Db, graph: &crate::Graph) -> Result<Vec<String>> {
    let plan = Migrator::new(db, graph).plan(&Target::Latest).await?;
    Ok(plan.steps.iter().map(|step| step.key.to_string()).collect())
}

/// At most five, then a count.
fn list(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(5).map(String::as_str).collect();
    let rest = names.len().saturating_sub(shown.len());
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// What every command needs.
struct Needs {
    site: Arc<Site>,
    db: Db,
    console: quintet_core::command::Console,
}

impl Needs {
    fn of(services: &Services) -> Result<Needs> {
        Ok(Needs {
            site: services.require::<Arc<Site>>()?.clone(),
            db: services.require::<Db>()?.clone(),
            console: services.require::<quintet_core::command::Console>()?.clone(),
        })
    }

    /// The migrations, with the functions that they name.
    fn load(&self) -> Result<crate::Graph> {
        let graph = sources::load(&self.site)?;
        DataMigrations::of(&self.site).check(graph.iter())?;
        Ok(graph)
    }

    /// The app that was named on the command line must be installed, or must once have been.
    fn check_app(&self, graph: &crate::Graph, app: &str) -> Result {
        let known = self.site.parts().any(|part| part.label() == app) || graph.apps().contains(app);
        if known { Ok(()) } else { Err(sources::no_app(&self.site, app)) }
    }
}
