use quintet_orm::prelude::*;

#[model(search = ["titel"])]
pub struct Film {
    pub title: String,
}

#[model(search = [])]
pub struct Studio {
    pub name: String,
}

#[model(search = "name", search = "city")]
pub struct City {
    pub name: String,
    pub city: String,
}

fn main() {}
