//! Users come in and go out.

use quintet::prelude::*;

#[quintet::test(__CRATE__::site)]
async fn the_header_says_who_is_there(site: TestSite) {
    site.get("/").await.ok().contains("Log in").lacks("Log out");
    let ann = site.login("ann").await;
    ann.get("/").await.ok().contains("ann").contains("Log out");
    ann.post("/logout/", &[]).await.redirects("/");
    ann.get("/").await.ok().contains("Log in");
}

#[quintet::test(__CRATE__::site)]
async fn people_sign_up(site: TestSite) {
    site.get("/signup/").await.ok().template("auth/signup.html");
}
