//! New rows, changes and deletions: what reaches the database, and what is said where it can't.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_core::ErrorKind;
use quintet_orm::{
    dialect::{SQLITE, TextSearch},
    prelude::*,
};

scenarios!(
    a_new_row_comes_back_as_it_is,
    a_row_and_its_many_to_many_objects_are_one,
    wrong_values_are_named_by_field_before_the_database_is_asked,
    what_only_the_database_knows_is_said_in_the_models_words,
    get_or_create_and_upsert,
    many_rows_at_once,
    many_rows_change_at_once,
    updates_are_computed_by_the_database,
    updates_of_decimals_round_half_away_from_zero,
    updated_rows_can_be_answered,
    an_edit_writes_what_has_changed,
    deletions_do_what_on_delete_says,
    deletions_of_queries,
    what_can_not_be_said_is_refused,
    a_new_row_takes_the_rest_from_another,
    many_rows_with_objects_go_in_few_statements,
);

fn sqls(log: &quintet_orm::Recording) -> Vec<String> {
    log.queries().iter().map(|query| marked(&query.sql)).collect()
}

fn conflict(error: &Error) -> &str {
    match error.kind() {
        ErrorKind::Conflict { constraint } => constraint,
        other => panic!("{other:?}: {error}"),
    }
}

async fn a_new_row_comes_back_as_it_is(on: &On) {
    let (db, rows) = on.filled().await;
    let log = db.record();
    let title = String::from("Thelma & Louise");
    let film = create!(Film { title, director: &rows.ridley, released: date("1991-05-24") })
        .insert(&db)
        .await
        .unwrap();
    assert_eq!(
        sqls(&log),
        [concat!(
            r#"INSERT INTO "cinema_film" ("title", "subtitle", "director_id", "studio_id", "price", "votes", "released", "status", "classic") "#,
            r#"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING "id", "title", "subtitle", "director_id", "studio_id", "price", "votes", "released", "status", "classic""#
        )]
    );
    // Defaults, optional fields and the key are filled in.
    assert_eq!(
        (film.id, film.price, film.votes, film.status, film.classic),
        (4, dec("10"), 0, Status::Draft, false)
    );
    assert!(film.subtitle.is_none() && film.studio.is_none());
    assert_eq!(*film.director.id(), rows.ridley.id);
    assert_eq!(Film.get(4, &db).await.unwrap().title, "Thelma & Louise");
}

async fn a_row_and_its_many_to_many_objects_are_one(on: &On) {
    let (db, rows) = on.filled().await;
    let log = db.record();
    let draft =
        create!(Film { title: "x", director: 1, released: date("2000-01-01"), tags: rows.tags.iter() });
    let film = draft.clone().insert(&db).await.unwrap();
    let texts = sqls(&log);
    let inserts: Vec<&String> = texts.iter().filter(|sql| sql.starts_with("INSERT")).collect();
    assert_eq!(inserts.len(), 2, "{texts:?}");
    assert_eq!(
        inserts[1],
        r#"INSERT INTO "cinema_film_tags" ("film_id", "tag_id") VALUES (?1, ?2), (?3, ?4), (?5, ?6) ON CONFLICT DO NOTHING"#
    );
    assert_eq!(film.related(Film.tags).count(&db).await.unwrap(), 3);
    // A tag that does not exist takes the film with it.
    let before = Film.count(&db).await.unwrap();
    let draft = create!(Film { title: "y", director: 1, released: date("2000-01-01"), tags: [77] });
    let error = draft.insert(&db).await.unwrap_err();
    assert_eq!(
        (conflict(&error), error.to_string().as_str()),
        ("tags", "an object given to Film.tags does not exist")
    );
    assert_eq!(Film.count(&db).await.unwrap(), before);
}

