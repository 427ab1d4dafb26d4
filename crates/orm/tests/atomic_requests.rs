//! A request as one transaction: what `Db::of` gives while one is handled.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use common::{On, said};
use quintet_core::{
    Boot, BoxFuture, Error, Result, Room, Service, Services, Site, Value,
    atomic::{self, AtomicRequests},
    settings::Settings,
};
use quintet_orm::{Db, DbOptions, Executor, Isolation, OrmRoom, Stmt};

const TABLES: &str = "CREATE TABLE memo (id :key, text TEXT NOT NULL)";

macro_rules! everywhere {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                let db = super::On::sqlite_file(folder.path()).with(super::TABLES).await;
                super::$name(super::start(&db).await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                let Some(on) = super::On::postgres().await else { return };
                let db = on.with(super::TABLES).await;
                super::$name(super::start(&db).await).await;
            })*
        }
    };
}

everywhere! {
    what_a_request_writes_is_kept_or_undone_as_one,
    it_begins_with_the_first_statement,
    an_atomic_inside_is_a_savepoint,
    a_durable_one_inside_names_both_places,
    settings_of_a_whole_transaction_are_refused_inside,
    hooks_run_after_the_commit_and_for_what_was_kept,
    the_database_itself_is_refused_inside,
    a_handle_ends_with_its_request,
    a_request_that_is_dropped_is_undone_though_others_have_handles,
    what_the_commit_refuses_is_the_requests_error,
    a_request_is_told_as_an_open_transaction,
}

async fn start(db: &Db) -> Services {
    let settings = Settings::for_tests("/nowhere", [("database.atomic_requests", "true")]);
    let mut boot = Boot::new(Arc::new(Site::new()), settings, Services::builder()).unwrap();
    boot.services.insert(db.clone());
    OrmRoom.start(&mut boot).await.unwrap();
    boot.services.build()
}

/// Handles a request as the web room does.
async fn request<F: Future<Output = bool> + Send>(
    services: &Services,
    work: impl FnOnce(Db) -> F + Send,
) -> Result {
    let runner = services.require::<Arc<dyn AtomicRequests>>().unwrap();
    assert!(runner.by_default());
    let work: BoxFuture<'_, bool> = Box::pin(async move { work(Db::of(services).unwrap()).await });
    runner.run(Arc::new("POST /memos/ (src/pages.rs:7)"), work).await
}

fn plain(services: &Services) -> Db {
    Db::of(services).unwrap()
}

fn insert(db: &Db, text: &str) -> Stmt {
    Stmt::write(said(db, "INSERT INTO memo (text) VALUES (?1)"), vec![Value::Text(text.into())])
}

async fn memos(on: &dyn Executor) -> String {
    let rows = on.rows(Stmt::read("SELECT text FROM memo ORDER BY id", vec![])).await.unwrap();
    rows.iter().map(|row| row[0].as_text().unwrap().to_owned()).collect::<Vec<_>>().join(",")
}

async fn what_a_request_writes_is_kept_or_undone_as_one(services: Services) {
    let outside = plain(&services);
    for keep in [true, false] {
        let there = outside.clone();
        request(&services, async |db| {
            db.execute(insert(&db, "a")).await.unwrap();
            let again = db.clone();
            let (one, two) = tokio::join!(again.execute(insert(&db, "b")), db.execute(insert(&db, "c")));
            assert_eq!((one.unwrap(), two.unwrap()), (1, 1));
            let before = if keep { "" } else { "a,b,c," };
            assert_eq!(memos(&db).await, format!("{before}a,b,c"));
            let there = tokio::spawn(async move { memos(&there).await }).await.unwrap();
            assert_eq!(there, before.trim_end_matches(','), "others don't see it yet");
            keep
        })
        .await
        .unwrap();
        assert_eq!(memos(&outside).await, "a,b,c");
    }
    // Handles of other requests and of none are not its business.
    assert!(!format!("{outside:?}").contains("transaction"));
}

async fn it_begins_with_the_first_statement(services: Services) {
    let outside = plain(&services);
    let there = outside.clone();
    request(&services, async |db| {
        assert!(format!("{db:?}").contains("POST /memos/"), "{db:?}");
        // Where there is one writer it is still free, and what it writes now is seen later.
        tokio::spawn(async move { there.execute(insert(&there, "theirs")).await }).await.unwrap().unwrap();
        assert_eq!(memos(&db).await, "theirs");
        true
    })
    .await
    .unwrap();
    request(&services, async |_| true).await.unwrap();
}

