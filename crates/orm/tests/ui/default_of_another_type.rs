use quintet_orm::prelude::*;

#[model]
pub struct Film {
    #[field(default = "many")]
    pub votes: i32,
}

fn main() {}
