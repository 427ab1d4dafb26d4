//! A site with a guest book that it did not write.
//!
//! The book is the crate `guestbook`, installed by one line. The site gives it the site's own layout by a template of the same
//! name, `templates/guestbook/base.html`: where two apps have one, the first installed wins.
use quintet::prelude::*;

/// The front page.
#[get("/")]
pub async fn home() -> Page {
    page!("home.html")
}

/// The site.
#[must_use]
pub fn site() -> Site {
    Site::new().install(app!("house").routes(routes![home])).install(guestbook::app().at("/guests"))
}
