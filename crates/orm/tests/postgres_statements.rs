//! Single statements on PostgreSQL: their plans, their errors, their records.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod postgres_support;

use std::any::Any;

use postgres_support::{bed, bed_with, count, dynamic, insert, notes, one, options};
use quintet_core::{ErrorKind, Result, Value};
use quintet_orm::{
    Access, DbOptions, Executor, QueryLog, Stmt,
    row::{RowAccess, RowSink},
};

fn all_of_note() -> Stmt {
    Stmt::read("SELECT * FROM note ORDER BY id", vec![])
}

#[tokio::test]
async fn a_statement_outlives_a_change_of_the_schema() {
    // One lane, so that the second run meets the plan of the first; and the same without named statements.
    for more in ["", "&prepare=off"] {
        let Some(bed) = bed_with(DbOptions { lanes: 1, ..options() }, more).await else { return };
        let db = &bed.db;
        db.execute(insert("a")).await.unwrap();
        let rows = async || dynamic(db).rows(all_of_note()).await.unwrap();
        assert_eq!(rows().await[0].len(), 2);
        db.batch("ALTER TABLE note ADD stars INT NOT NULL DEFAULT 3".into()).await.unwrap();
        assert_eq!(rows().await[0].len(), 3, "cached plan must not change result type");
        db.batch("ALTER TABLE note ALTER stars TYPE TEXT, DROP COLUMN text, ADD text INT".into())
            .await
            .unwrap();
        assert_eq!(rows().await[0][1..], [Value::Text("3".into()), Value::Null]);
        // The parameter's type has changed as well: a number instead of a text.
        let wrong = db.execute(insert("a")).await.unwrap_err();
        assert!(wrong.to_string().contains("integer"), "{wrong}");
        let number = Stmt::write("INSERT INTO note (text) VALUES ($1)", vec![Value::Int(5)]);
        db.execute(number).await.unwrap();
        assert_eq!(rows().await.len(), 2);
    }
}

#[tokio::test]
async fn inside_a_transaction_a_stale_plan_is_an_error_that_passes() {
    let Some(bed) = bed_with(DbOptions { connections: 1, ..options() }, "").await else { return };
    let db = &bed.db;
    let ask = async || db.atomic(async |tx| dynamic(tx).rows(all_of_note()).await).await;
    ask().await.unwrap();
    bed.other().await.batch("ALTER TABLE note ADD stars INT".into()).await.unwrap();
    let error = ask().await.unwrap_err();
    assert_eq!((error.kind(), error.status().as_u16()), (&ErrorKind::Clash, 503));
    assert!(error.to_string().contains("run the transaction again"), "{error}");
    ask().await.unwrap();
}

#[tokio::test]
async fn plans_that_the_server_lost_are_made_anew() {
    let Some(bed) = bed_with(DbOptions { lanes: 1, ..options() }, "").await else { return };
    dynamic(&bed.db).rows(all_of_note()).await.unwrap();
    // What a pooler does behind one's back.
    let forget = Stmt::write("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$", vec![]);
    bed.db.execute(forget).await.unwrap();
    dynamic(&bed.db).rows(all_of_note()).await.unwrap();
}

#[tokio::test]
async fn no_more_plans_are_kept_than_wanted() {
    for statement_cache in [0, 3] {
        let Some(bed) = bed_with(DbOptions { lanes: 1, statement_cache, ..options() }, "").await else {
            return;
        };
        for round in 0..2 {
            for n in 0..10 {
                assert_eq!(one(&bed.db, &format!("SELECT {n}")).await, Value::Int(n), "round {round}");
            }
        }
        let kept = one(&bed.db, "SELECT count(*) FROM pg_prepared_statements").await.as_int().unwrap();
        assert!(kept <= i64::try_from(statement_cache).unwrap(), "{kept} of {statement_cache}");
    }
}

