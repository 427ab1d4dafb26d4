use quintet_web::{Json, Query, Path, get, post};

struct Plain {
    n: i32,
}

#[get("/a/")]
async fn first(name: Plain, _: quintet_core::Services) -> String {
    name.n.to_string()
}

#[get("/b/")]
async fn last(_: quintet_core::Services, name: Plain) -> String {
    name.n.to_string()
}

#[post("/c/")]
async fn body(Json(plain): Json<Plain>) -> String {
    plain.n.to_string()
}

#[get("/d/{id}/")]
async fn query(Query(plain): Query<Plain>, Path(id): Path<i64>) -> String {
    format!("{} {id}", plain.n)
}

fn main() {}
