//! PostgreSQL's connections: shared, on loan, lost and found again.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod postgres_support;

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use postgres_support::{Bed, bed, bed_with, count, dynamic, insert, notes, one, options, poll_times, server};
use quintet_core::{ErrorKind, Value};
use quintet_orm::{Db, DbOptions, Executor, Stmt};

fn sleep(seconds: f64) -> Stmt {
    Stmt::read("SELECT pg_sleep($1)", vec![Value::Float(seconds)])
}

/// Waits until the server runs the sleep of this test.
async fn until_asleep(bed: &Bed, seen_by: &Db) {
    let asleep =
        "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep($1)' AND state = 'active'";
    let asleep = format!("{asleep} AND application_name = '{}'", bed.schema);
    while one(seen_by, &asleep).await == Value::Int(0) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_pool_that_is_exhausted_says_who_holds_it() {
    let few = DbOptions { connections: 2, connection_wait: Duration::from_millis(300), ..options() };
    let Some(bed) = bed_with(few, "").await else { return };
    let first = bed.db.begin().await.unwrap();
    let second = bed.db.begin().await.unwrap();
    let error = bed.db.begin().await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (&ErrorKind::Unavailable, 503));
    let text = error.to_string();
    for part in ["2 of 2 are held", "a transaction begun at", "postgres_connections.rs", "`connections`"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains(&format!(":{}:", line!() - 8)), "the one held for longest is named: {text}");
    // Single statements go on.
    bed.db.execute(insert("a")).await.unwrap();
    drop(first);
    let third = bed.db.begin().await;
    assert!(third.is_ok() || third.unwrap_err().status() == 503);
    second.rollback().await.unwrap();
}

