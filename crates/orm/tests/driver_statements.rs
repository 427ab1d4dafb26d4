//! One statement: values in and out, rows, errors, and what the query log keeps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod driver_support;

use std::{any::Any, panic::Location};

use driver_support::{count, file, insert, memory, notes, one};
use quintet_core::{Error, ErrorKind, Result, Value};
use quintet_orm::{
    Access, Db, Executor, QueryLog, Stmt,
    row::{RowAccess, RowSink},
};

async fn back(db: &Db, value: Value) -> Value {
    let rows = (db as &dyn Executor).rows(Stmt::read("SELECT ?1", vec![value])).await.unwrap();
    rows[0][0].clone()
}

#[tokio::test]
async fn values_come_back_in_the_form_that_sqlite_keeps() {
    let db = memory().await;
    let text = |t: &str| Value::Text(t.into());
    for (given, kept) in [
        (Value::Null, Value::Null),
        (Value::Bool(true), Value::Int(1)),
        (Value::Int(i64::MIN), Value::Int(i64::MIN)),
        (Value::Float(0.1), Value::Float(0.1)),
        (Value::Float(f64::NEG_INFINITY), Value::Float(f64::NEG_INFINITY)),
        (text("a\0'\";-- ÄÖ 🦀"), text("a\0'\";-- ÄÖ 🦀")),
        (text(""), text("")),
        (Value::Bytes(vec![0, 255, 39]), Value::Bytes(vec![0, 255, 39])),
        (Value::Bytes(vec![]), Value::Bytes(vec![])),
        (Value::Date("1979-05-25".parse().unwrap()), text("1979-05-25")),
        (Value::Time("20:15:00.5".parse().unwrap()), text("20:15:00.500000")),
        (
            Value::DateTime("1979-05-25T22:15:00.123456789+02:00".parse().unwrap()),
            text("1979-05-25 20:15:00.123456"),
        ),
        (Value::Duration("PT1.000002S".parse().unwrap()), Value::Int(1_000_002)),
        (Value::Json(quintet_core::value::JsonValue::Null), text("null")),
    ] {
        assert_eq!(back(&db, given.clone()).await, kept, "{given:?}");
    }
    let instant = Value::DateTime("1979-05-25T20:15:00Z".parse().unwrap());
    let rows =
        (&db as &dyn Executor).rows(Stmt::read("SELECT strftime('%s', ?1)", vec![instant])).await.unwrap();
    assert_eq!(rows[0][0].as_text(), Some("296511300"), "SQLite's own functions read it");
}

#[tokio::test]
async fn values_that_have_no_form_are_refused_before_anything_runs() {
    let db = memory().await;
    for (value, word) in [
        (Value::Float(f64::NAN), "NaN"),
        (Value::Decimal("1.5".parse().unwrap()), "decimal 1.5"),
        (Value::List(vec![Value::Int(1)]), "list"),
        (Value::Map(vec![]), "map"),
    ] {
        let error =
            db.execute(Stmt::write("INSERT INTO note (text) VALUES (?1)", vec![value])).await.unwrap_err();
        assert!(error.to_string().contains("parameter 1") && error.to_string().contains(word), "{error}");
    }
    let error = db.execute(Stmt::write("INSERT INTO note (text) VALUES (?1)", vec![])).await.unwrap_err();
    assert!(error.to_string().contains("1 parameters, but 0 values"), "{error}");
    assert_eq!(count(&db).await, 0);
}

#[tokio::test]
async fn counts_are_of_this_statement_alone() {
    let db = memory().await;
    let many = Stmt::write("INSERT INTO note (text) VALUES ('a'), ('b'), ('c')", vec![]);
    assert_eq!(db.execute(many).await.unwrap(), 3);
    assert_eq!(db.execute(Stmt::write("CREATE TABLE other (id INTEGER)", vec![])).await.unwrap(), 0);
    assert_eq!(db.execute(Stmt::read("SELECT * FROM note", vec![])).await.unwrap(), 0);
    assert_eq!(db.execute(Stmt::write("UPDATE note SET text = 'x' WHERE id > 1", vec![])).await.unwrap(), 2);
    assert_eq!(db.execute(Stmt::write("DELETE FROM note WHERE id = 99", vec![])).await.unwrap(), 0);
}

