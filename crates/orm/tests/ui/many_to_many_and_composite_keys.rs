use quintet_orm::prelude::*;

#[model(app = "x")]
pub struct Tag {
    pub name: String,
    pub places: ManyToMany<Place>,
}

#[model(app = "x")]
pub struct Place {
    #[field(primary_key)]
    pub row: i32,
    #[field(primary_key)]
    pub seat: i32,
}

#[model(app = "x")]
pub struct Cell {
    #[field(primary_key)]
    pub x: i32,
    #[field(primary_key)]
    pub y: i32,
    pub tags: ManyToMany<Tag>,
}

fn main() {}
