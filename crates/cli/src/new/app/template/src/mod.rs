//! The app `__APP__`: what it keeps, what it shows.

pub mod models;
pub mod pages;

use quintet::prelude::*;

use models::Entry;

/// The app. Its files stand in `templates/__APP__/`, `static/__APP__/` and `migrations/__APP__/`.
#[must_use]
pub fn app() -> App {
    app!("__APP__")
        .models((Entry,))
        .routes(routes![pages::list, pages::detail, pages::add])
}
