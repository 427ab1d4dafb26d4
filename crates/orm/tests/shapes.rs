//! Shapes load what their type says: the SQL, the number of queries and the rows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod common;

use common::*;
use quintet_core::TemplateValue;
use quintet_orm::{dialect::SQLITE, prelude::*};

scenarios!(
    a_walk_over_too_many_keys_is_refused,
    a_shape_is_its_columns_joins_and_one_query_for_each_vec,
    everything_of_a_query_works_before_and_after,
    a_vec_inside_a_nested_shape_is_one_query_for_all_owners,
    relations_can_be_optional_named_otherwise_and_reached_over_others,
    a_shape_is_a_template_value_and_json,
    pages_count_cut_and_show_themselves,
    shapes_in_a_circle_end_with_an_error,
    many_owners_are_asked_for_in_parts,
    shapes_are_streamed_and_combined,
    sql_of_ones_own_is_read_by_name,
    what_sql_lacks_or_has_too_much_is_named,
);

#[derive(Shape, Debug, Clone, PartialEq)]
#[shape(model = Country)]
struct CountryName {
    name: String,
}

#[derive(Shape, Debug, Clone, PartialEq)]
#[shape(model = Director)]
struct DirectorName {
    id: i64,
    name: String,
    #[shape(nested)]
    country: Option<CountryName>,
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Tag)]
struct TagName {
    name: String,
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Review)]
struct Stars {
    stars: i32,
}

/// Has no field for the key.
#[derive(Shape, Debug, PartialEq)]
#[shape(model = Film)]
struct FilmCard {
    title: String,
    price: Decimal,
    status: Status,
    #[shape(nested)]
    director: DirectorName,
    #[shape(expr = Film.studio.city)]
    city: Option<String>,
    #[shape(expr = Film.reviews.avg(Review.stars))]
    rating: Option<f64>,
    #[shape(nested)]
    tags: Vec<TagName>,
    #[shape(nested = Film.reviews.filter(Review.stars.ge(4)).order_by(Review.stars.desc()))]
    good: Vec<Stars>,
}

/// What came, and the SQL that was run for it.
async fn recorded<T>(db: &Db, asked: impl Future<Output = T>) -> (T, Vec<String>) {
    let log = db.record();
    let answer = asked.await;
    (answer, log.queries().iter().map(|record| marked(&record.sql)).collect())
}

fn names(tags: &[TagName]) -> Vec<&str> {
    tags.iter().map(|tag| tag.name.as_str()).collect()
}

async fn a_shape_is_its_columns_joins_and_one_query_for_each_vec(on: &On) {
    let (db, _) = on.filled().await;
    let (films, log) = recorded(&db, Film.order_by(Film.title).shape::<FilmCard>().all(&db)).await;
    let films = films.unwrap();
    let mean = match db.dialect().native_types {
        true => r#"CAST(AVG(t4."stars") AS DOUBLE PRECISION)"#,
        false => r#"AVG(t4."stars")"#,
    };
    assert_eq!(
        log,
        [
            &*format!(
                r#"SELECT t0."title", t0."price", t0."status", t1."id", t1."name", t2."id", t2."name", t3."city", (SELECT {mean} FROM "cinema_review" AS t4 WHERE t4."film_id" = t0."id"), t0."id", t0."id" FROM "cinema_film" AS t0 JOIN "cinema_director" AS t1 ON t1."id" = t0."director_id" LEFT JOIN "cinema_country" AS t2 ON t2."id" = t1."country_id" LEFT JOIN "cinema_studio" AS t3 ON t3."id" = t0."studio_id" ORDER BY t0."title""#
            ),
            r#"SELECT t1."film_id", t0."name" FROM "cinema_tag" AS t0 JOIN "cinema_film_tags" AS t1 ON t1."tag_id" = t0."id" WHERE t1."film_id" IN (?1, ?2, ?3) ORDER BY t0."name""#,
            r#"SELECT "film_id", "stars" FROM "cinema_review" WHERE "stars" >= ?1 AND "film_id" IN (?2, ?3, ?4) ORDER BY "stars" DESC"#,
        ]
    );
    let alien = &films[0];
    assert_eq!((alien.title.as_str(), alien.price, alien.status), ("Alien", dec("9.50"), Status::Released));
    assert_eq!(alien.director.name, "Ridley Scott");
    assert_eq!(alien.director.country, Some(CountryName { name: "United Kingdom".into() }));
    assert_eq!((alien.city.as_deref(), alien.rating), (Some("Los Angeles"), Some(4.0)));
    assert_eq!(
        (names(&alien.tags), alien.good.as_slice()),
        (vec!["horror"], [Stars { stars: 5 }].as_slice())
    );
    assert_eq!(names(&films[1].tags), ["horror", "noir"]);
    let cleo = &films[2];
    assert_eq!(
        (cleo.director.name.as_str(), &cleo.director.country, &cleo.city),
        ("Agnès Varda", &None, &None)
    );
    assert_eq!((cleo.tags.len(), cleo.good.as_slice()), (0, [Stars { stars: 4 }].as_slice()));
}

