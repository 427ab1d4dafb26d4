use quintet_orm::prelude::*;

#[model]
pub struct Film {
    #[field(version)]
    pub version: String,
}

#[model]
pub struct Short {
    #[field(version)]
    pub version: Option<i32>,
}

#[model]
pub struct Long {
    #[field(version)]
    pub version: i32,
    #[field(version)]
    pub revision: i32,
}

#[model]
pub struct Late {
    #[field(version, default = 3)]
    pub version: i32,
}

fn main() {}
