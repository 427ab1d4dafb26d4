//! Rows after a row: every order, both ways, page for page what the whole query gives; and cursors that are none.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_orm::prelude::*;

scenarios!(
    pages_put_together_are_the_whole,
    what_is_asked,
    what_comes_and_goes_meanwhile_moves_nothing,
    rows_come_with_what_they_load,
    keys_of_several_columns,
    what_is_no_cursor_is_refused,
    what_no_cursor_can_hold_says_so,
);

/// Films that are alike in much: of two studios or none, with few votes, titles and days.
async fn alike(on: &On) -> (Db, Rows) {
    let (db, rows) = on.filled().await;
    let los = create!(Studio { name: "Toho" }).insert(&db).await.unwrap();
    for n in 0..21_i32 {
        let studio = if n % 3 == 0 { None } else { Some(&los) };
        let subtitle = if n % 4 == 0 { None } else { Some(format!("part {}", n % 2)) };
        create!(Film {
            title: format!("Film {}", n % 7),
            subtitle: subtitle,
            director: if n % 2 == 0 { &rows.agnes } else { &rows.ridley },
            studio: studio,
            price: Decimal::new(i64::from(n % 5) * 25, 2),
            votes: n % 4,
            released: date(&format!("20{:02}-01-01", n)),
            classic: n % 2 == 0,
        })
        .insert(&db)
        .await
        .unwrap();
    }
    (db, rows)
}

async fn forwards(query: &QuerySet<Film>, most: u64, db: &Db) -> Vec<i64> {
    let (mut ids, mut after) = (Vec::new(), None::<String>);
    loop {
        let from = Seek::of(after.as_deref(), None).unwrap();
        let page = query.clone().page_from(from, most, db).await.unwrap();
        assert_eq!(page.previous.is_some(), after.is_some());
        assert!(page.items.len() as u64 == most || page.next.is_none());
        ids.extend(page.items.iter().map(|film| film.id));
        match page.next {
            Some(next) => after = Some(next),
            None => return ids,
        }
    }
}

async fn backwards(query: &QuerySet<Film>, most: u64, db: &Db) -> Vec<i64> {
    // From the last row, which is found by going there.
    let mut last = query.clone().page_from(Seek::Start, 1, db).await.unwrap();
    while let Some(next) = &last.next {
        last = query.clone().page_from(Seek::After(next), 1, db).await.unwrap();
    }
    let mut ids = vec![last.items[0].id];
    let mut before = last.previous;
    while let Some(cursor) = before {
        let page = query.clone().page_from(Seek::Before(&cursor), most, db).await.unwrap();
        assert!(page.items.is_empty() || page.next.is_some());
        ids.splice(0..0, page.items.iter().map(|film| film.id));
        before = page.previous;
    }
    ids
}

async fn pages_put_together_are_the_whole(on: &On) {
    let (db, _) = alike(on).await;
    let orders = [
        ("the model's", Film.query()),
        ("a column", Film.order_by(Film.title)),
        ("the other way", Film.order_by(Film.title.desc())),
        ("mixed", Film.order_by((Film.votes.desc(), Film.title, Film.released.desc()))),
        ("NULLs least", Film.order_by(Film.subtitle)),
        ("NULLs last of all", Film.order_by((Film.subtitle.desc(), Film.votes))),
        ("NULLs last", Film.order_by((Film.subtitle.asc().nulls_last(), Film.votes.desc()))),
        ("NULLs first", Film.order_by((Film.subtitle.desc().nulls_first(), Film.title))),
        ("several with NULLs", Film.order_by((Film.studio.asc().nulls_last(), Film.subtitle.desc()))),
        ("of others", Film.order_by((Film.director.name.desc(), Film.studio.city, Film.studio.name.desc()))),
        ("decimals", Film.order_by((Film.price.desc(), Film.title.asc()))),
        ("enums and truth", Film.order_by((Film.status, Film.classic.desc()))),
        ("functions", Film.order_by((Film.title.upper().desc(), Film.subtitle.length().asc()))),
        ("calculated", Film.order_by((Film.price * 3, Film.votes + 1))),
        ("numbers of others", Film.order_by((Film.reviews.count().desc(), Film.title))),
        ("years", Film.order_by((Film.released.year().desc(), Film.id.desc()))),
        ("narrowed", Film.filter(Film.votes.gt(0) & Film.director.name.contains("S")).order_by(Film.votes)),
    ];
    for (what, query) in orders {
        // What is to come: all rows of the query, with the key where nothing else decides.
        let all: Vec<i64> = forwards(&query, 1000, &db).await;
        let mut ids: Vec<i64> = query.clone().select(Film.id).all(&db).await.unwrap();
        assert_eq!(ids.len(), all.len(), "{what}");
        ids.sort_unstable();
        let mut sorted = all.clone();
        sorted.sort_unstable();
        assert_eq!(ids, sorted, "{what}");
        for most in [1, 2, 5, 23, 24, 25] {
            assert_eq!(forwards(&query, most, &db).await, all, "{what}, {most} a page");
            assert_eq!(backwards(&query, most, &db).await, all, "{what}, {most} a page, backwards");
        }
    }
    // The order itself is the query's.
    let query = Film.order_by((Film.votes.desc(), Film.title, Film.id));
    let ids: Vec<i64> = query.clone().select(Film.id).all(&db).await.unwrap();
    assert_eq!(forwards(&query, 4, &db).await, ids);
}

