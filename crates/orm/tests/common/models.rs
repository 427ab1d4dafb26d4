//! The models of the tests.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use quintet_orm::prelude::*;

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

pub fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}
