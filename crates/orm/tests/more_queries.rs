//! The last row, many by key, several queries together, plans, locks, streams, raw SQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use futures_util::StreamExt;
use quintet_orm::{
    dialect::{POSTGRES, SQLITE},
    prelude::*,
};

scenarios!(
    plans_and_locks,
    limits_of_any_size,
    the_other_end,
    many_by_key,
    several_queries_together,
    a_stream_joins_and_tells_what_it_can_not,
    sql_of_ones_own,
);

fn titles(films: Vec<Film>) -> Vec<String> {
    films.into_iter().map(|film| film.title).collect()
}

async fn the_other_end(on: &On) {
    let (db, rows) = on.filled().await;
    // By the model's order (from the newest), by an order given, by the key.
    assert_eq!(Film.last(&db).await.unwrap().unwrap().title, "Cléo de 5 à 7");
    assert_eq!(Film.order_by(Film.votes).last(&db).await.unwrap().unwrap().title, "Alien");
    assert_eq!(Review.query().last(&db).await.unwrap().unwrap().id, 4);
    assert!(Film.filter(Film.votes.lt(0)).last(&db).await.unwrap().is_none());
    let cut = Film.limit(1).last(&db).await.unwrap_err();
    assert!(
        cut.to_string().contains("all(..)") && cut.location().file().ends_with("more_queries.rs"),
        "{cut}"
    );
    let query = Film.order_by((Film.studio.asc().nulls_last(), Film.title.desc())).reverse();
    let sql = query.to_sql(&SQLITE).unwrap().sql;
    assert!(sql.ends_with(r#"ORDER BY "studio_id" DESC NULLS FIRST, "title""#), "{sql}");

    assert_eq!(Film.earliest(Film.released, &db).await.unwrap().unwrap().id, rows.cleo.id);
    assert_eq!(
        Film.filter(Film.votes.lt(900)).latest(Film.released, &db).await.unwrap().unwrap().id,
        rows.blade.id
    );
    // Rows without a value come last in both.
    for film in [Film.earliest(Film.studio.city, &db).await, Film.latest(Film.subtitle, &db).await] {
        assert!(film.unwrap().unwrap().studio.is_some());
    }
}

async fn many_by_key(on: &On) {
    let (db, rows) = on.filled().await;
    let log = db.record();
    let films = Film.in_bulk([rows.alien.id, rows.cleo.id, 99], &db).await.unwrap();
    assert_eq!((films.len(), films[&rows.alien.id].title.as_str()), (2, "Alien"));
    let few = Film
        .filter(Film.votes.gt(500))
        .select_related(Film.director)
        .in_bulk(0..40_000i64, &db)
        .await
        .unwrap();
    assert_eq!((few.len(), few[&rows.blade.id].director.get().unwrap().name.as_str()), (2, "Ridley Scott"));
    assert_eq!(log.count(), 1 + parts(&db, 40_000, 2));
    assert!(Film.in_bulk(Vec::<i64>::new(), &db).await.unwrap().is_empty());
}

async fn several_queries_together(on: &On) {
    let (db, _) = on.filled().await;
    let (classics, cheap) = (|| Film.filter(Film.classic.eq(true)), || Film.filter(Film.price.lt(10)));
    let both = classics().union(cheap()).order_by(Film.votes);
    let sql = both.to_sql(&SQLITE).unwrap().sql;
    assert!(
        sql.contains(r#"WHERE "classic" = ?1 UNION SELECT "id", "#) && sql.ends_with(" ORDER BY 7"),
        "{sql}"
    );
    assert_eq!(titles(both.clone().all(&db).await.unwrap()), ["Cléo de 5 à 7", "Alien"]);
    assert_eq!(both.clone().count(&db).await.unwrap(), 2);
    assert_eq!(both.clone().limit(1).all(&db).await.unwrap().len(), 1);
    assert_eq!(both.first(&db).await.unwrap().unwrap().title, "Cléo de 5 à 7");
    assert_eq!(titles(classics().intersection(cheap()).all(&db).await.unwrap()), ["Alien"]);
    assert_eq!(titles(cheap().difference(classics()).all(&db).await.unwrap()), ["Cléo de 5 à 7"]);
    assert!(!classics().difference(cheap()).exists(&db).await.unwrap());
    assert_eq!(cheap().union(Film.none()).count(&db).await.unwrap(), 2);
    // A part that is cut keeps its order; a whole is one part of the next.
    let best = Film.order_by(Film.votes.desc()).limit(1).union(Film.order_by(Film.votes).limit(1));
    let names: Vec<String> = titles(best.clone().order_by(Film.title).all(&db).await.unwrap());
    assert_eq!(names, ["Alien", "Cléo de 5 à 7"]);
    assert_eq!(titles(best.difference(classics()).all(&db).await.unwrap()), ["Cléo de 5 à 7"]);
    // Chosen columns.
    let words =
        Film.select(Film.director.name).union(Film.filter(Film.votes.gt(1)).select(Film.title.upper()));
    assert_eq!(words.count(&db).await.unwrap(), 5);
    let scales = Film.select(Film.price).union(Film.select(Film.price * dec("0.1"))).all(&db).await;
    match db.dialect().native_decimal {
        true => assert_eq!(scales.unwrap().len(), 6),
        false => {
            let text = scales.unwrap_err().to_string();
            assert!(text.contains("different numbers of places"), "{text}");
        }
    }
    let order = classics().union(cheap()).order_by(Film.director.name).all(&db).await.unwrap_err();
    assert!(order.to_string().contains("only by columns that they have"), "{order}");
}

async fn plans_and_locks(on: &On) {
    let (db, rows) = on.filled().await;
    let plan = Film.filter(Film.id.eq(rows.alien.id)).explain(&db).await.unwrap();
    let by_key = ["SEARCH cinema_film USING INTEGER PRIMARY KEY", "cinema_film_pkey"];
    assert!(by_key.iter().any(|words| plan.contains(words)) || plan.contains("Filter: (id = "), "{plan}");

    let all = || Film.order_by(Film.id);
    if db.dialect().row_locks {
        let tx = db.begin().await.unwrap();
        let held = all().limit(1).for_update().all(&tx).await.unwrap();
        assert_eq!(held[0].id, rows.alien.id);
        let free = db.atomic(async |tx| all().skip_locked().all(tx).await).await.unwrap();
        assert_eq!(titles(free), ["Blade Runner", "Cléo de 5 à 7"]);
        let refused = db.atomic(async |tx| all().nowait().all(tx).await.map(drop)).await.unwrap_err();
        assert!(refused.to_string().contains("lock"), "{refused}");
        tx.commit().await.unwrap();
        let all = db.atomic(async |tx| all().select_related(Film.studio).nowait().all(tx).await).await;
        assert_eq!(all.unwrap().len(), 3);
    } else {
        let refused = all().for_update().all(&db).await.unwrap_err().to_string();
        assert!(refused.contains("can't lock single rows: leave out for_update()"), "{refused}");
    }
    for (query, end) in [
        (Film.filter(Film.id.eq(1)).for_update(), r#"ORDER BY "released" DESC FOR UPDATE"#),
        (Film.filter(Film.id.eq(1)).nowait().limit(1), r#"LIMIT 1 FOR UPDATE NOWAIT"#),
        (
            Film.filter(Film.studio.city.eq("x")).for_update().skip_locked(),
            r#"ORDER BY t0."released" DESC FOR UPDATE OF t0 SKIP LOCKED"#,
        ),
    ] {
        let sql = query.to_sql(&POSTGRES).unwrap().sql;
        assert!(sql.ends_with(end), "{sql}");
    }
}

async fn limits_of_any_size(on: &On) {
    let (db, _) = on.filled().await;
    for limit in [3, 1 << 40, i64::MAX.cast_unsigned(), u64::MAX] {
        let films = Film.order_by(Film.id).limit(limit);
        assert_eq!(films.clone().all(&db).await.unwrap().len(), 3, "{limit}");
        assert_eq!(films.clone().offset(2).all(&db).await.unwrap().len(), 1, "{limit}");
        assert_eq!(films.clone().offset(2).count(&db).await.unwrap(), 1, "{limit}");
        assert!(films.offset(limit).all(&db).await.unwrap().is_empty(), "{limit}");
    }
    assert!(Film.query().page(u64::MAX, u64::MAX, &db).await.unwrap_err().is_not_found());
    assert_eq!(Film.query().page(1, u64::MAX, &db).await.unwrap().items.len(), 3);
}

async fn many(db: &Db, count: i32) {
    let drafts = (0..count).map(|n| create!(Tag { name: format!("{n:05}") }));
    Tag.bulk_create(drafts, db).await.unwrap();
}

#[tokio::test]
async fn rows_come_one_by_one() {
    let dir = tempfile::tempdir().unwrap();
    one_by_one(&On::sqlite_file(dir.path()).empty().await).await;
    if let Some(on) = On::postgres().await {
        one_by_one(&on.empty().await).await;
    }
}

async fn one_by_one(db: &Db) {
    many(db, 2000).await;
    let mut tags = Tag.query().stream(db);
    let mut count = 0;
    while let Some(tag) = tags.next().await {
        assert_eq!(tag.unwrap().name, format!("{count:05}"));
        count += 1;
        if count == 1000 {
            // Writing does not wait for it.
            create!(Tag { name: "x" }).insert(db).await.unwrap();
        }
    }
    assert_eq!(count, 2000);
    assert!(tags.next().await.is_none());
    // Dropping it frees the only reader.
    let mut tags = Tag.order_by(Tag.name).select(Tag.name).stream(db);
    assert_eq!(tags.next().await.unwrap().unwrap(), "00000");
    drop(tags);
    assert_eq!(Tag.count(db).await.unwrap(), 2001);
    // It is a `Stream`, in a transaction too.
    let sum = db
        .atomic(async |tx| Ok(Tag.query().stream(tx).filter_map(async |tag| tag.ok()).count().await))
        .await
        .unwrap();
    assert_eq!(sum, 2001);
}

async fn a_stream_joins_and_tells_what_it_can_not(on: &On) {
    let (db, _) = on.filled().await;
    let films: Vec<Result<(Film, i64)>> =
        Film.annotate(Film.reviews.count()).select_related(Film.director).stream(&db).collect().await;
    let first = films[0].as_ref().unwrap();
    assert_eq!((first.0.director.get().unwrap().name.as_str(), first.1), ("Ridley Scott", 1));
    assert_eq!(films.len(), 3);
    assert!(Film.none().stream(&db).next().await.is_none());

    let mut refused = Film.prefetch_related(Film.tags).stream(&db);
    let error = refused.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("can't prefetch"), "{error}");
    assert!(error.location().file().ends_with("more_queries.rs") && refused.next().await.is_none());
    // An error on the way comes as the last item.
    db.batch("DROP TABLE cinema_review".to_owned()).await.unwrap();
    let mut broken = Review.query().stream(&db);
    assert!(broken.next().await.unwrap().unwrap_err().to_string().contains("cinema_review"));
    assert!(broken.next().await.is_none());
}

async fn sql_of_ones_own(on: &On) {
    let (db, rows) = on.filled().await;
    // By name, whatever the order; decimals as the model has them.
    let films = Film
        .raw(
            said(
                &db,
                "SELECT 1 AS more, classic, status, released, votes, price, studio_id, director_id, subtitle, title, id \
                 FROM cinema_film WHERE votes > ?1 ORDER BY id",
            ),
            vec![500.into()],
        )
        .all(&db)
        .await
        .unwrap();
    assert_eq!((films.len(), films[0].title.as_str(), films[0].price), (2, "Alien", dec("9.50")));
    assert_eq!(films[1].director.fetch(&db).await.unwrap().name, "Ridley Scott");
    let first = Film.raw("SELECT * FROM cinema_film ORDER BY votes", vec![]).first(&db).await.unwrap();
    assert_eq!(first.unwrap().id, rows.cleo.id);
    let error = Film.raw("SELECT id, title FROM cinema_film", vec![]).all(&db).await.unwrap_err();
    assert!(error.to_string().contains("no column `subtitle`, which Film.subtitle needs"), "{error}");

    let pairs: Vec<(String, Option<i64>)> =
        raw("SELECT title, studio_id FROM cinema_film ORDER BY id", vec![]).all(&db).await.unwrap();
    assert_eq!(pairs[2], ("Cléo de 5 à 7".to_owned(), None));
    assert_eq!(raw::<i64>("SELECT COUNT(*) FROM cinema_tag", vec![]).first(&db).await.unwrap(), Some(3));
    let insert = said(&db, "INSERT INTO cinema_tag (name) VALUES (?1) RETURNING name");
    let added = raw::<String>(insert, vec!["new".into()]);
    assert_eq!(added.writes().all(&db).await.unwrap(), ["new"]);
}