#[tokio::test]
async fn those_who_wait_get_a_connection_when_one_is_free() {
    let Some(bed) = bed_with(DbOptions { connections: 2, ..options() }, "").await else { return };
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let db = bed.db.clone();
            tokio::spawn(async move { db.atomic(async |tx| tx.execute(insert(&n.to_string())).await).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let used =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = current_setting('application_name')";
    assert!(one(&bed.db, used).await.as_int().unwrap() <= 2 + 4);
    assert_eq!(count(&bed.db).await, 20);
}

#[tokio::test]
async fn many_statements_share_few_connections() {
    let Some(bed) = bed_with(DbOptions { lanes: 3, ..options() }, "").await else { return };
    let all: Vec<_> = (0..200).map(|n| (n, bed.db.clone())).collect();
    let tasks: Vec<_> = all
        .into_iter()
        .map(|(n, db)| {
            tokio::spawn(async move { (n, one(&db, &format!("SELECT {n} FROM pg_sleep(0.001)")).await) })
        })
        .collect();
    for task in tasks {
        let (n, value) = task.await.unwrap();
        assert_eq!(value, Value::Int(n), "answers don't change places");
    }
    // One more may be idle from the batch that made the table.
    let used =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = current_setting('application_name')";
    let used = one(&bed.db, used).await.as_int().unwrap();
    assert!((2..=4).contains(&used), "{used}");
}

#[tokio::test]
async fn a_slow_statement_on_a_shared_connection_ends_and_hurts_nobody() {
    let short = DbOptions { lanes: 1, statement_timeout: Duration::from_millis(200), ..options() };
    let Some(bed) = bed_with(short, "").await else { return };
    let (slow, behind, write) =
        tokio::join!(bed.db.execute(sleep(60.0)), one(&bed.db, "SELECT 1"), bed.db.execute(insert("a")));
    let error = slow.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (&ErrorKind::Timeout, 503));
    assert!(error.to_string().contains("`statement_timeout`"), "{error}");
    assert_eq!((behind, write.unwrap()), (Value::Int(1), 1));
    let inside = bed.db.atomic(async |tx| tx.execute(sleep(60.0)).await).await.unwrap_err();
    assert_eq!(*inside.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn long_statements_have_a_connection_and_a_limit_of_their_own() {
    let short = DbOptions {
        lanes: 1,
        connections: 1,
        statement_timeout: Duration::from_millis(100),
        long_timeout: Duration::from_secs(50),
        ..options()
    };
    let Some(bed) = bed_with(short, "").await else { return };
    let (long, ahead) = tokio::join!(bed.db.execute(sleep(0.5).long()), one(&bed.db, "SELECT 1"));
    assert_eq!((long.unwrap(), ahead), (1, Value::Int(1)));
    let limit = bed.db.atomic(async |tx| Ok(one(tx, "SHOW statement_timeout").await)).await.unwrap();
    assert_eq!(limit, Value::Text("100ms".into()), "the next holder has the usual limit");
    bed.db.batch("SELECT pg_sleep(0.3)".into()).await.unwrap();
    // Dropped, it is cancelled, and its connection is free again.
    tokio::select! {
        _ = bed.db.execute(sleep(49.0).long()) => panic!("it sleeps for long"),
        () = until_asleep(&bed, &bed.db) => {}
    }
    let next = tokio::time::timeout(Duration::from_secs(30), bed.db.begin()).await;
    next.expect("the long statement was cancelled").unwrap().rollback().await.unwrap();
}

#[tokio::test]
async fn a_future_that_nobody_polls_holds_nobody_up() {
    let Some(bed) = bed_with(DbOptions { lanes: 1, ..options() }, "").await else { return };
    let mut large = pin!(
        dynamic(&bed.db).rows(Stmt::read("SELECT repeat('x', 1000) FROM generate_series(1, 20000)", vec![]))
    );
    assert!(poll_times(large.as_mut(), 1, false).await.is_none());
    assert_eq!(one(&bed.db, "SELECT 1").await, Value::Int(1));
    assert_eq!(large.await.unwrap().len(), 20_000);
}

#[tokio::test]
async fn dropped_statements_leave_the_connection_in_step() {
    let Some(bed) = bed_with(DbOptions { lanes: 1, ..options() }, "").await else { return };
    for n in 0..30 {
        let sql = format!("SELECT {n}, pg_sleep(0.001)");
        let _ = poll_times(pin!(dynamic(&bed.db).rows(Stmt::read(sql, vec![]))), n % 4, n % 2 == 0).await;
        assert_eq!(
            one(&bed.db, &format!("SELECT {}", n + 1000)).await,
            Value::Int(i64::try_from(n).unwrap() + 1000)
        );
    }
}

/// What a restart of the server looks like from here: every connection ends, in the middle of whatever it
/// does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_under_load_fails_cleanly_and_heals() {
    let Some(bed) = bed_with(DbOptions { connections: 8, ..options() }, "").await else { return };
    bed.db.batch("CREATE TABLE pair (task INT NOT NULL, half INT NOT NULL)".into()).await.unwrap();
    let admin = bed.other().await;
    let (stop, failures) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (sure, unsure) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicI64::new(0)));
    let tasks: Vec<_> = (0..50)
        .map(|task| {
            let (db, stop, failures) = (bed.db.clone(), stop.clone(), failures.clone());
            let (sure, unsure) = (sure.clone(), unsure.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    let half = |n| {
                        Stmt::write("INSERT INTO pair VALUES ($1, $2)", vec![Value::Int(task), Value::Int(n)])
                    };
                    let done = if task % 2 == 0 {
                        db.atomic(async |tx| {
                            tx.execute(half(1)).await?;
                            tokio::task::yield_now().await;
                            tx.execute(half(2)).await
                        })
                        .await
                        .map(|_| 1)
                    } else {
                        dynamic(&db).rows(Stmt::read("SELECT count(*) FROM pair", vec![])).await.map(|_| 0)
                    };
                    match done {
                        Ok(pairs) => {
                            sure.fetch_add(pairs, Ordering::SeqCst);
                        }
                        Err(error) => {
                            assert_eq!(
                                (error.kind(), error.status().as_u16()),
                                (&ErrorKind::Unavailable, 503),
                                "{error:?}"
                            );
                            failures.fetch_add(1, Ordering::SeqCst);
                            unsure.fetch_add(
                                i64::from(error.to_string().contains("not known")),
                                Ordering::SeqCst,
                            );
                        }
                    }
                }
            })
        })
        .collect();
    for _ in 0..4 {
        let so_far = sure.load(Ordering::SeqCst);
        while sure.load(Ordering::SeqCst) < so_far + 20 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(bed.kill(&admin).await > 0);
    }
    let so_far = sure.load(Ordering::SeqCst);
    while sure.load(Ordering::SeqCst) < so_far + 20 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.store(true, Ordering::SeqCst);
    for task in tasks {
        task.await.unwrap();
    }
    assert!(failures.load(Ordering::SeqCst) > 0, "something was under way");
    let halves = one(
        &admin,
        "SELECT count(*) FROM (SELECT task FROM pair GROUP BY task HAVING sum(half) <> 3 * count(*) / 2.0) x",
    )
    .await;
    assert_eq!(halves, Value::Int(0), "nothing half written");
    let pairs = one(&admin, "SELECT count(*) / 2 FROM pair").await.as_int().unwrap();
    let (sure, unsure) = (sure.load(Ordering::SeqCst), unsure.load(Ordering::SeqCst));
    assert!((sure..=sure + unsure).contains(&pairs), "{pairs} pairs, {sure} sure and {unsure} not known");
}

