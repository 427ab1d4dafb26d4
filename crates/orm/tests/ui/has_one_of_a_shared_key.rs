use quintet_orm::prelude::*;

#[model(app = "x")]
pub struct User {
    pub name: String,
    pub profile: HasOne<Profile>,
}

#[model(app = "x")]
pub struct Profile {
    pub user: ForeignKey<User>,
}

fn main() {}
