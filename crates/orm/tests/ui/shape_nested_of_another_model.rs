#[path = "../common/models.rs"]
mod common;
use common::*;
use quintet_orm::prelude::*;

#[derive(Shape)]
#[shape(model = Tag)]
struct TagName {
    name: String,
}

#[derive(Shape)]
#[shape(model = Film)]
struct Card {
    #[shape(nested)]
    director: TagName,
}

fn main() {}
