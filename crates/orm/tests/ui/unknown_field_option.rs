use quintet_orm::prelude::*;

#[model]
pub struct Film {
    #[field(maxlength = 20)]
    pub title: String,
}

fn main() {}