async fn what_is_asked(on: &On) {
    let (db, _) = on.filled().await;
    let page = |from| {
        Film.order_by((Film.votes.desc(), Film.studio.asc().nulls_last()))
            .select(Film.title)
            .page_from(from, 1, &db)
    };
    let log = db.record();
    let first = page(Seek::Start).await.unwrap();
    assert_eq!((first.items.as_slice(), first.previous.as_ref()), (&["Alien".to_owned()][..], None));
    let next = first.next.unwrap();
    let second = page(Seek::After(&next)).await.unwrap();
    assert_eq!(second.items, ["Blade Runner"]);
    let back = page(Seek::Before(second.previous.as_deref().unwrap())).await.unwrap();
    assert_eq!((back.items.as_slice(), back.previous), (&["Alien".to_owned()][..], None));
    let third = page(Seek::After(second.next.as_deref().unwrap())).await.unwrap();
    assert_eq!((third.items.as_slice(), third.next), (&["Cléo de 5 à 7".to_owned()][..], None));
    let again = page(Seek::Before(third.previous.as_deref().unwrap())).await.unwrap();
    assert_eq!(
        (again.items, again.next.is_some(), again.previous.is_some()),
        (vec!["Blade Runner".to_owned()], true, true)
    );
    // One statement each, and no count.
    assert_eq!(log.count(), 5);
    let said: Vec<String> = log.queries().into_iter().map(|query| marked(&query.sql)).collect();
    let columns = r#"SELECT "title", "votes", "studio_id", "id" FROM "cinema_film""#;
    let order = r#"ORDER BY "votes" DESC, "studio_id" NULLS LAST, "id" LIMIT 2"#;
    assert_eq!(said[0], format!("{columns} {order}"));
    assert_eq!(
        said[1],
        format!(
            r#"{columns} WHERE "votes" <= ?1 AND ("votes" < ?2 OR ("votes" = ?3 AND ("studio_id" > ?4 OR "studio_id" IS NULL OR ("studio_id" = ?5 AND "id" > ?6)))) {order}"#
        )
    );
    // Backwards the other way round, NULLs too.
    assert!(said[2].contains(r#""votes" >= ?1 AND ("votes" > ?2 OR"#), "{}", said[2]);
    let order = r#"ORDER BY "votes", "studio_id" DESC NULLS FIRST, "id" DESC LIMIT 2"#;
    assert!(said[2].ends_with(order), "{}", said[2]);
}

async fn what_comes_and_goes_meanwhile_moves_nothing(on: &On) {
    let (db, rows) = alike(on).await;
    let query = || Film.order_by((Film.votes.desc(), Film.title));
    let whole = forwards(&query(), 100, &db).await;
    let first = query().page_from(Seek::Start, 5, &db).await.unwrap();
    // One before, one after, and the row of the cursor itself goes.
    let new = |title: &str, votes| {
        create!(Film { title, director: &rows.agnes, votes, released: date("2031-01-01") })
    };
    new("Before", 5000).insert(&db).await.unwrap();
    let later = new("Zzz", 0).insert(&db).await.unwrap();
    Film.filter(Film.id.eq(first.items[4].id)).delete(&db).await.unwrap();
    let rest = query().page_from(Seek::After(first.next.as_deref().unwrap()), 100, &db).await.unwrap();
    let ids: Vec<i64> = rest.items.iter().map(|film| film.id).collect();
    let mut expected = whole[5..].to_vec();
    expected.push(later.id);
    assert_eq!(ids, expected);
    let back = query().page_from(Seek::Before(rest.previous.as_deref().unwrap()), 100, &db).await.unwrap();
    let titles: Vec<&str> = back.items.iter().map(|film| film.title.as_str()).collect();
    assert_eq!((titles[0], titles.len()), ("Before", 5));
    // Nothing is left after it: an empty page, not an error.
    let end = query().page_from(Seek::After(rest.previous.as_deref().unwrap()), 100, &db).await.unwrap();
    Film.query().delete(&db).await.unwrap();
    let none = query().page_from(Seek::After(end.previous.as_deref().unwrap()), 100, &db).await.unwrap();
    assert_eq!((none.items.len(), none.next, none.previous), (0, None, None));
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Film)]
struct Card {
    title: String,
    #[shape(expr = Film.director.name)]
    director: String,
    #[shape(nested)]
    reviews: Vec<Stars>,
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Review)]
struct Stars {
    stars: i32,
}

