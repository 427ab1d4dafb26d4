use quintet_web::{get, post};

#[get("/word/", guard = "staff")]
async fn word() {}

#[get("/bare/", guard)]
async fn bare() {}

#[post("/number/", guard = 7)]
async fn number() {}

fn main() {}
