//! Dropping a future, wherever it stands, leaves nothing half done.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod driver_support;

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use driver_support::{file, insert, memory, notes};
use quintet_orm::{Executor, Stmt};

/// Polls `work` at most `most` times, each time when it asks for it. With `linger`, the last poll's request for another
/// one is awaited (the writer has done what was asked) but not followed.
async fn poll_times<F: Future>(mut work: Pin<&mut F>, most: usize, linger: bool) -> Option<F::Output> {
    let mut left = most;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if left == 0 && !linger => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[tokio::test]
async fn dropped_at_any_await_it_is_all_or_nothing_and_the_writer_is_free() {
    let ((_directory, on_disk), in_memory) = (file().await, memory().await);
    // How many polls it takes depends on how quickly the writer answers. Pauses of the program's own are always there.
    for (db, pauses) in [(&on_disk, true), (&on_disk, false), (&in_memory, true), (&in_memory, false)] {
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
            // A write behind it goes through: the writer is not stuck, and the end of the transaction came before it.
            db.execute(Stmt::write("UPDATE note SET text = text", vec![])).await.unwrap();
            let there = notes(db).await;
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

#[tokio::test]
async fn a_commit_on_its_way_happens_though_nobody_waits_for_it() {
    let (_directory, db) = file().await;
    let (told, hears) = tokio::sync::oneshot::channel();
    let tx = db.begin().await.unwrap();
    tx.execute(insert("a")).await.unwrap();
    tx.on_commit(async move || {
        told.send(()).unwrap();
        Ok(())
    });
    poll_times(pin!(tx.commit()), 1, false).await;
    db.execute(insert("b")).await.unwrap();
    assert_eq!(notes(&db).await, "a,b");
    hears.await.unwrap();
    // Not polled at all, it is as good as dropped.
    let tx = db.begin().await.unwrap();
    tx.execute(insert("c")).await.unwrap();
    drop(tx.commit());
    assert_eq!(notes(&db).await, "a,b");
}

#[tokio::test]
async fn a_savepoint_dropped_at_any_await_leaves_the_transaction_whole() {
    let (_directory, db) = file().await;
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
