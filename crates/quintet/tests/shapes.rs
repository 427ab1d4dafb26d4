//! `#[data]` and `#[derive(Shape)]` on one struct: what a query loads is what a page and an API show.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use quintet::{
    orm::{DbOptions, PageOf},
    prelude::*,
    web::Data,
};

/// Who made it.
#[model(app = "shown")]
pub struct Director {
    /// The full name.
    #[field(max_length = 60)]
    pub name: String,
}

/// A film.
#[model(app = "shown")]
pub struct Film {
    /// The title.
    #[field(max_length = 60)]
    pub title: String,
    /// Who made it.
    pub director: ForeignKey<Director>,
    /// What people say.
    pub reviews: HasMany<Review>,
}

/// A review.
#[model(app = "shown")]
pub struct Review {
    /// Of this film.
    pub film: ForeignKey<Film>,
    /// From 1 to 5.
    pub stars: i32,
}

#[data]
#[derive(Shape)]
#[shape(model = Director)]
struct DirectorName {
    id: i64,
    name: String,
}

#[data]
#[derive(Shape)]
#[shape(model = Film)]
struct FilmCard {
    id: i64,
    #[field(max_length = 5)]
    title: String,
    #[shape(nested)]
    director: DirectorName,
    #[shape(expr = Film.reviews.avg(Review.stars))]
    rating: Option<f64>,
    #[shape(nested)]
    reviews: Vec<Stars>,
}

/// The other order of attributes.
#[derive(Shape, PartialEq)]
#[shape(model = Review)]
#[data]
struct Stars {
    stars: i32,
}

const TABLES: &str = r#"
CREATE TABLE shown_director (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE shown_film (id INTEGER PRIMARY KEY, title TEXT NOT NULL, director_id INTEGER NOT NULL);
CREATE TABLE shown_review (id INTEGER PRIMARY KEY, film_id INTEGER NOT NULL, stars INTEGER NOT NULL);
"#;

#[tokio::test]
async fn data_can_be_a_shape() {
    let db = Db::open("sqlite::memory:", DbOptions::default()).await.unwrap();
    db.batch(TABLES.to_owned()).await.unwrap();
    let ridley = create!(Director { name: "Ridley Scott" }).insert(&db).await.unwrap();
    let alien = create!(Film { title: "Alien", director: &ridley }).insert(&db).await.unwrap();
    create!(Review { film: &alien, stars: 4 }).insert(&db).await.unwrap();

    let films: PageOf<FilmCard> = Film.query().shape::<FilmCard>().page(1, 20, &db).await.unwrap();
    let film = &films.items[0];
    assert_eq!((film.id, film.title.as_str(), film.director.id, film.rating), (1, "Alien", 1, Some(4.0)));
    assert_eq!(film.director.name, "Ridley Scott");
    assert_eq!(film.reviews, [Stars { stars: 4 }]);
    // What `#[data]` gives: fields and their rules, a value for templates.
    assert_eq!(FilmCard::FIELDS[1].max_length, Some(5));
    let item = films.to_value().get("items").cloned();
    assert_eq!(item, Some(Value::List(vec![film.to_value()])));
    assert_eq!(film.to_value().get("title"), Some(&Value::Text("Alien".into())));
}
