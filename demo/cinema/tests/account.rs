//! One's own account: who sees it, what it says, and what it changes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::time::Duration;

use cinema::models::{Film, Review};
use quintet::{
    auth::{NewToken, Tokens},
    core::Service as _,
    prelude::*,
};

#[quintet::test(cinema::site)]
async fn it_is_for_whoever_has_signed_in(site: TestSite) -> Result {
    site.get("/account/").await.redirects("/login/?next=/account/");
    site.get("/").await.ok().lacks("/account/");
    let ana = site.login("ana").await;
    ana.get("/").await.ok().contains("<a href=\"/account/\">Your account</a>");
    let page = ana.get("/account/").await.ok().template("account.html");
    page.contains("You sign in as ana.")
        .contains("href=\"/password/\"")
        .contains("href=\"/totp/?next=/account/\"")
        .contains("href=\"/sessions/\"")
        .contains("href=\"/tokens/\"")
        .contains("Off: your password is enough")
        .contains("Only here");
    // Every page of an account leads back to it.
    for page in ["/password/", "/totp/", "/sessions/", "/tokens/", "/logout/"] {
        ana.get(page).await.ok().contains("<a href=\"/account/\">Your account</a></li></ol></nav>");
    }
    Ok(())
}

#[quintet::test(cinema::site)]
async fn a_name_is_changed_and_nothing_else(site: TestSite) -> Result {
    let ana = site.login("ana").await;
    ana.post("/account/", &[("first_name", &*"x".repeat(151)), ("last_name", "")])
        .await
        .status(422)
        .contains("at most 150 characters");
    let sent = [("first_name", "Ana"), ("last_name", "<Ruiz>"), ("username", "root"), ("is_staff", "on")];
    ana.post("/account/", &sent).await.redirects("/account/");
    let row = User.filter(User.username.eq("ana")).one(&site.db).await?;
    assert_eq!((row.full_name().as_str(), row.is_staff), ("Ana <Ruiz>", false));
    ana.get("/account/")
        .await
        .ok()
        .contains("This is your name now")
        .contains("&lt;Ruiz&gt;")
        .lacks("<Ruiz>");
    ana.clone().enforce_csrf().post("/account/", &[("first_name", "Eve")]).await.status(403);
    Ok(())
}

#[quintet::test(cinema::site)]
async fn it_counts_what_acts_for_somebody(site: TestSite) -> Result {
    let (here, _there) = (site.login("ana").await, site.login("ana").await);
    site.login("ben").await;
    let row = User.filter(User.username.eq("ana")).one(&site.db).await?;
    let film = create!(Film { title: "Alien" }).insert(&site.db).await?;
    create!(Review { film: &film, author: &row, stars: 4, text: "Nobody hears you." })
        .insert(&site.db)
        .await?;
    let year = Duration::from_secs(365 * 86_400);
    Tokens::of(site.services())?.make(row.id, NewToken::named("backups").lasts(year)).await?;
    let page = here.get("/account/").await.ok();
    page.contains("<h3 id=\"way-sessions\">Where you are signed in</h3><p>2 places</p>")
        .contains("<h3 id=\"way-tokens\">Tokens for programs</h3><p>1</p>")
        .contains("<h3 id=\"way-reviews\">Reviews</h3><p>1</p>");
    Ok(())
}
