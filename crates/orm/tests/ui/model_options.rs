use quintet_orm::prelude::*;

#[model(app = "x", managed = "no")]
pub struct One {
    pub name: String,
}

#[model(app = "x", permissions = ["publish"])]
pub struct Two {
    pub name: String,
}

#[model(app = "x", get_latest_by = "date")]
pub struct Three {
    pub name: String,
}

#[model(app = "x", scope = visible)]
pub struct Four {
    pub name: String,
}

fn visible() -> Cond<Five> {
    Five.name.ne("")
}

#[model(app = "x")]
pub struct Five {
    pub name: String,
}

fn main() {}
