#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

#[derive(Shape)]
#[shape(model = Studio)]
struct StudioName {
    name: String,
}

#[derive(Shape)]
#[shape(model = Director)]
struct DirectorName {
    name: String,
}

#[derive(Shape)]
#[shape(model = Review)]
struct Stars {
    stars: i32,
}

#[derive(Shape)]
#[shape(model = Film)]
struct Card {
    #[shape(nested)]
    studio: StudioName,
    #[shape(nested)]
    director: Option<DirectorName>,
    #[shape(nested)]
    reviews: Stars,
}

fn main() {}
