//! The book in a house of its own style.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use guestbook::{
    models::Entry,
    pages::{book, entry},
};
use guestbook_site::home;
use quintet::prelude::*;

#[quintet::test(guestbook_site::site)]
async fn the_book_stands_in_the_houses_layout(site: TestSite) -> Result {
    let entry_of_ann = create!(Entry { name: "Ann", text: "Lovely" }).insert(&site.db).await?;
    site.get(home::url()).await.ok().contains("href=\"/guests/\"");
    let page = site.get(book::url()).await.ok().template("guestbook/book.html");
    // The house's bar, the book's entries, the title of the house's settings.
    let page = page.contains("<nav><a href=\"/\">Our house</a></nav>").contains("Lovely");
    page.contains("<title>Our guests</title>").contains("href=\"/static/guestbook/book.");
    site.get(entry::url(entry_of_ann.id)).await.ok().contains("<nav>").contains("<h1>Ann</h1>");
    Ok(())
}

#[quintet::test(guestbook_site::site, on = "sqlite")]
async fn the_style_sheet_of_the_book_is_served_as_well(site: TestSite) -> Result {
    site.get("/static/guestbook/book.css").await.ok().contains("guestbook-entry");
    let out = site.run("check --fail-level warning").await?;
    assert!(out.contains("No findings"), "{out}");
    Ok(())
}