async fn an_atomic_inside_is_a_savepoint(services: Services) {
    request(&services, async |db| {
        db.execute(insert(&db, "a")).await.unwrap();
        let undone: Result = db
            .atomic(async |tx| {
                tx.execute(insert(&db, "lost")).await?;
                tx.atomic(async |deep| deep.execute(insert(&db, "lost")).await).await?;
                Err(Error::forbidden("no"))
            })
            .await;
        assert_eq!(undone.unwrap_err().status(), 403);
        db.atomic(async |tx| {
            assert!(db.execute(insert(&db, "x")).await.unwrap_err().to_string().contains("closure is given"));
            tx.execute(insert(&db, "b")).await?;
            tx.atomic(async |deep| deep.execute(insert(&db, "c")).await).await
        })
        .await
        .unwrap();
        let part = db.begin().await.unwrap();
        part.execute(insert(&db, "lost")).await.unwrap();
        part.rollback().await.unwrap();
        let part = Executor::begin(&db).await.unwrap();
        part.execute(insert(&db, "d")).await.unwrap();
        part.commit().await.unwrap();
        drop(db.begin().await.unwrap());
        db.transaction().run(async |tx| tx.execute(insert(&db, "e")).await).await.unwrap();
        true
    })
    .await
    .unwrap();
    assert_eq!(memos(&plain(&services)).await, "a,b,c,d,e");
}

async fn a_durable_one_inside_names_both_places(services: Services) {
    request(&services, async |db| {
        let line = line!() + 1;
        let error = db.transaction().durable().run(async |_| Ok(())).await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains(&format!("atomic_requests.rs:{line}:")) && text.contains("POST /memos/"),
            "{text}"
        );
        true
    })
    .await
    .unwrap();
    plain(&services).transaction().durable().run(async |_| Ok(())).await.unwrap();
}

async fn settings_of_a_whole_transaction_are_refused_inside(services: Services) {
    request(&services, async |db| {
        let refused = [
            db.transaction().read_only().run(async |_| Ok(())).await,
            db.transaction().retries(1).run(async |_| Ok(())).await,
            db.atomic_schema(async |_| Ok(())).await,
        ];
        for error in refused {
            let text = error.unwrap_err().to_string();
            assert!(text.contains("POST /memos/") && text.contains("`atomic = false`"), "{text}");
        }
        // What the database always gives may be asked for.
        let least = db.dialect().isolation;
        db.transaction().isolation(least).run(async |_| Ok(())).await.unwrap();
        let strong = db.transaction().isolation(Isolation::Serializable).run(async |_| Ok(())).await;
        assert_eq!(strong.is_ok(), least == Isolation::Serializable);
        true
    })
    .await
    .unwrap();
}

async fn hooks_run_after_the_commit_and_for_what_was_kept(services: Services) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let outside = plain(&services);
    let hear = |word: &'static str| {
        let (heard, db) = (heard.clone(), outside.clone());
        async move || {
            let seen = memos(&db).await;
            heard.lock().unwrap().push((word, seen));
            Ok(())
        }
    };
    for keep in [false, true] {
        request(&services, async |db| {
            db.on_commit(hear("before the first statement")).await.unwrap();
            db.execute(insert(&db, "a")).await.unwrap();
            db.on_commit(hear("after it")).await.unwrap();
            db.atomic(async |tx| {
                tx.on_commit(hear("of a savepoint"));
                Ok(())
            })
            .await
            .unwrap();
            let _: Result = db
                .atomic(async |tx| {
                    tx.on_commit(hear("of one that was undone"));
                    Err(Error::forbidden("no"))
                })
                .await;
            assert!(heard.lock().unwrap().is_empty());
            keep
        })
        .await
        .unwrap();
    }
    let all = ["before the first statement", "after it", "of a savepoint"].map(|word| (word, "a".to_owned()));
    assert_eq!(*std::mem::take(&mut *heard.lock().unwrap()), all);
    // Without a statement there is nothing to commit.
    for keep in [false, true] {
        request(&services, async |db| {
            db.on_commit(hear("alone")).await.unwrap();
            keep
        })
        .await
        .unwrap();
    }
    assert_eq!(heard.lock().unwrap().len(), 1);
    // Outside of a request, at once.
    outside.on_commit(hear("outside")).await.unwrap();
    while heard.lock().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
}

async fn the_database_itself_is_refused_inside(services: Services) {
    let outside = plain(&services);
    request(&services, async |db| {
        for wrong in [outside.clone(), db.outside()] {
            let error = wrong.execute(insert(&db, "x")).await.unwrap_err().to_string();
            assert!(error.contains("POST /memos/") && error.contains("`db: Db`"), "{error}");
        }
        true
    })
    .await
    .unwrap();
    outside.execute(insert(&outside, "a")).await.unwrap();
    assert_eq!(memos(&outside).await, "a");
}

