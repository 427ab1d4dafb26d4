//! Only a unique constraint can be checked when a transaction commits.
use quintet_orm::prelude::*;

#[model(app = "ui", indexes = [index(fields(place), deferrable)])]
pub struct Seat {
    pub place: i32,
}

fn main() {}
