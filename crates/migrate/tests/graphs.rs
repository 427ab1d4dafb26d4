//! Dependencies: over apps, with the mistakes that people make.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use quintet_core::value::Kind;
use quintet_migrate::{
    Graph, Migration, MigrationKey, Migrator, Operation,
    run::{Direction, Mode, Target},
};
use quintet_orm::Executor;

fn graph(all: &[(&str, &[&str])]) -> quintet_core::Result<Graph> {
    Graph::new(all.iter().map(|(key, depends)| migration(key, depends, vec![])).collect())
}

fn order(graph: &Graph) -> Vec<String> {
    graph.iter().map(|m: &Migration| m.key.to_string()).collect()
}

#[test]
fn each_comes_after_what_it_needs_in_a_stable_order() {
    let graph = graph(&[
        ("auth.0001", &["zoo.0001"]),
        ("auth.0002", &["auth.0001", "shop.0001"]),
        ("shop.0001", &["auth.0001"]),
        ("zoo.0001", &[]),
    ])
    .unwrap();
    assert_eq!(order(&graph), ["zoo.0001", "auth.0001", "shop.0001", "auth.0002"]);
    assert_eq!(graph.leaf("auth").unwrap(), Some(&MigrationKey::new("auth", "0002")));
    assert_eq!(graph.leaf("none").unwrap(), None);
}

