//! Many writers on one SQLite file, from several processes; a PostgreSQL server that is restarted under load.
//!
//! The normal tests do a counted amount of work. With `QUINTET_FAULTS=1` (`.ci/full`) a thousand tasks and two further
//! processes write for a minute with the default options, and a server of its own is stopped and started.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod driver_support;

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use driver_support::one;
use quintet_core::{Error, ErrorKind, Result, Value};
use quintet_orm::{Db, DbOptions, Executor, Stmt};

const TABLES: &str = "CREATE TABLE entry (id INTEGER PRIMARY KEY, who TEXT NOT NULL, half INTEGER NOT NULL);
                      CREATE TABLE counter (n INTEGER NOT NULL);
                      INSERT INTO counter VALUES (0)";

fn thorough() -> bool {
    std::env::var_os("QUINTET_FAULTS").is_some()
}

/// How much is written.
#[derive(Clone, Copy)]
enum Amount {
    Times(u32),
    Until(Instant),
}

impl Amount {
    fn is_done(self, done: u32) -> bool {
        match self {
            Amount::Times(times) => done >= times,
            Amount::Until(end) => Instant::now() >= end,
        }
    }
}

fn entry(who: &str, half: i64) -> Stmt {
    let values = vec![Value::Text(who.into()), Value::Int(half)];
    Stmt::write("INSERT INTO entry (who, half) VALUES (?1, ?2)", values)
}

/// Two halves of an entry and a count, which only a transaction keeps together; or an entry alone. Tells how many.
async fn write(db: &Db, who: &str, amount: Amount) -> Result<u32> {
    let mut done = 0;
    while !amount.is_done(done) {
        if done.is_multiple_of(3) {
            db.execute(entry(who, 0)).await?;
        } else {
            db.atomic(async |tx| {
                let n = one(tx, "SELECT n FROM counter").await;
                tx.execute(entry(who, 1)).await?;
                tokio::task::yield_now().await;
                tx.execute(Stmt::write("UPDATE counter SET n = ?1 + 1", vec![n])).await?;
                tx.execute(entry(who, -1)).await
            })
            .await?;
        }
        done += 1;
    }
    Ok(done)
}

fn options(root: &Path) -> DbOptions {
    match thorough() {
        true => DbOptions { root: root.to_owned(), ..DbOptions::default() },
        false => driver_support::options(root),
    }
}

/// What a further process does: this test once more, with a folder in its environment.
#[tokio::test]
async fn a_further_process() {
    let Some(folder) = std::env::var_os("QUINTET_FAULTS_FOLDER").map(PathBuf::from) else { return };
    let amount = match std::env::var("QUINTET_FAULTS_MILLIS").ok() {
        Some(millis) => Amount::Until(Instant::now() + Duration::from_millis(millis.parse().unwrap())),
        None => Amount::Times(60),
    };
    let db = Db::open("sqlite://entries.db", options(&folder)).await.unwrap();
    let (one, two) = tokio::join!(write(&db, "process", amount), write(&db, "process", amount));
    println!("written: {}", one.unwrap() + two.unwrap());
    db.close().await;
}

fn further_process(folder: &Path, amount: Amount) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "a_further_process", "--nocapture"]).env("QUINTET_FAULTS_FOLDER", folder);
    if let Amount::Until(end) = amount {
        let left = end.saturating_duration_since(Instant::now());
        command.env("QUINTET_FAULTS_MILLIS", left.as_millis().to_string());
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// How many a process has written.
fn written(child: Child) -> u32 {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let (_, rest) = text.split_once("written: ").unwrap_or_else(|| panic!("{text}"));
    rest.lines().next().unwrap().trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_and_processes_write_one_file_without_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open("sqlite://entries.db", options(folder.path())).await.unwrap();
    db.batch(TABLES.into()).await.unwrap();
    let (tasks, amount) = match thorough() {
        true => (1000, Amount::Until(Instant::now() + Duration::from_secs(60))),
        false => (60, Amount::Times(6)),
    };
    let processes: Vec<Child> = (0..2).map(|_| further_process(folder.path(), amount)).collect();
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move { write(&db, "task", amount).await })
        })
        .collect();
    let (mut by_tasks, mut failed) = (0, Vec::new());
    for task in tasks {
        match task.await.unwrap() {
            Ok(done) => by_tasks += i64::from(done),
            Err(error) => failed.push(error),
        }
    }
    let (mut by_processes, mut pairs) = (0, 0);
    for child in processes {
        by_processes += i64::from(tokio::task::spawn_blocking(|| written(child)).await.unwrap());
    }
    assert!(failed.is_empty(), "{} of them: {:?}", failed.len(), failed.first());
    for (who, times) in [("task", by_tasks), ("process", by_processes)] {
        let of = |half: i64| format!("SELECT count(*) FROM entry WHERE who = '{who}' AND half = {half}");
        let (alone, first, second) =
            (one(&db, &of(0)).await, one(&db, &of(1)).await, one(&db, &of(-1)).await);
        assert_eq!(first, second, "nothing half written");
        let all = alone.as_int().unwrap() + first.as_int().unwrap();
        assert_eq!(all, times, "{who}");
        pairs += first.as_int().unwrap();
        assert!(times > 0, "{who}");
    }
    assert_eq!(one(&db, "SELECT n FROM counter").await.as_int().unwrap(), pairs, "no count is lost");
    println!("{by_tasks} by tasks, {by_processes} by processes");
}

