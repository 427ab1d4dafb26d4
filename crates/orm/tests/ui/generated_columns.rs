use quintet_orm::prelude::*;

#[model(app = "shop")]
pub struct Line {
    pub price: i32,
    pub amount: i32,
    #[field(generated = "price * amount")]
    pub total: i32,
}

#[model(app = "shop")]
pub struct Wrong {
    #[field(generated = "1", default = 2)]
    pub a: i32,
    #[field(generated = "1", on_save = three)]
    pub b: i32,
    #[field(generated = "1", primary_key)]
    pub c: i32,
    #[field(generated = " ")]
    pub d: i32,
    #[field(generated = "1")]
    pub e: ForeignKey<Line>,
}

#[derive(Embed)]
pub struct Part {
    #[field(generated = "1")]
    pub a: i32,
}

fn given() {
    let _ = create!(Line { price: 1, amount: 2, total: 2 });
}

fn main() {}
