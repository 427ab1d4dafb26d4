//! The pages for logging in, logging out and changing a password.

use quintet::{
    auth::Accounts,
    core::{EmbeddedFile, Folder, Service as _},
    prelude::*,
};

use super::{ann, who};

#[get("/me/")]
async fn me(user: User) -> String {
    user.username
}

fn site() -> Site {
    super::site().install(App::new("house").routes(routes![me]))
}

const WRONG: &str = "The username or the password is wrong.";

#[quintet::test(site)]
async fn a_person_logs_in_by_the_page(site: TestSite) -> Result {
    ann(&site).await?;
    let page = site
        .get("/login/")
        .await
        .ok()
        .template("auth/login.html")
        .contains(">Username <span class=\"req\" aria-hidden=\"true\">*</span></label>");
    let page = page.header("cache-control", "no-store").lacks(WRONG).lacks("style=");
    page.contains("autocomplete=\"current-password\"").contains("name=\"csrf_token\"");
    // A wrong password and a name that nobody has are answered alike, and what was typed as a name stays.
    for name in ["ann", "nobody"] {
        let answer =
            site.post("/login/", &[("username", name), ("password", "wr0ng w0rd")]).await.status(422);
        answer.contains(WRONG).contains(&format!("value=\"{name}\"")).lacks("wr0ng w0rd");
    }
    site.post("/login/", &[("username", ""), ("password", "x")]).await.status(422).lacks(WRONG);
    assert_eq!(who(&site).await, "401");
    let right = [("username", "ann"), ("password", "ann's word")];
    site.post("/login/", &right).await.redirects("/").header("cache-control", "no-store");
    assert_eq!(who(&site).await, "ann");
    Ok(())
}

#[quintet::test(site)]
async fn who_was_sent_to_log_in_goes_back_and_nowhere_else(site: TestSite) -> Result {
    ann(&site).await?;
    let right = [("username", "ann"), ("password", "ann's word")];
    let sent = site.browser().get("/me/?page=2").await.status(303).header_text("location").unwrap();
    let browser = site.browser();
    browser.get(sent.clone()).await.ok();
    browser.post(sent, &right).await.redirects("/me/?page=2");
    for evil in [
        "//evil.example/",
        "https://evil.example/",
        "/%5Cevil.example",
        "javascript:alert(1)",
        "%09//evil.example",
    ] {
        site.browser().post(format!("/login/?next={evil}"), &right).await.redirects("/");
    }
    Ok(())
}

#[quintet::test(site, settings = { "auth.after_login" = "/me/", "auth.after_logout" = "/logout/", "auth.login_by" = "either" })]
async fn the_settings_say_where_to_go_and_what_a_name_is(site: TestSite) -> Result {
    ann(&site).await?;
    site.get("/login/").await.ok().contains(">Username or e-mail address <span class=\"req\"");
    let wrong = [("username", "ann"), ("password", "wrong")];
    site.post("/login/", &wrong).await.status(422).contains("The name or the password is wrong.");
    site.post("/login/", &[("username", "ann@example.com"), ("password", "ann's word")])
        .await
        .redirects("/me/");
    site.post("/logout/", &[]).await.redirects("/logout/");
    site.get("/logout/").await.ok().contains("Nobody is logged in here.");
    Ok(())
}

#[quintet::test(site)]
async fn logging_out_needs_a_button(site: TestSite) -> Result {
    let browser = site.login("ann").await;
    let page = browser.get("/logout/").await.ok().template("auth/logout.html");
    page.contains("You are logged in as ann.").contains("method=\"post\"").contains("name=\"csrf_token\"");
    assert_eq!(who(&browser).await, "ann");
    browser.clone().enforce_csrf().post("/logout/", &[]).await.status(403);
    assert_eq!(who(&browser).await, "ann");
    browser.post("/logout/?next=/me/", &[]).await.redirects("/me/");
    assert_eq!(who(&browser).await, "401");
    browser.post("/logout/?next=//evil.example/", &[]).await.redirects("/");
    Ok(())
}

