use quintet_orm::prelude::*;

#[model(app = "x")]
pub struct Place {
    #[field(primary_key)]
    pub x: f64,
    #[field(primary_key)]
    pub y: i32,
}

#[model(app = "x")]
pub struct Seat {
    #[field(primary_key)]
    pub row: i32,
    #[field(primary_key)]
    pub number: Option<i32>,
}

#[model(app = "x")]
pub struct Hall {
    #[field(primary_key)]
    pub seats: HasMany<Seat>,
}

fn main() {}
