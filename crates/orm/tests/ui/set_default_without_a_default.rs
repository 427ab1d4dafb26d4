use quintet_orm::prelude::*;

#[model]
pub struct Director {
    pub name: String,
}

#[model]
pub struct Film {
    #[field(on_delete = set_default)]
    pub director: ForeignKey<Director>,
}

fn main() {}
