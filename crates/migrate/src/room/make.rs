//! `makemigrations`.

use quintet_core::{
    Result, Services, Site,
    command::{ArgSpec, Args, Command},
};
use quintet_orm::{Db, Executor, registered_models};

use super::{Needs, answers::Asking, databases, unknown};
use crate::{
    detect::{Answers, Hints, Question, arrange, detect},
    error::refuse,
    file::{self, Migration},
    graph::Graph,
    key::MigrationKey,
    merge::merge,
    operation::{Operation, difference},
    sources,
    sql::{self, Place},
    state::{ProjectState, app_of},
};

pub(super) fn command() -> Command {
    let about = "Writes migrations for what changed in the models.\n\n\
                 Compares the models with what the migration files add up to, and writes a TOML file into `migrations/` \
                 of each app that changed. It asks where it can't know: whether something was renamed, what rows get that \
                 exist already. In a script, give the answers with --answer.";
    let answer = ArgSpec {
        positional: false,
        value_name: "KEY=ANSWER",
        ..ArgSpec::of::<Vec<String>>(
            "answer",
            "The answer to a question, if nobody is there to be asked; can be repeated",
        )
    };
    Command::new("makemigrations", about, make)
        .arg(ArgSpec::of::<Option<String>>("app", "Only this app").positional())
        .arg(ArgSpec::of::<Option<String>>("name", "The name of the new file, after its number"))
        .arg(ArgSpec::of::<bool>("dry_run", "Show the files without writing them"))
        .arg(ArgSpec::of::<bool>("check", "Write nothing, and fail if there is anything to write"))
        .arg(ArgSpec::of::<bool>(
            "merge",
            "Write a migration that follows all branches of an app's work that met",
        ))
        .arg(ArgSpec::of::<bool>(
            "empty",
            "Write a migration of APP without operations, for SQL and Rust of your own",
        ))
        .arg(answer)
}

async fn make(services: Services, args: Args) -> Result {
    let needs = Needs::of(&services)?;
    let graph = needs.load()?;
    let app: Option<String> = args.take("app")?;
    let name: Option<String> = args.take("name")?;
    if let Some(app) = &app {
        needs.check_app(&graph, app)?;
    }
    if let Some(name) = &name {
        sources::check_name(name)?;
    }
    let merging: bool = args.take("merge")?;
    if merging {
        return make_merge(&needs, &graph, app.as_deref(), args.take("dry_run")?);
    }
    graph.check_leaves()?;
    let empty: bool = args.take("empty")?;
    if empty {
        let Some(app) = app else {
            return Err(quintet_core::Error::bad_request(
                "an empty migration needs an app: makemigrations APP --empty",
            ));
        };
        return make_empty(&needs, &graph, &app, name.as_deref(), args.take("dry_run")?);
    }
    let from = graph.state()?;
    let models = registered_models(&needs.site);
    let (goal, hints) = (ProjectState::of_models(&models)?, Hints::of_models(&models)?);
    let goal = match &app {
        Some(app) => only(app, &from, goal)?,
        None => goal,
    };
    let check: bool = args.take("check")?;
    if check {
        let found = detect(&from, &goal, &hints, &mut Nobody)?;
        if found.is_empty() {
            needs.console.line("No changes.");
            return Ok(());
        }
        let lines: String = found.iter().map(|operation| format!("\n  {operation}")).collect();
        let left_out = unknown::left_out(&found, &from).map(|hint| format!("\n{hint}")).unwrap_or_default();
        return Err(refuse(format!(
            "models have changes that no migration has; run `makemigrations`:{lines}{left_out}"
        )));
    }
    let mut asking = Asking::new(&needs.console, &args.take::<Vec<String>>("answer")?)?;
    let found = detect(&from, &goal, &hints, &mut asking);
    let found = asking.settle(found)?;
    if found.is_empty() {
        needs.console.line("No changes.");
        return Ok(());
    }
    warn_of_moves(&needs, &from, &found);
    if let Some(hint) = unknown::left_out(&found, &from) {
        needs.console.warn(hint);
    }
    let made = arrange(&graph, &from, found, name.as_deref())?;
    for db in databases::wanted(&needs.db, None)? {
        try_out(&db, &graph, &made)?;
    }
    let dry_run: bool = args.take("dry_run")?;
    for migration in &made {
        let path = sources::path_for(&needs.site, &migration.key.app, &migration.key.name)?;
        if dry_run {
            needs.console.line(format!("# {}\n{}", path.display(), file::render(migration)));
        } else {
            sources::save(&needs.site, migration)?;
            needs.console.line(format!("{}:", path.display()));
            tell(&needs, &graph, migration);
        }
    }
    Ok(())
}

/// Tables that are made in one database and dropped, or left behind, in another.
fn warn_of_moves(needs: &Needs, from: &ProjectState, found: &[Operation]) {
    for operation in found {
        let Operation::CreateModel { model, state } = operation else { continue };
        let Some(old) = from.models.get(model).filter(|old| old.database != state.database) else { continue };
        needs.console.warn(format!(
            "{model} moves from the database `{}` to `{}`, and its rows are not taken along: copy them before the old table \
             goes, for no statement sees both",
            old.database_name(),
            state.database_name()
        ));
    }
}

