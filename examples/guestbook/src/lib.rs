//! A guest book that any site can install with one line: `.install(guestbook::app().at("/guests"))`.
//!
//! An app as a crate has what an app of a site has: models with their migrations, pages, templates, static files, a section of
//! the settings, signals, a test. Its names begin with its label, so that they meet no other app's: the tables `guestbook_…`,
//! `templates/guestbook/…`, `static/guestbook/…`, `[guestbook]`. What a site may want otherwise is a template of its own:
//! `guestbook/base.html` is there to be replaced.
pub mod models;
pub mod pages;

use quintet::prelude::*;

use models::Entry;

/// `[guestbook]` in quintet.toml.
#[derive(Clone, Settings)]
#[settings("guestbook")]
pub struct GuestbookSettings {
    /// What stands above the book.
    #[setting(default = "Guest book")]
    pub title: String,
    /// Entries on a page.
    #[setting(default = 20)]
    pub per_page: u64,
}

/// The app, to be installed.
#[must_use]
pub fn app() -> App {
    app!("guestbook").models((Entry,)).settings::<GuestbookSettings>().routes(routes![
        pages::book,
        pages::entry,
        pages::sign
    ])
}