async fn rows_come_with_what_they_load(on: &On) {
    let (db, _) = on.filled().await;
    let query = || Film.order_by(Film.director.name.desc());
    let first = query().page_from(Seek::Start, 1, &db).await.unwrap();
    let after = first.next.as_deref().unwrap();

    let log = db.record();
    let films = query()
        .select_related(Film.director.country)
        .select_related(Film.studio)
        .prefetch_related(Film.reviews)
        .page_from(Seek::After(after), 5, &db)
        .await
        .unwrap();
    let says: Vec<(String, String, Option<String>, usize)> = films
        .items
        .iter()
        .map(|film| {
            (
                film.title.clone(),
                film.director.get().unwrap().name.clone(),
                film.studio.as_ref().map(|studio| studio.get().unwrap().name.clone()),
                film.reviews.get().unwrap().len(),
            )
        })
        .collect();
    assert_eq!(
        says,
        [
            ("Blade Runner".into(), "Ridley Scott".into(), Some("Fox".into()), 1),
            ("Cléo de 5 à 7".into(), "Agnès Varda".into(), None, 1),
        ]
    );
    assert_eq!(log.count(), 2);

    let cards = query()
        .shape::<Card>()
        .page_from(Seek::Before(films.next.as_deref().or(films.previous.as_deref()).unwrap()), 5, &db)
        .await
        .unwrap();
    assert_eq!(
        cards.items,
        [Card {
            title: "Alien".into(),
            director: "Ridley Scott".into(),
            reviews: vec![Stars { stars: 5 }, Stars { stars: 3 }]
        }]
    );
    let pairs = query().annotate(Film.reviews.count()).page_from(Seek::After(after), 1, &db).await.unwrap();
    assert_eq!((pairs.items[0].0.title.as_str(), pairs.items[0].1), ("Blade Runner", 1));
    assert!(pairs.next.is_some());

    // As a template and as JSON see it.
    let titles = query()
        .select(Film.title)
        .page_from(Seek::Start, 1, &db)
        .await
        .unwrap()
        .map(|title| title.to_lowercase());
    let json = serde_json::to_value(&titles).unwrap();
    assert_eq!(
        (json["items"][0].as_str(), json["previous"].is_null(), json["next"].is_string()),
        (Some("alien"), true, true)
    );
    let value = quintet_core::TemplateValue::to_value(&titles);
    assert_eq!(value.get("next").cloned(), titles.next.clone().map(Value::Text));
    assert_eq!((&titles).into_iter().count(), titles.into_iter().count());
}

