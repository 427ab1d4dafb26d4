//! Many new rows: in few statements, all or none, with everything that belongs to them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use common::*;
use quintet_core::{
    Services, Site,
    signal::{Listen, Signals},
};
use quintet_orm::{
    Draft,
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
);

fn tags(count: usize) -> impl Iterator<Item = Draft<Tag>> {
    (0..count).map(|n| create!(Tag { name: format!("{n:05}") }))
}

async fn any_number_of_rows(on: &On) {
    let db = on.empty().await;
    for (count, statements) in [(0, 0), (1, 1), (499, 1), (500, 1), (501, 2), (1203, 3)] {
        let log = db.record();
        assert_eq!(Tag.bulk_insert(tags(count), &db).await.unwrap(), count as u64);
        assert_eq!(log.count(), statements, "{count} rows: {:?}", log.queries());
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
    assert_eq!((written[500], log.count()), (0, 4));
    assert!(written[1001] >= 1 && written[1599] >= 2, "{} {}", written[1001], written[1599]);
    // Nothing is asked for after what is wrong.
    let asked = AtomicUsize::new(0);
    let wrong = (0..5000).map(|n| {
        asked.fetch_add(1, Ordering::SeqCst);
        create!(Tag { name: "x".repeat(if n == 700 { 61 } else { 1 }) + &n.to_string() })
    });
    Tag.query().delete(&db).await.unwrap();
    assert_eq!(Tag.bulk_insert(wrong, &db).await.unwrap_err().status().as_u16(), 422);
    assert_eq!((asked.into_inner(), Tag.count(&db).await.unwrap()), (1000, 0));
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
    let long = Tag.bulk_insert(tags(700).chain([wrong]), &db).await.unwrap_err();
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
