//! Every method of a query: the SQL it becomes on SQLite and the rows that it gives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_core::ErrorKind;
use quintet_orm::{
    dialect::{POSTGRES, SQLITE},
    prelude::*,
};

scenarios!(
    missing_values_are_least,
    distinct_rows_are_ordered_by_what_they_have,
    rows_come_in_the_order_asked_for,
    a_part_of_the_rows,
    nothing_is_asked_where_nothing_can_answer,
    one_row_many_rows_no_row,
    numbers_and_existence,
    chosen_columns_are_typed_through_relations,
    queries_work_inside_transactions_and_in_spawned_tasks,
    the_log_names_the_line_that_asked,
    a_model_without_an_app_says_what_to_do,
);

fn sql<M: Model, O: Send + 'static>(query: &QuerySet<M, O>) -> String {
    query.to_sql(&SQLITE).unwrap().sql.into()
}

async fn rows_come_in_the_order_asked_for(on: &On) {
    let (db, _) = on.filled().await;
    for (query, order, expected) in [
        (Film.query(), r#""released" DESC"#, ["Blade Runner", "Alien", "Cléo de 5 à 7"]),
        (Film.order_by(Film.votes), r#""votes""#, ["Cléo de 5 à 7", "Blade Runner", "Alien"]),
        (Film.order_by(Film.votes.desc()), r#""votes" DESC"#, ["Alien", "Blade Runner", "Cléo de 5 à 7"]),
        (
            Film.order_by((Film.studio, Film.title.desc())),
            r#""studio_id", "title" DESC"#,
            ["Cléo de 5 à 7", "Blade Runner", "Alien"],
        ),
        (
            Film.order_by((Film.studio.asc().nulls_last(), Film.title)),
            r#""studio_id" NULLS LAST, "title""#,
            ["Alien", "Blade Runner", "Cléo de 5 à 7"],
        ),
        (
            Film.order_by((Film.studio.desc().nulls_first(), Film.votes)),
            r#""studio_id" DESC NULLS FIRST, "votes""#,
            ["Cléo de 5 à 7", "Blade Runner", "Alien"],
        ),
        (
            Film.order_by((Film.director.name, Film.votes.desc())),
            r#"t1."name", t0."votes" DESC"#,
            ["Cléo de 5 à 7", "Alien", "Blade Runner"],
        ),
        (
            Film.order_by(Film.title).order_by(vec![Film.price.asc(), Film.id.asc()]),
            r#""price", "id""#,
            ["Cléo de 5 à 7", "Alien", "Blade Runner"],
        ),
        (
            Film.order_by((Film.reviews.count().desc(), Film.title)),
            r#"(SELECT COUNT(*) FROM "cinema_review" AS t1 WHERE t1."film_id" = t0."id") DESC, t0."title""#,
            ["Alien", "Blade Runner", "Cléo de 5 à 7"],
        ),
    ] {
        let text = sql(&query);
        assert_eq!(text.split_once(" ORDER BY ").unwrap().1, order);
        let titles: Vec<String> = query.all(&db).await.unwrap().into_iter().map(|film| film.title).collect();
        assert_eq!(titles, expected, "{text}");
    }
}

/// An order puts NULLs in the same place on every database: where Rust's `None` would be.
async fn missing_values_are_least(on: &On) {
    let (db, _) = on.filled().await;
    let ids = async |query: QuerySet<Film>| query.select(Film.id).all(&db).await.unwrap();
    assert_eq!(ids(Film.order_by((Film.studio, Film.id))).await, [3, 1, 2]);
    assert_eq!(ids(Film.order_by((Film.studio.desc(), Film.id))).await, [1, 2, 3]);
    assert_eq!(ids(Film.order_by((Film.studio, Film.id)).reverse()).await, [2, 1, 3]);
    assert_eq!(ids(Film.order_by((Film.studio.city.asc().nulls_last(), Film.id))).await, [1, 2, 3]);
    assert_eq!(ids(Film.order_by((Film.subtitle, Film.id.desc()))).await, [3, 2, 1]);
    assert_eq!(ids(Film.order_by((Film.subtitle.length().desc(), Film.id))).await, [1, 2, 3]);
    let both = Film.filter(Film.classic.eq(true)).select(Film.studio.name);
    let both = both.union(Film.select(Film.studio.name)).order_by(Film.studio.name);
    assert_eq!(both.all(&db).await.unwrap(), [None, Some("Fox".to_owned())]);
    let groups = Film.group_by(Film.studio.city).order_by(Film.studio.city.desc()).aggregate(Film.rows());
    assert_eq!(groups.all(&db).await.unwrap(), [(Some("Los Angeles".to_owned()), 2), (None, 1)]);
    // It is said only where the database would do otherwise and there can be NULLs.
    for (query, order) in [
        (Film.order_by((Film.studio, Film.votes)), r#""studio_id" NULLS FIRST, "votes""#),
        (
            Film.order_by((Film.studio.desc(), Film.votes.desc())),
            r#""studio_id" DESC NULLS LAST, "votes" DESC"#,
        ),
    ] {
        assert!(query.to_sql(&POSTGRES).unwrap().sql.ends_with(order));
    }
}

async fn distinct_rows_are_ordered_by_what_they_have(on: &On) {
    let (db, _) = on.filled().await;
    // The model's order is left out where its columns are.
    let names = Film.select(Film.director.name).distinct();
    assert_eq!(names.clone().all(&db).await.unwrap().len(), 2);
    assert_eq!(names.clone().count(&db).await.unwrap(), 2);
    assert_eq!(names.clone().order_by(Film.director.name).limit(1).count(&db).await.unwrap(), 1);
    let error = names.order_by(Film.votes).all(&db).await.unwrap_err().to_string();
    assert!(error.contains("select what they are ordered by"), "{error}");
}

async fn a_part_of_the_rows(on: &On) {
    let (db, _) = on.filled().await;
    let by_votes = || Film.order_by(Film.votes);
    for (query, end, expected) in [
        (by_votes().limit(1), " LIMIT 1", vec![100]),
        (by_votes().limit(2).offset(1), " LIMIT 2 OFFSET ?1", vec![800, 900]),
        (by_votes().limit(3).offset(1), " LIMIT ?1 + 0 OFFSET ?2", vec![800, 900]),
        (by_votes().offset(2), " LIMIT ?1 + 0 OFFSET ?2", vec![900]),
        (by_votes().offset(9), " LIMIT ?1 + 0 OFFSET ?2", vec![]),
        (by_votes().exclude(Film.votes.eq(800)), r#" ORDER BY "votes""#, vec![100, 900]),
    ] {
        assert!(sql(&query).ends_with(end), "{}", sql(&query));
        let counted = query.clone().count(&db).await.unwrap();
        let found = query.clone().exists(&db).await.unwrap();
        let votes = query.select(Film.votes).all(&db).await.unwrap();
        assert_eq!((counted, found), (votes.len() as u64, !votes.is_empty()));
        assert_eq!(votes, expected);
    }
}

async fn nothing_is_asked_where_nothing_can_answer(on: &On) {
    let (db, _) = on.filled().await;
    let log = db.record();
    assert!(Film.none().all(&db).await.unwrap().is_empty());
    assert!(Film.query().limit(0).first(&db).await.unwrap().is_none());
    assert_eq!(Film.none().filter(Film.votes.gt(1)).count(&db).await.unwrap(), 0);
    assert!(!Film.none().exists(&db).await.unwrap());
    assert_eq!(Film.none().delete(&db).await.unwrap(), 0);
    assert_eq!(Film.none().update(Film.votes.set(0)).exec(&db).await.unwrap(), 0);
    assert_eq!(log.count(), 0);
}

async fn one_row_many_rows_no_row(on: &On) {
    let (db, rows) = on.filled().await;
    assert_eq!(Film.get(rows.alien.id, &db).await.unwrap().title, "Alien");
    assert_eq!(Film.first(&db).await.unwrap().unwrap().title, "Blade Runner");
    assert_eq!(Review.first(&db).await.unwrap().unwrap().id, 1);
    assert_eq!(Film.filter(Film.title.eq("Alien")).one(&db).await.unwrap().id, rows.alien.id);

    let error = Film.get(77, &db).await.unwrap_err();
    assert_eq!((error.status().as_u16(), error.to_string().as_str()), (404, "Film 77 not found"));
    assert!(error.is_not_found() && error.location().file().ends_with("querysets.rs"));
    // A filter narrows `get` too.
    assert!(Film.filter(Film.votes.lt(500)).get(rows.alien.id, &db).await.unwrap_err().is_not_found());
    assert!(Film.filter(Film.votes.gt(9000)).first(&db).await.unwrap().is_none());

    let error = Film.filter(Film.votes.gt(1)).one(&db).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::MultipleObjects);
    assert!(error.to_string().contains("more than one Film"), "{error}");
}

async fn numbers_and_existence(on: &On) {
    let (db, _) = on.filled().await;
    let log = db.record();
    assert_eq!(Film.count(&db).await.unwrap(), 3);
    assert!(Film.exists(&db).await.unwrap());
    assert!(!Film.filter(Film.votes.gt(9000)).exists(&db).await.unwrap());
    assert_eq!(Film.select(Film.director.name).distinct().count(&db).await.unwrap(), 2);
    let texts: Vec<String> = log.queries().iter().map(|query| marked(&query.sql)).collect();
    assert_eq!(
        texts,
        [
            r#"SELECT COUNT(*) FROM "cinema_film""#,
            r#"SELECT 1 FROM "cinema_film" LIMIT 1"#,
            r#"SELECT 1 FROM "cinema_film" WHERE "votes" > ?1 LIMIT 1"#,
            r#"SELECT COUNT(*) FROM (SELECT DISTINCT t1."name" FROM "cinema_film" AS t0 JOIN "cinema_director" AS t1 ON t1."id" = t0."director_id") AS q"#,
        ]
    );
}

async fn chosen_columns_are_typed_through_relations(on: &On) {
    let (db, _) = on.filled().await;
    let one: Vec<i32> = Film.order_by(Film.id).select(Film.votes).all(&db).await.unwrap();
    assert_eq!(one, [900, 800, 100]);
    // Over an optional key everything is optional; an optional column stays what it is.
    type Row = (String, Option<String>, Option<String>, String, Option<String>, Decimal, i64);
    let rows: Vec<Row> = Film
        .order_by(Film.id)
        .select((
            Film.title,
            Film.studio.name,
            Film.studio.city,
            Film.director.name,
            Film.director.country.name,
            Film.price * 2,
            Film.reviews.count(),
        ))
        .all(&db)
        .await
        .unwrap();
    let text = |t: &str| Some(t.to_owned());
    assert_eq!(
        rows[0],
        (
            "Alien".into(),
            text("Fox"),
            text("Los Angeles"),
            "Ridley Scott".into(),
            text("United Kingdom"),
            dec("19.00"),
            2
        )
    );
    assert_eq!(rows[2], ("Cléo de 5 à 7".into(), None, None, "Agnès Varda".into(), None, dec("14"), 1));
    // Whole objects side by side.
    let pairs: Vec<(Film, Director)> =
        Film.order_by(Film.id).select((Film, Film.director)).all(&db).await.unwrap();
    assert_eq!((pairs[2].0.title.as_str(), pairs[2].1.name.as_str()), ("Cléo de 5 à 7", "Agnès Varda"));

    let distinct = Film.order_by(Film.classic).select(Film.classic).distinct();
    assert_eq!(sql(&distinct), r#"SELECT DISTINCT "classic" FROM "cinema_film" ORDER BY "classic""#);
    assert_eq!(distinct.all(&db).await.unwrap(), [false, true]);
    assert_eq!(
        Film.filter(Film.id.eq(1)).select((Film.id, Film.votes + 1)).one(&db).await.unwrap(),
        (1, 901)
    );
}

async fn queries_work_inside_transactions_and_in_spawned_tasks(on: &On) {
    let (db, _) = on.filled().await;
    let inside = db.clone();
    let task = tokio::spawn(async move {
        inside
            .atomic(async |tx| {
                Film.query().update(Film.votes.set(0)).exec(tx).await?;
                let (a, b) = tokio::join!(Film.filter(Film.votes.eq(0)).count(tx), Tag.count(tx));
                assert_eq!((a?, b?), (3, 3));
                Err::<(), _>(Error::internal("undo"))
            })
            .await
    });
    assert!(task.await.unwrap().is_err());
    assert_eq!(Film.filter(Film.votes.eq(0)).count(&db).await.unwrap(), 0);
}

async fn the_log_names_the_line_that_asked(on: &On) {
    let (db, rows) = on.filled().await;
    let log = db.record();
    Film.all(&db).await.unwrap();
    Film.get(1, &db).await.unwrap();
    rows.alien.director.fetch(&db).await.unwrap();
    Film.filter(Film.id.eq(1)).update(Film.votes.set(1)).exec(&db).await.unwrap();
    create!(Tag { name: "x" }).insert(&db).await.unwrap();
    let places: Vec<String> = log
        .queries()
        .iter()
        .map(|query| format!("{:?}", query.at))
        .filter(|at| !at.contains("querysets.rs"))
        .collect();
    assert!(places.is_empty(), "{places:?}");
}

/// No app installs it, and it names none.
#[model]
struct Stray {
    pub name: String,
}

async fn a_model_without_an_app_says_what_to_do(on: &On) {
    let db = on.empty().await;
    for error in [
        Stray.all(&db).await.map(drop).unwrap_err(),
        Stray.count(&db).await.map(drop).unwrap_err(),
        create!(Stray { name: "x" }).insert(&db).await.map(drop).unwrap_err(),
        Stray.query().update(Stray.name.set("y")).exec(&db).await.map(drop).unwrap_err(),
        Stray.query().delete(&db).await.map(drop).unwrap_err(),
    ] {
        assert!(
            error.to_string().contains("model `Stray`") && error.to_string().contains(".models("),
            "{error}"
        );
        assert!(error.location().file().ends_with("querysets.rs"), "{error:?}");
    }
}
