use quintet_orm::prelude::*;

#[model(app = "x", live(always))]
pub struct One {
    pub name: String,
}

#[model(app = "x", live = "yes")]
pub struct Two {
    pub name: String,
}

#[model(app = "x", alive)]
pub struct Three {
    pub name: String,
}

#[model(app = "x", live)]
pub struct Fine {
    pub name: String,
}

fn main() {}
