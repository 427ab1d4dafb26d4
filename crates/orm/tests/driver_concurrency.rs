//! Many at once: readers, writers, transactions, other processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod driver_support;

use std::{sync::Arc, time::Duration};

use driver_support::{count, file, insert, memory, notes, one, options};
use quintet_core::{Error, ErrorKind, Result, Value};
use quintet_orm::{Db, DbOptions, Executor, Stmt};
use tokio::sync::Barrier;

async fn file_with(change: impl FnOnce(&mut DbOptions)) -> (tempfile::TempDir, Db) {
    let (directory, first) = file().await;
    first.close().await;
    let mut options = options(directory.path());
    change(&mut options);
    let db = Db::open("sqlite://notes.db", options).await.unwrap();
    (directory, db)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_tasks_read_and_write_without_losing_anything() {
    for (directory, db) in [file_with(|o| o.readers = 4).await]
        .map(|(d, db)| (Some(d), db))
        .into_iter()
        .chain([(None, memory().await)])
    {
        db.batch("CREATE TABLE counter (n INTEGER NOT NULL); INSERT INTO counter VALUES (0)".into())
            .await
            .unwrap();
        let start = Arc::new(Barrier::new(200));
        let tasks: Vec<_> = (0..200)
            .map(|i| {
                let (db, start) = (db.clone(), start.clone());
                tokio::spawn(async move {
                    start.wait().await;
                    for _ in 0..5 {
                        match i % 4 {
                            0 => drop(db.execute(insert("a")).await?),
                            1 => {
                                // Read, then write: safe only because a transaction has the writer from its beginning.
                                db.atomic(async |tx| {
                                    let n = one(tx, "SELECT n FROM counter").await;
                                    tokio::task::yield_now().await;
                                    tx.execute(Stmt::write("UPDATE counter SET n = ?1 + 1", vec![n])).await
                                })
                                .await?;
                            }
                            2 => {
                                let undone: Result = db
                                    .atomic(async |tx| {
                                        tx.execute(insert("lost")).await?;
                                        Err(Error::internal("undo"))
                                    })
                                    .await;
                                assert_eq!(undone.unwrap_err().to_string(), "undo");
                            }
                            _ => assert_eq!(
                                one(&db, "SELECT count(*) FROM note WHERE text = 'lost'").await.as_int(),
                                Some(0)
                            ),
                        }
                    }
                    Ok::<_, Error>(())
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(count(&db).await, 250);
        assert_eq!(one(&db, "SELECT n FROM counter").await.as_int(), Some(250));
        drop(directory);
    }
}

#[tokio::test]
async fn readers_do_not_wait_for_an_open_transaction() {
    let (_directory, db) = file().await;
    db.execute(insert("a")).await.unwrap();
    let tx = db.begin().await.unwrap();
    tx.execute(insert("b")).await.unwrap();
    assert_eq!(notes(&db).await, "a");
    tx.commit().await.unwrap();
    assert_eq!(notes(&db).await, "a,b");
}

#[tokio::test]
async fn who_waits_in_vain_for_the_writer_learns_who_has_it() {
    let (_directory, db) = file_with(|o| o.writer_wait = Duration::from_millis(250)).await;
    let held_at = line!() + 1;
    let tx = db.begin().await.unwrap();
    for error in [
        db.execute(insert("a")).await.unwrap_err(),
        db.begin().await.unwrap_err(),
        db.batch("DELETE FROM note".into()).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.status().as_u16()), (&ErrorKind::Unavailable, 503));
        let text = error.to_string();
        assert!(text.contains(&format!("driver_concurrency.rs:{held_at}:")), "{text}");
        assert!(text.contains("writer_wait") && text.contains(" s"), "{text}");
    }
    tx.execute(insert("kept")).await.unwrap();
    tx.commit().await.unwrap();
    db.execute(insert("after")).await.unwrap();
    assert_eq!(notes(&db).await, "kept,after", "what gave up is not done later");
}

#[tokio::test]
async fn a_transaction_of_library_code_is_known_by_its_first_statement() {
    let (_directory, db) = file_with(|o| o.writer_wait = Duration::from_millis(250)).await;
    let tx = Executor::begin(&db).await.unwrap();
    let place = std::panic::Location::caller();
    tx.execute(insert("a").at(place)).await.unwrap();
    let text = db.execute(insert("b")).await.unwrap_err().to_string();
    assert!(text.contains(&place.to_string()), "{text}");
}

#[tokio::test]
async fn a_wait_is_given_up_by_the_machines_clock_not_by_a_tests() {
    let (_directory, db) = file().await;
    tokio::time::pause();
    for _ in 0..20 {
        db.execute(insert("a")).await.unwrap();
    }
    assert_eq!(count(&db).await, 20);
}

#[tokio::test]
async fn a_lock_of_another_process_is_waited_for_within_bounds() {
    let (directory, db) = file_with(|o| o.writer_wait = Duration::from_millis(50)).await;
    let other = Db::open("sqlite://notes.db", options(directory.path())).await.unwrap();
    let theirs = other.begin().await.unwrap();
    theirs.execute(insert("theirs")).await.unwrap();
    for error in [db.execute(insert("ours")).await.unwrap_err(), db.begin().await.unwrap_err()] {
        assert_eq!((error.kind(), error.status().as_u16()), (&ErrorKind::Unavailable, 503));
        // Either SQLite or the queue notices first.
        let text = error.to_string();
        assert!(text.contains("another process") || text.contains("writer was not free"), "{text}");
    }
    assert_eq!(count(&db).await, 0, "reading goes on");
    theirs.commit().await.unwrap();
    let patient = Db::open("sqlite://notes.db", options(directory.path())).await.unwrap();
    patient.execute(insert("ours")).await.unwrap();
    assert_eq!(notes(&db).await, "theirs,ours");
}

#[tokio::test]
async fn two_databases_on_one_file_take_turns() {
    let (directory, one) = file().await;
    let two = Db::open("sqlite://notes.db", options(directory.path())).await.unwrap();
    let write = |db: Db| async move {
        for _ in 0..20 {
            db.atomic(async |tx| {
                let n = count(tx).await;
                tx.execute(insert(&n.to_string())).await
            })
            .await?;
        }
        Ok::<_, Error>(())
    };
    let (a, b) = tokio::join!(tokio::spawn(write(one.clone())), tokio::spawn(write(two)));
    a.unwrap().unwrap();
    b.unwrap().unwrap();
    let expected: Vec<String> = (0..40).map(|n| n.to_string()).collect();
    assert_eq!(notes(&one).await, expected.join(","));
}

#[tokio::test]
async fn a_query_that_nobody_waits_for_any_more_is_not_begun() {
    let db = memory().await;
    let tx = db.begin().await.unwrap();
    // It is queued behind the transaction, and then dropped.
    let queued = tokio::time::timeout(Duration::from_millis(5), db.execute(insert("dropped"))).await;
    assert!(queued.is_err());
    tx.commit().await.unwrap();
    db.execute(insert("a")).await.unwrap();
    assert_eq!(notes(&db).await, "a");
}

#[tokio::test]
async fn the_last_handle_may_go_while_a_query_runs() {
    let (directory, db) = file().await;
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n WHERE i < 0";
    let reading =
        tokio::time::timeout(Duration::from_millis(20), db.execute(Stmt::read(endless, vec![]))).await;
    assert!(reading.is_err());
    // Waits for the threads; it would hang here if the query were not interrupted.
    drop(db);
    let db = Db::open("sqlite://notes.db", options(directory.path())).await.unwrap();
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn a_transaction_keeps_the_database_open() {
    let (directory, db) = file().await;
    let tx = db.begin().await.unwrap();
    drop(db);
    tx.execute(insert("a")).await.unwrap();
    tx.on_commit({
        let db = tx.db().clone();
        async move || {
            db.execute(insert("by a hook with the last handle")).await?;
            Ok(())
        }
    });
    tx.commit().await.unwrap();
    let db = Db::open("sqlite://notes.db", options(directory.path())).await.unwrap();
    assert_eq!(notes(&db).await, "a,by a hook with the last handle");
}

#[tokio::test]
async fn a_changed_schema_reaches_prepared_statements_of_all_readers() {
    let (_directory, db) = file_with(|o| o.readers = 2).await;
    let all = || Stmt::read("SELECT * FROM note", vec![]);
    db.execute(insert("a")).await.unwrap();
    assert_eq!((&db as &dyn Executor).rows(all()).await.unwrap()[0].len(), 2);
    db.batch("ALTER TABLE note ADD COLUMN stars INTEGER DEFAULT 5".into()).await.unwrap();
    let rows = (&db as &dyn Executor).rows(all()).await.unwrap();
    assert_eq!(rows, [[Value::Int(1), Value::Text("a".into()), Value::Int(5)]]);
}