/// A seat of a hall.
#[model(app = "cinema")]
#[derive(Debug, Clone)]
pub struct Seat {
    #[field(primary_key)]
    pub row: i32,
    #[field(primary_key)]
    pub number: i32,
    pub taken: Option<bool>,
}

async fn keys_of_several_columns(on: &On) {
    let db = on.with("CREATE TABLE cinema_seat (row INTEGER NOT NULL, number INTEGER NOT NULL, taken :bool, PRIMARY KEY (row, number));").await;
    for row in 1..4 {
        for number in 1..4 {
            let taken = [None, Some(true), Some(false)][usize::try_from((row + number) % 3).unwrap()];
            create!(Seat { row, number, taken }).insert(&db).await.unwrap();
        }
    }
    let all: Vec<(i32, i32)> = Seat
        .order_by((Seat.taken, Seat.row, Seat.number))
        .select((Seat.row, Seat.number))
        .all(&db)
        .await
        .unwrap();
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let from = Seek::of(after.as_deref(), Some("")).unwrap();
        let page = Seat.order_by(Seat.taken).page_from(from, 2, &db).await.unwrap();
        found.extend(page.items.iter().map(|seat| (seat.row, seat.number)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, all);
}

async fn what_is_no_cursor_is_refused(on: &On) {
    let (db, _) = on.filled().await;
    let page = async |query: QuerySet<Film>, cursor: &str| query.page_from(Seek::After(cursor), 1, &db).await;
    let cursor = Film.order_by(Film.title).page_from(Seek::Start, 1, &db).await.unwrap().next.unwrap();
    assert!(page(Film.order_by(Film.title), &cursor).await.is_ok());
    // Each byte of it matters.
    let mut refused: Vec<String> = (0..cursor.len())
        .map(|at| {
            let mut other = cursor.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(other).unwrap()
        })
        .filter(|other| *other != cursor)
        .collect();
    refused.extend(["x", "🦆", "AAAA", "AAAAAAAA", "%00", "1' OR '1'='1"].map(str::to_owned));
    refused.extend([
        cursor[..cursor.len() - 1].to_owned(),
        format!("{cursor}A"),
        format!("{cursor}{cursor}"),
    ]);
    for other in refused {
        let error = page(Film.order_by(Film.title), &other).await.unwrap_err();
        assert_eq!(error.status().as_u16(), 400, "{other}: {error}");
        assert!(error.to_string().contains("cursor"), "{error}");
        assert!(error.location().file().ends_with("seek.rs"), "{error}");
    }
    // Of another order.
    for query in [
        Film.order_by(Film.title.desc()),
        Film.order_by(Film.subtitle),
        Film.order_by((Film.title, Film.votes)),
        Film.query(),
    ] {
        assert_eq!(page(query, &cursor).await.unwrap_err().status().as_u16(), 400);
    }
    assert_eq!(Seek::of(Some("a"), Some("b")).unwrap_err().status().as_u16(), 400);
    assert_eq!(Seek::of(Some(" "), None).unwrap(), Seek::Start);
    assert_eq!(Seek::of(None, Some("b")).unwrap(), Seek::Before("b"));
    assert_eq!(Seek::default(), Seek::Start);
}

async fn what_no_cursor_can_hold_says_so(on: &On) {
    let (db, _) = on.filled().await;
    for (query, why) in [
        (Film.limit(5), "cut"),
        (Film.query().offset(1), "cut"),
        (Film.query().distinct(), "cut"),
        (Film.order_by(quintet_orm::expr::random()), ".page(..)"),
    ] {
        let error = query.page_from(Seek::Start, 1, &db).await.unwrap_err();
        assert!(error.status().as_u16() == 500 && error.to_string().contains(why), "{error}");
    }
    let error = Review.order_by(Review.ip).page_from(Seek::Start, 1, &db).await.unwrap_err();
    assert!(error.to_string().contains("secret field `ip`"), "{error}");
    let error = Review.order_by(Review.ip.lower()).page_from(Seek::Start, 1, &db).await.unwrap_err();
    assert!(error.to_string().contains("secret field `ip`"), "{error}");
    assert!(Film.query().none().page_from(Seek::Start, 1, &db).await.unwrap().items.is_empty());
}
