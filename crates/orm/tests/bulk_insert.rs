//! Many new rows: in few statements, all or none, with everything that belongs to them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use common::*;
use quintet_core::{
    Services, Site, Value,
    signal::{Listen, Signals},
};
use quintet_orm::{
    DbOptions, Draft, Executor, Stmt,
    change::Notice,
    prelude::*,
    signal::{Saved, Saving},
};

scenarios!(
    any_number_of_rows,
    with_and_without_reading_them_back_the_rows_are_the_same,
    drafts_are_asked_for_as_rows_are_written,
    what_is_wrong_is_told_and_nothing_is_kept,
    links_come_along,
    whoever_listens_hears_of_them,
    very_many_rows_go_the_way_that_costs_least,
    every_sort_of_value_comes_back,
    a_transaction_goes_on_after_rows_that_were_refused,
    texts_are_read_by_columns_of_other_types,
    rows_of_other_columns_are_mixed_in,
    a_connection_that_is_cut_leaves_nothing,
    nobody_waits_and_nothing_is_kept_half,
);

/// How many statements of the log are a COPY.
fn copies(log: &quintet_orm::Recording) -> usize {
    log.queries().iter().filter(|query| query.sql.starts_with("COPY ")).count()
}

/// How many there are where rows are copied.
fn copied(db: &Db, count: usize) -> usize {
    if db.dialect().name == "postgres" { count } else { 0 }
}

async fn very_many_rows_go_the_way_that_costs_least(on: &On) {
    let db = on.empty().await;
    let log = db.record();
    assert_eq!(Tag.bulk_insert(tags(100_000), &db).await.unwrap(), 100_000);
    let queries = log.queries();
    assert!(queries.iter().all(|query| query.at.is_some()));
    assert_eq!(queries.iter().map(|query| query.rows).sum::<u64>(), 100_000);
    if db.dialect().name == "postgres" {
        // The first tells in which form the others are copied, a megabyte each.
        assert_eq!((log.count(), copies(&log), queries[0].rows), (3, 3, 500));
        assert!(queries[1].rows > 50_000, "{}", queries[1].rows);
        let copy = r#"COPY "cinema_tag" ("name") FROM STDIN (FORMAT binary)"#;
        assert!(queries.iter().all(|query| query.sql == copy));
    } else {
        assert!(log.count() == 200 && queries.iter().all(|query| query.rows == 500), "{}", log.count());
    }
    drop(log);
    let names: Vec<String> = Tag.order_by(Tag.id).select(Tag.name).all(&db).await.unwrap();
    assert!(names.iter().enumerate().all(|(n, name)| *name == format!("{n:05}")));
    assert_eq!(names.len(), 100_000);
    // A single statement's worth is inserted, and so is what somebody wants the keys of.
    Tag.query().delete(&db).await.unwrap();
    let log = db.record();
    Tag.bulk_insert(tags(500), &db).await.unwrap();
    let _changes = db.changes();
    Tag.bulk_insert(tags(1500).skip(500), &db).await.unwrap();
    assert_eq!(copies(&log), 0);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Choices)]
enum Level {
    Low,
    High,
}

#[model(app = "bulk", table = "everything")]
#[derive(Debug, Clone, PartialEq)]
struct Everything {
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
    json: Option<quintet_core::value::JsonValue>,
    uuid: Option<Uuid>,
    level: Option<Level>,
}

const EVERYTHING: &str = "CREATE TABLE everything (id :key, flag :bool, small SMALLINT, int INTEGER, big BIGINT,
    float DOUBLE PRECISION, text TEXT, bytes BYTEA, decimal NUMERIC(18, 4), date :date, time TIME, at :instant,
    span INTERVAL, json :json, uuid UUID, level VARCHAR(10))";

