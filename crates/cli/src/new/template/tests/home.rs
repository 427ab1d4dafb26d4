//! The home page, on a site with a database of its own.

use quintet::prelude::*;

use __CRATE__::models::Note;

#[quintet::test(__CRATE__::site)]
async fn the_home_page_lists_the_notes(site: TestSite) -> Result {
    create!(Note { text: "Buy milk" }).insert(&site.db).await?;
    let page = site.get("/").await.ok();
    page.template("home.html").contains("Buy milk");
    Ok(())
}
