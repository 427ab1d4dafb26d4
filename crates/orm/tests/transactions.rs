//! Transactions with settings: isolation, reading only, durability, trying again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use std::{
    panic::Location,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use common::{On, said};
use quintet_core::{Error, ErrorKind, Result, Value};
use quintet_orm::{Db, DbOptions, Executor, Isolation, Stmt, Tx};
use tokio::sync::Barrier;

const TABLES: &str = "CREATE TABLE memo (id :key, text TEXT NOT NULL);
                      CREATE TABLE doctor (id :key, on_call INTEGER NOT NULL)";

/// Runs each scenario in memory, in a file (where others read and write at the same time) and on a server.
macro_rules! everywhere {
    ($($name:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::On::sqlite().with(super::TABLES).await).await;
            })*
        }
        mod file {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                super::$name(super::On::sqlite_file(folder.path()).with(super::TABLES).await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                let Some(on) = super::On::postgres().await else { return };
                super::$name(on.with(super::TABLES).await).await;
            })*
        }
    };
}

everywhere! {
    isolation_is_at_least_what_was_asked_for,
    one_that_reads_refuses_to_write_and_the_connection_writes_again,
    one_that_reads_has_savepoints_and_hooks,
    what_is_deferrable_is_serializable_and_reads,
    a_durable_one_is_refused_inside_another_and_names_both_places,
    only_a_clash_is_tried_again,
    it_may_begin_and_end_by_hand,
}

fn insert(db: &Db, text: &str) -> Stmt {
    Stmt::write(said(db, "INSERT INTO memo (text) VALUES (?1)"), vec![Value::Text(text.into())])
}

async fn number(on: &dyn Executor, sql: &str) -> i64 {
    on.rows(Stmt::read(sql, vec![])).await.unwrap()[0][0].as_int().unwrap()
}

async fn count(on: &dyn Executor) -> i64 {
    number(on, "SELECT count(*) FROM memo").await
}

/// Is it one in which others may write meanwhile?
fn shared(db: &Db) -> bool {
    !db.url().contains(":memory:")
}

async fn isolation_is_at_least_what_was_asked_for(db: Db) {
    for isolation in [Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable] {
        db.transaction()
            .isolation(isolation)
            .run(async |tx| tx.execute(insert(&db, "a")).await)
            .await
            .unwrap();
    }
    assert_eq!(count(&db).await, 3);
    if !shared(&db) {
        return;
    }
    for isolation in
        [None, Some(Isolation::ReadCommitted), Some(Isolation::RepeatableRead), Some(Isolation::Serializable)]
    {
        let mut asked = db.transaction().read_only();
        if let Some(isolation) = isolation {
            asked = asked.isolation(isolation);
        }
        let given = isolation.unwrap_or(Isolation::ReadCommitted).max(db.dialect().isolation);
        let (before, after) = asked
            .run(async |tx| {
                let before = count(tx).await;
                let other = db.clone();
                tokio::spawn(async move { other.execute(insert(&other, "b")).await }).await??;
                Ok((before, count(tx).await))
            })
            .await
            .unwrap();
        let seen = i64::from(given < Isolation::RepeatableRead);
        assert_eq!(after - before, seen, "{isolation:?}, which is {given} here");
    }
    assert_eq!(count(&db).await, 7);
}

async fn one_that_reads_refuses_to_write_and_the_connection_writes_again(db: Db) {
    let here = Location::caller();
    let begun = line!() + 4;
    let error = db
        .transaction()
        .read_only()
        .run(async |tx| {
            assert_eq!(count(tx).await, 0);
            tx.execute(insert(&db, "a").at(here)).await
        })
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&format!("transactions.rs:{begun}:")) && text.contains("only reads"), "{text}");
    assert_eq!(error.location(), here);
    let tx = db.transaction().read_only().begin().await.unwrap();
    assert!(tx.batch("DELETE FROM memo".into()).await.unwrap_err().to_string().contains("only reads"));
    assert!(tx.atomic(async |inner| inner.execute(insert(&db, "a")).await).await.is_err());
    // What only says that it reads is the database's to refuse.
    let disguised = Stmt::read("INSERT INTO memo (text) VALUES ('x') RETURNING id", vec![]);
    let error = (&tx as &dyn Executor).rows(disguised).await.unwrap_err().to_string();
    assert!(error.contains("begun as") && error.contains("read"), "{error}");
    tx.rollback().await.unwrap();
    db.execute(insert(&db, "a")).await.unwrap();
    db.atomic(async |tx| tx.execute(insert(&db, "b")).await).await.unwrap();
    assert_eq!(count(&db).await, 2);
}

