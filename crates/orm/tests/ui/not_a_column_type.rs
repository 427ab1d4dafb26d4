use quintet_orm::prelude::*;

#[model]
pub struct Film {
    pub length: std::time::Duration,
}

fn main() {}