fn everything(n: i64) -> Draft<Everything> {
    if n % 3 == 0 {
        let (none, no_text) = (None::<i32>, None::<String>);
        return create!(Everything { int: none, text: no_text });
    }
    let texts = ["", "a'b\"c\\d\n\t", "zwölf 🦀", "\\N", "\u{1}"];
    let decimals = ["0", "-0.0001", "12.50", "99999999999999.9999", "-10000"];
    let dates = ["0001-01-01", "1999-12-31", "2000-01-01", "2024-02-29", "9999-12-31"];
    let times = ["00:00:00", "23:59:59.999999", "12:34:56.000001", "00:00:00.1", "12:00:00"];
    let instants = ["1969-12-31T23:59:59.999999Z", "2000-01-01T00:00:00Z", "2024-02-29T12:00:00.5Z"];
    let which = usize::try_from(n).unwrap();
    create!(Everything {
        flag: n % 2 == 0,
        small: i16::try_from(n % 100).unwrap() - 50,
        int: i32::MIN + i32::try_from(n).unwrap(),
        big: i64::MAX - n,
        float: 0.1 * n as f64,
        text: texts[which % 5],
        bytes: vec![0u8, 255, u8::try_from(n % 256).unwrap()],
        decimal: dec(decimals[which % 5]),
        date: date(dates[which % 5]),
        time: times[which % 5].parse::<Time>().unwrap(),
        at: instants[which % 3].parse::<Timestamp>().unwrap(),
        span: SignedDuration::from_micros(n * 1_000_003 - 5_000_000),
        json: format!("{{\"n\": [{n}, null, \"🦀\"]}}").parse::<quintet_core::value::JsonValue>().unwrap(),
        uuid: Uuid::from_u128(u128::try_from(n).unwrap() << 64 | 7),
        level: if n % 2 == 0 { Level::Low } else { Level::High },
    })
}

async fn every_sort_of_value_comes_back(on: &On) {
    let db = on.with("").await;
    let mut table = typed(db.dialect(), EVERYTHING);
    if !db.dialect().native_types {
        for (native, kept) in
            [("UUID", "TEXT"), ("TIME,", "TEXT,"), ("INTERVAL", "INTEGER"), ("NUMERIC(18, 4)", "INTEGER")]
        {
            table = table.replace(native, kept);
        }
    }
    db.batch(table).await.unwrap();
    // The same columns in each row: the NULLs among them.
    let log = db.record();
    assert_eq!(Everything.bulk_insert((0..1200).map(everything), &db).await.unwrap(), 1200);
    assert_eq!(copies(&log), copied(&db, 2));
    drop(log);
    let copied = Everything.order_by(Everything.id).all(&db).await.unwrap();
    Everything.query().delete(&db).await.unwrap();
    Everything.bulk_create((0..1200).map(everything), &db).await.unwrap();
    let inserted = Everything.order_by(Everything.id).all(&db).await.unwrap();
    assert_eq!(copied.len(), 1200);
    for (one, other) in copied.into_iter().zip(inserted) {
        assert_eq!(one, Everything { id: one.id, ..other });
    }
}

