use quintet_orm::prelude::*;

#[model]
pub struct Director {
    pub name: String,
}

#[model]
pub struct Film {
    #[field(via = author)]
    pub reviews: HasMany<Review>,
}

#[model]
pub struct Review {
    pub author: ForeignKey<Director>,
}

fn main() {}
