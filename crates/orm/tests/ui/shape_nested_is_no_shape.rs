#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

struct FilmTitle {
    title: String,
}

#[derive(Shape)]
#[shape(model = Review)]
struct Card {
    #[shape(nested)]
    film: FilmTitle,
}

fn main() {}
