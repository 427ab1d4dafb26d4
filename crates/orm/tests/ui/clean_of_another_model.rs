use quintet_orm::prelude::*;

#[model(app = "ui")]
pub struct Other {
    pub name: String,
}

#[model(app = "ui", clean = clean)]
pub struct Device {
    pub name: String,
}

fn clean(row: &mut Clean<'_, Other>) {
    row.general("no");
}

fn main() {}
