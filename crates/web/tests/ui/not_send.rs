use std::rc::Rc;

use quintet_web::get;

async fn wait() {}

#[get("/")]
async fn home() {
    let n = Rc::new(1);
    wait().await;
    drop(n);
}

fn main() {}
