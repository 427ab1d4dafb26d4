use quintet_orm::prelude::*;

#[model]
pub struct Film {
    pub reviews: HasMany<Review>,
}

#[model]
pub struct Review {
    pub text: String,
}

fn main() {}
