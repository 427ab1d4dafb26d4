#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

#[derive(Shape)]
#[shape(model = Film)]
struct Card {
    id: i64,
    titel: String,
}

fn main() {}
