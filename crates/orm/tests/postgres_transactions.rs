//! What is PostgreSQL's own about transactions; driver_transactions.rs and driver_cancel.rs have what all databases share.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod postgres_support;

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use postgres_support::{bed, bed_with, count, dynamic, insert, notes, one, options, poll_times};
use quintet_core::{Error, ErrorKind, Result, Value};
use quintet_orm::{DbOptions, Executor, Stmt};

#[tokio::test]
async fn statements_of_a_join_are_pipelined_in_order() {
    let Some(bed) = bed().await else { return };
    bed.db
        .atomic(async |tx| {
            let one = |n: i64| {
                let sql = "INSERT INTO note (text) VALUES ($1::bigint::text) RETURNING id, text";
                dynamic(tx).rows(Stmt::write(sql, vec![Value::Int(n)]))
            };
            let all = tokio::join!(one(10), one(20), one(30), one(40));
            let ids: Vec<i64> =
                [all.0?, all.1?, all.2?, all.3?].iter().map(|rows| rows[0][0].as_int().unwrap()).collect();
            assert_eq!(ids, [1, 2, 3, 4]);
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(notes(&bed.db).await, "10,20,30,40");
}

/// PostgreSQL answers COMMIT with success and the word ROLLBACK if a statement had failed.
#[tokio::test]
async fn a_commit_after_a_swallowed_failure_is_an_error() {
    let Some(bed) = bed().await else { return };
    let hooked = Arc::new(AtomicBool::new(false));
    let there = hooked.clone();
    let error = bed
        .db
        .atomic(async move |tx| {
            tx.on_commit(async move || {
                there.store(true, Ordering::SeqCst);
                Ok(())
            });
            tx.execute(insert("a")).await?;
            let _swallowed =
                tx.execute(Stmt::write("INSERT INTO note (id, text) VALUES (1, 'x')", vec![])).await;
            let next = tx.execute(insert("b")).await.unwrap_err();
            assert!(next.to_string().contains("tx.atomic"), "{next}");
            Ok(())
        })
        .await
        .unwrap_err();
    assert!(error.to_string().contains("PostgreSQL has undone everything"), "{error}");
    assert_eq!((count(&bed.db).await, hooked.load(Ordering::SeqCst)), (0, false));
}

#[tokio::test]
async fn a_refused_commit_names_the_rule() {
    let Some(bed) = bed().await else { return };
    let child =
        "CREATE TABLE child (note_id BIGINT NOT NULL REFERENCES note (id) DEFERRABLE INITIALLY DEFERRED)";
    bed.db.batch(child.into()).await.unwrap();
    let error = bed
        .db
        .atomic(async |tx| tx.execute(Stmt::write("INSERT INTO child VALUES (99)", vec![])).await)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`child_note_id_fkey` of `child`"), "{error}");
}

#[tokio::test]
async fn a_transaction_is_ended_only_by_its_handle() {
    let Some(bed) = bed().await else { return };
    let db = &bed.db;
    for sql in ["ROLLBACK", "commit", " begin", "/* x */ SAVEPOINT a"] {
        let stmt = || Stmt::write(sql, vec![]);
        let inside = db.atomic(async |tx| tx.execute(stmt()).await).await.unwrap_err();
        let alone = db.execute(stmt()).await.unwrap_err();
        for error in [inside, alone] {
            assert!(error.to_string().contains("`db.atomic(..)`"), "{error}");
        }
    }
    let error = db
        .atomic(async |tx| {
            tx.execute(insert("a")).await?;
            tx.batch("ROLLBACK".into()).await?;
            tx.execute(insert("would stand alone")).await
        })
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no longer open"), "{error}");
    // Sent before the batch is answered, it waits all the same.
    let error = db
        .atomic(async |tx| {
            let (ended, alone) =
                tokio::join!(tx.batch("COMMIT".into()), tx.execute(insert("would stand alone")));
            ended?;
            alone
        })
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no longer open"), "{error}");
    let error = db.batch("BEGIN; INSERT INTO note (text) VALUES ('x')".into()).await.unwrap_err();
    assert!(error.to_string().contains("db.atomic"), "{error}");
    assert_eq!(count(db).await, 0);
}

#[tokio::test]
async fn a_transaction_dropped_while_a_statement_runs_does_not_wait_for_it() {
    let Some(bed) = bed_with(DbOptions { connections: 1, ..options() }, "").await else { return };
    let tx = bed.db.begin().await.unwrap();
    tx.execute(insert("a")).await.unwrap();
    // Would hold the only connection for a minute, and the test's own wait is as long.
    let asleep = poll_times(pin!(tx.execute(Stmt::read("SELECT pg_sleep(59)", vec![]))), 1, false).await;
    assert!(asleep.is_none());
    drop(tx);
    let bounded = tokio::time::timeout(std::time::Duration::from_secs(30), bed.db.begin()).await;
    let tx = bounded.expect("the statement was cancelled").unwrap();
    assert_eq!(count(&tx).await, 0);
    tx.rollback().await.unwrap();
    // The cancel hit nobody else.
    for _ in 0..20 {
        bed.db.atomic(async |tx| tx.execute(insert("b")).await).await.unwrap();
    }
    assert_eq!(count(&bed.db).await, 20);
}

#[tokio::test]
async fn serializable_transactions_that_clash_say_so() {
    let Some(bed) = bed().await else { return };
    bed.db.execute(insert("a")).await.unwrap();
    let serializable = || Stmt::write("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", vec![]);
    let (one, two) = (bed.db.begin().await.unwrap(), bed.db.begin().await.unwrap());
    for tx in [&one, &two] {
        tx.execute(serializable()).await.unwrap();
        assert_eq!(count(tx).await, 1);
    }
    for tx in [&one, &two] {
        tx.execute(insert("b")).await.unwrap();
    }
    one.commit().await.unwrap();
    let error = two.commit().await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (&ErrorKind::Clash, 503));
    assert!(error.to_string().contains("run it again"), "{error}");
}

#[tokio::test]
async fn a_deadlock_ends_one_of_two() {
    let Some(bed) = bed().await else { return };
    bed.db.batch("INSERT INTO note (text) VALUES ('a'), ('b')".into()).await.unwrap();
    let (one, two) = (bed.db.begin().await.unwrap(), bed.db.begin().await.unwrap());
    let touch = |id: i64| Stmt::write("UPDATE note SET text = 'x' WHERE id = $1", vec![Value::Int(id)]);
    one.execute(touch(1)).await.unwrap();
    two.execute(touch(2)).await.unwrap();
    let (left, right) = tokio::join!(one.execute(touch(2)), async {
        let answer = two.execute(touch(1)).await;
        two.rollback().await.unwrap();
        answer
    });
    let failed: Vec<Error> = [left, right].into_iter().filter_map(Result::err).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(*failed[0].kind(), ErrorKind::Clash);
}

#[tokio::test]
async fn settings_of_a_transaction_do_not_reach_the_next() {
    let Some(bed) = bed_with(DbOptions { connections: 1, ..options() }, "").await else { return };
    let set = |sql: &str| Stmt::write(sql, vec![]);
    bed.db
        .atomic(async |tx| {
            tx.execute(set("SET LOCAL work_mem = '5MB'")).await?;
            tx.execute(set("SET lock_timeout = '7s'")).await?;
            tx.execute(set("CREATE TEMP TABLE left_behind (id INT)")).await
        })
        .await
        .unwrap();
    bed.db
        .atomic(async |tx| {
            assert_eq!(one(tx, "SHOW lock_timeout").await, Value::Text("0".into()));
            assert_eq!(one(tx, "SELECT to_regclass('left_behind') IS NULL").await, Value::Bool(true));
            Ok(())
        })
        .await
        .unwrap();
    let error = bed.db.execute(set("SET lock_timeout = '7s'")).await.unwrap_err();
    assert!(error.to_string().contains("which others share"), "{error}");
}
