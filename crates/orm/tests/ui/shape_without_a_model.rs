use quintet_orm::prelude::*;

#[derive(Shape)]
struct Card {
    title: String,
}

fn main() {}