async fn everything_of_a_query_works_before_and_after(on: &On) {
    let (db, rows) = on.filled().await;
    let one: DirectorName = Director.query().shape().get(rows.agnes.id, &db).await.unwrap();
    assert_eq!(one.name, "Agnès Varda");
    let missing = Film.shape::<FilmCard>().get(99, &db).await.unwrap_err();
    assert_eq!((missing.status().as_u16(), missing.to_string().as_str()), (404, "Film 99 not found"));
    let shapes = Film.shape::<FilmCard>().filter(Film.votes.ge(800)).order_by(Film.votes);
    assert_eq!(shapes.clone().first(&db).await.unwrap().unwrap().title, "Blade Runner");
    let last = shapes.clone().offset(1).limit(1).all(&db).await.unwrap();
    assert_eq!(last.iter().map(|film| film.title.as_str()).collect::<Vec<_>>(), ["Alien"]);
    assert_eq!(
        (shapes.clone().count(&db).await.unwrap(), shapes.clone().exists(&db).await.unwrap()),
        (2, true)
    );
    let only = shapes.exclude(Film.title.eq("Alien")).one(&db).await.unwrap();
    assert_eq!(names(&only.tags), ["horror", "noir"]);
    // No rows: nobody is asked for their parts.
    let (none, log) = recorded(&db, Film.filter(Film.votes.gt(9000)).shape::<FilmCard>().all(&db)).await;
    assert_eq!((none.unwrap().len(), log.len()), (0, 1));
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Film)]
struct TitleAndTags {
    title: String,
    #[shape(nested)]
    tags: Vec<TagName>,
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Director)]
struct Filmography {
    name: String,
    #[shape(nested = Director.films.order_by(Film.released))]
    films: Vec<TitleAndTags>,
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Film)]
struct FilmWithAll {
    title: String,
    #[shape(nested)]
    director: Filmography,
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Studio)]
struct StudioName {
    name: String,
    #[shape(expr = Studio.name.length())]
    letters: i64,
}

async fn a_vec_inside_a_nested_shape_is_one_query_for_all_owners(on: &On) {
    let (db, _) = on.filled().await;
    let query = Film.order_by(Film.id).shape::<FilmWithAll>();
    let (films, log) = recorded(&db, query.all(&db)).await;
    let films = films.unwrap();
    // Films with directors, films of two directors, tags of three films.
    assert_eq!(log.len(), 3, "{log:?}");
    let titles = |film: &FilmWithAll| -> Vec<String> {
        film.director.films.iter().map(|film| format!("{} {:?}", film.title, names(&film.tags))).collect()
    };
    // Two rows share a director: each has the whole.
    assert_eq!(titles(&films[0]), [r#"Alien ["horror"]"#, r#"Blade Runner ["horror", "noir"]"#]);
    assert_eq!(films[0].director, films[1].director);
    assert_eq!(titles(&films[2]), ["Cléo de 5 à 7 []"]);
}

#[derive(Shape, Debug, PartialEq)]
#[shape(model = Film)]
struct OptionalParts {
    id: i64,
    director: i64,
    studio: Option<i64>,
    #[shape(nested = Film.studio)]
    made_by: Option<StudioName>,
    #[shape(nested = Film.director.country)]
    country: Option<CountryName>,
    #[shape(nested = Film.director.films)]
    siblings: Vec<TitleAndTags>,
    votes: i32,
}

async fn relations_can_be_optional_named_otherwise_and_reached_over_others(on: &On) {
    let (db, rows) = on.filled().await;
    let (films, log) = recorded(&db, Film.order_by(Film.id).shape::<OptionalParts>().all(&db)).await;
    let films = films.unwrap();
    assert_eq!(log.len(), 3);
    let fox = StudioName { name: "Fox".into(), letters: 3 };
    assert_eq!(
        (&films[0].made_by, films[0].studio, films[0].director),
        (&Some(fox), Some(1), rows.ridley.id)
    );
    assert_eq!(films[0].siblings.len(), 2);
    // What comes after a missing object is read from the right column.
    let cleo = &films[2];
    assert_eq!((&cleo.made_by, cleo.studio, &cleo.country, cleo.votes), (&None, None, &None, 100));
    assert_eq!(cleo.siblings[0].title, "Cléo de 5 à 7");
}

async fn a_shape_is_a_template_value_and_json(on: &On) {
    let (db, _) = on.filled().await;
    let film = Film.filter(Film.title.eq("Alien")).shape::<FilmCard>().one(&db).await.unwrap();
    let json = serde_json::to_value(&film).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "title": "Alien", "price": "9.50", "status": "released",
            "director": {"id": 1, "name": "Ridley Scott", "country": {"name": "United Kingdom"}},
            "city": "Los Angeles", "rating": 4.0, "tags": [{"name": "horror"}], "good": [{"stars": 5}],
        })
    );
    assert_eq!(serde_json::to_value(film.to_value()).unwrap(), json);
}

