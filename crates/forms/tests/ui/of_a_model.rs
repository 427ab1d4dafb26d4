use quintet_orm::prelude::*;
use quintet_web::{FileChange, data};

#[model(app = "docs")]
pub struct Director {
    pub name: String,
}

#[model(app = "docs")]
pub struct Film {
    pub title: String,
    pub votes: i32,
    pub director: ForeignKey<Director>,
}

#[data(model = Film)]
struct WrongName {
    titel: String,
}

#[data(model = Film)]
struct WrongType {
    votes: String,
}

#[data(model = Film)]
struct WrongKey {
    director: String,
}

#[data]
struct NoModel {
    #[field(own)]
    again: String,
}

#[data(model = Film)]
enum Words {
    A,
}

#[data(model)]
struct Which {
    title: String,
}

struct Plain;

#[data(model = Plain)]
struct OfNoModel {
    title: String,
}

#[data(model = Film)]
struct NoFile {
    title: FileChange,
}

fn main() {}
