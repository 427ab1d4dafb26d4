//! Dropping a future, wherever it stands, leaves nothing half done.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use common::notes::{inserter, notes, on_notes, poll_times};
use quintet_orm::{Db, Executor, Stmt};

on_notes! {
    dropped_at_any_await_it_is_all_or_nothing_and_its_connection_is_free,
    a_commit_on_its_way_happens_though_nobody_waits_for_it,
    a_savepoint_dropped_at_any_await_leaves_the_transaction_whole,
}

async fn dropped_at_any_await_it_is_all_or_nothing_and_its_connection_is_free(db: Db) {
    let insert = inserter(&db);
    // How many polls it takes depends on how quickly the database answers. Pauses of the program's own are always there.
    for pauses in [true, false] {
        let pause = async || {
            if pauses {
                tokio::task::yield_now().await;
            }
        };
        let mut done_at = None;
        for (polls, linger) in (0..200).flat_map(|polls| [(polls, false), (polls, true)]) {
            let hooked = Arc::new(AtomicBool::new(false));
            let there = hooked.clone();
            let hook = async move || {
                there.store(true, Ordering::SeqCst);
                Ok(())
            };
            let work = db.atomic(async |tx| {
                tx.on_commit(hook);
                pause().await;
                tx.execute(insert("a")).await?;
                pause().await;
                tx.atomic(async |inner| {
                    pause().await;
                    inner.execute(insert("b")).await?;
                    pause().await;
                    inner.atomic(async |deep| deep.execute(insert("c")).await).await
                })
                .await?;
                pause().await;
                tokio::join!(tx.execute(insert("d")), tx.execute(insert("e"))).1?;
                Ok(())
            });
            let finished = {
                let work = pin!(work);
                poll_times(work, polls, linger).await.is_some()
            };
            // A transaction behind it goes through: the connection is not stuck, and the end of the other one came before it.
            let there = db.atomic(async |tx| Ok(notes(tx).await)).await.unwrap();
            assert!(there.is_empty() || there == "a,b,c,d,e", "{polls} polls left {there:?}");
            assert!(!finished || !there.is_empty(), "finished after {polls} polls, but nothing is there");
            if there.is_empty() {
                assert!(!hooked.load(Ordering::SeqCst), "the hook ran without a commit");
            } else {
                while !hooked.load(Ordering::SeqCst) {
                    tokio::task::yield_now().await;
                }
            }
            db.execute(Stmt::write("DELETE FROM note", vec![])).await.unwrap();
            if finished {
                done_at = Some(polls);
                break;
            }
        }
        assert!(done_at.unwrap() > if pauses { 5 } else { 0 }, "done after {done_at:?} polls");
    }
}

async fn a_commit_on_its_way_happens_though_nobody_waits_for_it(db: Db) {
    let insert = inserter(&db);
    let (told, hears) = tokio::sync::oneshot::channel();
    let tx = db.begin().await.unwrap();
    tx.execute(insert("a")).await.unwrap();
    tx.on_commit(async move || {
        told.send(()).unwrap();
        Ok(())
    });
    poll_times(pin!(tx.commit()), 1, false).await;
    // Behind it.
    db.atomic(async |tx| tx.execute(insert("b")).await).await.unwrap();
    assert_eq!(notes(&db).await, "a,b");
    hears.await.unwrap();
    // Not polled at all, it is as good as dropped.
    let tx = db.begin().await.unwrap();
    tx.execute(insert("c")).await.unwrap();
    drop(tx.commit());
    let there = db.atomic(async |tx| Ok(notes(tx).await)).await.unwrap();
    assert_eq!(there, "a,b");
}

async fn a_savepoint_dropped_at_any_await_leaves_the_transaction_whole(db: Db) {
    let insert = inserter(&db);
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
        let there = notes(&db).await;
        let whole = there == "a,b,c,d";
        assert!(whole || (there == "a,d" && !finished), "{polls} polls left {there}");
        db.execute(Stmt::write("DELETE FROM note", vec![])).await.unwrap();
        if finished {
            return;
        }
    }
    panic!("never finished");
}