#[test]
fn mistakes_are_named() {
    for (all, words) in [
        (vec![("a.0001", &["a.0002"][..]), ("a.0002", &["a.0001"])], "in a circle: a.0001 → a.0002 → a.0001"),
        (vec![("a.0001_initial", &[][..]), ("a.0002", &["a.0001_intial"])], "did you mean `a.0001_initial`?"),
        (vec![("a.0001", &["b.0001"][..])], "no installed app `b` has migrations"),
        (vec![("a.0001", &[][..]), ("a.0001", &[])], "two migrations a.0001"),
    ] {
        let error = graph(&all).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[tokio::test]
async fn two_leaves_of_an_app_are_told_with_both_names() {
    let graph =
        graph(&[("a.0001", &[]), ("a.0002_left", &["a.0001"]), ("a.0002_right", &["a.0001"])]).unwrap();
    let error = graph.leaf("a").unwrap_err().to_string();
    assert!(error.contains("0002_left, 0002_right") && error.contains("makemigrations --merge"), "{error}");
    let db = memory().await;
    assert!(go(&db, &graph, Target::Latest).await.unwrap_err().to_string().contains("0002_right"));
    assert_eq!(text(&db, "SELECT COUNT(*) FROM sqlite_schema").await, "0");
}

#[test]
fn a_migration_is_found_by_the_beginning_of_its_name() {
    let graph =
        graph(&[("a.0001_initial", &[]), ("a.0002_x", &["a.0001_initial"]), ("a.0002_y", &["a.0002_x"])])
            .unwrap();
    assert_eq!(graph.find("a", "0001").unwrap().name, "0001_initial");
    assert_eq!(graph.find("a", "0002_y.toml").unwrap().name, "0002_y");
    assert!(graph.find("a", "0002").unwrap_err().to_string().contains("0002_x or 0002_y"));
    assert!(graph.find("a", "0001_inital").unwrap_err().to_string().contains("did you mean `0001_initial`?"));
}

#[tokio::test]
async fn going_back_takes_along_what_builds_on_it_in_other_apps() {
    let graph = graph(&[
        ("a.0001", &[]),
        ("a.0002", &["a.0001"]),
        ("b.0001", &["a.0001"]),
        ("b.0002", &["b.0001", "a.0002"]),
        ("c.0001", &[]),
    ])
    .unwrap();
    let db = memory().await;
    let migrator = Migrator::new(&db, &graph);
    assert_eq!(go(&db, &graph, Target::App("b".into())).await.unwrap(), 4);
    let plan = async |target: Target| -> Vec<String> {
        let plan = migrator.plan(&target).await.unwrap();
        plan.steps.iter().map(ToString::to_string).collect()
    };
    assert_eq!(plan(Target::Latest).await, ["apply c.0001"]);
    let to = |app: &str, name: &str| Target::Migration(MigrationKey::new(app, name));
    assert_eq!(plan(to("a", "0001")).await, ["reverse b.0002", "reverse a.0002"]);
    assert_eq!(plan(Target::Zero("b".into())).await, ["reverse b.0002", "reverse b.0001"]);
    assert_eq!(plan(Target::Zero("a".into())).await.len(), 4);
    assert!(plan(to("b", "0002")).await.is_empty());
    assert_eq!(go(&db, &graph, to("a", "0001")).await.unwrap(), 2);
    assert_eq!(plan(to("b", "0002")).await, ["apply a.0002", "apply b.0002"]);
}

#[tokio::test]
async fn a_fake_only_changes_the_history() {
    let graph =
        chain("a", vec![vec![create(model("a.T", vec![]))], vec![add("a.T", null(varchar("x", 3)), None)]]);
    let db = memory().await;
    let migrator = Migrator::new(&db, &graph);
    let plan = migrator.plan(&Target::Migration(MigrationKey::new("a", "0001"))).await.unwrap();
    assert_eq!(migrator.run(&plan, Mode::Fake, |_, _| {}).await.unwrap().len(), 1);
    assert!(introspect(&db).await.is_empty());
    assert_eq!(migrator.history().await.unwrap()[0].key.to_string(), "a.0001");
    let plan = migrator.plan(&Target::Zero("a".into())).await.unwrap();
    assert_eq!(plan.steps[0].direction, Direction::Backwards);
    migrator.run(&plan, Mode::Fake, |_, _| {}).await.unwrap();
    assert!(migrator.history().await.unwrap().is_empty());
}

#[test]
fn branches_that_fit_together_are_merged_and_others_are_named() {
    let film = create(model("a.Film", vec![varchar("title", 9), null(field("year", Kind::Int))]));
    let met = |left: Operation, right: Operation| {
        Graph::new(vec![
            migration("a.0001_initial", &[], vec![film.clone()]),
            migration("a.0002_left", &["a.0001_initial"], vec![left]),
            migration("a.0002_right", &["a.0001_initial"], vec![right]),
        ])
        .unwrap()
    };
    let (title, year) =
        (alter("a.Film", varchar("title", 20)), alter("a.Film", null(field("year", Kind::BigInt))));
    let graph = met(title.clone(), year);
    let merged = quintet_migrate::merge::merge(&graph, "a").unwrap().unwrap();
    assert_eq!(merged.key, MigrationKey::new("a", "0003_merge"));
    let after = Graph::new(graph.iter().cloned().chain([merged]).collect()).unwrap();
    assert_eq!(after.leaf("a").unwrap().unwrap().name, "0003_merge");
    assert!(quintet_migrate::merge::merge(&after, "a").unwrap().is_none());
    for clashing in [
        alter("a.Film", varchar("title", 30)),
        remove("a.Film", "title"),
        Operation::DeleteModel { model: "a.Film".into() },
        Operation::RenameModel { model: "a.Film".into(), to: "a.Movie".into() },
    ] {
        let error =
            quintet_migrate::merge::merge(&met(title.clone(), clashing), "a").unwrap_err().to_string();
        assert!(error.contains("a.0002_left") && error.contains("a.0002_right"), "{error}");
        assert!(error.contains("depends = [\"0002_left\"]"), "{error}");
    }
}

#[test]
fn a_plan_says_what_loses_or_locks() {
    use quintet_orm::dialect::{POSTGRES, SQLITE};
    let mut before =
        chain("a", vec![vec![create(model("a.Film", vec![varchar("title", 9)]))]]).state().unwrap();
    before.models.get_mut("a.Film").unwrap().fields.push(null(field("year", Kind::Int)));
    let index = |concurrently| Operation::AddIndex {
        model: "a.Film".into(),
        index: quintet_migrate::state::IndexState { fields: vec!["year".into()], ..Default::default() },
        concurrently,
    };
    for (operation, on_sqlite, on_postgres) in [
        (Operation::DeleteModel { model: "a.Film".into() }, "loses all rows", "loses all rows"),
        (remove("a.Film", "year"), "loses the values of `year`", "loses the values"),
        (alter("a.Film", null(field("year", Kind::BigInt))), "anew", "add a field of another"),
        (alter("a.Film", field("year", Kind::Int)), "anew", "reads the whole table"),
        (alter("a.Film", unique(varchar("title", 9))), "", "makes an index"),
        (add("a.Film", null(field("n", Kind::Int)), None), "", ""),
        (add("a.Film", field("n", Kind::Int), Some("1")), "anew", ""),
        (index(false), "", "concurrently = true"),
        (index(true), "", ""),
    ] {
        for (dialect, words) in [(&SQLITE, on_sqlite), (&POSTGRES, on_postgres)] {
            let advice = operation.advice(&before, dialect).unwrap_or_default();
            assert!(advice.contains(words) && advice.is_empty() == words.is_empty(), "{operation}: {advice}");
        }
    }
}

#[tokio::test]
async fn an_apps_first_migration_is_only_written_down_if_its_tables_are_there() {
    for engine in engines() {
        let db = engine.open().await;
        let tables =
            vec![create(model("app.T", vec![field("x", Kind::Int)])), create(model("app.U", vec![]))];
        let graph = chain("app", vec![tables.clone(), vec![add("app.T", null(field("y", Kind::Int)), None)]]);
        let run = async |mode| {
            let migrator = Migrator::new(&db, &graph);
            let plan = migrator.plan(&Target::Latest).await.unwrap();
            let mut modes = Vec::new();
            migrator.run(&plan, mode, |_, mode| modes.push(mode)).await.map(|_| modes)
        };
        db.batch("CREATE TABLE app_t (id BIGINT PRIMARY KEY, x INT)".into()).await.unwrap();
        let error = run(Mode::FakeInitial).await.unwrap_err().to_string();
        assert!(error.contains("has `app_t`, but not the table `app_u`"), "{error}");
        db.batch("CREATE TABLE app_u (id BIGINT PRIMARY KEY)".into()).await.unwrap();
        assert_eq!(run(Mode::FakeInitial).await.unwrap(), [Mode::Fake, Mode::Run]);
        assert_eq!(text(&db, "SELECT id, x, y FROM app_t").await, "");
    }
}
