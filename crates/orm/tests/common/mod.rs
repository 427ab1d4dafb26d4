//! The models and the database of the tests.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use quintet_orm::{DbOptions, prelude::*};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Choices)]
pub enum Status {
    Draft,
    #[choice(label = "In cinemas")]
    Released,
    #[choice(value = "gone")]
    Withdrawn,
}

#[model(app = "cinema", ordering = "name")]
#[derive(Debug, Clone, PartialEq)]
pub struct Country {
    #[field(unique, max_length = 60)]
    pub name: String,
}

#[model(app = "cinema", ordering = "name")]
#[derive(Debug, Clone)]
pub struct Director {
    #[field(max_length = 60)]
    pub name: String,
    #[field(on_delete = protect)]
    pub country: Option<ForeignKey<Country>>,
    pub films: HasMany<Film>,
}

#[model(app = "cinema")]
#[derive(Debug, Clone)]
pub struct Studio {
    pub name: String,
    pub city: Option<String>,
}

#[model(app = "cinema", ordering = "name")]
#[derive(Debug, Clone)]
pub struct Tag {
    #[field(unique, max_length = 60)]
    pub name: String,
    #[field(via = tags)]
    pub films: HasMany<Film>,
}

/// A film that was shown somewhere.
#[model(app = "cinema", ordering = "-released", unique_together = ["title", "released"])]
#[derive(Debug, Clone)]
pub struct Film {
    #[field(max_length = 200)]
    pub title: String,
    pub subtitle: Option<String>,
    pub director: ForeignKey<Director>,
    #[field(on_delete = set_null)]
    pub studio: Option<ForeignKey<Studio>>,
    pub tags: ManyToMany<Tag>,
    /// Price of a ticket in EUR.
    #[field(max_digits = 6, decimal_places = 2, default = 10)]
    pub price: Decimal,
    #[field(default = 0)]
    pub votes: i32,
    pub released: Date,
    #[field(default = Status::Draft)]
    pub status: Status,
    #[field(default = false)]
    pub classic: bool,
    pub reviews: HasMany<Review>,
}

#[model(app = "cinema")]
#[derive(Debug, Clone)]
pub struct Review {
    pub film: ForeignKey<Film>,
    #[field(validate = one_to_five)]
    pub stars: i32,
    #[field(default = "")]
    pub text: String,
    #[field(secret, default = "")]
    pub ip: String,
}

fn one_to_five(value: &Value) -> Result<(), String> {
    match value.as_int() {
        Some(1..=5) => Ok(()),
        _ => Err("from 1 to 5 stars".into()),
    }
}

pub const TABLES: &str = r#"
CREATE TABLE cinema_country (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
CREATE TABLE cinema_director (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,
    country_id INTEGER REFERENCES cinema_country (id));
CREATE TABLE cinema_studio (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, city TEXT);
CREATE TABLE cinema_tag (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
CREATE TABLE cinema_film (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, subtitle TEXT,
    director_id INTEGER NOT NULL REFERENCES cinema_director (id) ON DELETE CASCADE,
    studio_id INTEGER REFERENCES cinema_studio (id) ON DELETE SET NULL,
    price INTEGER NOT NULL, votes INTEGER NOT NULL, released TEXT NOT NULL, status TEXT NOT NULL,
    classic INTEGER NOT NULL, UNIQUE (title, released));
CREATE TABLE cinema_film_tags (id INTEGER PRIMARY KEY AUTOINCREMENT,
    film_id INTEGER NOT NULL REFERENCES cinema_film (id) ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES cinema_tag (id) ON DELETE CASCADE, UNIQUE (film_id, tag_id));
CREATE TABLE cinema_review (id INTEGER PRIMARY KEY AUTOINCREMENT,
    film_id INTEGER NOT NULL REFERENCES cinema_film (id) ON DELETE CASCADE,
    stars INTEGER NOT NULL, text TEXT NOT NULL, ip TEXT NOT NULL);
"#;

/// An empty database with the tables.
pub async fn empty() -> Db {
    let db = Db::open("sqlite::memory:", DbOptions::default()).await.unwrap();
    db.batch(TABLES.to_owned()).await.unwrap();
    db
}

/// What [`filled`] has put into the database.
pub struct Rows {
    pub ridley: Director,
    pub agnes: Director,
    pub alien: Film,
    pub blade: Film,
    pub cleo: Film,
    pub tags: Vec<Tag>,
}

pub fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Two directors, three films, three tags, four reviews.
pub async fn filled() -> (Db, Rows) {
    let db = empty().await;
    let uk = create!(Country { name: "United Kingdom" }).insert(&db).await.unwrap();
    let ridley = create!(Director { name: "Ridley Scott", country: &uk }).insert(&db).await.unwrap();
    let agnes = create!(Director { name: "Agnès Varda" }).insert(&db).await.unwrap();
    let fox = create!(Studio { name: "Fox", city: "Los Angeles" }).insert(&db).await.unwrap();
    let names = ["horror", "noir", "new wave"];
    let tags = Tag.bulk_create(names.map(|name| create!(Tag { name })), &db).await.unwrap();
    let alien = create!(Film {
        title: "Alien",
        subtitle: "In space no one can hear you scream",
        director: &ridley,
        studio: &fox,
        price: dec("9.50"),
        votes: 900,
        released: date("1979-05-25"),
        status: Status::Released,
        classic: true,
        tags: [&tags[0]],
    });
    let alien = alien.insert(&db).await.unwrap();
    let blade = create!(Film {
        title: "Blade Runner",
        director: &ridley,
        studio: &fox,
        votes: 800,
        released: date("1982-06-25"),
        tags: [&tags[0], &tags[1]],
    });
    let blade = blade.insert(&db).await.unwrap();
    let cleo = create!(Film {
        title: "Cléo de 5 à 7",
        director: &agnes,
        price: 7,
        votes: 100,
        released: date("1962-04-11"),
        status: Status::Withdrawn,
    });
    let cleo = cleo.insert(&db).await.unwrap();
    for (film, stars) in [(&alien, 5), (&alien, 3), (&blade, 5), (&cleo, 4)] {
        create!(Review { film, stars }).insert(&db).await.unwrap();
    }
    (db, Rows { ridley, agnes, alien, blade, cleo, tags })
}
