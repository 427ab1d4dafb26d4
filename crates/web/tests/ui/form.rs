use quintet_web::{Json, Path, data, form};

#[data]
struct New {
    a: i32,
}

#[form("/without/")]
async fn without() -> &'static str {
    ""
}

#[form("/json/")]
async fn json(Json(new): Json<New>) -> &'static str {
    ""
}

#[form("/{id}/")]
async fn no_path(form: Form<New>) -> &'static str {
    ""
}

#[form("/{id}/", atomc)]
async fn option(Path(id): Path<i64>, form: Form<New>) -> &'static str {
    ""
}

#[form()]
async fn nowhere(form: Form<New>) -> &'static str {
    ""
}

fn main() {}