async fn a_transaction_goes_on_after_rows_that_were_refused(on: &On) {
    let db = on.empty().await;
    db.atomic(async |tx| {
        let twice = tx.atomic(async |part| Tag.bulk_insert(tags(700).chain(tags(1)), part).await).await;
        let twice = twice.unwrap_err();
        assert_eq!(twice.status().as_u16(), 409, "{twice:?}");
        assert_eq!(twice.field_errors().unwrap().of("name").count(), 1, "{twice:?}");
        assert_eq!(Tag.bulk_insert(tags(1001), tx).await?, 1001);
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(Tag.count(&db).await.unwrap(), 1001);
    // A key that leads nowhere, and a column that is not there.
    let draft = |n: usize| create!(Film { title: n.to_string(), director: 1, released: date("2001-02-03") });
    let lost = Film.bulk_insert((0..600).map(draft), &db).await.unwrap_err();
    assert_eq!(lost.status().as_u16(), 409, "{lost:?}");
    db.batch("ALTER TABLE cinema_tag RENAME COLUMN name TO other".to_owned()).await.unwrap();
    let gone = Tag.bulk_insert(tags(600), &db).await.unwrap_err();
    assert!(format!("{gone:?}").contains("name"), "{gone:?}");
    db.batch("ALTER TABLE cinema_tag RENAME COLUMN other TO name".to_owned()).await.unwrap();
    assert_eq!((Tag.count(&db).await.unwrap(), Film.count(&db).await.unwrap()), (1001, 0));
}

async fn texts_are_read_by_columns_of_other_types(on: &On) {
    let db = on.with("CREATE TABLE cinema_tag (id :key, name :date NOT NULL)").await;
    let day = |n: usize| create!(Tag { name: format!("2001-02-{:02}", n % 28 + 1) });
    assert_eq!(Tag.bulk_insert((0..1100).map(day), &db).await.unwrap(), 1100);
    assert_eq!(Tag.count(&db).await.unwrap(), 1100);
}

async fn rows_of_other_columns_are_mixed_in(on: &On) {
    let (db, rows) = on.filled().await;
    let before = Film.count(&db).await.unwrap();
    let drafts = (0..300).flat_map(|round| {
        let mut drafts = films(&rows.ridley);
        drafts.truncate(if round % 2 == 0 { 7 } else { 1 });
        drafts.into_iter().enumerate().map(move |(n, film)| film.with(Film.title.set(format!("{round}-{n}"))))
    });
    let count = 150 * 8;
    assert_eq!(Film.bulk_insert(drafts, &db).await.unwrap(), count);
    assert_eq!(Film.count(&db).await.unwrap(), before + count);
}

async fn a_connection_that_is_cut_leaves_nothing(on: &On) {
    let db = on.empty().await;
    if db.dialect().name != "postgres" {
        return;
    }
    let other = Db::open(on.url(), DbOptions::default()).await.unwrap();
    let pid = || Stmt::read("SELECT pg_backend_pid()", vec![]);
    let kill = |pid: Value| Stmt::read("SELECT pg_terminate_backend($1::int)", vec![pid]);
    let (db_, other): (&dyn Executor, &dyn Executor) = (&db, &other);
    let cut = db.atomic(async |tx| {
        let pid = (tx as &dyn Executor).rows(pid()).await?[0][0].clone();
        let (written, killed) = tokio::join!(Tag.bulk_insert(tags(60_000), tx), other.rows(kill(pid)));
        killed?;
        written
    });
    let cut = cut.await.unwrap_err();
    assert_eq!(cut.status().as_u16(), 503, "{cut:?}");
    assert_eq!(Tag.count(db_).await.unwrap(), 0);
    assert_eq!(Tag.bulk_insert(tags(600), db_).await.unwrap(), 600);
}

async fn nobody_waits_and_nothing_is_kept_half(on: &On) {
    let db = on.empty().await;
    for wait in [0, 1, 3, 10, 30] {
        let work = Tag.bulk_insert(tags(50_000), &db);
        let cut = tokio::time::timeout(std::time::Duration::from_millis(wait), work).await;
        // Who is cut while the commit is on its way has all of them; nobody has some.
        let kept = Tag.count(&db).await.unwrap();
        assert!(if cut.is_ok() { kept == 50_000 } else { [0, 50_000].contains(&kept) }, "{kept}");
        Tag.query().delete(&db).await.unwrap();
    }
    assert_eq!(Tag.bulk_insert(tags(600), &db).await.unwrap(), 600);
}

fn tags(count: usize) -> impl Iterator<Item = Draft<Tag>> {
    (0..count).map(|n| create!(Tag { name: format!("{n:05}") }))
}

async fn any_number_of_rows(on: &On) {
    let db = on.empty().await;
    for (count, statements) in [(0, 0), (1, 1), (499, 1), (500, 1), (501, 2), (1203, 3)] {
        let log = db.record();
        assert_eq!(Tag.bulk_insert(tags(count), &db).await.unwrap(), count as u64);
        // Behind the first 500 there is one COPY for all.
        let statements = if db.dialect().name == "postgres" { statements.min(2) } else { statements };
        assert_eq!(log.count(), statements, "{count} rows");
        assert!(log.queries().iter().all(|query| !query.sql.contains("RETURNING")));
        drop(log);
        let names: Vec<String> = Tag.order_by(Tag.id).select(Tag.name).all(&db).await.unwrap();
        assert!(names.iter().enumerate().all(|(n, name)| *name == format!("{n:05}")) && names.len() == count);
        Tag.query().delete(&db).await.unwrap();
        let back = Tag.bulk_create(tags(count), &db).await.unwrap();
        assert!(back.iter().enumerate().all(|(n, tag)| tag.name == format!("{n:05}")) && back.len() == count);
        Tag.query().delete(&db).await.unwrap();
    }
}

async fn drafts_are_asked_for_as_rows_are_written(on: &On) {
    let db = on.empty().await;
    let log = db.record();
    let mut written = Vec::new();
    let drafts = tags(1600).inspect(|_| written.push(log.count()));
    assert_eq!(Tag.bulk_insert(drafts, &db).await.unwrap(), 1600);
    // One more than 500 is looked at, to know whether there is one; the next 500 are made ready while those are written.
    if db.dialect().name == "postgres" {
        assert_eq!((written[500], written[1599], log.count()), (0, 1, 2));
        Tag.query().delete(&db).await.unwrap();
        let mut written = Vec::new();
        let log = db.record();
        Tag.bulk_insert(tags(200_000).inspect(|_| written.push(log.count())), &db).await.unwrap();
        // Two megabytes at most wait to be written.
        assert!(written[199_999] >= 2, "{}", written[199_999]);
    } else {
        assert_eq!((written[500], log.count()), (0, 4));
        assert!(written[1001] >= 1 && written[1599] >= 2, "{} {}", written[1001], written[1599]);
    }
    // Nothing is asked for after what is wrong.
    let asked = AtomicUsize::new(0);
    let wrong = (0..5000).map(|n| {
        asked.fetch_add(1, Ordering::SeqCst);
        create!(Tag { name: "x".repeat(if n == 700 { 61 } else { 1 }) + &n.to_string() })
    });
    Tag.query().delete(&db).await.unwrap();
    assert_eq!(Tag.bulk_insert(wrong, &db).await.unwrap_err().status().as_u16(), 422);
    assert_eq!((asked.into_inner(), Tag.count(&db).await.unwrap()), (701, 0));
}

fn films(director: &Director) -> Vec<Draft<Film>> {
    let draft = |title: &str| {
        create!(Film { title, director, released: date("2001-02-03"), price: dec("7.25"), subtitle: "s" })
    };
    vec![
        draft("all given"),
        // Assigned twice, the last one counts; in another order; with a default, a NULL and an expression.
        draft("twice").with((Film.votes.set(1), Film.votes.set(2))),
        create!(Film { released: date("2001-02-03"), director, title: "another order" }),
        create!(Film { released: date("2001-02-03"), director, title: "the same order" }),
        draft("nothing").with(Film.subtitle.set(None::<String>)),
        draft("computed").with(Film.title.set(value("computed").upper())),
        draft("after it"),
    ]
}

async fn with_and_without_reading_them_back_the_rows_are_the_same(on: &On) {
    let (db, rows) = on.filled().await;
    let seen = async || {
        let films =
            Film.filter(Film.released.eq(date("2001-02-03"))).order_by(Film.id).all(&db).await.unwrap();
        let of = |film: &Film| {
            let Film { title, subtitle, price, votes, status, classic, .. } = film.clone();
            (title, subtitle, price, votes, status, classic, *film.director.id())
        };
        films.iter().map(of).collect::<Vec<_>>()
    };
    let director = &rows.ridley;
    assert_eq!(Film.bulk_insert(films(director), &db).await.unwrap(), 7);
    let inserted = seen().await;
    assert_eq!(inserted[0].2, dec("7.25"));
    assert_eq!(
        (inserted[1].3, inserted[2].2, &inserted[4].1, &*inserted[5].0),
        (2, dec("10"), &None, "COMPUTED")
    );
    Film.filter(Film.released.eq(date("2001-02-03"))).delete(&db).await.unwrap();
    let back = Film.bulk_create(films(director), &db).await.unwrap();
    assert_eq!(seen().await, inserted);
    assert!(back.iter().zip(&inserted).all(|(film, kept)| film.title == kept.0 && film.price == kept.2));
    Film.filter(Film.released.eq(date("2001-02-03"))).delete(&db).await.unwrap();
    for film in films(director) {
        film.insert(&db).await.unwrap();
    }
    assert_eq!(seen().await, inserted, "one by one they are no others");
}

async fn what_is_wrong_is_told_and_nothing_is_kept(on: &On) {
    let db = on.empty().await;
    let wrong = create!(Tag { name: "x".repeat(61) });
    let here = line!() + 1;
    let long = Tag.bulk_insert(tags(70_000).chain([wrong]).chain(tags(1)), &db).await.unwrap_err();
    assert_eq!(long.status().as_u16(), 422);
    assert_eq!(long.field_errors().unwrap().of("name").count(), 1);
    assert_eq!(long.location().line(), here, "{long:?}");
    // The database refuses one of the second statement.
    let twice = Tag.bulk_insert(tags(700).chain(tags(1)), &db).await.unwrap_err();
    assert_eq!(twice.status().as_u16(), 409, "{twice:?}");
    let big =
        create!(Film { title: "a", director: 1, released: date("2001-02-03"), price: dec("12345.678") });
    let error = Film.bulk_insert([big], &db).await.unwrap_err();
    assert_eq!(error.field_errors().unwrap().of("price").count(), 1, "{error:?}");
    assert_eq!(Tag.count(&db).await.unwrap() + Film.count(&db).await.unwrap(), 0);
}

async fn links_come_along(on: &On) {
    let (db, rows) = on.filled().await;
    let tags = Tag.bulk_create(tags(3), &db).await.unwrap();
    let draft = |n: usize| {
        let director = &rows.ridley;
        create!(Film { title: format!("{n}"), director, released: date("2001-02-03"), tags: &tags[..n % 4] })
    };
    assert_eq!(Film.bulk_insert((0..600).map(draft), &db).await.unwrap(), 600);
    let films: Vec<(Film, i64)> = Film
        .annotate(Film.tags.count())
        .filter(Film.released.eq(date("2001-02-03")))
        .order_by(Film.id)
        .all(&db)
        .await
        .unwrap();
    assert_eq!(films.len(), 600);
    for (film, count) in films {
        assert_eq!(film.title.parse::<i64>().unwrap() % 4, count);
    }
}

async fn whoever_listens_hears_of_them(on: &On) {
    let db = on.empty().await;
    let mut changes = db.changes();
    Tag.bulk_insert(tags(600), &db).await.unwrap();
    let mut keys = 0;
    while let Some(notice) = changes.try_next() {
        let Notice::Changes(batch) = notice else { panic!("{notice:?}") };
        keys += batch.changes().iter().map(|change| change.keys.known().unwrap().len()).sum::<usize>();
    }
    assert_eq!(keys, 600);
    drop(changes);
    Tag.query().delete(&db).await.unwrap();

    // Whoever begins to listen in between hears of the rows from then on, and that there were others.
    let mut changes = None;
    let drafts = tags(100_000).enumerate().map(|(n, tag)| {
        if n == 4000 {
            changes = Some(db.changes());
        }
        tag
    });
    assert_eq!(Tag.bulk_insert(drafts, &db).await.unwrap(), 100_000);
    let mut changes = changes.unwrap();
    let told: Vec<Notice> = std::iter::from_fn(|| changes.try_next()).collect();
    let heard = |notice: &Notice| matches!(notice, Notice::Changes(batch) if batch.touches(Tag.meta()));
    assert!(
        told.iter().any(heard) && told.iter().any(|notice| matches!(notice, Notice::Gap { .. })),
        "{told:?}"
    );
    assert_eq!(Tag.count(&db).await.unwrap(), 100_000);
    Tag.query().delete(&db).await.unwrap();

    let heard = Arc::new(AtomicUsize::new(0));
    let mut services = Services::builder();
    services.insert(heard.clone());
    let services = services.build();
    let site = Site::new()
        .on(async |_: Services, tag: Arc<Saving<Tag>>| {
            let name = tag.get(Tag.name)?.unwrap_or_default();
            tag.set(Tag.name.set(format!("{name}!")));
            Ok(())
        })
        .on(async |services: Services, tag: Arc<Saved<Tag>>| {
            assert!(tag.created() && tag.name.ends_with('!'));
            services.require::<Arc<AtomicUsize>>()?.fetch_add(1, Ordering::SeqCst);
            Ok(())
        });
    db.know([Tag.meta()]);
    db.listen(Signals::of(&site), &services);
    assert_eq!(Tag.bulk_insert(tags(501), &db).await.unwrap(), 501);
    assert_eq!(heard.load(Ordering::SeqCst), 501);
    assert_eq!(Tag.filter(Tag.name.ends_with("!")).count(&db).await.unwrap(), 501);
}
