use quintet_orm::prelude::*;

#[model(app = "x")]
pub struct Place {
    #[field(primary_key)]
    pub row: i32,
    #[field(primary_key)]
    pub name: String,
}

fn main() {
    let _ = Place.filter(Place.row.gt(1)).in_bulk([(1, 2)], &db());
}

fn db() -> Db {
    unimplemented!()
}
