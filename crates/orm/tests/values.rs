//! Every column type: the edges of its range, and what the database stores.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use quintet_core::{TemplateValue, value::JsonValue};
use quintet_orm::{DbOptions, Stmt, prelude::*};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Choices)]
enum Level {
    Low,
    #[choice(value = "HI", label = "Very high")]
    High,
}

#[model(app = "types")]
#[derive(Debug, Clone, PartialEq)]
struct Everything {
    flag: bool,
    small: i16,
    int: i32,
    big: i64,
    float: f64,
    text: String,
    bytes: Vec<u8>,
    #[field(max_digits = 18, decimal_places = 4)]
    decimal: Decimal,
    date: Date,
    time: Time,
    at: Timestamp,
    span: SignedDuration,
    json: JsonValue,
    level: Level,
}

#[model(app = "types", table = "types_everything")]
#[derive(Debug, Clone, PartialEq)]
struct Maybe {
    flag: Option<bool>,
    small: Option<i16>,
    int: Option<i32>,
    big: Option<i64>,
    float: Option<f64>,
    text: Option<String>,
    bytes: Option<Vec<u8>>,
    #[field(max_digits = 18, decimal_places = 4)]
    decimal: Option<Decimal>,
    date: Option<Date>,
    time: Option<Time>,
    at: Option<Timestamp>,
    span: Option<SignedDuration>,
    json: Option<JsonValue>,
    level: Option<Level>,
}

/// A key of text, odd names, a default of the database.
#[model(app = "types", table = "odd \"table\"", ordering = ["type", "-code"], handle = Odds)]
#[derive(Debug, Clone)]
struct Odd {
    #[field(primary_key, max_length = 5)]
    code: String,
    #[field(column = "select")]
    r#type: i32,
    #[field(db_default = "CURRENT_TIMESTAMP")]
    created: Timestamp,
    parent: Option<ForeignKey<Odd>>,
    #[field(via = parent)]
    children: HasMany<Odd>,
    friends: ManyToMany<Odd>,
}

async fn db() -> Db {
    let db = Db::open("sqlite::memory:", DbOptions::default()).await.unwrap();
    let columns = "flag INTEGER, small INTEGER, int INTEGER, big INTEGER, float REAL, text TEXT, bytes BLOB, \
                   decimal INTEGER, date TEXT, time TEXT, at TEXT, span INTEGER, json TEXT, level TEXT";
    db.batch(format!(
        "CREATE TABLE types_everything (id INTEGER PRIMARY KEY, {columns});
         CREATE TABLE \"odd \"\"table\"\"\" (code TEXT PRIMARY KEY, \"select\" INTEGER, created TEXT DEFAULT CURRENT_TIMESTAMP,
            parent_id TEXT REFERENCES \"odd \"\"table\"\"\" (code));
         CREATE TABLE \"odd \"\"table\"\"_friends\" (from_odd_id TEXT, to_odd_id TEXT, UNIQUE (from_odd_id, to_odd_id))"
    ))
    .await
    .unwrap();
    db
}

fn sample() -> Everything {
    Everything {
        id: 0,
        flag: true,
        small: i16::MIN,
        int: i32::MAX,
        big: i64::MIN,
        float: f64::MIN_POSITIVE,
        text: "\u{0}'\"; ☃ \u{10FFFF}".into(),
        bytes: (0..=255).collect(),
        decimal: "-99999999999999.9999".parse().unwrap(),
        date: "0000-01-01".parse().unwrap(),
        time: "23:59:59.999999".parse().unwrap(),
        at: "1969-12-31T23:59:59.999999Z".parse().unwrap(),
        span: SignedDuration::from_micros(-1),
        json: serde_json(),
        level: Level::High,
    }
}

fn serde_json() -> JsonValue {
    r#"{"a": [1, null, "é\u0000"], "b": {"c": 1.5}}"#.parse().unwrap()
}

async fn insert(row: Everything, db: &Db) -> Everything {
    let Everything {
        flag,
        small,
        int,
        big,
        float,
        text,
        bytes,
        decimal,
        date,
        time,
        at,
        span,
        json,
        level,
        ..
    } = row;
    let draft = create!(Everything {
        flag,
        small,
        int,
        big,
        float,
        text,
        bytes,
        decimal,
        date,
        time,
        at,
        span,
        json,
        level
    });
    draft.insert(db).await.unwrap()
}

#[tokio::test]
async fn edges_survive() {
    let db = db().await;
    let other = Everything {
        small: i16::MAX,
        int: i32::MIN,
        big: i64::MAX,
        float: f64::MAX,
        text: String::new(),
        bytes: Vec::new(),
        decimal: Decimal::ZERO,
        date: "9999-12-31".parse().unwrap(),
        time: "00:00:00".parse().unwrap(),
        at: "9999-12-30T22:00:00Z".parse().unwrap(),
        span: SignedDuration::from_micros(i64::MAX),
        json: JsonValue::Null,
        level: Level::Low,
        flag: false,
        ..sample()
    };
    for row in [sample(), other] {
        let back = insert(row.clone(), &db).await;
        assert_eq!(back, Everything { id: back.id, ..row.clone() });
        // Each value finds itself.
        let found = Everything.filter(
            Everything.flag.eq(row.flag)
                & Everything.small.eq(row.small)
                & Everything.int.eq(row.int)
                & Everything.big.eq(row.big)
                & Everything.float.eq(row.float)
                & Everything.text.eq(row.text)
                & Everything.bytes.eq(row.bytes)
                & Everything.decimal.eq(row.decimal)
                & Everything.date.eq(row.date)
                & Everything.time.eq(row.time)
                & Everything.at.eq(row.at)
                & Everything.span.eq(row.span)
                & Everything.json.eq(row.json)
                & Everything.level.eq(row.level),
        );
        assert_eq!(found.one(&db).await.unwrap().id, back.id);
    }
}

