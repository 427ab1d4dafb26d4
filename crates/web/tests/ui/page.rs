use quintet_web::{Page, get, page};

struct Plain;

#[get("/")]
async fn home() -> Page {
    let plain = Plain;
    page!("home.html", plain)
}

fn twice() -> Page {
    page!("home.html", a: 1, a: 2)
}

fn main() {
    let _ = twice();
}