async fn pages_count_cut_and_show_themselves(on: &On) {
    let (db, _) = on.filled().await;
    let query = Film.order_by(Film.title).shape::<DirectorOnly>();
    let (page, log) = recorded(&db, query.clone().page(2, 2, &db)).await;
    let page = page.unwrap();
    assert_eq!(log.len(), 2);
    assert_eq!(
        (page.number, page.pages, page.total, page.has_next(), page.has_previous()),
        (2, 2, 3, false, true)
    );
    assert_eq!(page.items.iter().map(|film| film.title.as_str()).collect::<Vec<_>>(), ["Cléo de 5 à 7"]);
    let json = serde_json::to_value(&page).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "items": [{"title": "Cléo de 5 à 7"}],
            "number": 2, "pages": 2, "total": 3, "has_next": false, "has_previous": true,
        })
    );
    assert_eq!(serde_json::to_value(page.to_value()).unwrap(), json);
    let error = query.clone().page(3, 2, &db).await.unwrap_err();
    assert_eq!(
        (error.status().as_u16(), error.to_string().as_str()),
        (404, "there is no page 3, the last one is 2")
    );
    // An empty list has one page, and nobody is asked for its rows.
    let (empty, log) = recorded(&db, Film.filter(Film.votes.gt(9000)).page(0, 10, &db)).await;
    let empty = empty.unwrap();
    assert_eq!((empty.items.len(), empty.number, empty.pages, empty.total, log.len()), (0, 1, 1, 0, 1));
    // A page is a part of the query's own rows.
    let inside = Film.order_by(Film.title).offset(1).limit(2).page(2, 1, &db).await.unwrap();
    assert_eq!((inside.total, inside.items[0].title.as_str()), (2, "Cléo de 5 à 7"));
    let titles = Film.query().select(Film.title).page(1, 2, &db).await.unwrap().map(|title| title.len());
    assert_eq!(titles.into_iter().count(), 2);
}

#[derive(Shape, Debug, Clone, PartialEq)]
#[shape(model = Film)]
struct DirectorOnly {
    title: String,
}

#[derive(Shape)]
#[shape(model = Director)]
#[allow(dead_code)]
struct Circle {
    name: String,
    #[shape(nested)]
    films: Vec<CircleFilm>,
}

#[derive(Shape)]
#[shape(model = Film)]
#[allow(dead_code)]
struct CircleFilm {
    title: String,
    #[shape(nested)]
    director: Circle,
}

async fn shapes_in_a_circle_end_with_an_error(on: &On) {
    let (db, rows) = on.filled().await;
    let (error, log) = recorded(&db, Director.shape::<Circle>().get(rows.agnes.id, &db)).await;
    let error = error.err().unwrap().to_string();
    assert!(error.contains("a shape of Director loads Film in more than 16 levels"), "{error}");
    assert_eq!(log.len(), 17);
}

#[model(app = "cinema")]
struct Chain {
    name: String,
    parent: ForeignKey<Chain>,
}

#[derive(Shape, Debug)]
#[shape(model = Chain)]
struct Far {
    #[shape(expr = Chain.parent.parent.parent.parent.name)]
    name: String,
}

#[derive(Shape, Debug)]
#[shape(model = Chain)]
struct Near {
    #[shape(nested = Chain.parent.parent.parent)]
    far: Far,
}

#[derive(Shape, Debug)]
#[shape(model = Chain)]
struct TooNear {
    #[shape(nested = Chain.parent.parent.parent.parent)]
    far: Far,
}

