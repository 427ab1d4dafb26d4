//! What takes no time runs where it was asked for; what takes long, or has to wait, is a thread's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod driver_support;

use std::{
    any::Any,
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    thread::{self, ThreadId},
    time::Duration,
};

use driver_support::{count, file, insert, memory, notes, one, options};
use quintet_core::{Result, Value};
use quintet_orm::{
    Db, DbOptions, Executor, Stmt, Tx,
    row::{RowAccess, RowSink},
};

/// Remembers on which threads its rows came, and how many there were since it was told to forget.
#[derive(Default)]
struct Threads {
    rows: u64,
    on: Vec<ThreadId>,
    restarts: Option<usize>,
}

impl RowSink for Threads {
    fn push(&mut self, _: &dyn RowAccess) -> Result<bool> {
        self.rows += 1;
        let here = thread::current().id();
        if self.on.last() != Some(&here) {
            self.on.push(here);
        }
        Ok(true)
    }

    fn restart(&mut self) -> bool {
        self.rows = 0;
        match &mut self.restarts {
            Some(restarts) => {
                *restarts += 1;
                true
            }
            None => false,
        }
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

async fn threads(on: &dyn Executor, stmt: Stmt) -> Threads {
    let sink = Box::new(Threads { restarts: Some(0), ..Threads::default() });
    *on.fetch(stmt, sink).await.unwrap().into_any().downcast::<Threads>().unwrap()
}

fn here() -> Vec<ThreadId> {
    vec![thread::current().id()]
}

const SHORT: &str = "SELECT 1 UNION ALL SELECT 2";

fn rows(n: u64) -> Stmt {
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) SELECT i FROM n";
    Stmt::read(sql, vec![Value::Int(i64::try_from(n).unwrap())])
}

async fn with_steps(inline_steps: u32) -> (tempfile::TempDir, Db) {
    let (directory, first) = file().await;
    first.close().await;
    let db = Db::open("sqlite://notes.db", DbOptions { inline_steps, ..options(directory.path()) });
    let db = db.await.unwrap();
    // The first read opens the connection, on a thread.
    assert_eq!(count(&db).await, 0);
    (directory, db)
}

#[tokio::test]
async fn a_short_query_runs_here_and_a_long_one_elsewhere_with_all_its_rows() {
    let (_directory, db) = with_steps(1000).await;
    let tx = db.begin().await.unwrap();
    for (on, name) in [(&db as &dyn Executor, " -- db"), (&tx, " -- tx")] {
        let rows = |n| {
            let mut stmt = rows(n);
            stmt.sql = format!("{}{name}", stmt.sql).into();
            stmt
        };
        assert_eq!(threads(on, Stmt::read(SHORT, vec![])).await.on, here());
        let long = threads(on, rows(20_000)).await;
        assert_eq!(long.rows, 20_000, "rows that came before it was broken off are forgotten");
        assert_eq!(long.on.len(), 2, "begun here, run again elsewhere");
        assert_eq!(long.on[0], thread::current().id());
        assert!(long.restarts.unwrap() >= 2);
        // That is remembered of the statement, whatever its parameters.
        assert_ne!(threads(on, rows(3)).await.on, here());
        assert_eq!(threads(on, Stmt::read(SHORT, vec![])).await.on, here());
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn with_no_steps_nothing_runs_here() {
    let (_directory, db) = with_steps(0).await;
    assert_ne!(threads(&db, Stmt::read(SHORT, vec![])).await.on, here());
    let tx = db.begin().await.unwrap();
    assert_ne!(threads(&tx, Stmt::read(SHORT, vec![])).await.on, here());
    let returning = "INSERT INTO note (text) VALUES ('a') RETURNING id";
    assert_ne!(threads(&tx, Stmt::write(returning, vec![]).short()).await.on, here());
    tx.commit().await.unwrap();
    assert_eq!(notes(&db).await, "a");
}

#[tokio::test]
async fn a_sink_that_can_not_forget_and_a_statement_known_as_long_go_to_a_thread() {
    for db in [with_steps(4000).await.1, memory().await] {
        let sink = db.fetch(Stmt::read(SHORT, vec![]), Box::<Threads>::default()).await.unwrap();
        assert_ne!(sink.into_any().downcast::<Threads>().unwrap().on, here());
        assert_ne!(threads(&db, Stmt::read(SHORT, vec![]).long()).await.on, here());
        assert_eq!(threads(&db, Stmt::read(SHORT, vec![])).await.on, here());
    }
}

#[tokio::test]
async fn writes_run_here_only_if_they_are_known_as_short_and_small() {
    let text = |text: &str| vec![Value::Text(text.into())];
    let sql = "INSERT INTO note (text) VALUES (?1) RETURNING id";
    for db in [with_steps(4000).await.1, memory().await] {
        let tx = db.begin().await.unwrap();
        assert_ne!(threads(&tx, Stmt::write(sql, text("a"))).await.on, here());
        assert_eq!(threads(&tx, Stmt::write(sql, text("b")).short()).await.on, here());
        assert_ne!(threads(&tx, Stmt::write(sql, text(&"c".repeat(100_000))).short()).await.on, here());
        tx.commit().await.unwrap();
        assert_eq!(threads(&db, Stmt::write(sql, text("d")).short()).await.on, here());
        assert_ne!(threads(&db, Stmt::write(sql, text("e"))).await.on, here());
        assert_eq!(
            one(&db, "SELECT group_concat(substr(text, 1, 1), '') FROM note").await.as_text(),
            Some("abcde")
        );
    }
}

/// Is the future done when it is first asked, however long it took?
async fn at_once<F: Future>(work: F) -> bool {
    let mut work = pin!(tokio::task::coop::unconstrained(work));
    poll_fn(|cx| Poll::Ready(work.as_mut().poll(cx).is_ready())).await
}

#[tokio::test]
async fn a_small_transaction_never_waits_for_a_thread() {
    let (_directory, db) = with_steps(4000).await;
    let work = |fail: bool| {
        db.atomic(async move |tx| {
            tx.execute(insert("a").short()).await?;
            tx.atomic(async |inner| {
                inner.execute(insert("b").short()).await?;
                assert_eq!(count(inner).await, 2);
                Ok(())
            })
            .await?;
            let undone: Result = tx
                .atomic(async |inner| {
                    inner.execute(insert("lost").short()).await?;
                    Err(quintet_core::Error::internal("undo"))
                })
                .await;
            assert!(undone.is_err());
            if fail { Err(quintet_core::Error::internal("undo")) } else { Ok(()) }
        })
    };
    assert!(at_once(work(true)).await && notes(&db).await.is_empty());
    assert!(at_once(work(false)).await);
    assert_eq!(notes(&db).await, "a,b");
    let tx = db.begin().await.unwrap();
    tx.execute(insert("c").short()).await.unwrap();
    assert!(at_once(tx.rollback()).await);
    let tx = db.begin().await.unwrap();
    tx.execute(insert("d").short()).await.unwrap();
    drop(tx);
    assert!(at_once(db.execute(insert("e").short())).await, "the writer is free at once");
    assert_eq!(notes(&db).await, "a,b,e");
}

#[tokio::test]
async fn who_comes_while_the_writer_is_taken_waits_his_turn() {
    let (_directory, db) = with_steps(4000).await;
    let tx = db.begin().await.unwrap();
    let mut waiting = pin!(db.execute(insert("second").short()));
    assert!(poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx).is_pending())).await);
    tx.execute(insert("first").short()).await.unwrap();
    tx.commit().await.unwrap();
    // The writer is free, but someone was before.
    let third = db.execute(insert("third").short());
    let (second, third) = tokio::join!(waiting, third);
    assert_eq!((second.unwrap(), third.unwrap()), (1, 1));
    assert_eq!(notes(&db).await, "first,second,third");
}

