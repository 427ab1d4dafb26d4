#![deny(dead_code)]
use quintet_web::{get, routes};

#[get("/")]
async fn home() {}

#[get("/forgotten/")]
async fn forgotten() {}

fn main() {
    let _ = routes![home];
}
