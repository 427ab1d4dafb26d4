use quintet_orm::prelude::*;

#[model(app = "ui")]
pub struct Person {
    pub name: String,
}

#[derive(Embed)]
pub struct Wrong {
    #[field(primary_key)]
    pub code: String,
    pub person: ForeignKey<Person>,
}

#[model(app = "ui")]
pub struct House {
    #[field(embed, unique)]
    pub wrong: Wrong,
    #[field(prefix = "x_")]
    pub name: String,
}

fn main() {}
