//! Parts of dates and instants, and what is inside JSON documents.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::fmt::Debug;

use common::*;
use quintet_orm::{dialect::SQLITE, field::FieldType, prelude::*};
use serde_json::json;

scenarios!(parts, units, days_that_have_rows, the_databases_clock, inside_documents, conditions_on_documents,);

#[model(app = "cal")]
#[derive(Debug, Clone)]
struct Event {
    name: String,
    at: Timestamp,
    day: Option<Date>,
    info: JsonValue,
}

const TABLE: &str = "CREATE TABLE cal_event (id :key, name TEXT NOT NULL, at :instant NOT NULL, day :date, info :json NOT NULL)";

async fn database(on: &On) -> Db {
    let db = on.with(TABLE).await;
    let info = json!({
        "cast": [{"name": "Ann", "age": 30}, {"name": "Bo", "age": 2.5}],
        "live": true, "a.b \"c\"": null, "tags": ["x", "y"], "seats": {"left": 5}
    });
    for (name, at, day, info) in [
        ("first", "2024-02-29T23:59:58.25Z", Some("2024-12-30"), info),
        ("second", "2025-11-03T04:05:06Z", None, json!(["x", 7])),
    ] {
        let (at, day) = (at.parse::<Timestamp>().unwrap(), day.map(|day| day.parse::<Date>().unwrap()));
        create!(Event { name, at, day, info }).insert(&db).await.unwrap();
    }
    db
}

