//! The home page, on a site with a database of its own.

use quintet::prelude::*;

#[quintet::test(__CRATE__::site)]
async fn there_is_a_home_page(site: TestSite) {
    site.get("/").await.ok().contains("It works");
}
