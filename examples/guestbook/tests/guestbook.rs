//! The book by itself: on a site that has nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use guestbook::{models::Entry, pages};
use quintet::prelude::*;

fn site() -> Site {
    Site::new().install(guestbook::app().at("/guests"))
}

const ANN: [(&str, &str); 2] = [("name", "Ann"), ("text", "<b>Lovely</b>")];

#[quintet::test(site)]
async fn a_guest_signs_and_is_read(site: TestSite) -> Result {
    site.get("/guests/").await.ok().contains("Nobody has been here yet");
    site.get(pages::sign::url()).await.ok().contains("<textarea");
    site.post(pages::sign::url(), &ANN).await.redirects(pages::book::url());
    let entry = Entry.filter(Entry.name.eq("Ann")).one(&site.db).await?;
    let page = site.get(pages::book::url()).await.ok();
    let page = page.template("guestbook/book.html").contains("&lt;b&gt;Lovely");
    page.contains(&format!("href=\"/guests/{}/\"", entry.id));
    site.get(pages::entry::url(entry.id)).await.ok().contains("<h1>Ann</h1>");
    let page = site.post(pages::sign::url(), &[("name", ""), ("text", "Who am I?")]).await.status(422);
    page.template("guestbook/sign.html").contains("Who am I?");
    assert_eq!(Entry.query().count(&site.db).await?, 1);
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn its_files_are_in_the_binary(_site: TestSite) -> Result {
    let folder = guestbook::app();
    let folder = folder.directory().unwrap();
    assert!(
        folder.is_embedded(),
        "this package is built without debug assertions: see the workspace's Cargo.toml"
    );
    let mut files: Vec<&str> = folder.files().unwrap().iter().map(|file| file.path).collect();
    files.sort_unstable();
    assert_eq!(
        files,
        [
            "migrations/0001_initial.toml",
            "static/guestbook/book.css",
            "templates/guestbook/base.html",
            "templates/guestbook/book.html",
            "templates/guestbook/entry.html",
            "templates/guestbook/sign.html",
        ]
    );
    Ok(())
}

fn twice() -> Site {
    Site::new()
        .install(guestbook::app().at("/guests"))
        .install(guestbook::app().named("members").at("/members"))
}

#[quintet::test(twice)]
async fn two_installations_share_the_book_and_keep_to_their_addresses(site: TestSite) -> Result {
    site.post("/members/sign/", &ANN).await.redirects("/members/");
    let entry = Entry.query().one(&site.db).await?;
    let link = |prefix: &str| format!("href=\"/{prefix}/{}/\"", entry.id);
    site.get("/guests/").await.ok().contains(&link("guests")).lacks(&link("members"));
    site.get("/members/").await.ok().contains(&link("members")).lacks(&link("guests"));
    Ok(())
}
