use quintet_web::{Path, get};

mod pages {
    use super::*;

    #[get("/films/{id}/")]
    pub async fn film(Path(_): Path<i64>) {}
}

fn main() {
    let _ = pages::filn::url(7);
    let _ = pages::film::url("seven");
    let _ = pages::film::url();
}
