//! What the binary carries is what it answers with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use one_file::{Entry, New, book, write};
use quintet::prelude::*;

#[quintet::test(one_file::site, on = "sqlite")]
async fn templates_static_files_and_migrations_are_in_the_binary(site: TestSite) -> Result {
    let app = one_file::site();
    let folder = app.apps()[0].directory().unwrap();
    assert!(
        folder.is_embedded(),
        "this package is built without debug assertions: see the workspace's Cargo.toml"
    );
    let mut files: Vec<&str> = folder.files().unwrap().iter().map(|file| file.path).collect();
    files.sort_unstable();
    assert_eq!(files, ["migrations/0001_initial.toml", "static/guests/book.css", "templates/book.html"]);

    // The table is made by the migration in the binary.
    site.json("POST", write::url(), &New { text: "Ann was <here>".into() }).await.status(200);
    assert_eq!(Entry.query().count(&site.db).await?, 1);
    let page = site.get(book::url()).await.ok();
    let page = page.template("book.html").contains("<p>Ann was &lt;here&gt;</p>");

    // By its address with the version, which may be kept for ever.
    let html = page.text();
    let sheet = html.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(sheet.starts_with("/static/guests/book.") && sheet.ends_with(".css"), "{sheet}");
    let css = site.get(sheet.to_owned()).await.ok();
    let css = css.contains("max-inline-size").header("content-type", "text/css; charset=utf-8");
    assert!(css.header_text("cache-control").unwrap().contains("immutable"));
    Ok(())
}
