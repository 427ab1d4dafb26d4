// The models of the guide: models.md shows them. Hidden lines of other snippets include this file.
use quintet::prelude::*;

/// Whether a film can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choices)]
pub enum Status {
    Announced,
    Showing,
    Archived,
}

/// Somebody who makes films.
#[model(app = "cinema", ordering = "name")]
#[derive(Debug, Clone)]
pub struct Director {
    #[field(unique, max_length = 120)]
    pub name: String,
    pub films: HasMany<Film>,
}

/// A company that distributes films.
#[model(app = "cinema")]
#[derive(Debug, Clone)]
pub struct Studio {
    #[field(max_length = 120)]
    pub name: String,
    pub city: Option<String>,
}

/// What a film is about.
#[model(app = "cinema", ordering = "name")]
#[derive(Debug, Clone)]
pub struct Tag {
    #[field(unique, max_length = 40)]
    pub name: String,
    #[field(via = tags)]
    pub films: HasMany<Film>,
}

/// A film.
#[model(app = "cinema", ordering = "-released")]
#[derive(Debug, Clone)]
pub struct Film {
    #[field(max_length = 200, index)]
    pub title: String,
    pub director: ForeignKey<Director>,
    #[field(on_delete = set_null)]
    pub studio: Option<ForeignKey<Studio>>,
    pub tags: ManyToMany<Tag>,
    pub released: Option<Date>,
    /// Price of a ticket in EUR.
    #[field(max_digits = 6, decimal_places = 2, default = 10)]
    pub price: Decimal,
    #[field(default = 0)]
    pub votes: i32,
    #[field(default = Status::Announced)]
    pub status: Status,
    pub reviews: HasMany<Review>,
}

/// What a viewer says about a film.
#[model(app = "cinema")]
#[derive(Debug, Clone)]
pub struct Review {
    pub film: ForeignKey<Film>,
    #[field(validate = one_to_five)]
    pub stars: i32,
    #[field(default = "")]
    pub text: String,
}

fn one_to_five(value: &Value) -> Result<(), String> {
    match value.as_int() {
        Some(1..=5) => Ok(()),
        _ => Err("from 1 to 5 stars".into()),
    }
}
