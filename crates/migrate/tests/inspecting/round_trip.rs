//! Of tables that Quintet made, models are written that make the very same tables.

use std::path::Path;

use crate::{
    common::{
        random::Random,
        schemas::{Anything, random_schema},
        *,
    },
    kept,
};
use quintet_core::meta::ModelMeta;
use quintet_migrate::{
    Graph, ProjectState,
    detect::{Hints, arrange, detect},
    file,
    inspect::{InspectOptions, inspect},
    run::Target,
};

/// The tables of models that were written.
pub(crate) async fn made(engine: Engine, app: &str, models: &[&'static ModelMeta]) -> Bed {
    for model in models {
        model.claim(app).unwrap();
    }
    tables_of(engine, &ProjectState::of_models(models).unwrap()).await
}

pub(crate) fn managed() -> InspectOptions {
    InspectOptions { managed: true, ..InspectOptions::default() }
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

fn called(start: &str, engine: Engine) -> String {
    format!("{start}_{}", format!("{engine:?}").to_lowercase())
}

/// The migrations of an app, as they lie in a folder, but for those that need another app's.
fn migrations(app: &str, folder: &str) -> Graph {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut names: Vec<String> = std::fs::read_dir(folder.clone())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let read = names.iter().filter_map(|name| name.strip_suffix(".toml")).map(|name| {
        let text = std::fs::read_to_string(folder.join(format!("{name}.toml"))).unwrap();
        file::parse(app, name, "m.toml", &text).unwrap()
    });
    let read = read.filter(|migration| migration.depends.iter().all(|on| on.app == app));
    Graph::new(read.collect()).unwrap()
}

#[tokio::test]
async fn the_cinema_comes_back_as_it_is() {
    for engine in engines() {
        let db = engine.open().await;
        go(&db, &migrations("cinema", "../../demo/cinema/migrations"), Target::Latest).await.unwrap();
        let options = InspectOptions { app: Some("cinema".into()), ..managed() };
        let written = inspect(&db, &options).await.unwrap();
        assert!(written.contains("pub genres: ManyToMany<Genre>,"), "{written}");
        assert!(!written.contains("FilmGenres"), "{written}");
        let Some(models) = kept::same(&called("cinema", engine), &written) else { continue };
        let back = made(engine, "cinema", &models).await;
        assert_eq!(introspect(&back).await, introspect(&db).await);
        assert_eq!(sorted(&inspect(&back, &options).await.unwrap()), sorted(&written));
    }
}

/// A database with the tables of a state.
async fn tables_of(engine: Engine, state: &ProjectState) -> Bed {
    let db = engine.open().await;
    let start = ProjectState::default();
    let operations = detect(&start, state, &Hints::default(), &mut Anything).unwrap();
    let made = arrange(&Graph::default(), &start, operations, None).unwrap();
    go(&db, &Graph::new(made).unwrap(), Target::Latest).await.unwrap();
    db
}

#[tokio::test]
async fn random_schemas_come_back_as_they_are() {
    for engine in engines() {
        let seeds: &[u64] = if engine == Engine::Sqlite { &[3, 5, 8] } else { &[3, 5] };
        for seed in seeds {
            let db = tables_of(engine, &random_schema(&mut Random(*seed))).await;
            let written = inspect(&db, &managed()).await.unwrap();
            let Some(models) = kept::same(&called(&format!("random_{seed}"), engine), &written) else {
                continue;
            };
            let back = made(engine, "any", &models).await;
            assert_eq!(introspect(&back).await, introspect(&db).await, "seed {seed}");
            // Where foreign keys go round, a column is added later and stands behind the others.
            let again = inspect(&back, &managed()).await.unwrap();
            assert_eq!(sorted(&again), sorted(&written), "seed {seed}");
        }
    }
}

#[tokio::test]
async fn any_schema_is_written_whole_and_formatted() {
    for engine in engines() {
        let cases = if engine == Engine::Sqlite { 40 } else { 6 };
        for seed in 100..100 + cases {
            let state = random_schema(&mut Random(seed));
            let db = tables_of(engine, &state).await;
            let written = inspect(&db, &managed()).await.unwrap();
            for model in state.models.values() {
                let table = format!("table = {:?}", model.table);
                assert!(written.contains(&table), "{table} in\n{written}");
            }
            assert!(!written.contains("No field") && !written.contains("left out"), "seed {seed}: {written}");
            kept::formatted(&written);
            let structs = written.matches("pub struct ").count();
            assert_eq!(structs, state.models.len(), "seed {seed}: {written}");
        }
    }
}