#[tokio::test]
async fn what_is_stored_is_what_other_programs_expect() {
    let db = db().await;
    insert(sample(), &db).await;
    let sql =
        "SELECT flag, decimal, date, time, at, span, level, typeof(json), datetime(at) FROM types_everything";
    let stored = (&db as &dyn Executor).rows(Stmt::read(sql, vec![])).await.unwrap().remove(0);
    let text = |text: &str| Value::Text(text.into());
    assert_eq!(
        stored,
        [
            Value::Int(1),
            Value::Int(-999_999_999_999_999_999),
            text("0000-01-01"),
            text("23:59:59.999999"),
            text("1969-12-31 23:59:59.999999"),
            Value::Int(-1),
            text("HI"),
            text("text"),
            text("1969-12-31 23:59:59"),
        ]
    );
}

#[tokio::test]
async fn nothing_is_nothing_in_every_type() {
    let db = db().await;
    let none = create!(Maybe {}).insert(&db).await.unwrap();
    assert_eq!((none.flag, none.decimal, none.at, none.level), (None, None, None, None));
    assert!(none.json.is_none() && none.bytes.is_none() && none.span.is_none());
    let some = create!(Maybe {
        flag: Some(false),
        small: 1i16,
        int: 2,
        big: 3,
        float: 4,
        text: "",
        bytes: Vec::<u8>::new(),
        decimal: 5,
        date: Some(sample().date),
        time: sample().time,
        at: sample().at,
        span: sample().span,
        json: JsonValue::Null,
        level: Level::Low,
    });
    let some = some.insert(&db).await.unwrap();
    assert_eq!((some.flag, some.text.as_deref(), some.float), (Some(false), Some(""), Some(4.0)));
    // A JSON null is a value.
    assert_eq!(Maybe.filter(Maybe.json.is_null()).one(&db).await.unwrap().id, none.id);
    let mut edit = some.edit();
    (edit.flag, edit.text, edit.level) = (None, None, None);
    let saved = edit.save(&db).await.unwrap();
    assert_eq!(Maybe.get(saved.id, &db).await.unwrap().level, None);
}

#[tokio::test]
async fn a_column_that_holds_something_else_is_an_error_with_its_name() {
    let db = db().await;
    for (column, value) in [
        ("int", "3000000000"),
        ("date", "'soon'"),
        ("level", "'medium'"),
        ("text", "x'00'"),
        ("flag", "NULL"),
    ] {
        insert(sample(), &db).await;
        db.execute(Stmt::write(format!("UPDATE types_everything SET {column} = {value}"), vec![]))
            .await
            .unwrap();
        let error = Everything.all(&db).await.unwrap_err().to_string();
        assert!(error.contains(&format!("Everything.{column}: expected")), "{error}");
        db.execute(Stmt::write("DELETE FROM types_everything", vec![])).await.unwrap();
    }
}

#[tokio::test]
async fn odd_names_and_keys() {
    let db = db().await;
    let a = create!(Odd { code: "a", r#type: 1 }).insert(&db).await.unwrap();
    let b = create!(Odd { code: "b", r#type: 2, parent: &a, friends: ["a"] }).insert(&db).await.unwrap();
    // The database's default has come back.
    assert!(a.created > "2020-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(Odds.get("b", &db).await.unwrap().parent.unwrap().id(), "a");
    assert_eq!(Odds.get("zz", &db).await.unwrap_err().to_string(), "Odd \"zz\" not found");
    assert_eq!(Odds.filter(Odds.parent.r#type.eq(1)).one(&db).await.unwrap().code, "b");
    let rows = Odds.prefetch_related(Odds.children).prefetch_related(Odds.friends).all(&db).await.unwrap();
    assert_eq!(rows[0].children.get().unwrap()[0].code, "b");
    assert_eq!(rows[1].friends.get().unwrap()[0].code, "a");
    assert_eq!(b.related(Odds.friends).count(&db).await.unwrap(), 1);
    assert_eq!(a.related(Odds.friends).count(&db).await.unwrap(), 0);
    let children = a.related(Odds.children);
    children.clear(&db).await.unwrap();
    assert!(Odds.filter(Odds.parent.is_not_null()).all(&db).await.unwrap().is_empty());
}

#[tokio::test]
async fn choices_know_their_values() {
    assert_eq!(Level::ALL, [Level::Low, Level::High]);
    assert_eq!((Level::High.value(), Level::High.label(), Level::Low.label()), ("HI", "Very high", "Low"));
    assert_eq!((Level::from_value("low"), Level::from_value("LOW")), (Some(Level::Low), None));
    assert_eq!(Level::High.to_value(), Value::Text("HI".into()));
}
