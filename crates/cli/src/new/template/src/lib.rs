//! __NAME__: the site and its app. Models, pages and commands have a file each.

pub mod commands;
pub mod models;
pub mod pages;

use quintet::prelude::*;

/// The app, with its `templates/`, `static/` and `migrations/`.
#[must_use]
pub fn app() -> App {
    app!("__CRATE__")
        .models((models::Note,))
        .routes(routes![pages::home])
        .commands(commands![commands::add_note])
}

/// The site: what `src/main.rs` runs and `tests/` start.
#[must_use]
pub fn site() -> Site {
    Site::new().install(app())__INSTALL__
}
