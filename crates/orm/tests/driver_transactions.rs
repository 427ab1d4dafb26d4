//! All or nothing, however a transaction ends, on every database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use common::{
    notes::{count, in_a_file, in_memory, inserter, is_shared, notes, on_notes, one},
    typed,
};
use quintet_core::{Error, Result};
use quintet_orm::{Db, DbOptions, Executor, Stmt, Transaction, Tx};

on_notes! {
    ok_commits_and_err_rolls_back,
    an_atomic_can_be_spawned_and_have_its_own_error,
    savepoints_undo_their_part_only,
    a_failed_statement_can_be_survived_inside_a_savepoint,
    branches_of_a_join_do_not_slip_into_each_others_savepoints,
    a_panic_rolls_back_and_frees_the_writer,
    begin_commit_roll_back_and_drop,
    any_handle_begins_a_part_of_its_own,
    the_outer_handle_is_refused_inside_and_the_error_names_the_fix,
    hooks_run_in_order_after_the_commit_and_never_without_it,
    hooks_run_for_the_request_that_gave_them,
    a_commit_that_the_database_refuses_undoes_everything,
    a_transaction_ended_by_a_statement_is_noticed,
}

async fn ok_commits_and_err_rolls_back(db: Db) {
    let insert = inserter(&db);
    let id = db
        .atomic(async |tx| {
            let mut returning = insert("a");
            returning.sql = format!("{} RETURNING id", returning.sql).into();
            let rows = (tx as &dyn Executor).rows(returning).await?;
            Ok(rows[0][0].as_int().unwrap())
        })
        .await
        .unwrap();
    assert_eq!(id, 1);
    let error = db
        .atomic(async |tx| -> Result {
            tx.execute(insert("b")).await?;
            assert_eq!(count(tx).await, 2);
            if is_shared(&db) {
                let there = db.clone();
                assert_eq!(tokio::spawn(async move { count(&there).await }).await?, 1, "others don't see it");
            }
            Err(Error::forbidden("no"))
        })
        .await
        .unwrap_err();
    assert_eq!((error.status().as_u16(), count(&db).await), (403, 1));
}

async fn an_atomic_can_be_spawned_and_have_its_own_error(db: Db) {
    #[derive(Debug)]
    struct Own(String);
    impl From<Error> for Own {
        fn from(error: Error) -> Own {
            Own(error.to_string())
        }
    }
    async fn write(tx: &Tx, text: &str) -> Result {
        tx.execute(inserter(tx)(text)).await?;
        Ok(())
    }
    let there = db.clone();
    tokio::spawn(async move {
        let name = String::from("a");
        there
            .atomic(async |tx| {
                write(tx, &name).await?;
                let number: i64 = "7".parse()?;
                tx.atomic(async |inner| write(inner, &number.to_string()).await).await
            })
            .await
    })
    .await
    .unwrap()
    .unwrap();
    let there = db.clone();
    let own = tokio::spawn(async move {
        there
            .try_atomic(async |tx| {
                write(tx, "b").await?;
                Err::<(), _>(Own("mine".into()))
            })
            .await
    });
    assert_eq!(own.await.unwrap().unwrap_err().0, "mine");
    let sql = db.try_atomic(async |tx| Ok::<_, Own>(tx.batch("nonsense".into()).await?)).await;
    assert!(sql.unwrap_err().0.contains("nonsense"));
    assert_eq!(notes(&db).await, "a,7");
}

async fn savepoints_undo_their_part_only(db: Db) {
    let insert = inserter(&db);
    db.atomic(async |tx| {
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
            let lost: Result = inner
                .atomic(async |deep| {
                    deep.execute(insert("lost")).await?;
                    Err(Error::internal("undo"))
                })
                .await;
            assert!(lost.is_err());
            inner.execute(insert("c")).await
        })
        .await?;
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(notes(&db).await, "a,b,c");
}

async fn a_failed_statement_can_be_survived_inside_a_savepoint(db: Db) {
    let insert = inserter(&db);
    db.atomic(async |tx| {
        tx.execute(insert("a")).await?;
        let twice = Stmt::write("INSERT INTO note (id, text) VALUES (2, 'x'), (1, 'y')", vec![]);
        let conflict = tx.atomic(async |inner| inner.execute(twice).await).await.unwrap_err();
        assert_eq!(conflict.status(), 409);
        tx.execute(insert("b")).await
    })
    .await
    .unwrap();
    assert_eq!(notes(&db).await, "a,b");
}

