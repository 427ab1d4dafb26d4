use quintet_orm::prelude::*;

#[model(ordering = "-titel")]
pub struct Film {
    pub title: String,
}

fn main() {}