async fn a_walk_over_too_many_keys_is_refused(on: &On) {
    let db =
        on.with("CREATE TABLE cinema_chain (id :key, name TEXT NOT NULL, parent_id :ref NOT NULL)").await;
    create!(Chain { name: "own", parent: 1 }).insert(&db).await.unwrap();
    assert_eq!(Chain.shape::<Near>().one(&db).await.unwrap().far.name, "own");
    let error = Chain.shape::<TooNear>().one(&db).await.unwrap_err().to_string();
    assert!(error.contains("a query on Chain follows more than 7 foreign keys"), "{error}");
    let far = || outer(Chain.parent.parent.parent.parent.name);
    let deep = Chain.filter(exists(Chain.filter(Chain.name.eq(far()))));
    assert_eq!(deep.count(&db).await.unwrap(), 1);
}

async fn many_owners_are_asked_for_in_parts(on: &On) {
    let db = on.empty().await;
    let director = create!(Director { name: "D" }).insert(&db).await.unwrap();
    let drafts = (0..20_000).map(|n| {
        create!(Film { title: format!("{n:05}"), director: &director, released: date("2000-01-01") })
    });
    let films = Film.bulk_create(drafts, &db).await.unwrap();
    let reviews = [&films[0], &films[19_999]].map(|film| create!(Review { film, stars: 5 }));
    Review.bulk_create(reviews, &db).await.unwrap();
    let (cards, log) = recorded(&db, Film.order_by(Film.id).shape::<Starred>().all(&db)).await;
    let cards = cards.unwrap();
    assert_eq!((cards.len(), log.len()), (20_000, 1 + parts(&db, 20_000, 2)));
    let starred: Vec<usize> = (0..cards.len()).filter(|at| !cards[*at].reviews.is_empty()).collect();
    assert_eq!(starred, [0, 19_999]);
}

#[derive(Shape)]
#[shape(model = Film)]
struct Starred {
    #[shape(nested)]
    reviews: Vec<Stars>,
}

async fn shapes_are_streamed_and_combined(on: &On) {
    let (db, _) = on.filled().await;
    let mut directors = Director.shape::<DirectorName>().stream(&db);
    let first = directors.next().await.unwrap().unwrap();
    assert_eq!((first.name.as_str(), first.country), ("Agnès Varda", None));
    drop(directors);
    let mut films = Film.shape::<FilmCard>().stream(&db);
    let error = films.next().await.unwrap().unwrap_err().to_string();
    assert!(error.contains("Vec fields of a shape"), "{error}");
    drop(films);
    let old = Film.filter(Film.title.eq("Alien")).shape::<TitleAndTags>();
    let new = Film.filter(Film.votes.between(700, 899)).shape::<TitleAndTags>();
    let both = old.union(new).order_by(Film.title).all(&db).await.unwrap();
    let seen: Vec<(&str, Vec<&str>)> =
        both.iter().map(|film| (film.title.as_str(), names(&film.tags))).collect();
    assert_eq!(seen, [("Alien", vec!["horror"]), ("Blade Runner", vec!["horror", "noir"])]);
}