async fn check<T: FieldType + PartialEq + Debug>(db: &Db, cases: Vec<(Expr<Event, T>, &str, [T; 2])>) {
    for (expression, sql, expected) in cases {
        let query = Event.order_by(Event.id).select(expression);
        let text = query.to_sql(&SQLITE).unwrap().sql;
        let selected = text.strip_prefix("SELECT ").unwrap().split_once(r#" FROM "cal_event""#).unwrap().0;
        assert_eq!(selected, sql);
        let values = query.all(db).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(values, expected, "{text}");
    }
}

async fn parts(on: &On) {
    let db = database(on).await;
    check(
        &db,
        vec![
            (Event.at.year(), r#"CAST(STRFTIME('%Y', "at") AS INTEGER)"#, [2024, 2025]),
            (Event.at.quarter(), r#"((CAST(STRFTIME('%m', "at") AS INTEGER) + 2) / 3)"#, [1, 4]),
            (Event.at.month(), r#"CAST(STRFTIME('%m', "at") AS INTEGER)"#, [2, 11]),
            (Event.at.week(), r#"CAST(STRFTIME('%V', "at") AS INTEGER)"#, [9, 45]),
            (Event.at.day(), r#"CAST(STRFTIME('%d', "at") AS INTEGER)"#, [29, 3]),
            (Event.at.weekday(), r#"CAST(STRFTIME('%u', "at") AS INTEGER)"#, [4, 1]),
            (Event.at.hour(), r#"CAST(STRFTIME('%H', "at") AS INTEGER)"#, [23, 4]),
            (Event.at.minute(), r#"CAST(STRFTIME('%M', "at") AS INTEGER)"#, [59, 5]),
            (Event.at.second(), r#"CAST(STRFTIME('%S', "at") AS INTEGER)"#, [58, 6]),
        ],
    )
    .await;
    // 2024-12-30 is in the first week of 2025. A missing day has no parts.
    check(
        &db,
        vec![
            (Event.day.week(), r#"CAST(STRFTIME('%V', "day") AS INTEGER)"#, [Some(1), None]),
            (Event.day.year(), r#"CAST(STRFTIME('%Y', "day") AS INTEGER)"#, [Some(2024), None]),
        ],
    )
    .await;
    assert_eq!(Event.filter(Event.at.month().eq(2) & Event.day.day().ge(30)).count(&db).await.unwrap(), 1);
}

async fn units(on: &On) {
    let db = database(on).await;
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let day = |text: &str| Some(text.parse::<Date>().unwrap());
    for (unit, instants, first) in [
        (DateUnit::Year, ["2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"], "2024-01-01"),
        (DateUnit::Quarter, ["2024-01-01T00:00:00Z", "2025-10-01T00:00:00Z"], "2024-10-01"),
        (DateUnit::Month, ["2024-02-01T00:00:00Z", "2025-11-01T00:00:00Z"], "2024-12-01"),
        (DateUnit::Week, ["2024-02-26T00:00:00Z", "2025-11-03T00:00:00Z"], "2024-12-30"),
        (DateUnit::Day, ["2024-02-29T00:00:00Z", "2025-11-03T00:00:00Z"], "2024-12-30"),
        (DateUnit::Hour, ["2024-02-29T23:00:00Z", "2025-11-03T04:00:00Z"], "2024-12-30"),
        (DateUnit::Minute, ["2024-02-29T23:59:00Z", "2025-11-03T04:05:00Z"], "2024-12-30"),
        (DateUnit::Second, ["2024-02-29T23:59:58Z", "2025-11-03T04:05:06Z"], "2024-12-30"),
    ] {
        let rows = Event.order_by(Event.id).select((Event.at.truncate(unit), Event.day.truncate(unit)));
        let rows = rows.all(&db).await.unwrap();
        assert_eq!(rows, [(at(instants[0]), day(first)), (at(instants[1]), None)], "{unit:?}");
        // They equal what is stored so.
        let found = Event.filter(Event.at.truncate(unit).eq(at(instants[1]))).count(&db).await.unwrap();
        assert_eq!(found, 1, "{unit:?}");
    }
    let rows = Event.order_by(Event.id).select((Event.at.date(), Event.at.time())).all(&db).await.unwrap();
    let time = |text: &str| text.parse().unwrap();
    assert_eq!(rows[0], ("2024-02-29".parse().unwrap(), time("23:59:58.25")));
    assert_eq!(rows[1], ("2025-11-03".parse().unwrap(), time("04:05:06")));
    let same = Event.at.time().eq(time("04:05:06"))
        & Event.at.date().between(day("2025-11-01").unwrap(), day("2025-11-03").unwrap());
    assert_eq!(Event.filter(same).count(&db).await.unwrap(), 1);
}

async fn days_that_have_rows(on: &On) {
    let db = database(on).await;
    let months = Event.dates(Event.at, DateUnit::Month);
    assert_eq!(
        months.to_sql(&SQLITE).unwrap().sql,
        "SELECT DISTINCT (SUBSTR(\"at\", 1, 7) || '-01 00:00:00.000000') FROM \"cal_event\" \
         WHERE \"at\" IS NOT NULL ORDER BY 1"
    );
    assert_eq!(months.all(&db).await.unwrap().len(), 2);
    let years = Event.dates(Event.day, DateUnit::Year).all(&db).await.unwrap();
    assert_eq!(years, ["2024-01-01".parse::<Date>().unwrap()]);
    let by_year = Event.group_by(Event.at.year()).order_by(Event.at.year()).aggregate(Event.rows());
    assert_eq!(by_year.all(&db).await.unwrap(), [(2024, 1), (2025, 1)]);
}

async fn the_databases_clock(on: &On) {
    let db = database(on).await;
    let before = Timestamp::now();
    let (instant, day) = Event.select((now(), today())).first(&db).await.unwrap().unwrap();
    let second = SignedDuration::from_secs(1);
    assert!(instant >= before - second && instant <= Timestamp::now() + second, "{instant}");
    assert!((day.to_string().as_str()) <= (Timestamp::now() + second).to_string().get(..10).unwrap());
    assert_eq!(Event.filter(Event.at.lt(now())).count(&db).await.unwrap(), 2);
    Event.filter(Event.id.eq(1)).update(Event.at.set(now())).exec(&db).await.unwrap();
    assert!(Event.get(1, &db).await.unwrap().at >= before - second);
}

async fn inside_documents(on: &On) {
    let db = database(on).await;
    let info = Event.info;
    check(
        &db,
        vec![
            (info.at("live"), r#"("info" -> ?1)"#, [Some(json!(true)), None]),
            (info.at(1), r#"("info" -> 1)"#, [None, Some(json!(7))]),
            (info.at(-1), r#"("info" -> '$[#-1]')"#, [None, Some(json!(7))]),
            (info.at("cast").at(0).at("age"), r#"((("info" -> ?1) -> 0) -> ?2)"#, [Some(json!(30)), None]),
            (info.at("a.b \"c\""), r#"("info" -> ?1)"#, [Some(JsonValue::Null), None]),
        ],
    )
    .await;
    let age = |n: i32| info.at("cast").at(n).at("age");
    let rows = Event.order_by(Event.id).select((
        info.at("cast").at(0).at("name").text(),
        age(0).int(),
        age(1).int(),
        age(1).float(),
        info.at("live").bool(),
        // Of another type than asked for.
        age(0).text(),
        info.at("live").int(),
        info.at("tags").text(),
    ));
    let rows = rows.all(&db).await.unwrap();
    assert_eq!(rows[0], (Some("Ann".into()), Some(30), Some(2), Some(2.5), Some(true), None, None, None));
    assert_eq!(rows[1], (None, None, None, None, None, None, None, None));
}

async fn conditions_on_documents(on: &On) {
    let db = database(on).await;
    let info = Event.info;
    for (condition, names) in [
        (info.has_key("live"), &["first"][..]),
        (info.has_key("a.b \"c\""), &["first"]),
        (info.has_key("nothing"), &[]),
        (info.has_key(1), &["second"]),
        (!info.has_key("live"), &["second"]),
        (info.has_keys(["live", "tags"]), &["first"]),
        (info.has_keys(["live", "nothing"]), &[]),
        (info.has_any_key(["nothing", "tags"]), &["first"]),
        (info.at("seats").at("left").int().gt(4), &["first"]),
        (info.at("cast").at(0).at("name").text().istarts_with("an"), &["first"]),
        (info.at("tags").eq(json!(["x", "y"])), &["first"]),
        (info.json_contains(json!({"seats": {"left": 5}})), &["first"]),
        (info.json_contains(json!({"cast": [{"name": "Bo"}]})), &["first"]),
        (info.json_contains(json!({"cast": [{"name": "Cy"}]})), &[]),
        (info.json_contains(json!(["x"])), &["second"]),
        (info.json_contains(json!("x")), &["second"]),
        (info.json_contained_by(json!([7, 8, "x"])), &["second"]),
        (info.at("tags").json_contains(json!("y")), &["first"]),
    ] {
        let shown = format!("{condition:?}");
        let found = Event.filter(condition).order_by(Event.id).select(Event.name).all(&db).await.unwrap();
        assert_eq!(found, names, "{shown}");
    }
}
