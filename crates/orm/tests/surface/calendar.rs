//! Dates and instants.

use quintet_orm::prelude::*;

use crate::{common::*, sheet::*};

#[model(app = "surface")]
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub at: Timestamp,
    pub day: Option<Date>,
}

/// Shortly before midnight of a Saturday in Berlin, which is still Saturday in UTC; in the hour that Berlin had twice; at the
/// start of a year in Berlin.
const MOMENTS: &[(&str, Option<&str>)] = &[
    ("2024-08-31T22:30:15.25Z", Some("2024-12-30")),
    ("2024-10-27T01:30:00Z", None),
    ("2023-12-31T23:00:00Z", Some("2023-01-01")),
];

pub(crate) async fn rows(sheet: &mut Sheet) {
    let s = sheet;
    let table = "CREATE TABLE surface_moment (id :key, at :instant NOT NULL, day :date)";
    s.db.batch(typed(s.db.dialect(), table)).await.unwrap();
    for (at, day) in MOMENTS {
        let draft = create!(Moment { at: instant(at), day: day.map(date) });
        draft.insert(&s.db).await.unwrap();
    }
    let of = |part: Expr<Moment, i32>| Moment.order_by(Moment.id).select(part);
    let (at, day) = (Moment.at, Moment.day.coalesce(date("2000-02-29")));
    let berlin = || at.in_tz("Europe/Berlin");
    s.query("Operand::year", of(at.year()), &[2024, 2024, 2023]).await;
    s.query("Operand::iso_year", of(day.clone().iso_year()), &[2025, 2000, 2022]).await;
    s.query("Operand::quarter", of(at.quarter()), &[3, 4, 4]).await;
    s.query("Operand::month", of(at.month()), &[8, 10, 12]).await;
    s.query("Operand::week", of(day.clone().week()), &[1, 9, 52]).await;
    s.query("Operand::day", of(at.day()), &[31, 27, 31]).await;
    s.query("Operand::day_of_year", of(day.clone().day_of_year()), &[365, 60, 1]).await;
    s.query("Operand::weekday", of(at.weekday()), &[6, 7, 7]).await;
    s.query("Operand::weekday_from_sunday", of(at.weekday_from_sunday()), &[7, 1, 1]).await;
    s.query("Operand::hour", of(at.hour()), &[22, 1, 23]).await;
    s.query("Operand::minute", of(at.minute()), &[30, 30, 0]).await;
    s.query("Operand::second", of(at.second()), &[15, 0, 0]).await;
    s.query(
        "Operand::date",
        Moment.order_by(Moment.id).select(at.date()),
        &["2024-08-31", "2024-10-27", "2023-12-31"].map(date),
    )
    .await;
    let clock = |text: &str| text.parse::<Time>().unwrap();
    s.query(
        "Operand::time",
        Moment.order_by(Moment.id).select(at.time()),
        &[clock("22:30:15.25"), clock("01:30:00"), clock("23:00:00")],
    )
    .await;
    s.query(
        "Operand::truncate",
        Moment.order_by(Moment.id).select(at.truncate(DateUnit::Week)),
        &["2024-08-26T00:00:00Z", "2024-10-21T00:00:00Z", "2023-12-25T00:00:00Z"].map(instant),
    )
    .await;
    s.query("Operand::in_tz (year)", of(berlin().year()), &[2024, 2024, 2024]).await;
    s.query("Operand::in_tz (day)", of(berlin().day()), &[1, 27, 1]).await;
    s.query("Operand::in_tz (weekday)", of(berlin().weekday()), &[7, 7, 1]).await;
    s.query("Operand::in_tz (hour)", of(berlin().hour()), &[0, 2, 0]).await;
    s.query(
        "Operand::in_tz (date)",
        Moment.order_by(Moment.id).select(berlin().date()),
        &["2024-09-01", "2024-10-27", "2024-01-01"].map(date),
    )
    .await;
    s.query(
        "Operand::in_tz (time)",
        Moment.order_by(Moment.id).select(berlin().time()),
        &[clock("00:30:15.25"), clock("02:30:00"), clock("00:00:00")],
    )
    .await;
    for (unit, starts) in [
        (DateUnit::Year, ["2023-12-31T23:00:00Z", "2023-12-31T23:00:00Z", "2023-12-31T23:00:00Z"]),
        (DateUnit::Quarter, ["2024-06-30T22:00:00Z", "2024-09-30T22:00:00Z", "2023-12-31T23:00:00Z"]),
        (DateUnit::Month, ["2024-08-31T22:00:00Z", "2024-09-30T22:00:00Z", "2023-12-31T23:00:00Z"]),
        (DateUnit::Week, ["2024-08-25T22:00:00Z", "2024-10-20T22:00:00Z", "2023-12-31T23:00:00Z"]),
        (DateUnit::Day, ["2024-08-31T22:00:00Z", "2024-10-26T22:00:00Z", "2023-12-31T23:00:00Z"]),
        // Not the first of the two hours that clocks call by one name.
        (DateUnit::Hour, ["2024-08-31T22:00:00Z", "2024-10-27T01:00:00Z", "2023-12-31T23:00:00Z"]),
        (DateUnit::Minute, ["2024-08-31T22:30:00Z", "2024-10-27T01:30:00Z", "2023-12-31T23:00:00Z"]),
        (DateUnit::Second, ["2024-08-31T22:30:15Z", "2024-10-27T01:30:00Z", "2023-12-31T23:00:00Z"]),
    ] {
        let label = format!("Operand::in_tz (start of the {unit:?})");
        s.query(&label, Moment.order_by(Moment.id).select(berlin().truncate(unit)), &starts.map(instant))
            .await;
    }
    s.query(
        "Operand::in_tz (the month of a month's start)",
        of(berlin().truncate(DateUnit::Month).month()),
        &[9, 10, 1],
    )
    .await;
    s.query(
        "Operand::in_tz (the same instant)",
        Moment.filter(berlin().lt(instant("2024-01-01T00:00:00Z"))).select(Moment.id),
        &[3],
    )
    .await;
    let months = Moment.dates(Moment.at.in_tz("Europe/Berlin"), DateUnit::Month);
    s.query(
        "Table::dates",
        months,
        &["2023-12-31T23:00:00Z", "2024-08-31T22:00:00Z", "2024-09-30T22:00:00Z"].map(instant),
    )
    .await;
    let years = Moment.filter(Moment.id.gt(1)).dates(Moment.day, DateUnit::Year);
    s.query("QuerySet::dates", years, &[date("2023-01-01")]).await;
    let by_day = Moment.group_by(Moment.at.in_tz("Asia/Tokyo").date()).order_by(Moment.rows().desc());
    let by_day = by_day.aggregate(Moment.rows());
    s.statement("Operand::in_tz (a key of groups)", |dialect| by_day.to_sql(dialect));
    assert_eq!(by_day.all(&s.db).await.unwrap().len(), 3);
    s.refused(
        "Operand::in_tz (a zone that is none)",
        &Moment.select(at.in_tz("Mars/Olympus").hour()),
        "no time zone \"Mars/Olympus\"",
    );
    let clock = Moment.filter(Moment.id.eq(1)).select((now(), today()));
    s.statement("now, today", |dialect| clock.to_sql(dialect));
    let (instant, day): (Timestamp, Date) = clock.one(&s.db).await.unwrap();
    assert!(Timestamp::now().duration_since(instant).abs() < SignedDuration::from_secs(60), "{instant}");
    assert!(instant.to_string().starts_with(&day.to_string()), "{instant} {day}");
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}