#[quintet::test(site)]
async fn another_password_asks_for_the_old_one_and_ends_other_sessions(site: TestSite) -> Result {
    ann(&site).await?;
    assert_eq!(
        site.get("/password/").await.status(303).header_text("location").unwrap(),
        "/login/?next=/password/"
    );
    let (here, there) = (site.login("ann").await, site.login("ann").await);
    here.get("/password/")
        .await
        .ok()
        .contains("at least 8 characters")
        .contains("autocomplete=\"new-password\"");
    let good = "battery staple horse";
    for (old, new, again, message) in [
        ("wrong", good, good, "is not your password"),
        ("ann's word", good, "battery", "is not the same password"),
        ("ann's word", "short", "short", "too short"),
        ("ann's word", "ann@example.com", "ann@example.com", "too similar to the email address"),
    ] {
        let sent = [("old_password", old), ("new_password", new), ("again", again)];
        here.post("/password/", &sent).await.status(422).contains(message).lacks(good);
    }
    assert_eq!((who(&here).await, who(&there).await), ("ann".to_owned(), "ann".to_owned()));
    let sent = [("old_password", "ann's word"), ("new_password", good), ("again", good)];
    here.post("/password/", &sent).await.redirects("/password/");
    here.get("/password/").await.ok().contains("Your password is changed.");
    assert_eq!((who(&here).await, who(&there).await), ("ann".to_owned(), "401".to_owned()));
    let accounts = Accounts::of(site.services())?;
    assert!(accounts.authenticate("ann", good).await?.is_some());
    assert!(accounts.authenticate("ann", "ann's word").await?.is_none());
    Ok(())
}

#[quintet::test(site)]
async fn a_program_gets_problem_documents(site: TestSite) -> Result {
    ann(&site).await?;
    let answer =
        site.json("POST", "/login/", &serde_json::json!({ "username": "ann", "password": "x" })).await;
    let answer = answer.status(422).header("content-type", "application/problem+json");
    assert!(answer.text().contains(WRONG), "{}", answer.text());
    Ok(())
}

#[quintet::test(site)]
async fn the_style_sheet_is_served(site: TestSite) -> Result {
    let page = site.get("/login/").await.ok().text();
    let at = page.find("/static/auth/auth").unwrap();
    let address = page[at..].split('"').next().unwrap().to_owned();
    site.get(address).await.ok().contains("color-scheme: light dark");
    Ok(())
}

static FILES: &[EmbeddedFile] = &[
    EmbeddedFile {
        path: "templates/auth/base.html",
        bytes: b"<title>{% block title %}{% endblock %} - Cinema</title>{% block main %}{% endblock %}",
    },
    EmbeddedFile {
        path: "templates/auth/logout.html",
        bytes: b"{% extends 'auth/base.html' %}{% block main %}Bye?{% endblock %}",
    },
];

fn own_looks() -> Site {
    super::site().install(App::new("house").folder(Folder::embedded("/", FILES)))
}

#[quintet::test(own_looks)]
async fn a_site_has_looks_of_its_own(site: TestSite) -> Result {
    let page = site.get("/login/").await.ok().contains("<title>Log in - Cinema</title>");
    page.contains("name=\"password\"").lacks("auth.css");
    site.get("/logout/").await.ok().contains("Bye?");
    Ok(())
}

fn elsewhere() -> Site {
    Site::new().install(auth::app().at("/accounts")).install(App::new("house").routes(routes![me]))
}

#[quintet::test(elsewhere, settings = { "auth.login_url" = "/accounts/login/" })]
async fn the_pages_may_stand_elsewhere(site: TestSite) -> Result {
    ann(&site).await?;
    let sent = site.get("/me/").await.status(303).header_text("location").unwrap();
    assert_eq!(sent, "/accounts/login/?next=/me/");
    site.post(sent, &[("username", "ann"), ("password", "ann's word")]).await.redirects("/me/");
    let good = "battery staple horse";
    let sent = [("old_password", "ann's word"), ("new_password", good), ("again", good)];
    site.post("/accounts/password/", &sent).await.redirects("/accounts/password/");
    Ok(())
}
