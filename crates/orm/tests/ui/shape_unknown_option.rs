use quintet_orm::prelude::*;

#[derive(Shape)]
#[shape(model = Film)]
struct Card {
    #[shape(exprs = Film.title)]
    title: String,
    #[shape(nested)]
    director: String,
}

fn main() {}