#[test]
fn a_shape_of_nothing_but_a_vec_selects_the_key() {
    let sql = Film.shape::<Starred>().to_sql(&SQLITE).unwrap().sql;
    assert_eq!(sql, r#"SELECT "id" FROM "cinema_film" ORDER BY "released" DESC"#);
}

/// All of it in one row.
#[derive(Shape, Debug, PartialEq)]
#[shape(model = Film)]
struct FilmRow {
    title: String,
    price: Decimal,
    #[shape(expr = Film.votes)]
    voices: i32,
    studio: Option<i64>,
    #[shape(nested)]
    director: DirectorName,
    #[shape(expr = Film.reviews.max(Review.stars))]
    best: Option<i32>,
}

#[derive(Shape, Debug, PartialEq)]
#[shape(raw)]
struct Votes {
    director: String,
    votes: i64,
    r#type: Option<Status>,
}

const FILM_ROWS: &str = "SELECT d.name AS director__name, f.votes AS voices, f.title, f.studio_id, f.price, d.id AS director__id, \
     c.id AS director__country__id, c.name AS director__country__name, NULL AS best \
     FROM cinema_film f JOIN cinema_director d ON d.id = f.director_id LEFT JOIN cinema_country c ON c.id = d.country_id \
     WHERE f.votes > ?1 ORDER BY f.votes DESC";

async fn sql_of_ones_own_is_read_by_name(on: &On) {
    let (db, rows) = on.filled().await;
    let sql = said(&db, FILM_ROWS);
    let films = Film.raw(sql.clone(), vec![0.into()]).shape::<FilmRow>().all(&db).await.unwrap();
    let alien = &films[0];
    assert_eq!(
        (alien.title.as_str(), alien.price, alien.voices, alien.best),
        ("Alien", dec("9.50"), 900, None)
    );
    assert_eq!(
        (alien.studio, alien.director.id),
        (rows.alien.studio.as_ref().map(|studio| *studio.id()), rows.ridley.id)
    );
    assert_eq!(alien.director.country, Some(CountryName { name: "United Kingdom".into() }));
    assert_eq!((films.len(), films[2].studio, &films[2].director.country), (3, None, &None));
    // The same from nobody's database, and inside a transaction that has written.
    let only: Vec<FilmRow> = db
        .atomic(async |tx| {
            Film.filter(Film.title.eq("Alien")).update(Film.votes.set(901)).exec(tx).await?;
            raw(sql, vec![900.into()]).all(tx).await
        })
        .await
        .unwrap();
    assert_eq!((only.len(), only[0].voices), (1, 901));
    // Of no model.
    let sql = "SELECT SUM(votes) AS votes, d.name AS director, NULL AS type FROM cinema_film f \
               JOIN cinema_director d ON d.id = f.director_id WHERE d.name <> ?1 GROUP BY d.name ORDER BY d.name";
    let votes: Vec<Votes> = raw(said(&db, sql), vec!["'); --".into()]).all(&db).await.unwrap();
    assert_eq!(votes[1], Votes { director: "Ridley Scott".into(), votes: 1701, r#type: None });
    assert_eq!(
        serde_json::to_string(&votes[0]).unwrap(),
        r#"{"director":"Agnès Varda","votes":100,"type":null}"#
    );
    let Value::Map(shown) = votes[0].to_value() else { panic!("a shape is a map") };
    assert_eq!(shown[1], ("votes".into(), Value::Int(100)));
    let first = raw::<Votes>(said(&db, sql), vec!["Agnès Varda".into()]).first(&db).await.unwrap();
    assert_eq!(first.unwrap().votes, 1701);
    // One that writes and answers.
    let sql = said(
        &db,
        "UPDATE cinema_director SET name = ?1 WHERE id = ?2 RETURNING name AS director, 3 AS votes, 'draft' AS type",
    );
    let sql = if db.dialect().native_types { sql.replace("3 AS", "3::int8 AS") } else { sql };
    let changed = raw::<Votes>(sql, vec!["R.".into(), rows.ridley.id.into()]).writes();
    assert_eq!(
        changed.all(&db).await.unwrap(),
        [Votes { director: "R.".into(), votes: 3, r#type: Some(Status::Draft) }]
    );
}

async fn what_sql_lacks_or_has_too_much_is_named(on: &On) {
    let (db, _) = on.filled().await;
    let votes = async |sql: &str| raw::<Votes>(sql, vec![]).all(&db).await.unwrap_err().to_string();
    assert_eq!(
        votes("SELECT 'a' AS director, 1 AS vote, NULL AS type").await,
        "the SQL gives no column `votes`, which Votes.votes needs: select it, or what is to be read there AS votes; did you mean \
         `vote`?"
    );
    assert_eq!(
        votes("SELECT 'a' AS director, 1 AS votes, NULL AS type, 2 AS more").await,
        "the SQL gives a column `more`, for which Votes has no field: don't select it, or add the field"
    );
    let twice = votes("SELECT 'a' AS director, 1 AS votes, NULL AS type, 2 AS votes").await;
    assert!(
        twice.starts_with("the SQL gives `votes` and `votes`, and Votes.votes needs one of them"),
        "{twice}"
    );
    let kind = votes("SELECT 'a' AS director, 'many' AS votes, NULL AS type").await;
    assert!(kind.starts_with("Votes.votes: "), "{kind}");
    // Of a model: the whole way is named, and where it was asked for.
    let film = async |sql: &str| {
        Film.raw(said(&db, sql), vec![0.into()]).shape::<FilmRow>().all(&db).await.unwrap_err()
    };
    let error = film(&FILM_ROWS.replace("AS director__country__id", "AS country_id")).await;
    let text = error.to_string();
    assert!(text.contains("no column `director__country__id`, which DirectorName.country needs"), "{text}");
    let text =
        film(&FILM_ROWS.replace("f.studio_id", "f.studio_id, f.studio_id AS studio")).await.to_string();
    assert!(text.contains("gives `studio_id` and `studio`, and FilmRow.studio needs one"), "{text}");
    let error = Film.raw("SELECT 1", vec![]).shape::<FilmCard>().all(&db).await.unwrap_err();
    assert!(error.to_string().contains("FilmCard.tags is a list of rows of their own"), "{error}");
    assert!(error.location().file().ends_with("shapes.rs"));
}