#[tokio::test]
async fn without_named_statements_the_server_keeps_none() {
    let Some(bed) = bed_with(DbOptions { lanes: 1, ..options() }, "&prepare=off").await else { return };
    for _ in 0..3 {
        bed.db.execute(insert("a")).await.unwrap();
        assert_eq!(one(&bed.db, "SELECT count(*) FROM pg_prepared_statements").await, Value::Int(0));
    }
    bed.db
        .atomic(async |tx| {
            tx.execute(insert("b")).await?;
            assert_eq!(
                one(tx, "SHOW statement_timeout").await,
                Value::Text("30s".into()),
                "set for the transaction"
            );
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(notes(&bed.db).await, "a,a,a,b");
}

#[tokio::test]
async fn a_failing_statement_is_nobody_elses_failure() {
    let Some(bed) = bed_with(DbOptions { lanes: 1, ..options() }, "").await else { return };
    let db = &bed.db;
    for _ in 0..2 {
        let (good, twice, syntax, late, value) = tokio::join!(
            db.execute(insert("a")),
            db.execute(Stmt::write("INSERT INTO note (id, text) VALUES (999, 'x'), (999, 'y')", vec![])),
            db.execute(Stmt::write("SELEC 1", vec![])),
            db.execute(insert("b")),
            db.execute(Stmt::write(
                "INSERT INTO note (id) VALUES ($1)",
                vec![Value::Text("no number".into())]
            )),
        );
        assert_eq!((good.unwrap(), late.unwrap()), (1, 1));
        assert_eq!(twice.unwrap_err().status(), 409);
        assert!(syntax.unwrap_err().to_string().contains("syntax error"));
        assert!(value.unwrap_err().to_string().contains("no number"));
    }
    assert_eq!(count(db).await, 4);
}

#[tokio::test]
async fn errors_have_kinds_and_tell_what_to_do() {
    let Some(bed) = bed().await else { return };
    let db = &bed.db;
    db.batch(
        "CREATE TABLE person (id INT PRIMARY KEY, email VARCHAR(10), site INT, age INT NOT NULL CHECK (age > 0), UNIQUE (email, site));
         CREATE TABLE pet (owner_id INT NOT NULL REFERENCES person (id));
         INSERT INTO person VALUES (1, 'secret@x', 1, 5); INSERT INTO pet VALUES (1)"
            .into(),
    )
    .await
    .unwrap();
    let fails = async |sql: &str| db.execute(Stmt::write(sql, vec![])).await.unwrap_err();

    let error = fails("INSERT INTO person VALUES (2, 'secret@x', 1, 5)").await;
    assert_eq!(*error.kind(), ErrorKind::Conflict { constraint: "person.email, person.site".into() });
    assert_eq!(error.to_string(), "there is already a row with the same email, site");
    assert!(!format!("{error:?}").contains("secret@x, 1)"), "values stay out: {error:?}");

    let error = fails("DELETE FROM person").await;
    assert_eq!((error.kind(), error.status().as_u16()), (&ErrorKind::Protected, 409));

    let error = fails("INSERT INTO person VALUES (2, 'b', 1, NULL)").await;
    assert_eq!((error.status().as_u16(), error.field_errors().is_some()), (500, false));
    assert!(error.to_string().contains("`person.age`"), "{error}");

    let error = fails("INSERT INTO person VALUES (2, 'b', 1, -1)").await;
    assert_eq!(*error.kind(), ErrorKind::Conflict { constraint: "person_age_check".into() });

    let error = fails("INSERT INTO person VALUES (2, '12345678901', 1, 1)").await;
    assert_eq!(error.status(), 422);

    let error = fails("SELECT * FROM nowhere").await;
    assert!(error.to_string().contains("`migrate`"), "{error}");
    let detail = |name: &str| error.details().iter().find(|(n, _)| *n == name).map(|(_, text)| text.as_str());
    assert_eq!(
        (detail("SQL"), detail("SQLSTATE"), detail("near")),
        (Some("SELECT * FROM nowhere"), Some("42P01"), Some("nowhere"))
    );

    let error = fails("SELECT nothing FROM person").await;
    assert!(error.to_string().contains("nothing"), "{error}");
    let error = fails("COPY person FROM STDIN").await;
    assert!(error.to_string().contains("no data here"), "{error}");
    let error = fails("COPY person TO STDOUT").await;
    assert!(error.to_string().contains("COPY"), "{error}");
    let error = db.batch("COPY person FROM STDIN".into()).await.unwrap_err();
    assert!(error.to_string().contains("no data here"), "{error}");
    assert_eq!(one(db, "SELECT count(*) FROM person").await, Value::Int(1));
}

#[tokio::test]
async fn a_batch_is_all_or_nothing_and_may_leave_no_transaction() {
    let Some(bed) = bed_with(DbOptions { connections: 1, ..options() }, "").await else { return };
    let db = &bed.db;
    let error = db.batch("INSERT INTO note (text) VALUES ('a'); SELECT 1/0".into()).await.unwrap_err();
    assert!(error.to_string().contains("division by zero"), "{error}");
    assert!(db.batch("SELECT 1\0".into()).await.is_err());
    db.batch(String::new()).await.unwrap();
    db.batch("SET lock_timeout = '3s'; INSERT INTO note (text) VALUES ('b')".into()).await.unwrap();
    db.atomic(async |tx| {
        assert_eq!(
            one(tx, "SHOW lock_timeout").await,
            Value::Text("0".into()),
            "a connection with settings is not used again"
        );
        assert_eq!(one(tx, "SHOW statement_timeout").await, Value::Text("30s".into()));
        Ok(())
    })
    .await
    .unwrap();
    db.batch("CREATE INDEX CONCURRENTLY note_text ON note (text)".into()).await.unwrap();
    db.batch("VACUUM note".into()).await.unwrap();
    assert_eq!(notes(db).await, "b");
}

#[tokio::test]
async fn statements_are_recorded_without_their_values() {
    let Some(bed) = bed().await else { return };
    let (db, log) = (&bed.db, QueryLog::new());
    let recording = db.record();
    log.clone()
        .scope(async {
            db.execute(insert("hunter2").at(std::panic::Location::caller())).await.unwrap();
            dynamic(db).rows(all_of_note()).await.unwrap();
            db.execute(Stmt::write("UPDATE note SET text = 'x'", vec![])).await.unwrap();
            db.execute(Stmt::write("INSERT INTO note (id, text) VALUES (1, 'x')", vec![])).await.unwrap_err();
            db.atomic(async |tx| tx.execute(insert("b")).await).await.unwrap();
        })
        .await;
    let records = log.records();
    let rows: Vec<u64> = records.iter().map(|record| record.rows).collect();
    assert_eq!((rows, recording.count()), (vec![1, 1, 1, 0, 1], 5));
    assert_eq!((records[0].access, &records[0].kinds), (Access::Write, &vec!["text"]));
    assert!(records[0].at.unwrap().file().ends_with("postgres_statements.rs"));
    assert!(records[3].error.as_ref().unwrap().contains("same id"));
    assert!(!format!("{records:?}").contains("hunter2"));
}

/// Fails, panics or stops at the third row.
#[derive(Clone, Copy, PartialEq)]
enum Third {
    Fails,
    Panics,
    Stops,
}

struct Picky {
    seen: usize,
    third: Third,
}

impl RowSink for Picky {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        self.seen += 1;
        if self.seen < 3 {
            return Ok(true);
        }
        match self.third {
            Third::Fails => row.get(7).map(|_| true),
            Third::Panics => panic!("third row"),
            Third::Stops => Ok(false),
        }
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

#[tokio::test]
async fn a_sink_that_fails_hurts_only_its_statement() {
    let Some(bed) = bed_with(DbOptions { lanes: 1, ..options() }, "").await else { return };
    let db = &bed.db;
    for (third, words) in [(Third::Fails, "column 7"), (Third::Panics, "third row"), (Third::Stops, "")] {
        let sink = Box::new(Picky { seen: 0, third });
        let many = Stmt::read("SELECT generate_series(1, 10000)", vec![]);
        let (answer, other) = tokio::join!(db.fetch(many, sink), one(db, "SELECT 42"));
        assert_eq!(other, Value::Int(42));
        match answer {
            Ok(sink) => {
                let sink = sink.into_any().downcast::<Picky>().unwrap();
                assert!(third == Third::Stops && sink.seen == 3);
            }
            Err(error) => assert!(!words.is_empty() && error.to_string().contains(words), "{error}"),
        }
    }
    // A write is kept, and the error says so.
    let sink = Box::new(Picky { seen: 2, third: Third::Fails });
    let write = Stmt::write("INSERT INTO note (text) VALUES ('a') RETURNING id", vec![]);
    let error = db.fetch(write, sink).await.err().unwrap();
    assert!(format!("{error:?}").contains("is kept"), "{error:?}");
    assert_eq!(count(db).await, 1);
}

#[tokio::test]
async fn large_answers_and_large_values_pass() {
    let Some(bed) = bed().await else { return };
    let rows = dynamic(&bed.db)
        .rows(Stmt::read("SELECT n, repeat('x', 100) FROM generate_series(1, 50000) n", vec![]))
        .await;
    let rows = rows.unwrap();
    assert_eq!((rows.len(), &rows[49_999][0]), (50_000, &Value::Int(50_000)));
    let big = "ä🦀".repeat(1_000_000);
    bed.db.execute(insert(&big)).await.unwrap();
    assert_eq!(one(&bed.db, "SELECT text FROM note").await, Value::Text(big));
    // As many parameters as the protocol has room for.
    let most = 65_535;
    let places: Vec<String> = (1..=most).map(|n| format!("(${n})")).collect();
    let sql = format!("INSERT INTO note (text) VALUES {}", places.join(","));
    let values = (0..most).map(|n| Value::Text(n.to_string())).collect();
    assert_eq!(bed.db.execute(Stmt::write(sql, values)).await.unwrap(), most);
}