async fn wrong_values_are_named_by_field_before_the_database_is_asked(on: &On) {
    let (db, rows) = on.filled().await;
    let log = db.record();
    let draft = create!(Film {
        title: "x".repeat(201),
        director: &rows.ridley,
        price: dec("12345.678"),
        released: date("2000-01-01"),
    });
    assert_eq!(draft.validate().unwrap_err().status().as_u16(), 422);
    let error = draft.insert(&db).await.unwrap_err();
    let fields = error.field_errors().unwrap();
    assert_eq!(fields.of("title").collect::<Vec<_>>(), ["at most 200 characters (this has 201)"]);
    assert_eq!(fields.of("price").collect::<Vec<_>>(), ["at most 2 digits after the point"]);
    assert!(error.location().file().ends_with("writes.rs"), "{error:?}");
    let error = create!(Review { film: 1, stars: 6 }).insert(&db).await.unwrap_err();
    assert_eq!(error.to_string(), "stars: from 1 to 5 stars");
    let error = Review.query().update(Review.stars.set(9)).exec(&db).await.unwrap_err();
    assert_eq!(error.to_string(), "stars: from 1 to 5 stars");
    assert_eq!(log.count(), 0);
}

async fn what_only_the_database_knows_is_said_in_the_models_words(on: &On) {
    let (db, rows) = on.filled().await;
    let error = create!(Tag { name: "noir" }).insert(&db).await.unwrap_err();
    assert_eq!((error.status().as_u16(), conflict(&error)), (409, "name"));
    assert_eq!(error.to_string(), "there is already a tag with this name");

    let again = create!(Film { title: "Alien", director: &rows.agnes, released: date("1979-05-25") });
    let error = again.insert(&db).await.unwrap_err();
    assert_eq!(conflict(&error), "title, released");
    assert_eq!(error.to_string(), "there is already a film with this title and released");

    let error = create!(Review { film: 99, stars: 1 }).insert(&db).await.unwrap_err();
    assert_eq!((error.status().as_u16(), conflict(&error)), (409, "film"));
    assert_eq!(error.to_string(), "the row that Review.film points to does not exist");
    let error = Film.get(1, &db).await.unwrap().update(Film.director.set(99)).exec(&db).await.unwrap_err();
    assert_eq!(conflict(&error), "director");
    let error = Tag.filter(Tag.name.eq("noir")).update(Tag.name.set("horror")).exec(&db).await.unwrap_err();
    assert_eq!(conflict(&error), "name");
}

