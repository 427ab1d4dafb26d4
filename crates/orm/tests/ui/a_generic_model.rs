use quintet_orm::prelude::*;

#[model]
pub struct Page<T> {
    pub item: T,
}

fn main() {}