#[tokio::test]
async fn constraints_tell_what_is_at_fault() {
    let db = memory().await;
    db.batch(
        "CREATE TABLE user (id INTEGER PRIMARY KEY, email TEXT NOT NULL, site INTEGER, age INTEGER CONSTRAINT grown_up CHECK (age > 17),
                            UNIQUE (email, site));
         CREATE UNIQUE INDEX one_name ON user (lower(email));
         CREATE TABLE post (user_id INTEGER NOT NULL REFERENCES user (id));
         INSERT INTO user VALUES (1, 'ann', 1, 20);
         INSERT INTO post VALUES (1)"
            .into(),
    )
    .await
    .unwrap();
    let run = async |sql: &str| db.execute(Stmt::write(sql, vec![])).await.unwrap_err();
    let conflict = |constraint: &str| ErrorKind::Conflict { constraint: constraint.into() };

    let error = run("INSERT INTO user VALUES (1, 'bob', 1, 20)").await;
    assert_eq!((error.kind(), error.status().as_u16()), (&conflict("user.id"), 409));
    let error = run("INSERT INTO user VALUES (2, 'ann', 1, 20)").await;
    assert!(
        *error.kind() == conflict("user.email, user.site") || *error.kind() == conflict("one_name"),
        "{error:?}"
    );
    let error = run("INSERT INTO user VALUES (2, 'ANN', 1, 20)").await;
    assert_eq!(*error.kind(), conflict("one_name"));
    assert!(!error.public_message().contains("user."), "{}", error.public_message());
    let error = run("INSERT INTO user VALUES (2, NULL, 1, 20)").await;
    // Nobody has left a field empty: the program has sent a row without a value.
    assert!(error.status().as_u16() == 500 && error.to_string().contains("`user.email`"), "{error}");
    let error = run("INSERT INTO user VALUES (2, 'bob', 1, 3)").await;
    assert_eq!((error.kind(), error.status().as_u16()), (&conflict("grown_up"), 409));
    for sql in ["DELETE FROM user", "INSERT INTO post VALUES (99)"] {
        let error = run(sql).await;
        assert_eq!((error.kind(), error.status().as_u16()), (&ErrorKind::Protected, 409), "{sql}");
    }
}

#[tokio::test]
async fn an_error_has_the_statement_and_the_place_but_no_value() {
    let db = memory().await;
    let here = Location::caller();
    let secret = vec![Value::Text("hunter2".into()), Value::Int(4711), Value::Null];
    let error = db
        .execute(Stmt::write("INSERT INTO nowhere VALUES (?1, ?2, ?3)", secret).at(here))
        .await
        .unwrap_err();
    assert_eq!(error.location(), here);
    let text = format!("{error:?}");
    assert!(text.contains("SQL: INSERT INTO nowhere VALUES (?1, ?2, ?3)"), "{text}");
    assert!(text.contains("parameters: text, whole number, nothing"), "{text}");
    assert!(text.contains("no such table: nowhere") && text.contains("migrate"), "{text}");
    assert!(!text.contains("hunter2") && !text.contains("4711"), "{text}");
}

#[tokio::test]
async fn a_write_in_readers_clothes_is_refused_on_every_kind_of_database() {
    for db in [memory().await, file().await.1] {
        for sql in [
            "INSERT INTO note (text) VALUES ('x')",
            "INSERT INTO note (text) VALUES ('x') RETURNING id",
            "DROP TABLE note",
        ] {
            let error = db.execute(Stmt::read(sql, vec![])).await.unwrap_err();
            assert!(error.to_string().contains("Stmt::write"), "{error}");
        }
    }
}

#[tokio::test]
async fn text_that_is_no_text_is_an_error_that_names_the_column() {
    let db = memory().await;
    db.batch("INSERT INTO note VALUES (1, CAST(X'6162FF' AS TEXT))".into()).await.unwrap();
    let error =
        (&db as &dyn Executor).rows(Stmt::read("SELECT id, text FROM note", vec![])).await.unwrap_err();
    assert!(error.to_string().contains("`text`") && error.to_string().contains("byte 2"), "{error}");
}

/// Takes one row, and then does what it is told.
struct Then(u32, fn() -> Result<bool>);

