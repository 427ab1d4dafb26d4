//! Any schema leads to any other and back, and the rows of what both have stay.
//!
//! Each case has a seed, which a failure prints: `QUINTET_SEED=17 cargo test -p quintet-migrate --test random_schemas`
//! runs that one alone. `QUINTET_CASES` sets how many there are on SQLite; PostgreSQL gets a twentieth of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{
    random::Random,
    schemas::{Anything, any_value, contents, fill, random_schema},
    *,
};
use quintet_migrate::{
    Graph, Operation, ProjectState,
    detect::{Hints, arrange, detect},
    file,
    run::Target,
};

const CASES: u64 = 200;
const CASES_ON_A_SERVER: u64 = 15;
/// Gives each removed field a value for the way back, as a careful author would.
fn with_values_for_the_way_back(from: &ProjectState, operations: &mut [Operation]) {
    let mut state = from.clone();
    for operation in operations {
        if let Operation::RemoveField { model, name, backfill } = operation {
            let field = state.models[model].get(name).unwrap();
            *backfill = (!field.null).then(|| any_value(field));
        }
        operation.apply(&mut state).unwrap();
    }
}

/// Makes the next migrations, through files, as `makemigrations` does.
fn next(graph: &Graph, goal: &ProjectState) -> Graph {
    let from = graph.state().unwrap();
    let mut operations = detect(&from, goal, &Hints::default(), &mut Anything).unwrap();
    with_values_for_the_way_back(&from, &mut operations);
    let made = arrange(graph, &from, operations, None).unwrap();
    let through_files = made.iter().map(|m| {
        let text = file::render(m);
        file::parse(&m.key.app, &m.key.name, "m.toml", &text).unwrap_or_else(|e| panic!("{e}\n{text}"))
    });
    let after = Graph::new(graph.iter().cloned().chain(through_files).collect()).unwrap();
    assert!(after.state().unwrap().same_as(goal));
    assert!(detect(&after.state().unwrap(), goal, &Hints::default(), &mut Anything).unwrap().is_empty());
    after
}

async fn one_case(engine: Engine, seed: u64) {
    let mut random = Random(seed);
    let (a, b) = (random_schema(&mut random), random_schema(&mut random));
    let db = engine.open().await;
    let first = next(&Graph::default(), &a);
    go(&db, &first, Target::Latest).await.unwrap();
    assert_database(&db, &a).await;
    fill(&db, &a, &mut random).await;
    let before = contents(&db, &a).await;
    let both = next(&first, &b);
    go(&db, &both, Target::Latest).await.unwrap();
    assert_database(&db, &b).await;
    let after = contents(&db, &b).await;
    let targets = |s: &ProjectState, label: &str| -> Option<Vec<Option<String>>> {
        Some(
            s.models
                .get(label)?
                .fields
                .iter()
                .map(|f| f.reference.as_ref().map(|r| r.model.clone()))
                .collect(),
        )
    };
    // A many-to-many field that leads to another model starts empty.
    let turned = |label: &str| {
        a.models.get(label).is_some_and(|m| m.through.is_some()) && targets(&a, label) != targets(&b, label)
    };
    for (key, rows) in before.iter().filter(|((label, _), _)| !turned(label)) {
        let (Some(old), Some(kept)) = (a.models[&key.0].get(&key.1), after.get(key)) else { continue };
        let now = b.models[&key.0].get(&key.1).unwrap();
        if old.reference != now.reference
            && old.reference.as_ref().map(|r| &r.model) != now.reference.as_ref().map(|r| &r.model)
        {
            continue;
        }
        let given = |row: &str| row.ends_with("|NULL") && !now.null;
        let same = rows.split(';').zip(kept.split(';')).all(|(x, y)| x == y || given(x));
        assert!(same && rows.matches(';').count() == kept.matches(';').count(), "{key:?}: {rows} → {kept}");
    }
    // Back, one migration after the other, the last first.
    for app in ["one", "two"] {
        let leaf = first.leaf(app).unwrap().cloned();
        let target = leaf.map_or(Target::Zero(app.into()), Target::Migration);
        if both.of_app(app).next().is_none() {
            continue;
        }
        go(&db, &both, target).await.unwrap();
    }
    assert_database(&db, &a).await;
    let back = contents(&db, &a).await;
    for (key, rows) in before.iter().filter(|((label, _), _)| !turned(label)) {
        // What was there all the time is there; what was dropped in between is not.
        let throughout = b.models.get(&key.0).and_then(|m| m.get(&key.1)).is_some();
        let filled = b.models.get(&key.0).and_then(|m| m.get(&key.1)).is_some_and(|f| !f.null)
            && rows.contains("NULL");
        if throughout && !filled {
            assert_eq!(back[key], *rows, "{key:?} after the way back");
        }
    }
    assert!(both.iter().count() > first.iter().count() || a.same_as(&b));
}

#[tokio::test]
async fn any_schema_leads_to_any_other_and_back() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    for engine in engines() {
        let cases = match engine {
            Engine::Sqlite => number("QUINTET_CASES").unwrap_or(CASES),
            Engine::Postgres => number("QUINTET_CASES").map_or(CASES_ON_A_SERVER, |cases| cases / 20),
        };
        let seeds = number("QUINTET_SEED").map_or(0..cases, |seed| seed..seed + 1);
        let count = seeds.end - seeds.start;
        for seed in seeds {
            // In a task of its own, so that a panic can be told with its seed.
            if let Err(error) = tokio::spawn(one_case(engine, seed)).await {
                panic!("QUINTET_SEED={seed} on {engine:?}: {error}");
            }
        }
        println!("{count} pairs of schemas on {engine:?}");
    }
}