async fn a_handle_ends_with_its_request(services: Services) {
    let kept = Arc::new(Mutex::new(None));
    let keep = kept.clone();
    request(&services, async move |db| {
        db.execute(insert(&db, "a")).await.unwrap();
        *keep.lock().unwrap() = Some(db);
        true
    })
    .await
    .unwrap();
    let db = kept.lock().unwrap().take().unwrap();
    for error in [
        db.execute(insert(&db, "b")).await.unwrap_err(),
        db.begin().await.unwrap_err(),
        db.on_commit(async || Ok(())).await.unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(text.contains("has ended") && text.contains("db.outside()"), "{text}");
    }
    let outside = db.outside();
    outside.execute(insert(&db, "b")).await.unwrap();
    assert_eq!(memos(&outside).await, "a,b");
}

async fn a_request_that_is_dropped_is_undone_though_others_have_handles(services: Services) {
    let kept = Arc::new(Mutex::new(None));
    let keep = kept.clone();
    {
        let work = request(&services, async move |db| {
            db.execute(insert(&db, "lost")).await.unwrap();
            *keep.lock().unwrap() = Some((db.begin().await.unwrap(), db));
            std::future::pending().await
        });
        let mut work = pin!(work);
        while kept.lock().unwrap().is_none() {
            assert!(futures_util::FutureExt::now_or_never(work.as_mut()).is_none());
            tokio::task::yield_now().await;
        }
    }
    // Where there is one writer it is free.
    let db = plain(&services);
    db.atomic(async |tx| tx.execute(insert(&db, "kept")).await).await.unwrap();
    let (part, handle) = kept.lock().unwrap().take().unwrap();
    assert!(handle.execute(insert(&db, "lost")).await.is_err());
    assert!(part.execute(insert(&db, "lost")).await.is_err() && part.commit().await.is_err());
    assert_eq!(memos(&db).await, "kept");
}

#[tokio::test]
async fn a_savepoint_that_is_still_open_keeps_the_request_from_committing() {
    let folder = tempfile::tempdir().unwrap();
    let options = DbOptions { writer_wait: Duration::from_millis(250), ..DbOptions::default() };
    let db = Db::open(&format!("sqlite://{}/test.db", folder.path().display()), options).await.unwrap();
    db.batch(common::typed(db.dialect(), TABLES)).await.unwrap();
    let services = start(&db).await;
    let error = request(&services, async |db| {
        let part = db.begin().await.unwrap();
        part.execute(insert(&db, "half")).await.unwrap();
        std::mem::forget(part);
        true
    });
    let error = error.await.unwrap_err();
    assert!(error.status() == 503 && error.to_string().contains("savepoint that is open"), "{error}");
    db.execute(insert(&db, "after")).await.unwrap();
    assert_eq!(memos(&db).await, "after");
}

async fn what_the_commit_refuses_is_the_requests_error(services: Services) {
    let db = plain(&services);
    let child =
        "CREATE TABLE child (memo_id :ref NOT NULL REFERENCES memo (id) DEFERRABLE INITIALLY DEFERRED)";
    db.batch(common::typed(db.dialect(), child)).await.unwrap();
    let error = request(&services, async |db| {
        db.execute(insert(&db, "a")).await.unwrap();
        db.execute(Stmt::write("INSERT INTO child VALUES (99)", vec![])).await.unwrap();
        true
    })
    .await
    .unwrap_err();
    assert_eq!(error.status(), 409, "{error}");
    assert_eq!(memos(&db).await, "");
}

async fn a_request_is_told_as_an_open_transaction(services: Services) {
    request(&services, async |db| {
        assert!(atomic::open().is_none(), "nothing has begun");
        db.execute(insert(&db, "a")).await.unwrap();
        let open = atomic::open().unwrap();
        assert_eq!(
            (open.begun().to_string(), open.database()),
            ("POST /memos/ (src/pages.rs:7)".into(), db.url())
        );
        db.atomic(async |_| {
            assert!(
                atomic::open().unwrap().begun().to_string().contains("POST"),
                "a savepoint is part of it"
            );
            Ok(())
        })
        .await
        .unwrap();
        true
    })
    .await
    .unwrap();
    let db = plain(&services);
    let line = line!() + 1;
    db.atomic(async |_| {
        assert!(atomic::open().unwrap().begun().to_string().contains(&format!("atomic_requests.rs:{line}:")));
        Ok(tokio::spawn(async { assert!(atomic::open().is_none()) }).await?)
    })
    .await
    .unwrap();
    assert!(atomic::open().is_none());
}