async fn branches_of_a_join_do_not_slip_into_each_others_savepoints(db: Db) {
    let insert = inserter(&db);
    db.atomic(async |tx| {
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
    let mut all: Vec<String> = notes(&db).await.split(',').map(str::to_owned).collect();
    all.sort();
    assert_eq!(all, ["kept", "kept", "plain"]);
}

async fn a_panic_rolls_back_and_frees_the_writer(db: Db) {
    let insert = inserter(&db);
    let there = db.clone();
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
    db.execute(insert("c")).await.unwrap();
    assert_eq!(notes(&db).await, "c");
}

async fn begin_commit_roll_back_and_drop(db: Db) {
    let insert = inserter(&db);
    let tx = db.begin().await.unwrap();
    tx.execute(insert("a")).await.unwrap();
    assert_eq!(count(&tx).await, 1);
    if is_shared(&db) {
        assert_eq!(count(&db).await, 0, "others don't see it yet");
    }
    tx.commit().await.unwrap();
    let tx = db.begin().await.unwrap();
    tx.execute(insert("b")).await.unwrap();
    tx.rollback().await.unwrap();
    let tx = db.begin().await.unwrap();
    tx.execute(insert("c")).await.unwrap();
    drop(tx);
    db.execute(insert("d")).await.unwrap();
    assert_eq!(notes(&db).await, "a,d");
}

#[tokio::test]
async fn a_level_with_an_open_savepoint_is_not_waited_for_without_end() {
    let options = DbOptions { writer_wait: Duration::from_millis(250), ..DbOptions::default() };
    let db = Db::open("sqlite::memory:", options).await.unwrap();
    let insert = inserter(&db);
    db.batch("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)".into()).await.unwrap();
    let tx = db.begin().await.unwrap();
    let open = Executor::begin(&tx).await.unwrap();
    let error = tx.execute(insert("a")).await.unwrap_err();
    assert_eq!(error.status().as_u16(), 503);
    assert!(error.to_string().contains("savepoint that is open inside it"), "{error}");
    drop(open);
    tx.execute(insert("b")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(notes(&db).await, "b");
}

/// What code that takes any handle does: a transaction on `Db`, a savepoint on `Tx`.
async fn two(on: &dyn Executor, text: &str, commit: bool) -> Result {
    let part = on.begin().await?;
    part.execute(inserter(&*part)(text)).await?;
    let inner = part.begin().await?;
    inner.execute(inserter(&*inner)(text)).await?;
    inner.commit().await?;
    if commit { part.commit().await } else { Ok(()) }
}

async fn any_handle_begins_a_part_of_its_own(db: Db) {
    two(&db, "a", true).await.unwrap();
    two(&db, "lost", false).await.unwrap();
    db.atomic(async |tx| {
        two(tx, "b", true).await?;
        two(tx, "lost", false).await?;
        tx.atomic(async |inner| two(inner, "c", true).await).await
    })
    .await
    .unwrap();
    assert_eq!(notes(&db).await, "a,a,b,b,c,c");
    let boxed: Box<dyn Transaction> = Box::new(db.begin().await.unwrap());
    drop(boxed);
}

async fn the_outer_handle_is_refused_inside_and_the_error_names_the_fix(db: Db) {
    let insert = inserter(&db);
    db.atomic(async |tx| {
        for error in [
            db.execute(insert("x")).await.unwrap_err(),
            db.batch("SELECT 1".into()).await.unwrap_err(),
            (&db as &dyn Executor).rows(Stmt::read("SELECT 1", vec![])).await.unwrap_err(),
            db.clone().begin().await.unwrap_err(),
            db.atomic(async |_| Ok(())).await.unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(text.contains("`db.atomic(..)`") && text.contains("driver_transactions.rs"), "{text}");
            assert!(text.contains("use the handle that the closure is given"), "{text}");
        }
        tx.atomic(async |inner| {
            let text = tx.execute(insert("x")).await.unwrap_err().to_string();
            assert!(text.contains("`tx.atomic(..)`"), "{text}");
            assert!(db.execute(insert("x")).await.is_err(), "two levels up is refused as well");
            inner.execute(insert("a")).await
        })
        .await?;
        let other = in_memory().await;
        other.execute(inserter(&other)("another database is free")).await?;
        Ok(())
    })
    .await
    .unwrap();
    db.execute(insert("b")).await.unwrap();
    assert_eq!(notes(&db).await, "a,b");
}

async fn hooks_run_in_order_after_the_commit_and_never_without_it(db: Db) {
    let insert = inserter(&db);
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
        tx.on_commit(async || panic!("nor does one that panics"));
        let _: Result = tx
            .atomic(async |inner| {
                inner.on_commit(hear("of a savepoint that was undone"));
                inner
                    .atomic(async |deep| {
                        deep.on_commit(hear("undone with it"));
                        Ok(())
                    })
                    .await?;
                Err(Error::internal("undo"))
            })
            .await;
        tx.atomic(async |inner| {
            inner.on_commit(hear("second"));
            Ok(())
        })
        .await?;
        tx.on_commit(hear("third"));
        tx.execute(insert("a")).await?;
        assert!(heard.lock().unwrap().is_empty());
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(*heard.lock().unwrap(), [("first", 1), ("second", 1), ("third", 1)]);
    let _: Result = db
        .atomic(async |tx| {
            tx.on_commit(hear("of a transaction that was undone"));
            Err(Error::internal("undo"))
        })
        .await;
    let tx = db.begin().await.unwrap();
    tx.on_commit(hear("of a transaction that was dropped"));
    drop(tx);
    db.execute(insert("b")).await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), 3);
}

async fn hooks_run_for_the_request_that_gave_them(db: Db) {
    let found = Arc::new(AtomicUsize::new(0));
    let there = found.clone();
    let mut services = quintet_core::Services::builder();
    services.insert(7usize);
    let work = db.atomic(async move |tx| {
        tx.on_commit(async move || {
            let services = quintet_core::Services::current().unwrap();
            there.store(*services.require::<usize>()?, Ordering::SeqCst);
            Ok(())
        });
        Ok(())
    });
    services.build().scope(work).await.unwrap();
    assert_eq!(found.load(Ordering::SeqCst), 7);
}

async fn a_commit_that_the_database_refuses_undoes_everything(db: Db) {
    let insert = inserter(&db);
    let child =
        "CREATE TABLE child (note_id :ref NOT NULL REFERENCES note (id) DEFERRABLE INITIALLY DEFERRED)";
    db.batch(typed(db.dialect(), child)).await.unwrap();
    let hooked = Arc::new(AtomicBool::new(false));
    let there = hooked.clone();
    let error = db
        .atomic(async move |tx| {
            tx.on_commit(async move || {
                there.store(true, Ordering::SeqCst);
                Ok(())
            });
            tx.execute(insert("a")).await?;
            tx.execute(Stmt::write("INSERT INTO child VALUES (99)", vec![])).await
        })
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), quintet_core::ErrorKind::Protected);
    assert_eq!((count(&db).await, hooked.load(Ordering::SeqCst)), (0, false));
}

