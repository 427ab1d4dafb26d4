use quintet_auth::{
    User,
    guard::{can, staff},
};
use quintet_orm::prelude::*;
use quintet_web::get;

#[model(app = "cinema")]
pub struct Film {
    pub title: String,
}

#[model(app = "cinema")]
pub struct Review {
    pub film: ForeignKey<Film>,
    pub author: ForeignKey<User>,
}

#[get("/not-called/", guard = staff)]
async fn not_called() {}

#[get("/no-guard/", guard = can::change(Film).is_ok())]
async fn no_guard() {}

#[get("/{id}/", guard = can::own(Review.film) | staff())]
async fn no_owner(quintet_web::Path(_): quintet_web::Path<i64>) {}

fn main() {}
