//! `squashmigrations`.

use quintet_core::{
    Result, Services,
    command::{ArgSpec, Args, Command},
};

use super::Needs;
use crate::{file, sources, squash::squash};

pub(super) fn command() -> Command {
    let about = "Makes one migration of several.\n\n\
                 Folds the operations of APP's migrations up to MIGRATION (or from MIGRATION to TO) into a new file that \
                 names them in `replaces`. Databases that have them count it as applied, new ones run it alone. Once every \
                 database has run `migrate` with it, delete the old files.";
    Command::new("squashmigrations", about, run)
        .arg(ArgSpec::of::<String>("app", "The app"))
        .arg(ArgSpec::of::<String>("migration", "The last migration; or with TO, the first"))
        .arg(ArgSpec::of::<Option<String>>("to", "The last migration").positional())
        .arg(ArgSpec::of::<Option<String>>("name", "The end of the new file's name"))
        .arg(ArgSpec::of::<bool>("dry_run", "Show the file without writing it"))
}

async fn run(services: Services, args: Args) -> Result {
    let needs = Needs::of(&services)?;
    let graph = needs.load()?;
    let app: String = args.take("app")?;
    needs.check_app(&graph, &app)?;
    let first = graph.find(&app, &args.take::<String>("migration")?)?;
    let to: Option<String> = args.take("to")?;
    let (from, to) = match &to {
        None => (None, first),
        Some(text) => (Some(first), graph.find(&app, text)?),
    };
    let name: Option<String> = args.take("name")?;
    if let Some(name) = &name {
        sources::check_name(name)?;
    }
    let squashed = squash(&graph, &app, from, to, name.as_deref())?;
    let migration = &squashed.migration;
    let path = sources::path_for(&needs.site, &app, &migration.key.name)?;
    if args.take::<bool>("dry_run")? {
        needs.console.line(format!("# {}\n{}", path.display(), file::render(migration)));
        return Ok(());
    }
    sources::save(&needs.site, migration)?;
    needs.console.line(format!(
        "{}: {} migrations with {} operations are one with {}.",
        path.display(),
        migration.replaces.len(),
        squashed.before,
        migration.operations.len()
    ));
    for kept in &squashed.kept {
        needs.console.line(format!(
            "  ! nothing was folded across `{kept}`: if a new database does not need it, say `elidable = true` and squash again"
        ));
    }
    needs.console.line("Once every database has run `migrate` with it, delete the files that it replaces.");
    Ok(())
}
