use quintet_orm::prelude::*;

#[model]
pub struct Film {
    pub price: Decimal,
}

fn main() {}
