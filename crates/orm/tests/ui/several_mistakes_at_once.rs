use quintet_orm::prelude::*;

#[model]
pub struct Film {
    #[field(uniqe)]
    pub title: String,
    #[field(on_delete = explode)]
    pub votes: i32,
}

fn main() {}
