//! Rows as JSON, written from the database's buffers: the same text that serde makes of the structs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_orm::{Stmt, field::StoredFile, prelude::*, query::JsonRows};
use serde::Serialize;
use serde_json::json;

scenarios!(
    every_kind_of_column,
    nothing_is_null,
    foreign_keys_and_secrets,
    objects_that_are_loaded,
    narrowed_ordered_cut,
    what_no_row_can_hold_is_an_error,
);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Choices)]
enum Level {
    Low,
    #[choice(value = "HI \"!\"")]
    High,
}

#[derive(Debug, Clone, Embed)]
struct Place {
    street: String,
    #[field(secret)]
    floor: Option<i16>,
}

#[model(app = "json")]
#[derive(Debug, Clone)]
struct Everything {
    flag: bool,
    small: i16,
    int: i32,
    big: i64,
    u8: u8,
    u16: u16,
    u32: u32,
    u64: u64,
    real: f32,
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
    uuid: Uuid,
    ip: std::net::IpAddr,
    level: Level,
    file: StoredFile,
    #[field(secret)]
    password: String,
    #[field(embed)]
    place: Place,
}

#[model(app = "json")]
#[derive(Debug, Clone)]
struct Maybe {
    flag: Option<bool>,
    small: Option<i16>,
    int: Option<i32>,
    big: Option<i64>,
    real: Option<f32>,
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
    uuid: Option<Uuid>,
    ip: Option<std::net::IpAddr>,
    level: Option<Level>,
    file: Option<StoredFile>,
}

/// Tables for both models, in the words of the database.
async fn tables(on: &On) -> Db {
    let columns = "flag :bool :no, small :small :no, int :whole :no, big :ref :no, real :real :no, float :float :no, \
                   text TEXT :no, bytes :bytes :no, decimal :decimal :no, date :date :no, time :time :no, at :instant :no, \
                   span :span :no, json :json :no, uuid :uuid :no, ip :ip :no, level TEXT :no, file TEXT :no";
    let more = ", u8 :small :no, u16 :whole :no, u32 :ref :no, u64 :ref :no, password TEXT :no, street TEXT :no, \
                floor :small";
    let tables = format!(
        "CREATE TABLE json_everything (id :key, {columns}{more}); CREATE TABLE json_maybe (id :key, {});",
        columns.replace(" :no", "")
    );
    let db = on.empty().await;
    let native = is_server(&db);
    let own = [
        (":no", "NOT NULL", "NOT NULL"),
        (":small", "SMALLINT", "INTEGER"),
        (":whole", "INTEGER", "INTEGER"),
        (":real", "REAL", "REAL"),
        (":bytes", "BYTEA", "BLOB"),
        (":decimal", "NUMERIC(18, 4)", "INTEGER"),
        (":time", "TIME", "TEXT"),
        (":span", "INTERVAL", "INTEGER"),
        (":uuid", "UUID", "BLOB"),
        (":ip", "INET", "TEXT"),
    ];
    let word = |sql: String, (word, server, file): (&str, &str, &str)| {
        sql.replace(word, if native { server } else { file })
    };
    db.batch(typed(db.dialect(), &own.into_iter().fold(tables, word))).await.unwrap();
    db
}

fn is_server(db: &Db) -> bool {
    db.dialect().native_types
}

/// The rows as JSON, which is what serde makes of the structs, and what a parser makes of it.
#[track_caller]
fn same<T: Serialize>(json: JsonRows, rows: &[T]) -> serde_json::Value {
    assert_eq!((json.len(), json.is_empty()), (rows.len(), rows.is_empty()));
    let text = String::from_utf8(json.clone().into_bytes()).unwrap();
    assert_eq!(text.as_bytes(), json.as_bytes());
    assert_eq!(text, serde_json::to_string(rows).unwrap());
    serde_json::from_str(&text).unwrap()
}

