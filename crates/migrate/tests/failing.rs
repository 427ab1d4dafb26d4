//! A failure leaves everything as it was, and says where it happened.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::*;
use quintet_core::{ErrorKind, value::Kind};
use quintet_migrate::{Graph, Operation, file, run::Target};
use quintet_orm::{Db, DbOptions, Executor};

fn sql(text: &str) -> Operation {
    Operation::RunSql {
        up: BTreeMap::from([("all".to_owned(), text.to_owned())]),
        down: BTreeMap::new(),
        database: None,
        elidable: false,
    }
}

#[tokio::test]
async fn a_migration_that_fails_half_way_leaves_schema_rows_and_history_alone() {
    let start = vec![
        create(model("app.A", vec![varchar("name", 9)])),
        create(model("app.B", vec![fk("a", "app.A"), null(field("n", Kind::Int))])),
    ];
    let failing: Vec<(&str, Operation)> = vec![
        ("missing", sql("INSERT INTO missing VALUES (1)")),
        ("name", sql("INSERT INTO app_a (name) VALUES (NULL)")),
        ("more than 2 characters", alter("app.A", varchar("name", 2))),
        ("app_b", sql("INSERT INTO app_b (a_id, note) VALUES (77, '')")),
    ];
    for (engine, (words, last)) in
        engines().into_iter().flat_map(|e| failing.iter().map(move |f| (e, f.clone())))
    {
        let second = vec![
            alter("app.A", varchar("name", 40)),
            add("app.B", varchar("note", 5), Some("-")),
            create(model("app.C", vec![])),
            sql("UPDATE app_b SET n = 9"),
            last,
        ];
        let graph = chain("app", vec![start.clone(), second]);
        let db = engine.open().await;
        up_to(&db, &graph, "app", "0001").await.unwrap();
        db.batch("INSERT INTO app_a (name) VALUES ('abc'); INSERT INTO app_b (a_id, n) VALUES (1, 1)".into())
            .await
            .unwrap();
        let error = go(&db, &graph, Target::Latest).await.unwrap_err();
        let message = error.to_string();
        assert_eq!(*error.kind(), ErrorKind::Migration);
        assert!(message.contains("app.0002 was not applied, and nothing of it was kept"), "{message}");
        assert!(message.contains(words), "{message}");
        assert_database(&db, &graph.state_of(|k| k.name == "0001").unwrap()).await;
        assert_eq!(text(&db, "SELECT name, a_id, n FROM app_a, app_b").await, "abc|1|1");
        assert_eq!(text(&db, "SELECT app, name FROM quintet_migrations").await, "app|0001");
        // The connection works as before.
        assert!(db.batch("INSERT INTO app_b (a_id) VALUES (99)".into()).await.is_err());
    }
}

#[tokio::test]
async fn the_error_names_migration_operation_line_and_sql() {
    let start = "[[operation]]\nop = \"create_model\"\nmodel = \"T\"\ntable = \"app_t\"\nfields = [{ name = \"id\", \
                 kind = \"big_int\", primary_key = true, auto = true }]\n";
    let broken = "depends = [\"0001_initial\"]\n\n[[operation]]\nop = \"run_sql\"\nup = \"SELECT 1\"\n\n[[operation]]\nop \
                  = \"run_sql\"\nup = \"UPDATE app_t SET nowhere = 1\"\n";
    let all = vec![
        file::parse("app", "0001_initial", "migrations/0001_initial.toml", start).unwrap(),
        file::parse("app", "0002_broken", "migrations/0002_broken.toml", broken).unwrap(),
    ];
    let db = memory().await;
    let error = go(&db, &Graph::new(all).unwrap(), Target::Latest).await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains("app.0002_broken was not applied") && message.contains("run SQL"), "{message}");
    assert!(message.contains("no such column: nowhere"), "{message}");
    assert!(message.ends_with("(migrations/0002_broken.toml:7:1)"), "{message}");
    assert!(error.details().contains(&("SQL", "UPDATE app_t SET nowhere = 1".to_owned())), "{error:?}");
}

#[tokio::test]
async fn a_failed_rebuild_leaves_the_connection_as_it_was() {
    // A trigger that refers to a column that the new table lacks fails in the middle of the rebuild.
    let graph = chain(
        "app",
        vec![
            vec![create(model("app.T", vec![null(fk("parent", "app.T")), field("n", Kind::Int)]))],
            vec![remove("app.T", "parent"), alter("app.T", varchar("n", 9))],
        ],
    );
    let db = memory().await;
    up_to(&db, &graph, "app", "0001").await.unwrap();
    db.batch("CREATE INDEX by_hand ON app_t (parent_id, n)".into()).await.unwrap();
    go(&db, &graph, Target::Latest).await.unwrap_err();
    assert_eq!(text(&db, "PRAGMA legacy_alter_table").await, "0");
    assert_eq!(text(&db, "PRAGMA foreign_keys").await, "1");
}

#[tokio::test]
async fn migrations_before_the_failing_one_stay() {
    let graph = chain("app", vec![vec![create(model("app.A", vec![]))], vec![sql("nonsense")], vec![]]);
    let db = memory().await;
    go(&db, &graph, Target::Latest).await.unwrap_err();
    assert_eq!(text(&db, "SELECT name FROM quintet_migrations").await, "0001");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_start_together_migrate_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut steps = vec![vec![create(model("app.Log", vec![field("n", Kind::Int)]))]];
    steps.extend((0..8).map(|n| vec![sql(&format!("INSERT INTO app_log (n) VALUES ({n})"))]));
    let graph = std::sync::Arc::new(chain("app", steps));
    for engine in engines() {
        let bed = engine.open().await;
        let url = match engine {
            Engine::Sqlite => format!("sqlite://{}/site.db", directory.path().display()),
            Engine::Postgres => bed.url.clone(),
        };
        let mut running = Vec::new();
        for _ in 0..4 {
            let (graph, url) = (graph.clone(), url.clone());
            running.push(tokio::spawn(async move {
                let db = Db::open(&url, DbOptions::default()).await.unwrap();
                go(&db, &graph, Target::Latest).await.unwrap()
            }));
        }
        let mut done = 0;
        for task in running {
            done += task.await.unwrap();
        }
        assert_eq!(done, 9, "each migration is done by one of them");
        let db = Db::open(&url, DbOptions::default()).await.unwrap();
        assert_eq!(text(&db, "SELECT n FROM app_log ORDER BY id").await, "0;1;2;3;4;5;6;7");
        assert_eq!(text(&db, "SELECT COUNT(*) FROM quintet_migrations").await, "9");
    }
}

#[tokio::test]
async fn a_history_that_contradicts_the_files_is_refused() {
    let db = memory().await;
    let graph =
        chain("app", vec![vec![create(model("app.A", vec![]))], vec![create(model("app.B", vec![]))]]);
    go(&db, &graph, Target::Latest).await.unwrap();
    db.batch("DELETE FROM quintet_migrations WHERE name = '0001'".into()).await.unwrap();
    let error = go(&db, &graph, Target::Latest).await.unwrap_err().to_string();
    assert!(error.contains("app.0002 applied, but not app.0001") && error.contains("--fake"), "{error}");
}
