//! A changed type converts every value exactly, or stops and says which rows are in the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::*;
use quintet_core::value::Kind;
use quintet_migrate::{Operation, run::Target, state::FieldState};
use quintet_orm::Executor;

/// What one value (as SQL) becomes: the value and its type, or the words of the refusal.
async fn converted(db: &Bed, old: &FieldState, new: &FieldState, value: &str) -> Result<String, String> {
    let [old, new] = [null(old.clone()), null(new.clone())];
    let start = vec![create(model("app.T", vec![old.clone()]))];
    let graph = chain("app", vec![start, vec![alter("app.T", new.clone())]]);
    let engine = db.engine;
    up_to(db, &graph, "app", "0001").await.unwrap();
    let value = match engine {
        Engine::Sqlite => value.to_owned(),
        Engine::Postgres => as_postgres(&old, value),
    };
    db.batch(format!("INSERT INTO app_t (id, x) VALUES (1, NULL), (7, {value})")).await.unwrap();
    let shown = |field: &FieldState| match (engine, field.kind) {
        (Engine::Sqlite, _) => "quote(x), typeof(x)",
        (_, Kind::DateTime) => "to_char(x, 'YYYY-MM-DD HH24:MI:SS.US')",
        _ => "x::text",
    };
    let old_rows = format!("SELECT id, {} FROM app_t ORDER BY id", shown(&old));
    let before = text(db, &old_rows).await;
    let result = match go(db, &graph, Target::Latest).await {
        Ok(_) => {
            assert_eq!(text(db, "SELECT x IS NULL FROM app_t WHERE id = 1").await.replace("true", "1"), "1");
            assert_database(db, &graph.state().unwrap()).await;
            Ok(text(db, &format!("SELECT {} FROM app_t WHERE id = 7", shown(&new))).await)
        }
        Err(error) => {
            assert_eq!(text(db, &old_rows).await, before);
            let message = error.to_string();
            assert!(message.contains("1 row of `app_t`") && message.contains("id = 7"), "{message}");
            Err(message)
        }
    };
    db.batch("DROP TABLE app_t; DROP TABLE quintet_migrations".into()).await.unwrap();
    result
}

/// What only SQLite would keep in a column of decimals.
const NO_DECIMAL: &str = "'12.5 EUR'";

/// A literal as SQLite keeps a value, as one of PostgreSQL's.
fn as_postgres(field: &FieldState, value: &str) -> String {
    match field.kind {
        Kind::Bool => (value == "1").to_string(),
        Kind::Decimal => format!("{value} / 1{}.0", "0".repeat(field.digits.unwrap().places.into())),
        _ => value.to_owned(),
    }
}

/// What SQLite answers (`quote(x)|typeof(x)`), as PostgreSQL shows it.
fn shown_by_postgres(field: &FieldState, answer: &str) -> String {
    let plain = answer.rsplit_once('|').unwrap().0.trim_matches('\'');
    match field.kind {
        Kind::Bool => (plain == "1").to_string(),
        Kind::Decimal => {
            let scaled: quintet_core::value::Decimal = plain.parse().unwrap();
            let mut number =
                scaled / quintet_core::value::Decimal::from(10i64.pow(field.digits.unwrap().places.into()));
            number.rescale(field.digits.unwrap().places.into());
            number.to_string()
        }
        Kind::Float | Kind::Real => {
            let plain = plain.trim_end_matches(".0").to_owned();
            // A single shows six digits before it takes an exponent.
            if plain == "16777216" { "1.6777216e+07".to_owned() } else { plain }
        }
        Kind::Uuid => quintet_core::value::Uuid::try_parse(plain).unwrap().to_string(),
        Kind::Bytes => format!("\\x{}", plain.trim_start_matches("X'").to_lowercase()),
        Kind::Time => plain.strip_suffix("0000").filter(|p| p.contains('.')).unwrap_or(plain).to_owned(),
        _ => plain.to_owned(),
    }
}

