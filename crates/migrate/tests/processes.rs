//! Several processes, and processes that die: each test starts this very program again as a child.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use common::*;
use quintet_core::{App, Result, Site, value::Kind};
use quintet_migrate::{
    DataMigrating, DataMigrations, Graph, Migrator, OldModels, Operation,
    run::{Mode, Target},
    state::IndexState,
};
use quintet_orm::{Db, DbOptions, Executor, Tx};
use tokio::time::sleep;

/// What a child is told.
const TASK: &str = "QUINTET_TEST_CHILD";
const URL: &str = "QUINTET_TEST_CHILD_URL";
const DIRECTORY: &str = "QUINTET_TEST_CHILD_DIRECTORY";

fn start(task: &str, url: &str, directory: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_child", "--nocapture"])
        .env(TASK, task)
        .env(URL, url)
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until a file is there: a sign from another process.
async fn until(path: &Path) {
    while !path.exists() {
        sleep(Duration::from_millis(5)).await;
    }
}

/// Writes down that it ran, and which process did it.
async fn note(tx: &Tx, old: &OldModels) -> Result {
    old.set("Log")?.create([("by", i64::from(std::process::id()).into())], tx).await.map(|_| ())
}

/// Has changed rows, and never ends: the process is killed meanwhile.
async fn hang(tx: &Tx, old: &OldModels) -> Result {
    note(tx, old).await?;
    let Ok(directory) = std::env::var(DIRECTORY) else { return Ok(()) };
    std::fs::write(Path::new(&directory).join("hangs"), "").unwrap();
    std::future::pending::<()>().await;
    Ok(())
}

fn rust(name: &str) -> Operation {
    let reverse = Some(String::new());
    Operation::RunRust { function: format!("app.{name}"), reverse, database: None, elidable: false }
}

fn functions() -> DataMigrations {
    let app = App::new("app").data_migration("note", note).data_migration("hang", hang);
    DataMigrations::of(&Site::new().install(app))
}

/// Tables and rows in turns.
fn turns() -> Graph {
    let log = create(model("app.Log", vec![field("by", Kind::BigInt)]));
    let mut all = vec![vec![log]];
    for n in 0..4 {
        all.push(vec![rust("note")]);
        all.push(vec![create(model(&format!("app.T{n}"), vec![field("x", Kind::Int)]))]);
    }
    chain("app", all)
}

/// A table, rows, and then nothing for ever.
fn endless() -> Graph {
    let log = create(model("app.Log", vec![field("by", Kind::BigInt)]));
    let table = create(model("app.T", vec![field("x", Kind::Int)]));
    let fill = run_sql("INSERT INTO app_t (x) VALUES (1)");
    let more = add("app.T", field("y", Kind::Int), Some("2"));
    chain("app", vec![vec![log], vec![table, fill, more, rust("hang"), remove("app.T", "x")]])
}

/// Two indexes that are made beside those who write.
fn indexes() -> Graph {
    let tables = ["app.A", "app.B"].map(|label| create(model(label, vec![field("x", Kind::Int)])));
    let index = |label: &str| Operation::AddIndex {
        model: label.into(),
        index: IndexState { fields: vec!["x".into()], ..IndexState::default() },
        concurrently: true,
    };
    chain("app", vec![tables.into(), vec![index("app.A"), index("app.B")]])
}

async fn migrate(db: &Db, graph: &Graph) -> Result<usize> {
    let migrator = Migrator::new(db, graph).with_functions(functions());
    let plan = migrator.plan(&Target::Latest).await?;
    Ok(migrator.run(&plan, Mode::Run, |_, _| {}).await?.len())
}

/// What a child does; as a test by itself, nothing.
#[tokio::test]
async fn a_child() {
    let Ok(task) = std::env::var(TASK) else { return };
    let (url, directory) = (std::env::var(URL).unwrap(), std::env::var(DIRECTORY).unwrap());
    let patience = Duration::from_secs(60);
    let options = DbOptions { writer_wait: patience, connection_wait: patience, ..DbOptions::default() };
    let db = Db::open(&url, options).await.unwrap();
    std::fs::write(Path::new(&directory).join(format!("ready{}", std::process::id())), "").unwrap();
    match task.as_str() {
        "turns" => {
            until(&Path::new(&directory).join("go")).await;
            println!("did {}", migrate(&db, &turns()).await.unwrap());
        }
        "endless" => {
            migrate(&db, &endless()).await.unwrap();
        }
        _ => {
            migrate(&db, &indexes()).await.unwrap();
        }
    }
    db.close().await;
}

/// A database that several processes can open.
async fn shared(engine: Engine, directory: &Path) -> (Option<Bed>, String) {
    match engine {
        Engine::Sqlite => (None, format!("sqlite://{}", directory.join("shared.db").display())),
        Engine::Postgres => {
            let bed = engine.open().await;
            let url = bed.url.clone();
            (Some(bed), url)
        }
    }
}

async fn open(url: &str) -> Db {
    Db::open(url, DbOptions::default()).await.unwrap()
}

#[tokio::test]
async fn processes_that_start_together_migrate_once() {
    for engine in engines() {
        let directory = tempfile::tempdir().unwrap();
        let (_bed, url) = shared(engine, directory.path()).await;
        let children: Vec<Child> = (0..3).map(|_| start("turns", &url, directory.path())).collect();
        for child in &children {
            until(&directory.path().join(format!("ready{}", child.id()))).await;
        }
        std::fs::write(directory.path().join("go"), "").unwrap();
        let mut done = 0;
        for child in children {
            let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{engine:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
            let did = text.lines().find_map(|line| line.split_once("did ")).unwrap().1;
            done += did.trim().parse::<usize>().unwrap();
        }
        assert_eq!(done, 9, "{engine:?}");
        let db = open(&url).await;
        assert_eq!(text(&db, "SELECT COUNT(*) FROM app_log").await, "4");
        assert_eq!(text(&db, "SELECT COUNT(*) FROM quintet_migrations").await, "9");
        assert_database(&db, &turns().state().unwrap()).await;
        db.close().await;
    }
}

#[tokio::test]
async fn a_process_that_is_killed_half_way_leaves_nothing_of_the_migration() {
    for engine in engines() {
        let directory = tempfile::tempdir().unwrap();
        let (_bed, url) = shared(engine, directory.path()).await;
        let mut child = start("endless", &url, directory.path());
        until(&directory.path().join("hangs")).await;
        child.kill().unwrap();
        tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
        let db = open(&url).await;
        let state = endless().state_of(|key| key.name == "0001").unwrap();
        assert_database(&db, &state).await;
        assert_eq!(text(&db, "SELECT COUNT(*) FROM app_log").await, "0");
        assert_eq!(text(&db, "SELECT name FROM quintet_migrations").await, "0001");
        // The next start does it; this process has no directory to hang in.
        assert_eq!(migrate(&db, &endless()).await.unwrap(), 1);
        assert_eq!(text(&db, "SELECT y FROM app_t").await, "2");
        assert_eq!(text(&db, "SELECT COUNT(*) FROM app_log").await, "1");
        db.close().await;
    }
}

#[tokio::test]
async fn concurrent_indexes_of_a_process_that_was_killed_are_made_by_the_next() {
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let bed = Engine::Postgres.open().await;
    up_to(&bed, &indexes(), "app", "0001").await.unwrap();
    let other = bed.other().await;
    // Whoever has written to the second table keeps its index waiting.
    let writer = other.begin().await.unwrap();
    writer.batch("INSERT INTO app_b (x) VALUES (1)".into()).await.unwrap();
    let mut child = start("indexes", &bed.url, directory.path());
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = \
                   'Lock' AND query LIKE '%app_b%'";
    while text(&bed, waiting).await == "0" {
        sleep(Duration::from_millis(20)).await;
    }
    child.kill().unwrap();
    tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap();
    assert_eq!(text(&bed, "SELECT name FROM quintet_migrations").await, "0001");
    writer.commit().await.unwrap();
    assert_eq!(migrate(&bed, &indexes()).await.unwrap(), 1);
    assert_database(&bed, &indexes().state().unwrap()).await;
    let invalid = "SELECT COUNT(*) FROM pg_index WHERE NOT indisvalid AND indrelid IN ('app_a'::regclass, 'app_b'::regclass)";
    assert_eq!(text(&bed, invalid).await, "0");
    other.close().await;
}

#[tokio::test]
async fn a_full_disk_leaves_schema_and_rows_as_they_were() {
    let directory = tempfile::tempdir().unwrap();
    let (_, url) = shared(Engine::Sqlite, directory.path()).await;
    let db = open(&url).await;
    let start = create(model("app.T", vec![varchar("x", 200), null(field("n", Kind::Int))]));
    let pointing = create(model("app.P", vec![fk("t", "app.T")]));
    let graph = chain(
        "app",
        vec![
            vec![start, pointing],
            vec![alter("app.T", field("n", Kind::BigInt)), alter("app.T", field("x", Kind::Text))],
        ],
    );
    up_to(&db, &graph, "app", "0001").await.unwrap();
    db.batch(
        "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000) INSERT INTO app_t (x, n) SELECT \
         hex(randomblob(60)), i FROM c; INSERT INTO app_p (t_id) SELECT id FROM app_t LIMIT 100"
            .into(),
    )
    .await
    .unwrap();
    let sum = "SELECT COUNT(*), SUM(n), MIN(x), MAX(x) FROM app_t";
    let (before, tables) = (text(&db, sum).await, introspect(&db).await);
    let pages = text(&db, "PRAGMA page_count").await.parse::<u32>().unwrap();
    db.batch(format!("PRAGMA max_page_count = {}", pages + 5)).await.unwrap();
    let error = go(&db, &graph, Target::Latest).await.unwrap_err().to_string();
    assert!(error.contains("nothing of it was kept") && error.contains("full"), "{error}");
    assert_eq!((text(&db, sum).await, introspect(&db).await), (before.clone(), tables));
    assert_eq!(text(&db, "PRAGMA integrity_check").await, "ok");
    assert_eq!(text(&db, "PRAGMA foreign_key_check").await, "");
    db.batch("PRAGMA max_page_count = 1000000".into()).await.unwrap();
    assert_eq!(go(&db, &graph, Target::Latest).await.unwrap(), 1);
    assert_eq!(text(&db, sum).await, before);
    assert_eq!(text(&db, "SELECT COUNT(*) FROM app_p").await, "100");
    assert_database(&db, &graph.state().unwrap()).await;
}
