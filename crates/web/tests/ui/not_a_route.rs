use quintet_web::{get, routes};

async fn plain() {}

struct NoRoute;

#[get("/")]
async fn home() {}

fn main() {
    let _ = routes![home, NoRoute];
    let _ = routes![home, plain];
}
