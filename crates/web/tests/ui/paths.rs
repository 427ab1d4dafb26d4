#![allow(unused_imports)]
use quintet_web::{Json, Path, delete, get, post};

#[get("/films/{id}/")]
async fn forgotten() {}

#[get("/films/{id}/{slug}/")]
async fn too_few(Path(id): Path<i64>) {}

#[get("/films/")]
async fn too_many(Path(id): Path<i64>) {}

#[get("films/")]
async fn no_slash() {}

#[get("/films/:id/")]
async fn colon() {}

#[get("/films/", naem = "films")]
async fn unknown_option() {}

#[get("/films/{token}/", secret = "tokn")]
async fn secret_of_no_parameter(Path(_): Path<String>) {}

#[get("/films/{token}/", secret = true)]
async fn secret_of_no_name(Path(_): Path<String>) {}

#[post("/films/")]
async fn two_bodies(a: Json<i32>, b: Option<Json<i32>>) {}

#[delete("/films/")]
fn not_async() {}

#[get("/films/")]
async fn by_reference(name: &str) {}

fn main() {}