async fn every_kind_of_column(on: &On) {
    let db = tables(on).await;
    // PostgreSQL's texts hold no zero.
    let text =
        if is_server(&db) { "'\"; ☃ \\ \n \u{1f} \u{10FFFF}" } else { "'\"; ☃ \\ \n \u{0} \u{10FFFF}" };
    let least = create!(Everything {
        flag: true,
        small: i16::MIN,
        int: i32::MIN,
        big: i64::MIN,
        u8: 0,
        u16: 0,
        u32: 0u32,
        u64: 0u64,
        real: 0.1f32,
        float: f64::MIN_POSITIVE,
        text,
        bytes: (0..=255).collect::<Vec<u8>>(),
        decimal: dec("-99999999999999.9999"),
        date: date("0001-01-01"),
        time: "23:59:59.999999".parse::<Time>().unwrap(),
        at: "1969-12-31T23:59:59.999999Z".parse::<Timestamp>().unwrap(),
        span: SignedDuration::from_micros(-1),
        json: json!({"b": [1, null, "é\"", 1.5, true], "a": {}}),
        uuid: "67e55044-10b1-426f-9247-bb680e5fe0c8".parse::<Uuid>().unwrap(),
        ip: "10.1.2.3".parse::<std::net::IpAddr>().unwrap(),
        level: Level::High,
        file: "manuals/a \"b\".pdf",
        password: "never to be seen",
        place: Place { street: "Main St".into(), floor: Some(-2) },
    });
    let most = least.clone().with((
        Everything.flag.set(false),
        Everything.small.set(i16::MAX),
        Everything.int.set(i32::MAX),
        Everything.big.set(i64::MAX),
    ));
    let most = most.with((
        Everything.u8.set(u8::MAX),
        Everything.u16.set(u16::MAX),
        Everything.u32.set(u32::MAX),
        Everything.u64.set(i64::MAX as u64),
        Everything.real.set(f32::MAX),
        Everything.float.set(-1.0),
        Everything.text.set(""),
    ));
    let most = most.with((
        Everything.bytes.set(Vec::<u8>::new()),
        Everything.decimal.set(dec("12.50")),
        Everything.date.set(date("9999-12-31")),
    ));
    let most = most.with((
        Everything.time.set("00:00:00".parse::<Time>().unwrap()),
        Everything.at.set("2024-02-29T12:00:00Z".parse::<Timestamp>().unwrap()),
        Everything.span.set(SignedDuration::from_hours(30)),
        Everything.json.set(JsonValue::Null),
        Everything.ip.set("2001:db8::1".parse::<std::net::IpAddr>().unwrap()),
        Everything.level.set(Level::Low),
    ));
    assert_eq!(Everything.bulk_insert([least, most], &db).await.unwrap(), 2);
    let (query, log) = (Everything.order_by(Everything.id), db.record());
    let (found, rows) = (query.clone().json(&db).await.unwrap(), query.all(&db).await.unwrap());
    let asked = log.queries();
    assert_eq!((asked.len(), &asked[0].sql), (2, &asked[1].sql), "both ask the same");
    assert_eq!(rows[0].password, "never to be seen");
    let found = same(found, &rows);
    // Field by field, as somebody who reads it sees them.
    let bytes: Vec<u8> = (0..=255).collect();
    let expected = json!({
        "id": rows[0].id, "flag": true, "small": i16::MIN, "int": i32::MIN, "big": i64::MIN,
        "u8": 0, "u16": 0, "u32": 0, "u64": 0, "real": found[0]["real"], "float": f64::MIN_POSITIVE,
        "text": text, "bytes": bytes, "decimal": "-99999999999999.9999",
        "date": "0001-01-01", "time": "23:59:59.999999", "at": "1969-12-31T23:59:59.999999Z",
        "span": found[0]["span"], "json": {"b": [1, null, "é\"", 1.5, true], "a": {}},
        "uuid": "67e55044-10b1-426f-9247-bb680e5fe0c8", "ip": "10.1.2.3", "level": "HI \"!\"",
        "file": "manuals/a \"b\".pdf", "street": "Main St",
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(found[0][name], *value, "{name}");
    }
    assert_eq!(found[0], expected);
    assert!((found[0]["real"].as_f64().unwrap() - 0.1).abs() < 1e-7);
    assert!(found[0]["span"].as_str().unwrap().parse::<SignedDuration>().unwrap().as_micros() == -1);
    assert_eq!(found[1]["u64"], i64::MAX);
    assert_eq!((&found[1]["decimal"], &found[1]["json"]), (&json!("12.5000"), &json!(null)));
}

async fn nothing_is_null(on: &On) {
    let db = tables(on).await;
    create!(Maybe {}).insert(&db).await.unwrap();
    let some = create!(Maybe {
        flag: Some(false),
        small: 1i16,
        real: 0.5f32,
        json: JsonValue::Null,
        level: Level::Low
    });
    some.insert(&db).await.unwrap();
    let query = Maybe.order_by(Maybe.id);
    let rows = query.clone().all(&db).await.unwrap();
    let found = same(query.json(&db).await.unwrap(), &rows);
    let fields = found[0].as_object().unwrap();
    assert_eq!(fields.len(), 19);
    assert!(fields.iter().all(|(name, value)| value.is_null() != (name == "id")), "{fields:?}");
    assert_eq!(
        (&found[1]["flag"], &found[1]["level"], &found[1]["text"]),
        (&json!(false), &json!("low"), &json!(null))
    );
}

async fn foreign_keys_and_secrets(on: &On) {
    let (db, rows) = on.filled().await;
    let films = Film.order_by(Film.id);
    let found = same(films.clone().json(&db).await.unwrap(), &films.all(&db).await.unwrap());
    let cleo = found[2].as_object().unwrap();
    assert_eq!(
        (&cleo["director_id"], &cleo["studio_id"], &cleo["studio"]),
        (&json!(rows.agnes.id), &json!(null), &json!(null))
    );
    assert!(!cleo.contains_key("director") && !cleo.contains_key("tags"), "not loaded: {cleo:?}");
    create!(Review { film: rows.alien.id, stars: 5, ip: "10.0.0.1" }).insert(&db).await.unwrap();
    let found = same(Review.json(&db).await.unwrap(), &Review.all(&db).await.unwrap());
    assert!(!found.to_string().contains("\"ip\"") && !found.to_string().contains("10.0.0.1"), "{found}");
}

async fn objects_that_are_loaded(on: &On) {
    let (db, _) = on.filled().await;
    let films = Film.order_by(Film.id).select_related(Film.director).prefetch_related(Film.tags);
    let found = same(films.clone().json(&db).await.unwrap(), &films.all(&db).await.unwrap());
    assert_eq!(
        (&found[0]["director"]["name"], &found[0]["tags"][0]["name"]),
        (&json!("Ridley Scott"), &json!("horror"))
    );
    let none = Film.none().select_related(Film.director).json(&db).await.unwrap();
    assert_eq!(none.as_bytes(), b"[]");
}

async fn narrowed_ordered_cut(on: &On) {
    let (db, _) = on.filled().await;
    for query in [
        Film.query(),
        Film.filter(Film.votes.gt(500)).order_by(Film.title.desc()),
        Film.order_by(Film.id).limit(1).offset(1),
        Film.filter(Film.director.name.eq("Agnès Varda")),
        Film.filter(Film.tags.any(Tag.name.eq("horror"))),
        Film.query().distinct(),
        Film.filter(Film.votes.eq(-1)),
    ] {
        let rows = query.clone().all(&db).await.unwrap();
        same(query.json(&db).await.unwrap(), &rows);
    }
    let log = db.record();
    for none in [Film.none(), Film.limit(0), Film.none().limit(3)] {
        assert_eq!(same::<Film>(none.json(&db).await.unwrap(), &[]), json!([]));
    }
    assert_eq!(log.count(), 0, "nobody need be asked");
    let here = line!() + 1;
    Film.order_by(Film.id).json(&db).await.unwrap();
    assert_eq!(log.queries()[0].at.unwrap().line(), here);
}

async fn what_no_row_can_hold_is_an_error(on: &On) {
    let (db, _) = on.filled().await;
    let set = async |sql: &str| db.execute(Stmt::write(sql.to_owned(), vec![])).await.unwrap();
    set("UPDATE cinema_film SET status = 'medium' WHERE votes = 900").await;
    let error = Film.order_by(Film.id).json(&db).await.unwrap_err().to_string();
    assert!(
        error.contains("Film.status: expected one of draft, released, gone, found the text \"medium\""),
        "{error}"
    );
    if is_server(&db) {
        return;
    }
    // SQLite's columns hold anything.
    set("UPDATE cinema_film SET status = 'gone'").await;
    for (column, wrong, back) in [
        ("votes", "3000000000", "1"),
        ("released", "'soon'", "'1979-05-25'"),
        ("title", "x'00'", "'a'"),
        ("classic", "'x'", "2"),
    ] {
        set(&format!("UPDATE cinema_film SET {column} = {wrong} WHERE id = 1")).await;
        let error = Film.query().json(&db).await.unwrap_err().to_string();
        assert!(error.contains(&format!("Film.{column}: expected")), "{error}");
        set(&format!("UPDATE cinema_film SET {column} = {back} WHERE id = 1")).await;
    }
    set("CREATE TABLE json_loose (id INTEGER, text TEXT)").await;
    set("INSERT INTO json_loose VALUES (1, NULL)").await;
    let error = Loose.json(&db).await.unwrap_err().to_string();
    assert!(error.contains("Loose.text: expected a value of kind text, found NULL"), "{error}");
}

#[model(app = "json")]
#[derive(Debug, Clone)]
struct Loose {
    text: String,
}

#[tokio::test]
async fn it_is_an_answer() {
    use axum_core::response::IntoResponse;
    use futures_util::StreamExt;
    let (db, _) = filled().await;
    let rows = Tag.order_by(Tag.id).json(&db).await.unwrap();
    assert_eq!(format!("{rows:?}"), format!("JsonRows(3 rows, {} bytes)", rows.as_bytes().len()));
    let answer = rows.clone().into_response();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    let body: Vec<_> = answer.into_body().into_data_stream().collect().await;
    assert_eq!((body.len(), &**body[0].as_ref().unwrap()), (1, rows.as_bytes()));
}