/// What a migration does, one line an operation.
fn tell(needs: &Needs, graph: &Graph, migration: &Migration) {
    let mut state = graph.state().unwrap_or_default();
    for operation in &migration.operations {
        let detail = match operation {
            Operation::AlterField { model, field, .. } => {
                let old = state.models.get(model).and_then(|m| m.get(&field.name));
                old.map(|old| format!(": {}", difference(old, field))).unwrap_or_default()
            }
            _ => String::new(),
        };
        let mark = if operation.loses_data() { "-" } else { "+" };
        needs.console.line(format!("  {mark} {operation}{detail}"));
        if operation.apply(&mut state).is_err() {
            // Apps made in turns: another migration of this run comes between.
            continue;
        }
    }
}

/// Only the changes of one app; those of the others stay as they are.
fn only(app: &str, from: &ProjectState, goal: ProjectState) -> Result<ProjectState> {
    let mut partial = ProjectState::default();
    let of_app = |label: &String| app_of(label) == app;
    partial
        .models
        .extend(from.models.iter().filter(|(label, _)| !of_app(label)).map(|(l, m)| (l.clone(), m.clone())));
    partial.models.extend(goal.models.into_iter().filter(|(label, _)| of_app(label)));
    for (label, model) in partial.models.iter().filter(|(label, _)| of_app(label)) {
        for reference in model.fields.iter().filter_map(|f| f.reference.as_ref()) {
            if !partial.models.contains_key(&reference.model) {
                return Err(refuse(format!(
                    "{label} points to {}, which has no migration yet: run `makemigrations` without `{app}`, or for \
                     `{}` first",
                    reference.model,
                    app_of(&reference.model)
                )));
            }
        }
    }
    Ok(partial)
}

/// What this database can't do is told here, and not when the migration is applied elsewhere.
fn try_out(db: &Db, graph: &Graph, made: &[Migration]) -> Result {
    let all = graph.iter().chain(made).cloned().collect();
    let together = Graph::new(all)?;
    let mut state = ProjectState::default();
    for migration in together.iter() {
        if graph.get(&migration.key).is_some() {
            migration.apply(&mut state)?;
        } else {
            sql::plan_on(Place::Of(db), db.dialect(), &mut state, &migration.operations)
                .map_err(|(index, error)| migration.locate(index, &error))?;
        }
    }
    Ok(())
}

/// Lets the branches of each app (or of the one that was named) meet.
fn make_merge(needs: &Needs, graph: &Graph, app: Option<&str>, dry_run: bool) -> Result {
    let mut nothing = true;
    for app in graph.apps().into_iter().filter(|label| app.is_none_or(|app| app == *label)) {
        let Some(migration) = merge(graph, app)? else { continue };
        nothing = false;
        let path = sources::path_for(&needs.site, app, &migration.key.name)?;
        if dry_run {
            needs.console.line(format!("# {}\n{}", path.display(), file::render(&migration)));
        } else {
            sources::save(&needs.site, &migration)?;
            needs.console.line(path.display());
        }
    }
    if nothing {
        needs.console.line("Nothing to merge: each app has one last migration.");
    }
    Ok(())
}

/// What an empty migration says about what could stand in it.
const EMPTY: &str = r#"
# SQL of your own, for all databases or for each (`up.sqlite = "…"`, `up.postgres = "…"`):
#
# [[operation]]
# op = "run_sql"
# up = "UPDATE …"
# down = ""                 # nothing to undo; leave it out if there is no way back
#
# A function of the program, which sees the models as they are at this point. Register it at the app:
# `app!().data_migration("NAME", NAME)`, with
# `async fn NAME(tx: &Tx, old: &OldModels) -> Result`.
#
# Both run on the default database, unless they say another (`database = "archive"`, `"*"` for all), or the file does above
# its first operation.
#
# [[operation]]
# op = "run_rust"
# name = "NAME"
# reverse = ""              # or the name of a function that undoes it
# elidable = true           # a new database has no rows that need this: it is left out by squashmigrations
"#;

fn make_empty(needs: &Needs, graph: &Graph, app: &str, name: Option<&str>, dry_run: bool) -> Result {
    let leaf = graph.leaf(app)?.cloned();
    let number = graph.next_number(app);
    let key = MigrationKey::new(app, format!("{number:04}_{}", name.unwrap_or("data")));
    let migration = Migration::new(key.clone(), leaf.into_iter().collect(), Vec::new());
    let example = EMPTY.replace("NAME", name.unwrap_or("fill_slugs"));
    let text = format!("{}{example}", file::render(&migration));
    let path = sources::path_for(&needs.site, app, &key.name)?;
    if dry_run {
        needs.console.line(format!("# {}\n{text}", path.display()));
        return Ok(());
    }
    sources::write(&path, &text)?;
    needs.console.line(path.display());
    Ok(())
}

/// The operations that are missing, one line each, without asking anybody.
pub(super) fn pending(site: &Site, graph: &Graph) -> Result<Pending> {
    let models = registered_models(site);
    let (goal, hints) = (ProjectState::of_models(&models)?, Hints::of_models(&models)?);
    let from = graph.state()?;
    let found = detect(&from, &goal, &hints, &mut Nobody)?;
    let changes = found.iter().map(Operation::describe).collect();
    Ok(Pending { changes, left_out: unknown::left_out(&found, &from) })
}

/// What the models have changed.
#[derive(Default)]
pub(super) struct Pending {
    /// One line a change.
    pub(super) changes: Vec<String>,
    /// What to look at first, if models seem to be deleted.
    pub(super) left_out: Option<String>,
}

/// Answers nothing to everything: enough to know that there are changes.
struct Nobody;

impl Answers for Nobody {
    fn answer(&mut self, _: &Question) -> Result<Option<String>> {
        Ok(None)
    }
}
