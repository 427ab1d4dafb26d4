use quintet_orm::prelude::*;

#[model(app = "ui")]
pub struct Device {
    #[field(min = "one")]
    pub votes: i32,
}

fn main() {}
