//! Related objects: how they are loaded, in how many queries, and what is said if they were not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_core::ErrorKind;
use quintet_orm::{dialect::SQLITE, prelude::*};

scenarios!(
    to_one_objects_come_in_the_same_query,
    objects_on_the_way_are_loaded_too,
    to_many_objects_cost_one_query_a_relation,
    a_prefetch_is_a_query_of_its_own,
    a_prefetch_can_start_at_a_related_object,
    a_prefetch_for_more_owners_than_parameters,
    what_was_not_loaded_is_an_error_with_the_fix,
    fetching_loads_the_objects_of_all_rows_at_once,
    related_objects_are_a_query,
    many_to_many_sets_change_in_one_statement,
    objects_change_their_owner,
);

fn names<'a>(films: impl IntoIterator<Item = &'a Film>) -> Vec<&'a str> {
    films.into_iter().map(|film| film.title.as_str()).collect()
}

async fn to_one_objects_come_in_the_same_query(on: &On) {
    let (db, _) = on.filled().await;
    let log = db.record();
    let films = Film
        .order_by(Film.id)
        .select_related(Film.director)
        .select_related(Film.director)
        .select_related(Film.studio)
        .all(&db)
        .await
        .unwrap();
    assert_eq!(log.count(), 1);
    let sql = &log.queries()[0].sql;
    assert_eq!(sql.matches(" JOIN ").count(), 2, "{sql}");
    assert!(
        sql.contains(r#" JOIN "cinema_director" AS t1 ON"#)
            && sql.contains(r#" LEFT JOIN "cinema_studio" AS t2 ON"#)
    );
    let seen: Vec<(&str, Option<&str>)> = films
        .iter()
        .map(|film| {
            let studio = film.studio.as_ref().map(|studio| studio.get().unwrap().name.as_str());
            (film.director.get().unwrap().name.as_str(), studio)
        })
        .collect();
    assert_eq!(seen, [("Ridley Scott", Some("Fox")), ("Ridley Scott", Some("Fox")), ("Agnès Varda", None)]);
}

async fn objects_on_the_way_are_loaded_too(on: &On) {
    let (db, _) = on.filled().await;
    let log = db.record();
    let reviews =
        Review.order_by(Review.id).select_related(Review.film.director.country).all(&db).await.unwrap();
    assert_eq!(log.count(), 1);
    let film = reviews[0].film.get().unwrap();
    let director = film.director.get().unwrap();
    assert_eq!((film.title.as_str(), director.name.as_str()), ("Alien", "Ridley Scott"));
    assert_eq!(director.country.as_ref().unwrap().get().unwrap().name, "United Kingdom");
    let last = reviews[3].film.get().unwrap().director.get().unwrap();
    assert!(last.country.is_none());
}

async fn to_many_objects_cost_one_query_a_relation(on: &On) {
    let (db, _) = on.filled().await;
    let log = db.record();
    let films = Film
        .order_by(Film.id)
        .prefetch_related(Film.tags)
        .prefetch_related(Film.reviews.filter(Review.stars.ge(4)))
        .all(&db)
        .await
        .unwrap();
    assert_eq!(log.count(), 3);
    let texts: Vec<String> = log.queries().iter().map(|query| marked(&query.sql)).collect();
    let seen: Vec<(usize, usize)> = films
        .iter()
        .map(|film| (film.tags.get().unwrap().len(), film.reviews.get().unwrap().len()))
        .collect();
    assert_eq!(seen, [(1, 1), (2, 1), (0, 1)]);
    // Debug text and equality go by the keys.
    assert_eq!(format!("{:?} {:?}", films[1].tags, films[1].director), "[Tag(1), Tag(2)] Director(1)");
    assert!(films[1].tags == films[1].tags.clone() && films[1].tags != films[0].tags);
    assert_eq!(format!("{:?}", Film.first(&db).await.unwrap().unwrap().tags), "not loaded");
    assert_eq!(
        texts[1],
        r#"SELECT t1."film_id", t0."id", t0."name" FROM "cinema_tag" AS t0 JOIN "cinema_film_tags" AS t1 ON t1."tag_id" = t0."id" WHERE t1."film_id" IN (?1, ?2, ?3) ORDER BY t0."name""#
    );
    assert!(texts[2].ends_with(r#"WHERE "stars" >= ?1 AND "film_id" IN (?2, ?3, ?4)"#), "{}", texts[2]);

    // No rows, no further query.
    let log = db.record();
    assert!(Film.filter(Film.votes.gt(9000)).prefetch_related(Film.tags).all(&db).await.unwrap().is_empty());
    assert_eq!(log.count(), 1);
}

async fn a_prefetch_is_a_query_of_its_own(on: &On) {
    let (db, _) = on.filled().await;
    let log = db.record();
    let directors = Director
        .order_by(Director.id)
        .prefetch_related(
            Director
                .films
                .order_by(Film.votes)
                .select_related(Film.studio)
                .prefetch_related(Film.reviews.order_by(Review.stars).select_related(Review.film.director))
                .prefetch_related(Film.tags.exclude(Tag.name.eq("horror"))),
        )
        .all(&db)
        .await
        .unwrap();
    // Directors, films with studios, reviews with films and directors, tags: one a level.
    assert_eq!(log.count(), 4);
    let films = directors[0].films.get().unwrap();
    assert_eq!(names(films), ["Blade Runner", "Alien"]);
    assert_eq!(films[1].studio.as_ref().unwrap().get().unwrap().name, "Fox");
    let reviews = films[1].reviews.get().unwrap();
    assert_eq!(reviews.iter().map(|review| review.stars).collect::<Vec<_>>(), [3, 5]);
    assert_eq!(reviews[0].film.get().unwrap().director.get().unwrap().name, "Ridley Scott");
    assert_eq!(
        films[0].tags.get().unwrap().iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(),
        ["noir"]
    );
    assert_eq!(names(directors[1].films.get().unwrap()), ["Cléo de 5 à 7"]);
}

async fn a_prefetch_can_start_at_a_related_object(on: &On) {
    let (db, _) = on.filled().await;
    let log = db.record();
    let films = Film.order_by(Film.id).prefetch_related(Film.director.films).all(&db).await.unwrap();
    assert_eq!(log.count(), 2);
    // Two films of one director each see both.
    for film in &films[..2] {
        assert_eq!(film.director.get().unwrap().films.get().unwrap().len(), 2);
    }
    assert_eq!(names(films[2].director.get().unwrap().films.get().unwrap()), ["Cléo de 5 à 7"]);
    // The other end of a many-to-many.
    let tags = Tag.prefetch_related(Tag.films).all(&db).await.unwrap();
    assert_eq!(names(tags[0].films.get().unwrap()), ["Blade Runner", "Alien"]);
    assert!(tags[1].films.get().unwrap().is_empty());
}

async fn a_prefetch_for_more_owners_than_parameters(on: &On) {
    let (db, rows) = on.filled().await;
    let drafts = (0..40_000).map(|n| create!(Review { film: &rows.alien, stars: 1 + n % 5 }));
    Review.bulk_create(drafts, &db).await.unwrap();
    let reviews = Review.prefetch_related(Review.film.tags).all(&db).await.unwrap();
    assert_eq!(reviews.len(), 40_004);
    assert!(
        reviews
            .iter()
            .rev()
            .take(40_000)
            .all(|review| review.film.get().unwrap().tags.get().unwrap().len() == 1)
    );
}

async fn what_was_not_loaded_is_an_error_with_the_fix(on: &On) {
    let (db, _) = on.filled().await;
    let film = Film.first(&db).await.unwrap().unwrap();
    assert!(film.director.loaded().is_none() && film.reviews.loaded().is_none());
    let line = line!() + 1;
    let error = film.director.get().unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotLoaded);
    let text = error.to_string();
    assert!(text.contains(&format!("relations.rs:{line}")), "{text}");
    assert!(text.contains("Film.director") && text.contains(".select_related(Film.director)"), "{text}");
    assert!(film.reviews.get().unwrap_err().to_string().contains(".prefetch_related(Film.reviews)"));
    assert_eq!(*film.director.id(), 1);
}

async fn fetching_loads_the_objects_of_all_rows_at_once(on: &On) {
    let (db, _) = on.filled().await;
    let films = Film.order_by(Film.id).all(&db).await.unwrap();
    let log = db.record();
    for film in &films {
        assert!(film.director.fetch(&db).await.unwrap().id > 0);
        if let Some(studio) = &film.studio {
            assert_eq!(studio.fetch(&db).await.unwrap().name, "Fox");
        }
    }
    assert_eq!(log.count(), 2);
    // What one row fetched, the others have.
    assert_eq!(films[2].director.get().unwrap().name, "Agnès Varda");
    // A key made by hand is a row of one.
    let key = ForeignKey::<Director>::new(2);
    assert_eq!(key.fetch(&db).await.unwrap().name, "Agnès Varda");
    let gone = ForeignKey::<Director>::new(99).fetch(&db).await.map(|director| director.id).unwrap_err();
    assert_eq!(gone.to_string(), "Director 99 not found");
}

async fn related_objects_are_a_query(on: &On) {
    let (db, rows) = on.filled().await;
    let films = rows.ridley.related(Director.films).order_by(Film.votes).all(&db).await.unwrap();
    assert_eq!(names(&films), ["Blade Runner", "Alien"]);
    assert_eq!(rows.ridley.related(Director.films).filter(Film.votes.gt(850)).count(&db).await.unwrap(), 1);
    let tags = rows.blade.related(Film.tags).exclude(Tag.name.eq("noir"));
    assert_eq!(
        tags.to_sql(&SQLITE).unwrap().sql,
        r#"SELECT t0."id", t0."name" FROM "cinema_tag" AS t0 JOIN "cinema_film_tags" AS t1 ON t1."tag_id" = t0."id" WHERE t1."film_id" = ?1 AND NOT (t0."name" = ?2) ORDER BY t0."name""#
    );
    assert_eq!(tags.one(&db).await.unwrap().name, "horror");
    // Changed and deleted through the relation.
    let raised = rows.blade.related(Film.tags).query().update(Tag.name.set("dark")).exec(&db).await;
    assert_eq!(*raised.unwrap_err().kind(), ErrorKind::Conflict { constraint: "name".into() });
    assert_eq!(rows.blade.related(Film.tags).filter(Tag.name.eq("noir")).delete(&db).await.unwrap(), 1);
    assert_eq!(rows.blade.related(Film.tags).count(&db).await.unwrap(), 1);
}

async fn many_to_many_sets_change_in_one_statement(on: &On) {
    let (db, rows) = on.filled().await;
    let (film, tags) = (&rows.alien, &rows.tags);
    let now = async || {
        let tags = film.related(Film.tags).all(&db).await.unwrap();
        tags.into_iter().map(|tag| tag.name).collect::<Vec<_>>()
    };
    let log = db.record();
    film.related(Film.tags).add([&tags[0], &tags[1]], &db).await.unwrap();
    assert_eq!(log.count(), 1);
    assert_eq!(now().await, ["horror", "noir"]);
    film.related(Film.tags).set([tags[1].id, tags[2].id], &db).await.unwrap();
    assert_eq!(now().await, ["new wave", "noir"]);
    film.related(Film.tags).remove([&tags[1]], &db).await.unwrap();
    film.related(Film.tags).remove(Vec::<i64>::new(), &db).await.unwrap();
    assert_eq!(now().await, ["new wave"]);
    // From the other side.
    tags[2].related(Tag.films).add([&rows.blade], &db).await.unwrap();
    assert_eq!(tags[2].related(Tag.films).count(&db).await.unwrap(), 2);
    tags[2].related(Tag.films).clear(&db).await.unwrap();
    assert!(now().await.is_empty());
    film.related(Film.tags).set(Vec::<i64>::new(), &db).await.unwrap();
    assert_eq!(rows.blade.related(Film.tags).count(&db).await.unwrap(), 2);
    // Long lists.
    let drafts = (0..600).map(|n| create!(Tag { name: format!("tag {n}") }));
    let many = Tag.bulk_create(drafts, &db).await.unwrap();
    film.related(Film.tags).add(&many[..400], &db).await.unwrap();
    film.related(Film.tags).set(&many[150..], &db).await.unwrap();
    assert_eq!(now().await.len(), 450);
    film.related(Film.tags).remove(&many[..400], &db).await.unwrap();
    assert_eq!(now().await.len(), 200);
    film.related(Film.tags).clear(&db).await.unwrap();
    // A set is whole or untouched.
    let error = rows.blade.related(Film.tags).set([999], &db).await.unwrap_err();
    assert_eq!(error.status().as_u16(), 409);
    assert_eq!(rows.blade.related(Film.tags).count(&db).await.unwrap(), 2);
}

async fn objects_change_their_owner(on: &On) {
    let (db, rows) = on.filled().await;
    let log = db.record();
    rows.agnes.related(Director.films).add([&rows.blade], &db).await.unwrap();
    assert_eq!(log.count(), 1);
    assert_eq!(rows.agnes.related(Director.films).count(&db).await.unwrap(), 2);
    for refused in [
        rows.agnes.related(Director.films).clear(&db).await,
        rows.agnes.related(Director.films).remove([&rows.cleo], &db).await,
        rows.agnes.related(Director.films).set([&rows.cleo], &db).await,
    ] {
        assert!(refused.unwrap_err().to_string().contains("Film.director can't be empty"));
    }

    let uk = Nation.first(&db).await.unwrap().unwrap();
    let people = || uk.related(Nation.citizens);
    people().set([2], &db).await.unwrap();
    assert_eq!(people().all(&db).await.unwrap()[0].name, "Agnès Varda");
    people().add([1], &db).await.unwrap();
    people().remove([2], &db).await.unwrap();
    assert_eq!(people().all(&db).await.unwrap()[0].name, "Ridley Scott");
    people().clear(&db).await.unwrap();
    assert_eq!(people().count(&db).await.unwrap(), 0);
    assert_eq!(Director.count(&db).await.unwrap(), 2);
}

/// The countries' table once more, with the other end of an optional key.
#[model(app = "cinema", table = "cinema_country")]
struct Nation {
    pub name: String,
    #[field(via = country)]
    pub citizens: HasMany<Citizen>,
}

#[model(app = "cinema", table = "cinema_director")]
struct Citizen {
    pub name: String,
    pub country: Option<ForeignKey<Nation>>,
}