#[tokio::test]
async fn values_are_converted_exactly_or_refused() {
    let plain = |kind| field("x", kind);
    let (long, short) = (varchar("x", 9), varchar("x", 3));
    let (two, four, whole) = (decimal("x", 6, 2), decimal("x", 8, 4), decimal("x", 6, 0));
    let int = || plain(Kind::Int);
    let t = || plain(Kind::Text);
    #[rustfmt::skip]
    let cases: Vec<(FieldState, FieldState, &str, Result<&str, &str>)> = vec![
        (t(), int(), "'42'", Ok("42|integer")),
        (t(), int(), "' -7 '", Ok("-7|integer")),
        (t(), int(), "'42 km'", Err("not a whole number")),
        (t(), int(), "''", Err("not a whole number")),
        (t(), int(), "'007'", Err("not a whole number")),
        (t(), int(), "'1.0'", Err("not a whole number")),
        (t(), int(), "'3000000000'", Err("out of the range of int")),
        (t(), plain(Kind::BigInt), "'99999999999999999999'", Err("not a whole number")),
        (t(), plain(Kind::BigInt), "'-9223372036854775808'", Ok("-9223372036854775808|integer")),
        (plain(Kind::BigInt), int(), "2147483647", Ok("2147483647|integer")),
        (plain(Kind::BigInt), int(), "2147483648", Err("out of the range of int")),
        (int(), plain(Kind::SmallInt), "-32769", Err("out of the range of small_int")),
        (int(), plain(Kind::BigInt), "5", Ok("5|integer")),
        (int(), t(), "-5", Ok("'-5'|text")),
        (int(), short.clone(), "12345", Err("more than 3 characters")),
        (int(), plain(Kind::Bool), "1", Ok("1|integer")),
        (int(), plain(Kind::Bool), "2", Err("neither 0 nor 1")),
        (plain(Kind::Bool), int(), "0", Ok("0|integer")),
        (plain(Kind::Bool), t(), "0", Ok("'false'|text")),
        (t(), plain(Kind::Bool), "'Yes'", Ok("1|integer")),
        (t(), plain(Kind::Bool), "'off'", Ok("0|integer")),
        (t(), plain(Kind::Bool), "'maybe'", Err("neither yes nor no")),
        (int(), plain(Kind::Float), "3", Ok("3.0|real")),
        (plain(Kind::BigInt), plain(Kind::Float), "9007199254740993", Err("can't hold exactly")),
        (plain(Kind::Float), int(), "3.0", Ok("3|integer")),
        (plain(Kind::Float), int(), "3.5", Err("not whole")),
        (plain(Kind::Float), int(), "1e300", Err("whole")),
        (plain(Kind::Float), two.clone(), "9.99", Ok("999|integer")),
        (plain(Kind::Float), two.clone(), "-0.07", Ok("-7|integer")),
        (plain(Kind::Float), two.clone(), "0.005", Err("more than 2 places")),
        (plain(Kind::Float), two.clone(), "10000.0", Err("more than 6 digits")),
        (plain(Kind::Float), t(), "0.1", Ok("'0.1'|text")),
        (plain(Kind::Float), t(), "0.30000000000000004", Ok("'0.30000000000000004'|text")),
        (int(), two.clone(), "12", Ok("1200|integer")),
        (int(), two.clone(), "-9999", Ok("-999900|integer")),
        (int(), two.clone(), "10000", Err("more than 6 digits")),
        (two.clone(), four.clone(), "999999", Ok("99999900|integer")),
        (four.clone(), two.clone(), "123400", Ok("1234|integer")),
        (four.clone(), two.clone(), "-123400", Ok("-1234|integer")),
        (four.clone(), two.clone(), "123401", Err("more than 2 places")),
        (decimal("x", 10, 4), two.clone(), "100000000", Err("more than 6 digits")),
        (two.clone(), decimal("x", 6, 4), "10000", Err("more than 6 digits")),
        (two.clone(), decimal("x", 4, 2), "9999", Ok("9999|integer")),
        (two.clone(), decimal("x", 4, 2), "-10000", Err("more than 4 digits")),
        (two.clone(), four.clone(), NO_DECIMAL, Err("no decimal")),
        (two.clone(), int(), "1200", Ok("12|integer")),
        (two.clone(), int(), "1201", Err("not whole")),
        (two.clone(), plain(Kind::Float), "999", Ok("9.99|real")),
        (two.clone(), t(), "-5", Ok("'-0.05'|text")),
        (two.clone(), t(), "120000", Ok("'1200.00'|text")),
        (whole.clone(), t(), "-12", Ok("'-12'|text")),
        (t(), two.clone(), "'12.5'", Ok("1250|integer")),
        (t(), two.clone(), "'-0.05'", Ok("-5|integer")),
        (t(), two.clone(), "'0012.5000'", Ok("1250|integer")),
        (t(), two.clone(), "'1000'", Ok("100000|integer")),
        (t(), two.clone(), "'10000'", Err("more than 6 digits")),
        (t(), two.clone(), "'1.005'", Err("more than 2 places")),
        (t(), two.clone(), "'1.2.3'", Err("no decimal")),
        (t(), two.clone(), "'--1'", Err("no decimal")),
        (t(), two.clone(), "'.5'", Err("no decimal")),
        (t(), two.clone(), "'1e3'", Err("no decimal")),
        (t(), two.clone(), "''", Err("no decimal")),
        (t(), whole.clone(), "'100'", Ok("100|integer")),
        (t(), plain(Kind::Float), "'1e3'", Ok("1000.0|real")),
        (t(), plain(Kind::Float), "'-2.5'", Ok("-2.5|real")),
        (t(), plain(Kind::Float), "'1e999'", Err("not a number")),
        (t(), plain(Kind::Float), "'2,5'", Err("not a number")),
        (t(), plain(Kind::Float), "'\"1\"'", Err("not a number")),
        (t(), plain(Kind::Date), "'1979-05-25'", Ok("'1979-05-25'|text")),
        (t(), plain(Kind::Date), "'1979-02-30'", Err("no date")),
        (t(), plain(Kind::Date), "'25.05.1979'", Err("no date")),
        (t(), plain(Kind::Date), "'1979-05-25 10:00'", Err("no date")),
        (t(), plain(Kind::Time), "'20:15'", Ok("'20:15:00'|text")),
        (t(), plain(Kind::Time), "'20:15:01.250000'", Ok("'20:15:01.250000'|text")),
        (t(), plain(Kind::Time), "'24:00'", Err("no time")),
        (t(), plain(Kind::Time), "'20:61:00'", Err("no time")),
        (t(), plain(Kind::Time), "'now'", Err("no time")),
        (t(), plain(Kind::DateTime), "'1979-05-25 20:15:00'", Ok("'1979-05-25 20:15:00.000000'|text")),
        (t(), plain(Kind::DateTime), "'1979-05-25T20:15:00.5Z'", Ok("'1979-05-25 20:15:00.500000'|text")),
        (t(), plain(Kind::DateTime), "'1979-05-25T20:15:00+02:00'", Err("no date and time in UTC")),
        (t(), plain(Kind::DateTime), "'1979-02-30 20:15:00'", Err("no date and time in UTC")),
        (t(), plain(Kind::DateTime), "'1979-05-25 20:15:00.1234567'", Err("no date and time in UTC")),
        (t(), plain(Kind::DateTime), "'now'", Err("no date and time in UTC")),
        (plain(Kind::Date), plain(Kind::DateTime), "'1979-05-25'", Ok("'1979-05-25 00:00:00.000000'|text")),
        (plain(Kind::DateTime), plain(Kind::Date), "'1979-05-25 00:00:00.000000'", Ok("'1979-05-25'|text")),
        (plain(Kind::DateTime), plain(Kind::Date), "'1979-05-25 00:00:00.000001'", Err("time of day")),
        (plain(Kind::Date), t(), "'1979-05-25'", Ok("'1979-05-25'|text")),
        (t(), plain(Kind::Json), "'[1, 2]'", Ok("'[1, 2]'|text")),
        (t(), plain(Kind::Json), "'[1,'", Err("no JSON")),
        (plain(Kind::Json), t(), "'1'", Ok("'1'|text")),
        (t(), plain(Kind::Bytes), "'é'", Ok("X'C3A9'|blob")),
        (long.clone(), short.clone(), "'abc'", Ok("'abc'|text")),
        (long.clone(), short.clone(), "'äöü'", Ok("'äöü'|text")),
        (long.clone(), short.clone(), "'abcd'", Err("more than 3 characters")),
        (t(), short.clone(), "'abcd'", Err("more than 3 characters")),
        (short.clone(), t(), "'abc'", Ok("'abc'|text")),
        (int(), plain(Kind::U8), "255", Ok("255|integer")),
        (int(), plain(Kind::U8), "256", Err("out of the range of u8")),
        (int(), plain(Kind::U16), "-1", Err("out of the range of u16")),
        (plain(Kind::U16), int(), "65535", Ok("65535|integer")),
        (plain(Kind::U16), plain(Kind::SmallInt), "65535", Err("out of the range of small_int")),
        (plain(Kind::U32), plain(Kind::U64), "4294967295", Ok("4294967295|integer")),
        (plain(Kind::BigInt), plain(Kind::U64), "-5", Err("out of the range of u64")),
        (t(), plain(Kind::U32), "'4294967296'", Err("out of the range of u32")),
        (int(), plain(Kind::Real), "16777216", Ok("16777216.0|real")),
        (int(), plain(Kind::Real), "16777217", Err("can't hold exactly")),
        (plain(Kind::Real), plain(Kind::Float), "0.1", Ok("0.1|real")),
        (plain(Kind::Real), two.clone(), "0.07", Ok("7|integer")),
        (plain(Kind::Real), t(), "0.1", Ok("'0.1'|text")),
        (plain(Kind::Real), int(), "2.5", Err("not whole")),
        (t(), plain(Kind::Uuid), "' 67E55044-10B1-426F-9247-BB680E5FE0C8'", Ok("'67e5504410b1426f9247bb680e5fe0c8'|text")),
        (t(), plain(Kind::Uuid), "'67e5504410b1426f9247bb680e5fe0c8'", Ok("'67e5504410b1426f9247bb680e5fe0c8'|text")),
        (t(), plain(Kind::Uuid), "'67e55044-10b1426f9247-bb680e5fe0c8'", Err("is no UUID")),
        (t(), plain(Kind::Uuid), "'67e5504410b1426f9247bb680e5fe0cg'", Err("is no UUID")),
        (t(), plain(Kind::Uuid), "'{67e5504410b1426f9247bb680e5fe0c8}'", Err("is no UUID")),
        (t(), plain(Kind::Uuid), "''", Err("is no UUID")),
        (plain(Kind::Uuid), t(), "'67e5504410b1426f9247bb680e5fe0c8'", Ok("'67e55044-10b1-426f-9247-bb680e5fe0c8'|text")),
        (plain(Kind::Uuid), short.clone(), "'67e5504410b1426f9247bb680e5fe0c8'", Err("more than 3 characters")),
        (plain(Kind::Ip), t(), "'10.0.0.1'", Ok("'10.0.0.1'|text")),
        (plain(Kind::Ip), t(), "'2001:db8::1'", Ok("'2001:db8::1'|text")),
    ];
    for engine in engines() {
        let db = engine.open().await;
        for (old, new, value, wanted) in &cases {
            if engine == Engine::Postgres && value.contains(NO_DECIMAL) {
                continue;
            }
            let what = format!("{} → {}: {value} on {engine:?}", old.kind, new.kind);
            match (converted(&db, old, new, value).await, *wanted) {
                (Ok(got), Ok(wanted)) if engine == Engine::Postgres => {
                    assert_eq!(got, shown_by_postgres(new, wanted), "{what}");
                }
                (Ok(got), Ok(wanted)) => assert_eq!(got, wanted, "{what}"),
                (Err(got), Err(wanted)) => assert!(got.contains(wanted), "{what}: {got}"),
                (got, wanted) => panic!("{what}: got {got:?}, wanted {wanted:?}"),
            }
        }
    }
}