async fn one_that_reads_has_savepoints_and_hooks(db: Db) {
    let heard = Arc::new(AtomicBool::new(false));
    let hear = heard.clone();
    let seen = db
        .transaction()
        .read_only()
        .run(async |tx| {
            tx.on_commit(async move || {
                hear.store(true, Ordering::SeqCst);
                Ok(())
            });
            let undone: Result = tx.atomic(async |_| Err(Error::forbidden("no"))).await;
            assert_eq!(undone.unwrap_err().status(), 403);
            tx.atomic(async |inner| Ok(count(inner).await)).await
        })
        .await
        .unwrap();
    assert_eq!((seen, heard.load(Ordering::SeqCst)), (0, true));
}

async fn what_is_deferrable_is_serializable_and_reads(db: Db) {
    let report = db.transaction().isolation(Isolation::Serializable).read_only().deferrable();
    assert_eq!(report.run(async |tx| Ok(count(tx).await)).await.unwrap(), 0);
    for wrong in [
        db.transaction().deferrable(),
        db.transaction().deferrable().read_only(),
        db.transaction().deferrable().isolation(Isolation::Serializable),
        db.transaction().deferrable().read_only().isolation(Isolation::RepeatableRead),
    ] {
        let error = wrong.run(async |_| Ok(())).await.unwrap_err().to_string();
        assert!(error.contains(".isolation(Isolation::Serializable).read_only()"), "{error}");
    }
}

