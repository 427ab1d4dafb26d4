use quintet_orm::prelude::*;

#[model]
pub struct Director {
    pub name: String,
}

#[model]
pub struct Film {
    #[field(on_delete = set)]
    pub director: ForeignKey<Director>,
}

#[model]
pub struct Short {
    #[field(on_delete = cascade(1))]
    pub director: ForeignKey<Director>,
}

#[model]
pub struct Long {
    #[field(on_delete = drop)]
    pub director: ForeignKey<Director>,
}

fn main() {}