#[tokio::test]
async fn what_has_no_exact_way_is_refused_before_anything_runs() {
    for (old, new) in [
        (Kind::Bytes, Kind::Text),
        (Kind::Duration, Kind::BigInt),
        (Kind::Date, Kind::Time),
        (Kind::Bool, Kind::Date),
        (Kind::Float, Kind::Bool),
        (Kind::Float, Kind::Real),
        (Kind::Uuid, Kind::Bytes),
        (Kind::Text, Kind::Ip),
    ] {
        let start = vec![create(model("app.T", vec![field("x", old)]))];
        let mut before = chain("app", vec![start]).state().unwrap();
        let operations = [alter("app.T", field("x", new))];
        let (_, error) =
            quintet_migrate::sql::plan(&quintet_orm::dialect::SQLITE, &mut before, &operations).unwrap_err();
        assert!(error.to_string().contains("`x` can't be converted"), "{error}");
    }
}

#[tokio::test]
async fn null_gets_the_value_that_was_given_or_stops_the_migration() {
    let start = vec![create(model("app.T", vec![null(field("x", Kind::Int))]))];
    for engine in engines() {
        for (backfill, wanted) in [
            (Some("5"), Ok("1;5;5")),
            (None, Err("2 rows of `app_t` have no `x` (for example id = 2, id = 3)")),
        ] {
            let step = Operation::AlterField {
                model: "app.T".into(),
                field: field("x", Kind::Int),
                backfill: backfill.map(str::to_owned),
                values: BTreeMap::new(),
            };
            let graph = chain("app", vec![start.clone(), vec![step]]);
            let db = engine.open().await;
            up_to(&db, &graph, "app", "0001").await.unwrap();
            db.batch("INSERT INTO app_t (x) VALUES (1), (NULL), (NULL)".into()).await.unwrap();
            match (go(&db, &graph, Target::Latest).await, wanted) {
                (Ok(_), Ok(rows)) => assert_eq!(text(&db, "SELECT x FROM app_t ORDER BY id").await, rows),
                (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
                (got, _) => panic!("{got:?}"),
            }
        }
    }
}

#[tokio::test]
async fn shared_values_stop_a_new_uniqueness() {
    let start = vec![create(model("app.T", vec![field("a", Kind::Int), null(varchar("b", 9))]))];
    let together =
        Operation::AlterUniqueTogether { model: "app.T".into(), sets: vec![vec!["a".into(), "b".into()]] };
    for engine in engines() {
        for (step, rows, wanted) in [
            (
                alter("app.T", unique(field("a", Kind::Int))),
                "(1, 'x'), (1, 'y'), (2, 'z')",
                Some("id = 1 and id = 2"),
            ),
            (together.clone(), "(1, 'x'), (1, 'y'), (1, 'x')", Some("id = 1 and id = 3")),
            (together.clone(), "(1, 'x'), (1, 'y'), (1, NULL), (1, NULL)", None),
            (
                add("app.T", unique(field("c", Kind::Int)), Some("1")),
                "(1, 'x'), (2, 'y')",
                Some("id = 1 and id = 2"),
            ),
            (alter("app.T", unique(null(varchar("b", 9)))), "(1, NULL), (2, NULL)", None),
        ] {
            let graph = chain("app", vec![start.clone(), vec![step]]);
            let db = engine.open().await;
            up_to(&db, &graph, "app", "0001").await.unwrap();
            db.batch(format!("INSERT INTO app_t (a, b) VALUES {rows}")).await.unwrap();
            match (go(&db, &graph, Target::Latest).await, wanted) {
                (Ok(_), None) => assert_database(&db, &graph.state().unwrap()).await,
                (Err(error), Some(words)) => {
                    assert!(
                        error.to_string().contains("2 rows") && error.to_string().contains(words),
                        "{error}"
                    );
                }
                (got, _) => panic!("{rows}: {got:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_renamed_choice_takes_its_rows_along_and_a_lost_one_stops_the_migration() {
    let with = |choices: &[&str]| FieldState {
        choices: choices.iter().map(|c| (*c).to_owned()).collect(),
        ..varchar("status", 20)
    };
    let start = vec![create(model("app.T", vec![with(&["draft", "live"])]))];
    for engine in engines() {
        for (given, wanted) in
            [(Some("hidden"), Ok("hidden;live")), (None, Err("none of hidden, live (for example id = 1)"))]
        {
            let step = Operation::AlterField {
                model: "app.T".into(),
                field: with(&["hidden", "live"]),
                backfill: None,
                values: given.map(|g| ("draft".to_owned(), g.to_owned())).into_iter().collect(),
            };
            let graph = chain("app", vec![start.clone(), vec![step]]);
            let db = engine.open().await;
            up_to(&db, &graph, "app", "0001").await.unwrap();
            db.batch("INSERT INTO app_t (status) VALUES ('draft'), ('live')".into()).await.unwrap();
            match (go(&db, &graph, Target::Latest).await, wanted) {
                (Ok(_), Ok(rows)) => {
                    assert_eq!(text(&db, "SELECT status FROM app_t ORDER BY id").await, rows)
                }
                (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
                (got, _) => panic!("{got:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_value_in_a_file_is_kept_as_the_driver_would_keep_it() {
    use quintet_core::Value;
    use quintet_orm::Stmt;
    for (kind, given) in [
        (Kind::Bool, "yes"),
        (Kind::BigInt, "-9223372036854775808"),
        (Kind::Float, "1e-7"),
        (Kind::Float, "2"),
        (Kind::Text, "it's; DROP TABLE app_t"),
        (Kind::Bytes, "00ff"),
        (Kind::Date, "0800-12-25"),
        (Kind::Time, "20:15:00.25"),
        (Kind::Time, "20:15"),
        (Kind::DateTime, "1979-05-25T22:15:00+02:00"),
        (Kind::Duration, "-PT1.5S"),
        (Kind::Json, r#"{"a": "it's"}"#),
        (Kind::U64, "9223372036854775807"),
        (Kind::Real, "0.1"),
        (Kind::Uuid, "67E5504410B1426F9247BB680E5FE0C8"),
        (Kind::Ip, "2001:DB8:0:0:0:0:0:1"),
    ] {
        let start = vec![create(model("app.T", vec![field("n", Kind::Int)]))];
        let graph = chain("app", vec![start, vec![add("app.T", field("x", kind), Some(given))]]);
        for engine in engines() {
            let db = engine.open().await;
            up_to(&db, &graph, "app", "0001").await.unwrap();
            db.batch("INSERT INTO app_t (n) VALUES (1)".into()).await.unwrap();
            go(&db, &graph, Target::Latest).await.unwrap();
            let value = Value::parse(kind, given).unwrap();
            let (mut insert, shown) = (
                "INSERT INTO app_t (n, x) VALUES (2, ".to_owned(),
                match engine {
                    Engine::Sqlite => "quote(x) || typeof(x)",
                    Engine::Postgres => "x::text",
                },
            );
            db.dialect().parameter(1, &mut insert);
            db.execute(Stmt::write(insert + ")", vec![value])).await.unwrap();
            let all = text(&db, &format!("SELECT {shown} FROM app_t ORDER BY n")).await;
            let (literal, bound) = all.split_at(all.len() / 2);
            assert_eq!(Some(literal), bound.strip_prefix(';'), "{kind} {given} on {engine:?}");
        }
    }
}
