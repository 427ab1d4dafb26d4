//! What is shown, and where.

use quintet::prelude::*;

/// The first page.
#[get("/")]
pub async fn home() -> Page {
    page!("home.html")
}
