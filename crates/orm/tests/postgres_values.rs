//! Every kind of value goes to PostgreSQL and comes back as it was, or is refused by name.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod postgres_support;

use postgres_support::{Bed, bed, bed_with, dynamic, one, options};
use quintet_core::{
    Error, Result, Value,
    value::{Decimal, JsonValue},
};
use quintet_orm::{Executor, Stmt};

async fn through(bed: &Bed, sql_type: &str, value: Value) -> Result<Value> {
    let sql = format!("SELECT $1::{sql_type}");
    let rows = dynamic(&bed.db).rows(Stmt::read(sql, vec![value])).await?;
    Ok(rows[0][0].clone())
}

/// Values with the type that they take, all of them edges of something.
fn edges() -> Vec<(&'static str, Value)> {
    let decimal = |text: &str| Value::Decimal(text.parse().unwrap());
    let mut all = vec![
        ("bool", Value::Bool(true)),
        ("bool", Value::Bool(false)),
        ("int2", Value::Int(i16::MIN.into())),
        ("int2", Value::Int(i16::MAX.into())),
        ("int4", Value::Int(i32::MIN.into())),
        ("int4", Value::Int(i32::MAX.into())),
        ("int8", Value::Int(i64::MIN)),
        ("int8", Value::Int(i64::MAX)),
        ("float4", Value::Float(0.5)),
        ("float8", Value::Float(f64::MIN_POSITIVE)),
        ("float8", Value::Float(f64::MAX)),
        ("float8", Value::Float(-0.0)),
        ("float8", Value::Float(f64::NEG_INFINITY)),
        ("numeric", decimal("79228162514264337593543950335")),
        ("numeric", decimal("-79228162514264337593543950335")),
        ("numeric", decimal("0.0000000000000000000000000001")),
        ("numeric", decimal("12.50")),
        ("numeric(20, 4)", decimal("-9999999999999999.9999")),
        ("numeric", decimal("0.00")),
        ("text", Value::Text(String::new())),
        ("text", Value::Text("a'b\"c\\d\n\t$1 ?1 --".into())),
        ("text", Value::Text("zwölf Boxkämpfer 🦀 𝄞 ﷽ e\u{301}".into())),
        ("varchar(3)", Value::Text("🦀🦀🦀".into())),
        ("bytea", Value::Bytes(Vec::new())),
        ("bytea", Value::Bytes((0..=255).collect())),
        ("interval", Value::Duration("-PT0.000001S".parse().unwrap())),
        ("interval", Value::Duration("PT90000H59M59.999999S".parse().unwrap())),
        ("jsonb", Value::Json("{\"a\":[1,null,\"🦀\"],\"b\":{\"c\":1.5}}".parse::<JsonValue>().unwrap())),
        ("json", Value::Json(JsonValue::Null)),
        ("uuid", Value::Uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8".parse().unwrap())),
    ];
    for day in ["2000-01-01", "1999-12-31", "0001-01-01", "9999-12-31", "-004000-02-28", "2024-02-29"] {
        all.push(("date", Value::Date(day.parse().unwrap())));
    }
    for time in ["00:00:00", "23:59:59.999999", "12:34:56.000001"] {
        all.push(("time", Value::Time(time.parse().unwrap())));
    }
    for instant in [
        "2000-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999Z",
        "0001-01-01T00:00:00Z",
        "9999-12-30T22:00:00Z",
    ] {
        all.push(("timestamptz", Value::DateTime(instant.parse().unwrap())));
        all.push(("timestamp", Value::DateTime(instant.parse().unwrap())));
    }
    all
}

#[tokio::test]
async fn edges_come_back_as_they_went() {
    // Named statements, and unnamed ones whose formats are told with each answer.
    for more in ["", "&prepare=off"] {
        let Some(bed) = bed_with(options(), if more.is_empty() { "" } else { more }).await else { return };
        for _ in 0..2 {
            for (sql_type, value) in edges() {
                let back = through(&bed, sql_type, value.clone()).await.unwrap();
                assert_eq!(format!("{back:?}"), format!("{value:?}"), "{sql_type}");
                assert_eq!(through(&bed, sql_type, Value::Null).await.unwrap(), Value::Null, "{sql_type}");
            }
        }
    }
}

#[tokio::test]
async fn values_are_what_the_server_takes_them_for() {
    let Some(bed) = bed().await else { return };
    for (sql, value, text) in [
        ("$1::numeric", Value::Decimal("-12345.60".parse().unwrap()), "-12345.60"),
        ("$1::numeric", Value::Float(0.1), "0.1"),
        ("$1::numeric", Value::Int(-7), "-7"),
        ("$1::float8", Value::Decimal("2.5".parse().unwrap()), "2.5"),
        ("$1::float8", Value::Int(3), "3"),
        ("$1::int4", Value::Decimal("7.00".parse().unwrap()), "7"),
        ("$1::date", Value::Date("1979-05-25".parse().unwrap()), "1979-05-25"),
        ("$1::date", Value::Text("1979-05-25".into()), "1979-05-25"),
        (
            "$1::timestamptz",
            Value::DateTime("1979-05-25T22:15:00.5+02:00".parse().unwrap()),
            "1979-05-25 20:15:00.5+00",
        ),
        ("$1::time", Value::Time("20:15".parse().unwrap()), "20:15:00"),
        ("$1::interval", Value::Duration("PT25H0.5S".parse().unwrap()), "25:00:00.5"),
        ("$1::int8", Value::Duration("PT1.5S".parse().unwrap()), "1500000"),
        ("$1::jsonb -> 'a'", Value::Json(serde("{\"a\": [1]}")), "[1]"),
        ("$1::bytea", Value::Bytes(vec![0, 255]), "\\x00ff"),
        ("$1::inet", Value::Text("10.0.0.1".into()), "10.0.0.1/32"),
        (
            "$1::uuid",
            Value::Text("6BA7B810-9DAD-11D1-80B4-00C04FD430C8".into()),
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        ),
        ("$1::int8[]", Value::List(vec![Value::Int(1), Value::Null, Value::Int(-3)]), "{1,NULL,-3}"),
        (
            "$1::text[]",
            Value::List(vec![Value::Text("a,\"b".into()), Value::Text(String::new())]),
            "{\"a,\\\"b\",\"\"}",
        ),
        ("$1::text[]", Value::List(vec![]), "{}"),
        (
            "$1::uuid[]",
            Value::List(vec![Value::Text("6ba7b810-9dad-11d1-80b4-00c04fd430c8".into())]),
            "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
        ),
    ] {
        let read = format!("SELECT ({sql})::text");
        let rows = dynamic(&bed.db).rows(Stmt::read(read, vec![value])).await.unwrap();
        assert_eq!(rows[0][0], Value::Text(text.into()), "{sql}");
    }
    let any = Stmt::read(
        "SELECT count(*) FROM generate_series(1, 9) n WHERE n::int8 = ANY($1)",
        vec![Value::List(vec![Value::Int(2), Value::Int(8), Value::Int(80)])],
    );
    assert_eq!(dynamic(&bed.db).rows(any).await.unwrap(), [[Value::Int(2)]]);
}

fn serde(text: &str) -> JsonValue {
    text.parse().unwrap()
}

#[tokio::test]
async fn types_of_the_site_are_text() {
    let Some(bed) = bed().await else { return };
    bed.db
        .batch("CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE DOMAIN short AS varchar(5); CREATE TABLE t (m mood, s short, c \"char\", n name)".into())
        .await
        .unwrap();
    let text = |text: &str| Value::Text(text.into());
    let row = vec![text("sad"), text("abc"), text("x"), text("y")];
    bed.db.execute(Stmt::write("INSERT INTO t VALUES ($1, $2, $3, $4)", row.clone())).await.unwrap();
    assert_eq!(dynamic(&bed.db).rows(Stmt::read("SELECT * FROM t", vec![])).await.unwrap(), [row]);
    let moods = Value::List(vec![text("sad"), text("glad")]);
    let found = Stmt::read("SELECT count(*) FROM t WHERE m = ANY($1)", vec![moods]);
    assert_eq!(dynamic(&bed.db).rows(found).await.unwrap(), [[Value::Int(1)]]);
    assert_eq!(one(&bed.db, "SELECT ARRAY[1, 2]").await, text("{1,2}"));
    assert_eq!(one(&bed.db, "SELECT pg_sleep(0)").await, text(""));
    let error =
        bed.db.execute(Stmt::write("INSERT INTO t (m) VALUES ($1)", vec![text("angry")])).await.unwrap_err();
    assert!(error.to_string().contains("angry"), "{error}");
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_the_parameter_is_named() {
    let Some(bed) = bed().await else { return };
    let refused =
        async |sql_type: &str, value: Value| -> Error { through(&bed, sql_type, value).await.unwrap_err() };
    for (sql_type, value, words) in [
        ("int2", Value::Int(40_000), "parameter 1: the number 40000 does not fit smallint"),
        ("int4", Value::Int(3_000_000_000), "does not fit integer"),
        ("int4", Value::Float(1.5), "a number was given where the statement wants integer"),
        ("text", Value::Int(1), "`$1::bigint`"),
        ("text", Value::Text("a\0b".into()), "zero byte"),
        ("bool", Value::Int(1), "wants boolean"),
        ("bytea", Value::Text("abc".into()), "wants bytea"),
        ("int8", Value::Map(vec![]), "JSON"),
        ("date", Value::Bool(true), "wants date"),
    ] {
        let error = refused(sql_type, value).await;
        assert!(error.to_string().contains(words), "{error}");
        assert!(
            error.details().iter().any(|(name, text)| *name == "SQL" && text.contains("SELECT $1")),
            "{error:?}"
        );
    }
    let few =
        dynamic(&bed.db).rows(Stmt::read("SELECT $1::int4 + $2", vec![Value::Int(1)])).await.unwrap_err();
    assert!(few.to_string().contains("2 parameters, but 1 values"), "{few}");
}

#[tokio::test]
async fn what_rust_can_not_hold_is_an_error_that_names_the_column() {
    let Some(bed) = bed().await else { return };
    for (sql, words) in [
        ("SELECT 'NaN'::numeric AS price", "`price` (numeric) is NaN"),
        ("SELECT 1e40::numeric AS price", "28"),
        ("SELECT 'infinity'::date AS day", "`day` (date) is an infinite"),
        ("SELECT 'infinity'::timestamptz AS t", "isfinite"),
        ("SELECT '20000-01-01'::date AS day", "9999"),
        ("SELECT '1 month'::interval AS span", "months"),
        ("SELECT '24:00'::time AS t", "24:00"),
    ] {
        let error = dynamic(&bed.db).rows(Stmt::read(sql, vec![])).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(
        one(&bed.db, "SELECT '3 days 1 hour'::interval").await,
        Value::Duration("PT73H".parse().unwrap())
    );
    let third: Decimal = "0.33333333333333333333".parse().unwrap();
    assert_eq!(one(&bed.db, "SELECT 1::numeric / 3").await, Value::Decimal(third));
}
