//! A foreign key from the other side, where the other model has no field for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_orm::{dialect::SQLITE, prelude::*, relation::Reverse};

scenarios!(
    conditions_and_numbers_are_subqueries,
    rows_of_many_objects_come_in_one_query,
    a_shape_can_nest_the_other_side,
);

/// `Studio` has no `films`: as if another crate declared it.
fn films() -> Reverse<Film, Studio, 4> {
    Film.studio.reverse()
}

async fn conditions_and_numbers_are_subqueries(on: &On) {
    let (db, _) = on.filled().await;
    create!(Studio { name: "Mosfilm" }).insert(&db).await.unwrap();
    let sql = Studio.filter(films().any(Film.votes.gt(850))).to_sql(&SQLITE).unwrap().sql;
    assert_eq!(
        sql,
        r#"SELECT t0."id", t0."name", t0."city" FROM "cinema_studio" AS t0 WHERE EXISTS (SELECT 1 FROM "cinema_film" AS t1 WHERE t1."votes" > ?1 AND t1."studio_id" = t0."id" LIMIT 1)"#
    );
    for (condition, names) in [
        (films().exists(), vec!["Fox"]),
        (!films().exists(), vec!["Mosfilm"]),
        (films().any(Film.votes.gt(850)), vec!["Fox"]),
        (films().any(Film.votes.gt(900)), vec![]),
        (films().none(Film.votes.gt(850)), vec!["Mosfilm"]),
        (films().every(Film.votes.gt(850)), vec!["Mosfilm"]),
        (films().every(Film.votes.gt(700)), vec!["Fox", "Mosfilm"]),
        (
            films().filter(Film.director.name.contains("Scott")).exclude(Film.classic.eq(true)).exists(),
            vec!["Fox"],
        ),
        (films().any(Film.reviews.any(Review.stars.lt(4))), vec!["Fox"]),
        (films().count().gt(1), vec!["Fox"]),
        (films().sum(Film.votes).ge(1700), vec!["Fox"]),
    ] {
        let found = Studio.filter(condition).order_by(Studio.id).select(Studio.name).all(&db).await.unwrap();
        assert_eq!(found, names);
    }
    let numbers = (
        Studio.name,
        films().count(),
        films().order_by(Film.title).sum(Film.price),
        films().avg(Film.votes),
        films().min(Film.released),
        films().filter(Film.classic.eq(true)).max(Film.title),
    );
    let rows = Studio.order_by(films().count().desc()).select(numbers).all(&db).await.unwrap();
    assert_eq!(
        rows,
        [
            (
                "Fox".into(),
                2,
                Some(dec("19.50")),
                Some(850.0),
                Some(date("1979-05-25")),
                Some("Alien".into())
            ),
            ("Mosfilm".into(), 0, None, None, None, None),
        ]
    );
}

async fn rows_of_many_objects_come_in_one_query(on: &On) {
    let (db, _) = on.filled().await;
    create!(Studio { name: "Mosfilm" }).insert(&db).await.unwrap();
    let studios = Studio.order_by(Studio.id).all(&db).await.unwrap();
    let log = db.record();
    let query = films().filter(Film.votes.gt(1)).order_by(Film.votes);
    let loaded = query.load(studios.iter().chain(&studios), &db).await.unwrap();
    assert_eq!(log.count(), 1);
    assert_eq!(
        marked(&log.queries()[0].sql).split_once(" WHERE ").unwrap().1,
        r#""votes" > ?1 AND "studio_id" IN (?2, ?3) ORDER BY "votes""#
    );
    let titles: Vec<&str> = loaded[&studios[0].id].iter().map(|film| film.title.as_str()).collect();
    assert_eq!((titles, loaded.contains_key(&studios[1].id)), (vec!["Blade Runner", "Alien"], false));
    let none = films().load(Vec::<&Studio>::new(), &db).await.unwrap();
    assert_eq!((none.len(), log.count()), (0, 1));
    let of = films().of(&studios[0]).filter(Film.classic.eq(true)).count(&db).await.unwrap();
    assert_eq!(of, 1);
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Film)]
struct Title {
    title: String,
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Studio)]
struct StudioCard {
    name: String,
    #[shape(expr = Film.studio.reverse().count())]
    films: i64,
    #[shape(nested = Film.studio.reverse().order_by(Film.title.desc()))]
    titles: Vec<Title>,
}

async fn a_shape_can_nest_the_other_side(on: &On) {
    let (db, _) = on.filled().await;
    create!(Studio { name: "Mosfilm" }).insert(&db).await.unwrap();
    let log = db.record();
    let cards = Studio.order_by(Studio.id).shape::<StudioCard>().all(&db).await.unwrap();
    assert_eq!(log.count(), 2);
    let title = |title: &str| Title { title: title.into() };
    assert_eq!(
        cards,
        [
            StudioCard { name: "Fox".into(), films: 2, titles: vec![title("Blade Runner"), title("Alien")] },
            StudioCard { name: "Mosfilm".into(), films: 0, titles: vec![] },
        ]
    );
}