async fn get_or_create_and_upsert(on: &On) {
    let (db, rows) = on.filled().await;
    let log = db.record();
    let (tag, created) = create!(Tag { name: "noir" }).or_get(Tag.name, &db).await.unwrap();
    assert_eq!((tag.id, created, log.count()), (rows.tags[1].id, false, 1));
    let (tag, created) = create!(Tag { name: "western" }).or_get(Tag.name, &db).await.unwrap();
    assert!(created && tag.name == "western");
    assert!(sqls(&log)[2].contains(r#" ON CONFLICT ("name") DO NOTHING RETURNING "#));

    let film = create!(Film {
        title: "Alien",
        director: &rows.ridley,
        released: date("1979-05-25"),
        votes: 5,
        price: 3
    });
    let (same, created) = film.clone().or_get((Film.title, Film.released), &db).await.unwrap();
    assert_eq!((same.id, same.votes, created), (rows.alien.id, 900, false));
    let log = db.record();
    let same = film.or_update((Film.title, Film.released), (Film.votes, Film.price), &db).await.unwrap();
    assert_eq!((same.id, same.votes, same.price, same.classic), (rows.alien.id, 5, dec("3"), true));
    assert!(
        sqls(&log)[0].contains(
            r#" ON CONFLICT ("title", "released") DO UPDATE SET "votes" = excluded."votes", "price" = excluded."price" RETURNING "#
        ),
        "{:?}",
        sqls(&log)
    );

    // Fields that do not identify a row are refused with the fix.
    let error =
        create!(Film { title: "x", director: 1, released: date("2000-01-01") }).or_get(Film.title, &db).await;
    let text = error.unwrap_err().to_string();
    assert!(text.contains("title does not identify a Film") && text.contains("#[field(unique)]"), "{text}");
    let error =
        create!(Review { film: 1, stars: 1 }).or_update((Review.film, Review.stars), Review.text, &db).await;
    assert!(error.unwrap_err().to_string().contains(r#"unique_together = ["film", "stars"]"#));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_race_to_create_has_one_winner() {
    let dir = tempfile::tempdir().unwrap();
    race(&On::sqlite_file(dir.path()).empty().await).await;
    if let Some(on) = On::postgres().await {
        race(&on.empty().await).await;
    }
}

async fn race(db: &Db) {
    for round in 0..5 {
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let db = db.clone();
                let name = format!("tag {round}");
                tokio::spawn(async move { create!(Tag { name }).or_get(Tag.name, &db).await.unwrap() })
            })
            .collect();
        let (mut ids, mut winners) = (Vec::new(), 0);
        for task in tasks {
            let (tag, created) = task.await.unwrap();
            ids.push(tag.id);
            winners += usize::from(created);
        }
        ids.dedup();
        assert_eq!((ids.len(), winners), (1, 1));
    }
    assert_eq!(Tag.count(db).await.unwrap(), 5);
}

async fn many_rows_at_once(on: &On) {
    let (db, rows) = on.filled().await;
    let log = db.record();
    let drafts = (0..10_000)
        .map(|n| create!(Review { film: &rows.cleo, stars: 1 + n % 5, text: format!("review {n}") }));
    let reviews = Review.bulk_create(drafts, &db).await.unwrap();
    let inserts = sqls(&log).iter().filter(|sql| sql.starts_with("INSERT")).count();
    // 500 rows in each.
    assert_eq!((reviews.len(), inserts), (10_000, 20));
    assert!(reviews.iter().enumerate().all(|(n, review)| review.text == format!("review {n}")));
    assert_eq!(Review.filter(Review.film.eq(&rows.cleo)).count(&db).await.unwrap(), 10_001);

    // All or none, over all statements.
    let last = create!(Review { film: 99, stars: 1 });
    let drafts = (0..10_000).map(|_| create!(Review { film: 1, stars: 2 })).chain([last]);
    assert!(Review.bulk_create(drafts, &db).await.is_err());
    assert_eq!(Review.count(&db).await.unwrap(), 10_004);
    assert!(Review.bulk_create([], &db).await.unwrap().is_empty());

    // With many-to-many objects, and with keys given and not given.
    let film = |title: &str| create!(Film { title, director: 1, released: date("2001-01-01") });
    let films = [film("a").with(Film.tags.set(&rows.tags)), film("b").with(Film.id.set(500)), film("c")];
    let films = Film.bulk_create(films, &db).await.unwrap();
    assert_eq!(films.iter().map(|film| film.title.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!((films[1].id, films[0].related(Film.tags).count(&db).await.unwrap()), (500, 3));
}

async fn many_rows_change_at_once(on: &On) {
    let (db, _) = on.filled().await;
    let mut films = Film.order_by(Film.id).all(&db).await.unwrap();
    for (film, votes) in films.iter_mut().zip([1, 2, 3]) {
        film.votes = votes;
        film.price = dec("0.01") * Decimal::from(votes);
        film.subtitle = (votes == 2).then(|| "two".to_owned());
        film.title = "not written".into();
    }
    let log = db.record();
    let fields = (Film.votes, Film.price, Film.subtitle);
    assert_eq!(Film.bulk_update(&films, fields, &db).await.unwrap(), 3);
    assert_eq!(
        sqls(&log),
        [format!(
            r#"UPDATE "cinema_film" SET "votes" = v.column2, "price" = v.column3, "subtitle" = v.column4 FROM (VALUES ({}), (?5, ?6, ?7, ?8), (?9, ?10, ?11, ?12)) AS v WHERE "cinema_film"."id" = v.column1"#,
            // The first row's types are those of all.
            match db.dialect().typed_values {
                true => "CAST(?1 AS BIGINT), CAST(?2 AS INTEGER), CAST(?3 AS NUMERIC), CAST(?4 AS TEXT)",
                false => "?1, ?2, ?3, ?4",
            }
        )]
    );
    let now = Film
        .order_by(Film.id)
        .select((Film.title, Film.votes, Film.price, Film.subtitle))
        .all(&db)
        .await
        .unwrap();
    assert_eq!(now[1], ("Blade Runner".into(), 2, dec("0.02"), Some("two".into())));
    assert_eq!(now[0], ("Alien".into(), 1, dec("0.01"), None));
    assert_eq!(Film.bulk_update(&[], Film.votes, &db).await.unwrap(), 0);

    let many: Vec<_> = (0..20_000).map(|_| create!(Review { film: 1, stars: 1 })).collect();
    let mut many = Review.bulk_create(many, &db).await.unwrap();
    many.iter_mut().for_each(|review| review.stars = 4);
    assert_eq!(Review.bulk_update(&many, Review.stars, &db).await.unwrap(), 20_000);
    assert_eq!(Review.filter(Review.stars.eq(4)).count(&db).await.unwrap(), 20_001);
    many[7].stars = 9;
    assert_eq!(Review.bulk_update(&many, Review.stars, &db).await.unwrap_err().status().as_u16(), 422);
}

async fn updates_are_computed_by_the_database(on: &On) {
    let (db, rows) = on.filled().await;
    for (update, expected, changed) in [
        (
            Film.filter(Film.votes.lt(850)).update(Film.votes.set(Film.votes + 1)),
            r#"UPDATE "cinema_film" SET "votes" = "votes" + ?1 WHERE "votes" < ?2"#,
            2,
        ),
        (
            Film.query().update((Film.subtitle.set(Film.title), Film.classic.set(false))),
            r#"UPDATE "cinema_film" SET "subtitle" = "title", "classic" = ?1"#,
            3,
        ),
        (
            Film.filter(Film.director.name.eq("Ridley Scott")).update(Film.votes.set(1)),
            r#"UPDATE "cinema_film" AS t0 SET "votes" = ?1 WHERE t0."id" IN (SELECT t1."id" FROM "cinema_film" AS t1 JOIN "cinema_director" AS t2 ON t2."id" = t1."director_id" WHERE t2."name" = ?2)"#,
            2,
        ),
        (
            Film.filter(Film.tags.exists()).update(Film.votes.set(2)),
            r#"UPDATE "cinema_film" AS t0 SET "votes" = ?1 WHERE EXISTS (SELECT 1 FROM "cinema_tag" AS t1 JOIN "cinema_film_tags" AS t2 ON t2."tag_id" = t1."id" WHERE t2."film_id" = t0."id")"#,
            2,
        ),
        (
            Film.order_by(Film.id).limit(1).update(Film.title.set("first")),
            r#"UPDATE "cinema_film" SET "title" = ?1 WHERE "id" IN (SELECT t0."id" FROM "cinema_film" AS t0 ORDER BY t0."id" LIMIT 1)"#,
            1,
        ),
        (
            Film.query().update(Film.subtitle.set(Film.director.name)),
            r#"UPDATE "cinema_film" AS t0 SET "subtitle" = (SELECT t2."name" FROM "cinema_film" AS t1 JOIN "cinema_director" AS t2 ON t2."id" = t1."director_id" WHERE t1."id" = t0."id")"#,
            3,
        ),
        (
            Film.query().update(Film.studio.set_null()).set(Film.votes.set(3)).set(Film.votes.set(4)),
            r#"UPDATE "cinema_film" SET "studio_id" = ?1, "votes" = ?2"#,
            3,
        ),
    ] {
        assert_eq!(update.to_sql(&SQLITE).unwrap().sql, expected);
        assert_eq!(update.exec(&db).await.unwrap(), changed, "{expected}");
    }
    let film = Film.get(rows.cleo.id, &db).await.unwrap();
    assert_eq!((film.votes, film.subtitle.as_deref(), film.studio), (4, Some("Agnès Varda"), None));
    assert_eq!(Film.get(1, &db).await.unwrap().title, "first");
}

async fn updates_of_decimals_round_half_away_from_zero(on: &On) {
    let (db, _) = on.filled().await;
    // 9.50 × 1.105 = 10.4975, 10 × 1.105 = 11.05, 7 × 1.105 = 7.735
    Film.query().update(Film.price.set(Film.price * dec("1.105"))).exec(&db).await.unwrap();
    let prices = Film.order_by(Film.id).select(Film.price).all(&db).await.unwrap();
    assert_eq!(prices, [dec("10.50"), dec("11.05"), dec("7.74")]);
    Film.query().update(Film.price.set(-(Film.price * dec("0.5")))).exec(&db).await.unwrap();
    let prices = Film.order_by(Film.id).select(Film.price).all(&db).await.unwrap();
    assert_eq!(prices, [dec("-5.25"), dec("-5.53"), dec("-3.87")]);
    let error = Film.query().update(Film.price.set(dec("0.001"))).exec(&db).await.unwrap_err();
    assert_eq!(error.status().as_u16(), 422);
}

async fn updated_rows_can_be_answered(on: &On) {
    let (db, rows) = on.filled().await;
    let update = Film.filter(Film.director.eq(&rows.ridley)).update(Film.price.set(Film.price + dec("0.25")));
    let mut films = update.returning(&db).await.unwrap();
    films.sort_by_key(|film| film.id);
    assert_eq!(films.iter().map(|film| film.price).collect::<Vec<_>>(), [dec("9.75"), dec("10.25")]);
    // One row, in the database only.
    assert_eq!(rows.alien.update(Film.votes.set(Film.votes + 1)).exec(&db).await.unwrap(), 1);
    assert_eq!((rows.alien.votes, Film.get(rows.alien.id, &db).await.unwrap().votes), (900, 901));
}

async fn an_edit_writes_what_has_changed(on: &On) {
    let (db, rows) = on.filled().await;
    let log = db.record();
    let mut film = rows.alien.clone().edit();
    film.title = "Aliens".into();
    film.price = dec("9.5000");
    film.studio = None;
    assert_eq!(film.changed(), ["title", "studio"]);
    let film = film.save(&db).await.unwrap();
    assert_eq!(sqls(&log), [r#"UPDATE "cinema_film" SET "title" = ?1, "studio_id" = ?2 WHERE "id" = ?3"#]);
    assert_eq!(Film.get(film.id, &db).await.unwrap().title, "Aliens");

    let log = db.record();
    assert_eq!(film.clone().edit().save(&db).await.unwrap().title, "Aliens");
    assert_eq!(log.count(), 0);

    let mut edit = film.clone().edit();
    edit.title = "x".repeat(300);
    assert_eq!(edit.save(&db).await.unwrap_err().field_errors().unwrap().of("title").count(), 1);
    let mut edit = film.clone().edit();
    edit.title = "Blade Runner".into();
    edit.released = date("1982-06-25");
    assert_eq!(conflict(&edit.save(&db).await.unwrap_err()), "title, released");
    // The key can change too.
    let mut edit = film.clone().edit();
    edit.id = 70;
    let error = edit.save(&db).await.unwrap_err();
    assert_eq!(error.to_string(), "the key of this film can't change: other rows point to it");
    Review.query().delete(&db).await.unwrap();
    film.related(Film.tags).clear(&db).await.unwrap();
    let mut edit = film.clone().edit();
    edit.id = 70;
    edit.save(&db).await.unwrap();
    assert_eq!(Film.get(70, &db).await.unwrap().title, "Aliens");

    let mut gone = film.edit();
    gone.votes = 1;
    assert_eq!(gone.save(&db).await.unwrap_err().to_string(), "Film 1 not found");
}

async fn deletions_do_what_on_delete_says(on: &On) {
    let (db, rows) = on.filled().await;
    // set_null
    assert_eq!(Studio.query().delete(&db).await.unwrap(), 1);
    assert_eq!(Film.filter(Film.studio.is_null()).count(&db).await.unwrap(), 3);
    // protect
    let uk = Country.first(&db).await.unwrap().unwrap();
    let error = uk.delete(&db).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.kind()), (409, &ErrorKind::Protected));
    assert_eq!(error.to_string(), "country can't be deleted: other rows point to it");
    assert!(error.location().file().ends_with("writes.rs"));
    // cascade, through two keys and a many-to-many's table
    assert_eq!(rows.ridley.delete(&db).await.unwrap(), 1);
    assert_eq!(Film.count(&db).await.unwrap(), 1);
    assert_eq!(Review.count(&db).await.unwrap(), 1);
    assert_eq!(Tag.filter(Tag.films.exists()).count(&db).await.unwrap(), 0);
    assert_eq!(Tag.count(&db).await.unwrap(), 3);
    // Now nothing points there.
    assert_eq!(uk.delete(&db).await.unwrap(), 1);
    assert_eq!(uk.delete(&db).await.unwrap(), 0);
}

async fn deletions_of_queries(on: &On) {
    let (db, _) = on.filled().await;
    let log = db.record();
    assert_eq!(Review.filter(Review.film.director.name.contains("Varda")).delete(&db).await.unwrap(), 1);
    assert_eq!(Film.order_by(Film.votes).limit(1).delete(&db).await.unwrap(), 1);
    assert_eq!(Tag.exclude(Tag.films.exists()).delete(&db).await.unwrap(), 1);
    let contains = match db.dialect().text_search {
        TextSearch::Like => r#"t3."name" LIKE ?1 ESCAPE '\'"#,
        TextSearch::Functions => r#"instr(t3."name", ?1) > 0"#,
    };
    assert_eq!(
        sqls(&log),
        [
            &*format!(
                r#"DELETE FROM "cinema_review" AS t0 WHERE t0."id" IN (SELECT t1."id" FROM "cinema_review" AS t1 JOIN "cinema_film" AS t2 ON t2."id" = t1."film_id" JOIN "cinema_director" AS t3 ON t3."id" = t2."director_id" WHERE {contains})"#
            ),
            r#"DELETE FROM "cinema_film" WHERE "id" IN (SELECT t0."id" FROM "cinema_film" AS t0 ORDER BY t0."votes" LIMIT 1)"#,
            r#"DELETE FROM "cinema_tag" AS t0 WHERE NOT EXISTS (SELECT 1 FROM "cinema_film" AS t1 JOIN "cinema_film_tags" AS t2 ON t2."film_id" = t1."id" WHERE t2."tag_id" = t0."id")"#,
        ]
    );
}

async fn what_can_not_be_said_is_refused(on: &On) {
    let (db, rows) = on.filled().await;
    let error = Film.query().update(Film.tags.set(&rows.tags)).exec(&db).await.unwrap_err().to_string();
    assert!(error.contains("related(Film.tags).set(..)"), "{error}");
    let error = create!(Tag { name: Tag.name }).insert(&db).await.unwrap_err().to_string();
    assert!(error.contains("a new Tag has no row yet"), "{error}");
    let draft = create!(Director { name: "x" }).with(Director.films.set([&rows.alien]));
    let error = draft.insert(&db).await.unwrap_err().to_string();
    assert!(error.contains("Director.films is no many-to-many"), "{error}");
    assert_eq!(Director.count(&db).await.unwrap(), 2);
}

async fn a_new_row_takes_the_rest_from_another(on: &On) {
    let (db, rows) = on.filled().await;
    let copy = create!(Film { title: "Alien, again", ..&rows.alien }).insert(&db).await.unwrap();
    assert_eq!((copy.id, copy.title.as_str(), copy.votes), (4, "Alien, again", 900));
    assert_eq!((copy.subtitle, copy.price, copy.classic), (rows.alien.subtitle.clone(), dec("9.50"), true));
    assert_eq!((copy.director.id(), copy.released), (rows.alien.director.id(), rows.alien.released));
    // Objects of many-to-many relations stay where they are; a draft's go along.
    assert_eq!(Film.get(4, &db).await.unwrap().related(Film.tags).count(&db).await.unwrap(), 0);
    let draft = create!(Film { title: "a", director: 1, released: date("2000-01-01"), tags: [1, 2] });
    let title = "b";
    let film = create!(Film { title, votes: 7, ..draft }).insert(&db).await.unwrap();
    assert_eq!((film.title.as_str(), film.votes), ("b", 7));
    assert_eq!(film.related(Film.tags).count(&db).await.unwrap(), 2);
    let moved = create!(Review { ..Review.get(1, &db).await.unwrap() }).insert(&db).await.unwrap();
    assert_eq!((moved.id, moved.stars), (5, 5));
}

async fn many_rows_with_objects_go_in_few_statements(on: &On) {
    let (db, rows) = on.filled().await;
    let drafts = (0..20).map(|i| {
        let tags = rows.tags.iter().take(i % 4);
        create!(Film { title: format!("f{i}"), director: 1, released: date("2000-01-01"), tags })
    });
    let log = db.record();
    let films = Film.bulk_create(drafts, &db).await.unwrap();
    assert_eq!(log.count(), 2, "{:?}", sqls(&log));
    let films =
        Film.filter(Film.id.is_in(films.iter().map(|film| film.id))).prefetch_related(Film.tags).all(&db);
    for film in films.await.unwrap() {
        let number: usize = film.title[1..].parse().unwrap();
        assert_eq!(film.tags.get().unwrap().len(), number % 4, "{}", film.title);
    }
    // Two at once add the same object: it is there once.
    let film = &rows.cleo;
    let add = || film.related(Film.tags).add(&rows.tags, &db);
    let (a, b, c) = tokio::join!(add(), add(), add());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(film.related(Film.tags).count(&db).await.unwrap(), 3);
}