async fn a_durable_one_is_refused_inside_another_and_names_both_places(db: Db) {
    let outside = db.transaction().durable().run(async |tx| tx.execute(insert(&db, "kept")).await);
    assert_eq!(outside.await.unwrap(), 1);
    let outer = line!() + 1;
    db.atomic(async |tx| {
        let inner = line!() + 1;
        let error = db.transaction().durable().run(async |_| Ok(())).await.unwrap_err();
        let text = error.to_string();
        for place in [outer, inner] {
            assert!(text.contains(&format!("transactions.rs:{place}:")), "{place}: {text}");
        }
        assert_eq!(error.location().line(), inner);
        // Also two levels further in, and with retries.
        tx.atomic(async |_| {
            let error = db.transaction().retries(2).durable().run(async |_| Ok(())).await.unwrap_err();
            assert!(error.to_string().contains(&format!(":{outer}:")), "{error}");
            Ok(())
        })
        .await
    })
    .await
    .unwrap();
    // A task of its own is not inside.
    db.transaction()
        .read_only()
        .run(async |_| {
            let db = db.clone();
            if shared(&db) {
                tokio::spawn(async move { db.transaction().durable().run(async |_| Ok(())).await }).await??;
            }
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(count(&db).await, 1);
}

async fn only_a_clash_is_tried_again(db: Db) {
    let tries = AtomicU32::new(0);
    let error = db
        .transaction()
        .retries(5)
        .run(async |tx| -> Result {
            tries.fetch_add(1, Ordering::SeqCst);
            tx.execute(insert(&db, "lost")).await?;
            Err(Error::forbidden("no"))
        })
        .await
        .unwrap_err();
    assert_eq!(
        (error.to_string(), tries.swap(0, Ordering::SeqCst), count(&db).await),
        ("no".to_owned(), 1, 0)
    );
    db.transaction()
        .retries(5)
        .run(async |tx| {
            tries.fetch_add(1, Ordering::SeqCst);
            tx.execute(insert(&db, "kept")).await
        })
        .await
        .unwrap();
    assert_eq!((tries.into_inner(), count(&db).await), (1, 1));
}

async fn it_may_begin_and_end_by_hand(db: Db) {
    let tx = db.transaction().isolation(Isolation::Serializable).begin().await.unwrap();
    tx.execute(insert(&db, "a")).await.unwrap();
    tx.commit().await.unwrap();
    drop(db.transaction().begin().await.unwrap());
    assert_eq!(count(&db).await, 1);
}

/// Two that read what the other one changes: each sees two doctors on call, and sends its own home.
async fn go_off_call(db: Db, doctor: i64, meet: Arc<Barrier>, heard: Arc<Mutex<Vec<i64>>>) -> Result<u32> {
    let tries = AtomicU32::new(0);
    db.transaction()
        .isolation(Isolation::Serializable)
        .retries(4)
        .run(async |tx| {
            let first = tries.fetch_add(1, Ordering::SeqCst) == 0;
            let on_call = number(tx, "SELECT count(*) FROM doctor WHERE on_call = 1").await;
            if first && !db.dialect().one_writer {
                meet.wait().await;
            }
            let heard = heard.clone();
            tx.on_commit(async move || {
                heard.lock().unwrap().push(doctor);
                Ok(())
            });
            if on_call > 1 {
                let off = said(&db, "UPDATE doctor SET on_call = 0 WHERE id = ?1");
                tx.execute(Stmt::write(off, vec![Value::Int(doctor)])).await?;
            }
            Ok(())
        })
        .await?;
    Ok(tries.into_inner())
}

async fn somebody_stays_on_call(db: Db) {
    db.batch("INSERT INTO doctor (id, on_call) VALUES (1, 1), (2, 1)".into()).await.unwrap();
    let (meet, heard) = (Arc::new(Barrier::new(2)), Arc::default());
    let one = tokio::spawn(go_off_call(db.clone(), 1, meet.clone(), Arc::clone(&heard)));
    let two = tokio::spawn(go_off_call(db.clone(), 2, meet, Arc::clone(&heard)));
    let tries = one.await.unwrap().unwrap() + two.await.unwrap().unwrap();
    assert_eq!(number(&db, "SELECT count(*) FROM doctor WHERE on_call = 1").await, 1);
    if db.dialect().one_writer {
        assert_eq!(tries, 2);
    } else {
        assert!(tries > 2, "one of them clashed");
    }
    let mut heard = heard.lock().unwrap().clone();
    heard.sort_unstable();
    assert_eq!(heard, [1, 2], "the hooks of failed tries are dropped");
}

#[tokio::test]
async fn a_write_skew_is_undone_and_tried_again() {
    let Some(on) = On::postgres().await else { return };
    somebody_stays_on_call(on.with(TABLES).await).await;
}

#[tokio::test]
async fn with_one_writer_there_is_no_write_skew() {
    let folder = tempfile::tempdir().unwrap();
    somebody_stays_on_call(On::sqlite_file(folder.path()).with(TABLES).await).await;
}

#[tokio::test]
async fn without_isolation_a_write_skew_goes_through() {
    let Some(on) = On::postgres().await else { return };
    let db = on.with(TABLES).await;
    db.batch("INSERT INTO doctor (id, on_call) VALUES (1, 1), (2, 1)".into()).await.unwrap();
    let meet = Barrier::new(2);
    let off = async |doctor: i64| {
        db.atomic(async |tx| {
            assert_eq!(number(tx, "SELECT count(*) FROM doctor WHERE on_call = 1").await, 2);
            meet.wait().await;
            tx.execute(Stmt::write("UPDATE doctor SET on_call = 0 WHERE id = $1", vec![Value::Int(doctor)]))
                .await
        })
        .await
    };
    let (one, two) = tokio::join!(off(1), off(2));
    assert_eq!((one.unwrap(), two.unwrap()), (1, 1));
    assert_eq!(
        number(&db, "SELECT count(*) FROM doctor WHERE on_call = 1").await,
        0,
        "the test above tests something"
    );
}

#[tokio::test]
async fn of_two_in_a_deadlock_one_is_tried_again() {
    let Some(on) = On::postgres().await else { return };
    let db = on.with(TABLES).await;
    db.batch("INSERT INTO doctor (id, on_call) VALUES (1, 0), (2, 0)".into()).await.unwrap();
    let (meet, tries) = (Barrier::new(2), AtomicU32::new(0));
    let touch =
        |id: i64| Stmt::write("UPDATE doctor SET on_call = on_call + 1 WHERE id = $1", vec![Value::Int(id)]);
    let both = async |first: i64, second: i64| {
        let met = AtomicBool::new(false);
        db.transaction()
            .retries(3)
            .run(async |tx| {
                tries.fetch_add(1, Ordering::SeqCst);
                tx.execute(touch(first)).await?;
                if !met.swap(true, Ordering::SeqCst) {
                    meet.wait().await;
                }
                tx.execute(touch(second)).await
            })
            .await
    };
    let (one, two) = tokio::join!(both(1, 2), both(2, 1));
    assert_eq!((one.unwrap(), two.unwrap()), (1, 1));
    // On a busy machine the second try may meet the other one's locks as well.
    let tries = tries.into_inner();
    assert!((3..=8).contains(&tries), "{tries} tries");
    assert_eq!(number(&db, "SELECT sum(on_call) FROM doctor").await, 4);
}

/// Makes every try of a transaction clash: a clash that is the database's own.
async fn clash(tx: &Tx, db: &Db) -> Result {
    if db.dialect().one_writer {
        // SQL of one's own that begins to read before it writes.
        tx.batch("COMMIT; BEGIN; SELECT count(*) FROM memo".into()).await?;
    } else {
        count(tx).await;
    }
    let other = db.clone();
    let add = async move { other.atomic(async |tx| tx.execute(Stmt::write(ADD, vec![])).await).await };
    tokio::spawn(add).await.unwrap()?;
    tx.execute(Stmt::write(ADD, vec![])).await?;
    Ok(())
}

const ADD: &str = "UPDATE doctor SET on_call = on_call + 1 WHERE id = 1";

/// Two handles of one database: [`clash`] needs a second writer.
async fn clashing(what: impl AsyncFn(Db, Db)) {
    if let Some(on) = On::postgres().await {
        let db = on.with(TABLES).await;
        db.batch("INSERT INTO doctor (id, on_call) VALUES (1, 0)".into()).await.unwrap();
        what(db.clone(), db).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let db = On::sqlite_file(folder.path()).with(TABLES).await;
    db.batch("INSERT INTO doctor (id, on_call) VALUES (1, 0)".into()).await.unwrap();
    let options = DbOptions { root: folder.path().to_owned(), ..DbOptions::default() };
    what(db, Db::open("sqlite://test.db", options).await.unwrap()).await;
}

#[tokio::test]
async fn who_clashes_each_time_learns_how_often_it_was_tried() {
    clashing(async |db, other| {
        let (hooked, tries) = (Arc::new(AtomicBool::new(false)), AtomicU32::new(0));
        let begun = line!() + 5;
        let error = db
            .transaction()
            .isolation(Isolation::RepeatableRead)
            .retries(2)
            .run(async |tx| {
                tries.fetch_add(1, Ordering::SeqCst);
                let hooked = hooked.clone();
                tx.on_commit(async move || {
                    hooked.store(true, Ordering::SeqCst);
                    Ok(())
                });
                clash(tx, &other).await
            })
            .await
            .unwrap_err();
        assert_eq!(
            (tries.into_inner(), error.kind(), error.status().as_u16()),
            (3, &ErrorKind::Clash, 503),
            "{error:?}"
        );
        let text = error.to_string();
        assert!(
            text.contains("tried 3 times") && text.contains(&format!("transactions.rs:{begun}:")),
            "{text}"
        );
        assert!(
            error.details().iter().any(|(name, _)| *name == "SQL"),
            "what the database said is kept: {error:?}"
        );
        assert!(!hooked.load(Ordering::SeqCst));
        assert_eq!(number(&db, "SELECT on_call FROM doctor").await, 3, "only the others' writes");
        // Without retries the error is the database's own.
        let once =
            db.transaction().isolation(Isolation::RepeatableRead).run(async |tx| clash(tx, &other).await);
        let error = once.await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Clash);
        assert!(!error.to_string().contains("tried"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_clash_is_noticed_whatever_the_program_makes_of_its_error() {
    #[derive(Debug)]
    enum Own {
        Broken,
        Database,
    }
    impl From<Error> for Own {
        fn from(_: Error) -> Own {
            Own::Database
        }
    }
    clashing(async |db, other| {
        let tries = AtomicU32::new(0);
        let tried = db
            .transaction()
            .isolation(Isolation::RepeatableRead)
            .retries(3)
            .try_run(async |tx| match tries.fetch_add(1, Ordering::SeqCst) {
                0 => clash(tx, &other).await.map_err(|_| Own::Broken),
                1 => Ok(clash(tx, &other).await?),
                _ => Ok(()),
            })
            .await;
        assert!(tried.is_ok(), "{tried:?}");
        assert_eq!(tries.into_inner(), 3);
        let gone = db.transaction().isolation(Isolation::RepeatableRead).retries(1);
        let gone = gone.try_run(async |tx| clash(tx, &other).await.map_err(|_| Own::Broken)).await;
        assert!(matches!(gone, Err(Own::Broken)), "{gone:?}");
    })
    .await;
}

#[tokio::test]
async fn a_clash_that_was_swallowed_is_tried_again_at_the_commit() {
    let Some(on) = On::postgres().await else { return };
    let db = on.with(TABLES).await;
    db.batch("INSERT INTO doctor (id, on_call) VALUES (1, 0)".into()).await.unwrap();
    let tries = AtomicU32::new(0);
    db.transaction()
        .isolation(Isolation::RepeatableRead)
        .retries(1)
        .run(async |tx| {
            if tries.fetch_add(1, Ordering::SeqCst) == 0 {
                let _swallowed = clash(tx, &db).await;
            }
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(tries.into_inner(), 2);
}

#[tokio::test]
async fn transactions_that_read_are_bounded_and_do_not_wait_for_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let options = DbOptions {
        root: folder.path().to_owned(),
        readers: 2,
        writer_wait: std::time::Duration::from_millis(250),
        ..DbOptions::default()
    };
    let db = Db::open("sqlite://test.db", options).await.unwrap();
    db.batch("CREATE TABLE memo (id INTEGER PRIMARY KEY, text TEXT NOT NULL)".into()).await.unwrap();
    let writing = db.begin().await.unwrap();
    writing.execute(insert(&db, "a")).await.unwrap();
    let begun = line!() + 1;
    let one = db.transaction().read_only().begin().await.unwrap();
    let two = db.transaction().read_only().begin().await.unwrap();
    assert_eq!((count(&one).await, count(&two).await), (0, 0));
    let error = db.transaction().read_only().begin().await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (&ErrorKind::Unavailable, 503));
    let text = error.to_string();
    assert!(text.contains("2 of 2") && text.contains(&format!("transactions.rs:{begun}:")), "{text}");
    // Single statements go on, and so does the writer.
    assert_eq!(count(&db).await, 0);
    writing.commit().await.unwrap();
    assert_eq!((count(&one).await, count(&db).await), (0, 1), "it keeps to what it has seen");
    drop(one);
    for _ in 0..20 {
        let again = db.transaction().read_only().begin().await.unwrap();
        assert_eq!(count(&again).await, 1);
        again.commit().await.unwrap();
    }
    // Closing waits for it, but not for ever; then the file can be folded.
    db.close().await;
    drop(two);
    let closed = db.transaction().read_only().begin().await.unwrap_err();
    assert!(closed.to_string().contains("closed"), "{closed}");
}

#[allow(dead_code, reason = "compiles or not")]
fn futures_may_move_between_threads(db: &Db) {
    fn send<T: Send>(_: T) {}
    send(db.transaction().run(async |tx| tx.execute(insert(tx.db(), "a")).await));
    send(db.transaction().retries(3).run(async |tx| tx.execute(insert(tx.db(), "a")).await));
    send(db.transaction().begin());
}
