use quintet_orm::prelude::*;

#[derive(Choices)]
pub enum Status {
    Draft,
    Released(i32),
}

fn main() {}
