use quintet_orm::prelude::*;

#[model(app = "x")]
pub struct Order {
    pub name: String,
}

#[model(app = "x")]
pub struct Line {
    #[field(primary_key)]
    pub order: ForeignKey<Order>,
    #[field(primary_key)]
    pub number: i32,
}

#[model(app = "x")]
pub struct Remark {
    pub line: ForeignKey<Line>,
}

fn main() {}