async fn a_transaction_ended_by_a_statement_is_noticed(db: Db) {
    let insert = inserter(&db);
    let error = db
        .atomic(async |tx| {
            tx.execute(insert("a")).await?;
            tx.batch("ROLLBACK".into()).await?;
            tx.execute(insert("would stand alone")).await
        })
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no longer open"), "{error}");
    let error = db.batch("BEGIN; INSERT INTO note (text) VALUES ('x')".into()).await.unwrap_err();
    assert!(error.to_string().contains("db.atomic"), "{error}");
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn the_schema_is_changed_without_foreign_keys_but_they_are_checked() {
    async fn rebuild(tx: &Tx, keep: &str) -> Result {
        tx.batch(format!(
            "CREATE TABLE note_new (id INTEGER PRIMARY KEY, text TEXT NOT NULL, stars INTEGER);
             INSERT INTO note_new (id, text) SELECT id, text FROM note WHERE {keep};
             DROP TABLE note;
             ALTER TABLE note_new RENAME TO note;"
        ))
        .await
    }
    let (_folder, db) = in_a_file().await;
    db.batch("CREATE TABLE child (note_id INTEGER NOT NULL REFERENCES note (id) ON DELETE CASCADE)".into())
        .await
        .unwrap();
    db.batch("INSERT INTO note VALUES (1, 'a'), (2, 'b'); INSERT INTO child VALUES (1), (2)".into())
        .await
        .unwrap();
    let error = db.atomic_schema(async |tx| rebuild(tx, "id = 1").await).await.unwrap_err().to_string();
    assert!(error.contains("`child`") && error.contains("`note`") && error.contains("row 2"), "{error}");
    assert!(db.execute(Stmt::read("SELECT stars FROM note", vec![])).await.is_err(), "undone");
    db.atomic_schema(async |tx| rebuild(tx, "true").await).await.unwrap();
    assert_eq!(one(&db, "SELECT count(*) FROM child").await.as_int(), Some(2), "no cascade by DROP TABLE");
    let error = db.execute(Stmt::write("INSERT INTO child VALUES (99)", vec![])).await.unwrap_err();
    assert_eq!(error.status(), 409, "enforced again afterwards");
}

#[allow(dead_code, reason = "compiles or not")]
fn futures_may_move_between_threads(db: &Db, tx: &Tx) {
    fn send<T: Send>(_: T) {}
    send(db.atomic(async |tx| tx.execute(inserter(tx)("a")).await));
    send(tx.atomic(async |tx| tx.execute(inserter(tx)("a")).await));
    send(db.begin());
}
