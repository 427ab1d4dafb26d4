use quintet_orm::prelude::*;

#[model(app = "x", database = 3)]
pub struct One {
    pub name: String,
}

#[model(app = "x", database = "Old Films")]
pub struct Two {
    pub name: String,
}

#[model(app = "x", database = "default")]
pub struct Three {
    pub name: String,
}

#[model(app = "x", databse = "archive")]
pub struct Four {
    pub name: String,
}

fn main() {}
