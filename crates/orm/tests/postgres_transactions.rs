//! All or nothing on PostgreSQL, however a transaction ends.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod postgres_support;

use std::{
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use postgres_support::{bed, bed_with, count, dynamic, insert, notes, one, options, poll_times};
use quintet_core::{Error, ErrorKind, Result, Value};
use quintet_orm::{DbOptions, Executor, Stmt, Transaction};

#[tokio::test]
async fn ok_commits_and_err_rolls_back() {
    let Some(bed) = bed().await else { return };
    let db = &bed.db;
    let id = db
        .atomic(async |tx| {
            let rows = dynamic(tx)
                .rows(Stmt::write(
                    "INSERT INTO note (text) VALUES ($1) RETURNING id",
                    vec![Value::Text("a".into())],
                ))
                .await?;
            Ok(rows[0][0].as_int().unwrap())
        })
        .await
        .unwrap();
    assert_eq!(id, 1);
    let other = bed.other().await;
    let error = db
        .atomic(async |tx| -> Result {
            tx.execute(insert("b")).await?;
            assert_eq!((count(tx).await, count(&other).await), (2, 1));
            Err(Error::forbidden("no"))
        })
        .await
        .unwrap_err();
    assert_eq!(error.status(), 403);
    assert_eq!(notes(db).await, "a");
}

#[tokio::test]
async fn savepoints_undo_their_part_only() {
    let Some(bed) = bed().await else { return };
    bed.db
        .atomic(async |tx| {
            tx.execute(insert("a")).await?;
            let lost: Result = tx
                .atomic(async |inner| {
                    inner.execute(insert("lost")).await?;
                    inner.atomic(async |deep| deep.execute(insert("lost too")).await).await?;
                    Err(Error::internal("undo"))
                })
                .await;
            assert!(lost.is_err());
            tx.atomic(async |inner| {
                inner.execute(insert("b")).await?;
                let twice = Stmt::write("INSERT INTO note (id, text) VALUES (1, 'x')", vec![]);
                let conflict = inner.atomic(async |deep| deep.execute(twice).await).await.unwrap_err();
                assert_eq!(conflict.status(), 409, "{conflict}");
                inner.execute(insert("c")).await
            })
            .await?;
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(notes(&bed.db).await, "a,b,c");
}

#[tokio::test]
async fn branches_of_a_join_run_in_one_transaction_and_keep_their_savepoints_apart() {
    let Some(bed) = bed().await else { return };
    bed.db
        .atomic(async |tx| {
            let undone = tx.atomic(async |inner| -> Result {
                inner.execute(insert("lost")).await?;
                tokio::task::yield_now().await;
                inner.execute(insert("lost")).await?;
                Err(Error::internal("undo"))
            });
            let kept = tx.atomic(async |inner| {
                inner.execute(insert("kept")).await?;
                tokio::task::yield_now().await;
                inner.execute(insert("kept")).await
            });
            let (undone, kept, plain) = tokio::join!(undone, kept, tx.execute(insert("plain")));
            assert!(undone.is_err() && kept.is_ok() && plain.is_ok());
            Ok(())
        })
        .await
        .unwrap();
    let all = notes(&bed.db).await;
    let mut all: Vec<&str> = all.split(',').collect();
    all.sort_unstable();
    assert_eq!(all, ["kept", "kept", "plain"]);
}

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

#[tokio::test]
async fn a_panic_rolls_back_and_frees_the_connection() {
    let Some(bed) = bed_with(DbOptions { connections: 1, ..options() }, "").await else { return };
    let there = bed.db.clone();
    let panicked = tokio::spawn(async move {
        there
            .atomic(async |tx| -> Result {
                tx.execute(insert("a")).await?;
                tx.atomic(async |inner| -> Result {
                    inner.execute(insert("b")).await?;
                    panic!("boom");
                })
                .await
            })
            .await
    })
    .await;
    assert!(panicked.unwrap_err().is_panic());
    bed.db.atomic(async |tx| tx.execute(insert("c")).await).await.unwrap();
    assert_eq!(notes(&bed.db).await, "c");
}

#[tokio::test]
async fn begin_commit_roll_back_and_drop() {
    let Some(bed) = bed_with(DbOptions { connections: 1, ..options() }, "").await else { return };
    let db = &bed.db;
    let tx = db.begin().await.unwrap();
    tx.execute(insert("a")).await.unwrap();
    assert_eq!((count(&tx).await, count(db).await), (1, 0), "others don't see it yet");
    tx.commit().await.unwrap();
    let tx = db.begin().await.unwrap();
    tx.execute(insert("b")).await.unwrap();
    tx.rollback().await.unwrap();
    let tx = db.begin().await.unwrap();
    tx.execute(insert("c")).await.unwrap();
    drop(tx);
    let boxed: Box<dyn Transaction> = Box::new(db.begin().await.unwrap());
    boxed.execute(insert("d")).await.unwrap();
    boxed.commit().await.unwrap();
    assert_eq!(notes(db).await, "a,d");
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
async fn a_commit_that_the_database_refuses_undoes_everything() {
    let Some(bed) = bed().await else { return };
    let child =
        "CREATE TABLE child (note_id BIGINT NOT NULL REFERENCES note (id) DEFERRABLE INITIALLY DEFERRED)";
    bed.db.batch(child.into()).await.unwrap();
    let error = bed
        .db
        .atomic(async |tx| {
            tx.execute(insert("a")).await?;
            tx.execute(Stmt::write("INSERT INTO child VALUES (99)", vec![])).await
        })
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protected);
    assert!(error.to_string().contains("`child_note_id_fkey` of `child`"), "{error}");
    assert_eq!(count(&bed.db).await, 0);
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
async fn hooks_run_in_order_after_the_commit_and_never_without_it() {
    let Some(bed) = bed().await else { return };
    let db = bed.db.clone();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = |word: &'static str| {
        let (heard, db) = (heard.clone(), db.clone());
        async move || {
            let seen = count(&db).await;
            heard.lock().unwrap().push((word, seen));
            Ok(())
        }
    };
    db.atomic(async |tx| {
        tx.on_commit(hear("first"));
        tx.on_commit(async || Err(Error::internal("a hook that fails stops nothing")));
        let _: Result = tx
            .atomic(async |inner| {
                inner.on_commit(hear("of a savepoint that was undone"));
                Err(Error::internal("undo"))
            })
            .await;
        tx.atomic(async |inner| {
            inner.on_commit(hear("second"));
            Ok(())
        })
        .await?;
        tx.execute(insert("a")).await?;
        assert!(heard.lock().unwrap().is_empty());
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(*heard.lock().unwrap(), [("first", 1), ("second", 1)]);
    let tx = db.begin().await.unwrap();
    tx.on_commit(hear("of a transaction that was dropped"));
    drop(tx);
    db.atomic(async |tx| tx.execute(insert("b")).await).await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn dropped_at_any_await_it_is_all_or_nothing_and_the_connection_is_free() {
    // With one connection, whoever comes next waits for the end of what was dropped.
    let Some(bed) = bed_with(DbOptions { connections: 1, ..options() }, "").await else { return };
    let db = &bed.db;
    let (mut done_at, mut kept_unfinished) = (None, 0);
    for (polls, linger) in (0..200).flat_map(|polls| [(polls, false), (polls, true)]) {
        let hooked = Arc::new(AtomicBool::new(false));
        let there = hooked.clone();
        let hook = async move || {
            there.store(true, Ordering::SeqCst);
            Ok(())
        };
        let work = db.atomic(async |tx| {
            tx.on_commit(hook);
            tx.execute(insert("a")).await?;
            tx.atomic(async |inner| {
                inner.execute(insert("b")).await?;
                inner.atomic(async |deep| deep.execute(insert("c")).await).await
            })
            .await?;
            tokio::join!(tx.execute(insert("d")), tx.execute(insert("e"))).1?;
            Ok(())
        });
        let finished = {
            let work = pin!(work);
            poll_times(work, polls, linger).await.is_some()
        };
        // A transaction behind it goes through, and sees how it ended.
        let there = db.atomic(async |tx| Ok(notes(tx).await)).await.unwrap();
        assert!(there.is_empty() || there == "a,b,c,d,e", "{polls} polls left {there:?}");
        assert!(!finished || !there.is_empty(), "finished after {polls} polls, but nothing is there");
        if there.is_empty() {
            assert!(!hooked.load(Ordering::SeqCst), "the hook ran without a commit");
        } else {
            while !hooked.load(Ordering::SeqCst) {
                tokio::task::yield_now().await;
            }
            kept_unfinished += usize::from(!finished);
        }
        db.execute(Stmt::write("DELETE FROM note", vec![])).await.unwrap();
        if finished {
            done_at = Some(polls);
            break;
        }
    }
    assert!(done_at.unwrap() > 5, "there are several points to be dropped at: {done_at:?}");
    // A commit that is on its way happens, though nobody waits for it.
    assert!(kept_unfinished > 0);
}

#[tokio::test]
async fn a_savepoint_dropped_at_any_await_leaves_the_transaction_whole() {
    let Some(bed) = bed().await else { return };
    let db = &bed.db;
    for (polls, linger) in (0..200).flat_map(|polls| [(polls, false), (polls, true)]) {
        let finished = db
            .atomic(async |tx| {
                tx.execute(insert("a")).await?;
                let work = tx.atomic(async |inner| {
                    inner.execute(insert("b")).await?;
                    inner.execute(insert("c")).await
                });
                let finished = poll_times(pin!(work), polls, linger).await.is_some();
                tx.execute(insert("d")).await?;
                Ok(finished)
            })
            .await
            .unwrap();
        let there = notes(db).await;
        let whole = there == "a,b,c,d";
        assert!(whole || (there == "a,d" && !finished), "{polls} polls left {there}");
        db.execute(Stmt::write("DELETE FROM note", vec![])).await.unwrap();
        if finished {
            return;
        }
    }
    panic!("never finished");
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
