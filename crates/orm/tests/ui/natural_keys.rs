use quintet_orm::prelude::*;

#[model(app = "x", natural_key = "name")]
pub struct One {
    pub name: String,
}

#[model(app = "x", natural_key = ["name", "year"])]
pub struct Two {
    #[field(unique)]
    pub name: String,
    pub year: i32,
}

#[model(app = "x", natural_key = "title")]
pub struct Three {
    #[field(unique)]
    pub name: String,
}

#[model(app = "x", natural_key = [])]
pub struct Four {
    pub name: String,
}

#[model(app = "x", natural_key = ["name", "year"], unique_together = ["year", "name"])]
pub struct Right {
    pub name: String,
    pub year: i32,
}

fn main() {}
