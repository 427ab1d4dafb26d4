use quintet_core::Result;
use quintet_web::get;

struct Film;

#[get("/a/")]
async fn film() -> Result<Film> {
    Ok(Film)
}

fn main() {}
