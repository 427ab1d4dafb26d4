use quintet_web::{get, post};

#[get("/units/", cache = "5 parsecs")]
async fn units() {}

#[get("/bare/", cache = 300)]
async fn bare() {}

#[get("/always/", cache = true)]
async fn always() {}

#[post("/changes/", cache = "5m")]
async fn changes() {}

fn main() {}