#[tokio::test]
async fn the_lock_of_another_process_is_not_waited_for_here() {
    let (directory, db) = with_steps(4000).await;
    let other = rusqlite::Connection::open(directory.path().join("notes.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ticks = Arc::new(AtomicUsize::new(0));
    let counted = ticks.clone();
    let ticking = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let freeing = async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        other.execute_batch("COMMIT").unwrap();
    };
    let transaction = db.atomic(async |tx| tx.execute(insert("a").short()).await);
    let (single, whole, ()) = tokio::join!(db.execute(insert("b").short()), transaction, freeing);
    assert_eq!((single.unwrap(), whole.unwrap()), (1, 1));
    ticking.abort();
    assert!(ticks.load(Ordering::Relaxed) > 5, "other tasks went on on the only thread");
    assert_eq!(count(&db).await, 2);
}

#[tokio::test]
async fn a_task_whose_queries_never_wait_lets_others_run() {
    let (_directory, db) = with_steps(4000).await;
    let ticks = Arc::new(AtomicUsize::new(0));
    let counted = ticks.clone();
    tokio::spawn(async move {
        loop {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    });
    for _ in 0..2000 {
        assert_eq!(count(&db).await, 0);
    }
    assert!(ticks.load(Ordering::Relaxed) >= 10, "{ticks:?}");
}

#[tokio::test]
async fn what_only_seems_to_read_is_not_tried_here() {
    for db in [with_steps(4000).await.1, memory().await] {
        let tx = db.begin().await.unwrap();
        for (sql, rows) in [
            ("INSERT INTO note (text) VALUES ('a') RETURNING id", 1),
            ("WITH t(x) AS (VALUES ('b')) INSERT INTO note (text) SELECT x FROM t RETURNING id", 1),
            ("PRAGMA foreign_keys", 1),
        ] {
            let ran = threads(&tx, Stmt::read(sql, vec![])).await;
            assert!(ran.rows == rows && ran.on != here(), "{sql}: {} rows on {:?}", ran.rows, ran.on);
        }
        tx.commit().await.unwrap();
        assert_eq!(notes(&db).await, "a,b", "once each");
    }
}

#[tokio::test]
async fn the_log_is_folded_into_the_file_though_nobody_waits_for_it() {
    let (directory, db) = with_steps(4000).await;
    let text = "x".repeat(3000);
    for _ in 0..30 {
        db.atomic(async |tx| {
            for _ in 0..50 {
                tx.execute(insert(&text).short()).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    }
    // 1500 rows of a page each were written; the log is begun anew after each 1000.
    let size = |name: &str| std::fs::metadata(directory.path().join(name)).unwrap().len();
    assert!(size("notes.db-wal") < 1400 * 4120, "the log has {} bytes", size("notes.db-wal"));
    assert!(size("notes.db") > 900 * 3000, "the file has {} bytes", size("notes.db"));
    assert_eq!(count(&db).await, 1500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn branches_on_several_threads_share_one_transaction() {
    for db in [with_steps(500).await.1, memory().await] {
        let tx = Arc::new(db.begin().await.unwrap());
        let tasks: Vec<_> = (0..8)
            .map(|branch| {
                let tx = tx.clone();
                tokio::spawn(async move {
                    for i in 0..50u64 {
                        let stmt = insert("a");
                        tx.execute(if i % 3 == 0 { stmt } else { stmt.short() }).await.unwrap();
                        let long = threads(&*tx, rows(if i % 5 == branch % 5 { 2000 } else { 3 })).await;
                        assert!(long.rows == 2000 || long.rows == 3);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(count(&*tx).await, 400);
        let tx: Tx = Arc::into_inner(tx).unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&db).await, 400);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_transaction_left_while_a_thread_works_for_it_is_undone() {
    let (_directory, db) = with_steps(4000).await;
    for _ in 0..50 {
        let tx = db.begin().await.unwrap();
        tx.execute(insert("lost").short()).await.unwrap();
        let mut long = Box::pin(async move { tx.execute(rows(50_000)).await.map(drop) });
        assert!(poll_fn(|cx| Poll::Ready(long.as_mut().poll(cx).is_pending())).await);
        drop(long);
        db.execute(Stmt::write("UPDATE note SET text = text", vec![]).short()).await.unwrap();
        assert_eq!(count(&db).await, 0);
    }
}