impl RowSink for Then {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        assert!(row.get(row.len()).is_err(), "one past the end");
        self.0 += 1;
        (self.1)()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

const RETURNING: &str = "INSERT INTO note (text) VALUES ('a'), ('b') RETURNING id";

#[tokio::test]
async fn a_sink_may_stop_fail_or_panic() {
    for db in [memory().await, file().await.1] {
        let run = async |sql: &str, access: Access, then: fn() -> Result<bool>| {
            let stmt =
                if access == Access::Read { Stmt::read(sql, vec![]) } else { Stmt::write(sql, vec![]) };
            db.fetch(stmt, Box::new(Then(0, then)))
                .await
                .map(|sink| sink.into_any().downcast::<Then>().unwrap().0)
        };
        let select = "SELECT 1 UNION ALL SELECT 2";
        assert_eq!(run(select, Access::Read, || Ok(true)).await.unwrap(), 2);
        assert_eq!(run(select, Access::Read, || Ok(false)).await.unwrap(), 1);
        let panicked = run(select, Access::Read, || panic!("boom")).await.unwrap_err();
        assert_eq!((panicked.kind(), panicked.to_string().contains("boom")), (&ErrorKind::Panic, true));

        let failed =
            run(RETURNING, Access::Write, || Err(Error::internal("no such kind"))).await.unwrap_err();
        assert!(failed.details().iter().any(|(name, sql)| *name == "SQL" && sql == RETURNING));
        run(RETURNING, Access::Write, || panic!("boom")).await.unwrap_err();
        assert_eq!(notes(&db).await, "", "what can't be decoded is not kept");
        assert_eq!(run(RETURNING, Access::Write, || Ok(false)).await.unwrap(), 1);
        assert_eq!(notes(&db).await, "a,b", "stopping early is no failure");
    }
}

#[tokio::test]
async fn a_panic_inside_a_transaction_leaves_the_choice_to_the_program() {
    let db = memory().await;
    db.atomic(async |tx| {
        tx.execute(insert("a")).await?;
        let panicked = tx.fetch(Stmt::read("SELECT 1", vec![]), Box::new(Then(0, || panic!("boom")))).await;
        assert!(panicked.is_err());
        tx.execute(insert("b")).await
    })
    .await
    .unwrap();
    assert_eq!(notes(&db).await, "a,b");
}

#[tokio::test]
async fn several_statements_in_one_are_refused_and_batches_are_not() {
    let db = memory().await;
    let two = "INSERT INTO note (text) VALUES ('a'); INSERT INTO note (text) VALUES ('b')";
    let error = db.execute(Stmt::write(two, vec![])).await.unwrap_err();
    assert!(error.to_string().contains("batch"), "{error}");
    db.batch(two.into()).await.unwrap();
    assert_eq!(notes(&db).await, "a,b");
}

#[tokio::test]
async fn a_recording_has_every_statement_of_the_database_until_it_is_dropped() {
    let (_directory, db) = file().await;
    let clone = db.clone();
    let recording = db.record();
    let here = Location::caller();
    clone.execute(insert("a").at(here)).await.unwrap();
    let spawned = clone.clone();
    tokio::spawn(async move { count(&spawned).await }).await.unwrap();
    db.atomic(async |tx| tx.atomic(async |inner| inner.execute(insert("b")).await).await).await.unwrap();
    db.execute(Stmt::write("nonsense", vec![])).await.unwrap_err();
    let queries = recording.queries();
    assert_eq!(recording.count(), 4, "{queries:#?}");
    assert_eq!(queries[0].sql, "INSERT INTO note (text) VALUES (?1)");
    assert_eq!((queries[0].kinds.as_slice(), queries[0].rows, queries[0].at), (&["text"][..], 1, Some(here)));
    assert_eq!((queries[1].access, queries[1].rows), (Access::Read, 1));
    assert_eq!(queries[2].access, Access::Write);
    assert!(queries[3].error.as_deref().unwrap().contains("nonsense") && queries[2].error.is_none());

    let second = db.record();
    drop(recording);
    db.execute(insert("c")).await.unwrap();
    assert_eq!(second.count(), 1);
}

#[tokio::test]
async fn a_scope_has_the_statements_of_its_own_future_on_any_database() {
    let (one_db, other) = (memory().await, memory().await);
    let log = QueryLog::new();
    let work = async {
        count(&one_db).await;
        one_db.atomic(async |tx| tx.execute(insert("a")).await).await.unwrap();
        count(&other).await;
        assert_eq!(QueryLog::current().unwrap().len(), 3);
    };
    let aside = async {
        for _ in 0..5 {
            one(&one_db, "SELECT 'aside'").await;
        }
    };
    tokio::join!(log.clone().scope(work), aside);
    assert!(QueryLog::current().is_none());
    let all: Vec<_> = log.records().into_iter().map(|r| r.sql).collect();
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(!log.is_empty() && !all.iter().any(|sql| sql.contains("aside")), "{all:?}");
}
