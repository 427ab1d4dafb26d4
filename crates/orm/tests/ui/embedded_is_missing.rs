use quintet_orm::prelude::*;

#[derive(Embed)]
pub struct Address {
    pub street: String,
}

pub struct Plain {
    pub street: String,
}

#[model(app = "ui")]
pub struct House {
    #[field(embed)]
    pub address: Address,
}

#[model(app = "ui", ordering = "address.stret")]
pub struct Other {
    #[field(embed)]
    pub address: Address,
}

#[model(app = "ui")]
pub struct Third {
    #[field(embed)]
    pub address: Plain,
}

fn main() {
    let _ = create!(House {});
}
