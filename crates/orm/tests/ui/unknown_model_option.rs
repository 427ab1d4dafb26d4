use quintet_orm::prelude::*;

#[model(ordring = "title")]
pub struct Film {
    pub title: String,
}

fn main() {}