/// `scripts/services` with a folder of its own, so that nobody else's server is touched.
#[cfg(feature = "postgres")]
struct Server(tempfile::TempDir);

#[cfg(feature = "postgres")]
impl Server {
    fn run(&self, command: &str) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/services");
        let output = Command::new(script)
            .args([command, "postgres"])
            .env("QUINTET_SERVICES_DIR", self.0.path().join("services"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn start(&self) -> String {
        self.run("start");
        let env = self.run("env");
        let url = env.split_once("QUINTET_TEST_POSTGRES=").unwrap().1;
        url.lines().next().unwrap().trim_matches(['\'', '"', ';']).to_owned()
    }
}

#[cfg(feature = "postgres")]
impl Drop for Server {
    fn drop(&mut self) {
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.run("clean")));
    }
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_restarted_under_load_loses_nothing_that_was_promised() {
    if !thorough() {
        println!("skipped: QUINTET_FAULTS is not set");
        return;
    }
    let folder = tempfile::Builder::new().prefix("quintet-faults").tempdir().unwrap();
    let server = Arc::new(Server(folder));
    let there = server.clone();
    let url = tokio::task::spawn_blocking(move || there.start()).await.unwrap();
    let db = Db::open(&url, DbOptions::default()).await.unwrap();
    db.batch("CREATE TABLE pair (id BIGINT NOT NULL, half INT NOT NULL)".into()).await.unwrap();
    let (stop, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(0)));
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let (db, stop, next) = (db.clone(), stop.clone(), next.clone());
            tokio::spawn(async move {
                let (mut kept, mut unsure, mut refused) = (Vec::new(), Vec::new(), 0u32);
                while !stop.load(Ordering::SeqCst) {
                    let id = next.fetch_add(1, Ordering::SeqCst);
                    let half = |n| {
                        Stmt::write("INSERT INTO pair VALUES ($1, $2)", vec![Value::Int(id), Value::Int(n)])
                    };
                    let done = db
                        .transaction()
                        .retries(2)
                        .run(async |tx| {
                            tx.execute(half(1)).await?;
                            tokio::task::yield_now().await;
                            tx.execute(half(2)).await
                        })
                        .await;
                    match done {
                        Ok(_) => kept.push(id),
                        Err(error) => {
                            assert_eq!(
                                (error.kind(), error.status().as_u16()),
                                (&ErrorKind::Unavailable, 503),
                                "{error:?}"
                            );
                            refused += 1;
                            if error.to_string().contains("not known") {
                                unsure.push(id);
                            }
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                    }
                }
                Ok::<_, Error>((kept, unsure, refused))
            })
        })
        .collect();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let there = server.clone();
        tokio::task::spawn_blocking(move || {
            there.run("stop");
            there.start();
        })
        .await
        .unwrap();
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    stop.store(true, Ordering::SeqCst);
    let (mut kept, mut unsure, mut refused) = (Vec::new(), Vec::new(), 0);
    for task in tasks {
        let (some, others, times) = task.await.unwrap().unwrap();
        kept.extend(some);
        unsure.extend(others);
        refused += times;
    }
    let executor: &dyn Executor = &db;
    let rows = executor
        .rows(Stmt::read("SELECT id, sum(half), count(*) FROM pair GROUP BY id", vec![]))
        .await
        .unwrap();
    let mut there: Vec<i64> = Vec::new();
    for row in rows {
        assert_eq!((row[1].as_int(), row[2].as_int()), (Some(3), Some(2)), "nothing half written: {row:?}");
        there.push(row[0].as_int().unwrap());
    }
    let there: std::collections::HashSet<i64> = there.into_iter().collect();
    assert!(kept.iter().all(|id| there.contains(id)), "what was promised is there");
    let promised = kept.iter().chain(&unsure).copied().collect::<std::collections::HashSet<_>>();
    assert!(there.is_subset(&promised), "what failed is not");
    assert!(refused > 0 && kept.len() > 1000, "{refused} refused, {} kept", kept.len());
    println!("{} kept, {refused} refused, {} of them not known", kept.len(), unsure.len());
    db.close().await;
    drop(db);
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
}