#[tokio::test]
async fn a_lost_connection_undoes_its_transaction_and_the_next_statement_finds_another() {
    let Some(bed) = bed().await else { return };
    let admin = bed.other().await;
    let tx = bed.db.begin().await.unwrap();
    tx.execute(insert("lost")).await.unwrap();
    assert!(bed.kill(&admin).await >= 2);
    let error = tx.execute(insert("lost")).await.unwrap_err();
    assert_eq!(error.status(), 503, "{error}");
    assert!(tx.commit().await.is_err());
    // Idle connections died as well, and nobody is troubled by them. Their end may be a moment on its way.
    let mut tries = 0;
    while let Err(error) = bed.db.execute(insert("a")).await {
        assert_eq!(error.status(), 503);
        tries += 1;
        assert!(tries < 10, "{error}");
    }
    bed.db.atomic(async |tx| tx.execute(insert("b")).await).await.unwrap();
    assert_eq!(notes(&bed.db).await, "a,b");
}

#[tokio::test]
async fn a_server_that_is_away_is_told_within_the_wait_and_without_the_password() {
    // A port that nobody listens on: taken, and let go.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://ann:hunter2@127.0.0.1:{port}/site");
    let short = DbOptions { connection_wait: Duration::from_millis(300), ..DbOptions::default() };
    let error = Db::open(&url, short).await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (&ErrorKind::Unavailable, 503));
    let text = format!("{error:?}");
    assert!(text.contains(&format!("127.0.0.1:{port}")) && text.contains("is the server running"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
}

#[tokio::test]
async fn what_is_no_postgresql_is_named() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        }
    });
    let short = DbOptions { connection_wait: Duration::from_secs(5), ..DbOptions::default() };
    let error = Db::open(&format!("postgres://ann:hunter2@127.0.0.1:{port}/site"), short).await.unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"));
    assert!(error.to_string().contains("what answers there"), "{error}");
}

#[tokio::test]
async fn a_wrong_login_is_a_matter_of_settings() {
    let Some(server) = server() else { return };
    let (front, host) = server.rsplit_once('@').unwrap();
    let user = front.strip_prefix("postgres://").unwrap().split(':').next().unwrap();
    let address = host.split('/').next().unwrap();
    for (url, words) in [
        (format!("postgres://{user}:hunter2@{host}"), "password authentication failed"),
        (format!("{front}@{address}/no_such_database_here"), "createdb"),
        (format!("postgres://{user}@{host}"), "wants a password"),
    ] {
        let error = Db::open(&url, options()).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Settings, "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn a_closed_database_ends_what_runs_and_takes_no_more() {
    let Some(bed) = bed().await else { return };
    let admin = bed.other().await;
    // Holds the insert up until the lock goes.
    let lock = admin.begin().await.unwrap();
    lock.batch("LOCK TABLE note".into()).await.unwrap();
    let db = bed.db.clone();
    let running = tokio::spawn(async move { db.execute(insert("a")).await });
    let waits = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{}' AND wait_event_type = 'Lock'",
        bed.schema
    );
    while one(&admin, &waits).await == Value::Int(0) {
        tokio::task::yield_now().await;
    }
    let mut closing = pin!(bed.db.close());
    assert!(poll_times(closing.as_mut(), 1, false).await.is_none(), "it waits for what runs");
    lock.rollback().await.unwrap();
    closing.await;
    assert_eq!(running.await.unwrap().unwrap(), 1);
    for error in [bed.db.execute(insert("b")).await.unwrap_err(), bed.db.begin().await.unwrap_err()] {
        assert_eq!(error.status(), 503, "{error}");
        assert!(error.to_string().contains("closed"), "{error}");
    }
    none_left(&admin, &bed.schema).await;
    assert_eq!(notes(&admin).await, "a");
}

/// Waits until no connection of this name is left.
async fn none_left(admin: &Db, application_name: &str) {
    let left = format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{application_name}'");
    while one(admin, &left).await != Value::Int(0) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_database_dropped_closes_its_connections() {
    let Some(bed) = bed().await else { return };
    let admin = bed.other().await;
    let name = format!("{}_dropped", bed.schema);
    let mine =
        bed.url.replace(&format!("application_name={}", bed.schema), &format!("application_name={name}"));
    let db = Db::open(&mine, options()).await.unwrap();
    db.atomic(async |tx| tx.execute(insert("a")).await).await.unwrap();
    drop(db);
    none_left(&admin, &name).await;
}
