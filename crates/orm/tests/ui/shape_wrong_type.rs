#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

#[derive(Shape)]
#[shape(model = Film)]
struct Card {
    title: i64,
    studio: i64,
    #[shape(expr = Film.reviews.avg(Review.stars))]
    rating: f64,
}

fn main() {}
