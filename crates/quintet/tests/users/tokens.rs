//! Tokens of programs.

use std::time::Duration;

use quintet::{
    auth::{
        Account, Accounts, Fresh, NewToken, Permission, Permissions, Tokens,
        guard::{can, staff, superuser},
    },
    core::Service as _,
    prelude::*,
};

use super::{Film, new};

#[get("/api/me/")]
async fn me(user: Option<User>, may: Permissions) -> Json<(String, bool, bool)> {
    Json(match user {
        Some(user) => (user.username.clone(), user.is_superuser, may.may("change", Film)),
        None => (String::new(), false, false),
    })
}

#[post("/api/films/", guard = can::change(Film))]
async fn films(user: User) -> Json<String> {
    Json(user.username)
}

#[get("/api/boss/", guard = staff() | superuser())]
async fn boss() -> Json<&'static str> {
    Json("boss")
}

#[get("/danger/")]
async fn danger(Fresh(user): Fresh) -> String {
    user.username
}

fn site() -> Site {
    super::site().install(App::new("house").routes(routes![me, films, boss, danger]))
}

fn with(site: &TestSite, token: &str) -> TestClient {
    site.browser()
        .with_header("authorization", &format!("Bearer {token}"))
        .with_header("accept", "application/json")
}

async fn who(browser: &TestClient) -> String {
    let answer = browser.get("/api/me/").await;
    if answer.code() == 200 { answer.text() } else { answer.code().to_string() }
}

#[quintet::test(site)]
async fn a_program_acts_for_a_user(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    let ann = new(&accounts, "ann").await?;
    let change = Permission.filter(Permission.codename.eq("change_film")).one(&site.db).await?;
    ann.related(User.user_permissions).add([&change], &site.db).await?;
    let tokens = Tokens::of(site.services())?;
    let token = tokens.make(ann.id, NewToken::named("robot")).await?;
    assert!(token.starts_with("qt_") && token.len() == 46);
    let row = &tokens.of_user(ann.id).await?[0];
    assert!(token.starts_with(&row.prefix) && !row.hash.contains(&token[3..]) && row.prefix.len() == 11);
    let robot = with(&site, &token);
    assert_eq!(who(&robot).await, r#"["ann",false,true]"#);
    robot.json("POST", "/api/films/", &()).await.ok().contains("ann");
    // What is no token of ours is nobody; what looks like one and is none, is told so.
    for wrong in ["qt_", &format!("{}x", &token[..45]), "qt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(who(&with(&site, wrong)).await, "401", "{wrong}");
    }
    assert_eq!(who(&with(&site, &row.hash)).await, r#"["",false,false]"#);
    // A wrong token is not made up for by a session; and a right one is nobody else's session.
    let bob = site.login("bob").await;
    let both = bob.clone().with_header("authorization", "Bearer qt_wrong");
    assert_eq!(who(&both).await, "401");
    assert_eq!(
        who(&bob.clone().with_header("authorization", &format!("Bearer {token}"))).await,
        r#"["ann",false,true]"#
    );
    assert_eq!(who(&bob).await, r#"["bob",false,false]"#);
    // In the address it is nothing.
    let address = format!("/api/me/?access_token={token}&token={token}");
    assert_eq!(site.browser().get(address).await.ok().text(), r#"["",false,false]"#);
    // Taken away, and of who is not active.
    assert!(!tokens.revoke(ann.id + 1, row.id).await?);
    assert_eq!(who(&robot).await, r#"["ann",false,true]"#);
    User.filter(User.id.eq(ann.id)).update(User.is_active.set(false)).exec(&site.db).await?;
    assert_eq!(who(&robot).await, r#"["",false,false]"#);
    User.filter(User.id.eq(ann.id)).update(User.is_active.set(true)).exec(&site.db).await?;
    assert!(tokens.revoke(ann.id, row.id).await?);
    assert_eq!(who(&robot).await, "401");
    Ok(())
}

#[quintet::test(site)]
async fn a_token_may_end_only_read_and_have_less(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    let root = accounts
        .create(Account { is_superuser: true, is_staff: true, ..Account::named("root") }, None)
        .await?;
    let tokens = Tokens::of(site.services())?;
    let whole = with(&site, &tokens.make(root.id, NewToken::named("a")).await?);
    assert_eq!(who(&whole).await, r#"["root",true,true]"#);
    whole.get("/api/boss/").await.ok();
    let reads = with(&site, &tokens.make(root.id, NewToken::named("b").read_only()).await?);
    reads.get("/api/boss/").await.ok();
    reads.json("POST", "/api/films/", &()).await.status(403);
    // Less: no staff, no superuser, whoever it is of.
    let less = with(&site, &tokens.make(root.id, NewToken::named("c").only(["cinema.change_film"])).await?);
    assert_eq!(who(&less).await, r#"["root",false,true]"#);
    less.json("POST", "/api/films/", &()).await.ok();
    less.get("/api/boss/").await.status(403);
    let none = with(&site, &tokens.make(root.id, NewToken::named("d").only(["cinema.view_film"])).await?);
    none.json("POST", "/api/films/", &()).await.status(403);
    // What the user does not have, their token has not either.
    let ann = new(&accounts, "ann").await?;
    let more = with(&site, &tokens.make(ann.id, NewToken::named("e").only(["cinema.change_film"])).await?);
    more.json("POST", "/api/films/", &()).await.status(403);
    let brief = with(&site, &tokens.make(ann.id, NewToken::named("f").lasts(Duration::from_secs(60))).await?);
    site.advance(Duration::from_secs(59)).await;
    assert_eq!(who(&brief).await, r#"["ann",false,false]"#);
    site.advance(Duration::from_secs(1)).await;
    assert_eq!(who(&brief).await, "401");
    Ok(())
}

#[quintet::test(site)]
async fn a_token_is_no_person(site: TestSite) -> Result {
    let ann = new(&Accounts::of(site.services())?, "ann").await?;
    let tokens = Tokens::of(site.services())?;
    let token = tokens.make(ann.id, NewToken::named("robot")).await?;
    let robot = with(&site, &token);
    robot.get("/danger/").await.status(403);
    robot.get("/totp/").await.status(403);
    robot.get("/tokens/").await.status(403);
    let row = tokens.of_user(ann.id).await?[0].id;
    robot.post(format!("/tokens/{row}/revoke/"), &[]).await.status(403);
    // A form with cookies is a browser's: a token does not take the place of what keeps forms of other sites away.
    let mixed = site.browser().with_cookie("x", "1").with_header("authorization", &format!("Bearer {token}"));
    mixed.post("/api/films/", &[]).await.status(403);
    assert_eq!(tokens.of_user(ann.id).await?.len(), 1);
    Ok(())
}

#[quintet::test(site)]
async fn when_it_was_used_is_noted_now_and_then(site: TestSite) -> Result {
    let ann = new(&Accounts::of(site.services())?, "ann").await?;
    let tokens = Tokens::of(site.services())?;
    let robot = with(&site, &tokens.make(ann.id, NewToken::named("robot")).await?);
    let used = async || -> Result<_> { Ok(tokens.of_user(ann.id).await?[0].last_used) };
    assert_eq!(used().await?, None);
    who(&robot).await;
    let first = used().await?.unwrap();
    site.advance(Duration::from_secs(299)).await;
    // The token, the user, what they may.
    site.queries(3, async || drop(robot.get("/api/me/").await.ok())).await;
    assert_eq!(used().await?, Some(first));
    site.advance(Duration::from_secs(2)).await;
    who(&robot).await;
    assert_ne!(used().await?, Some(first));
    Ok(())
}

#[quintet::test(site)]
async fn people_make_them_on_a_page_and_on_the_command_line(site: TestSite) -> Result {
    let ann = new(&Accounts::of(site.services())?, "ann").await?;
    site.browser().get("/tokens/").await.redirects("/login/?next=/tokens/");
    let browser = site.login("ann").await;
    browser.get("/tokens/").await.ok().template("auth/tokens.html").lacks("qt_");
    browser.post("/tokens/", &[("name", "")]).await.status(422);
    let refused = browser
        .post("/tokens/", &[("name", "robot"), ("permissions", "cinema.change_film")])
        .await
        .status(422);
    refused.contains("have the permission cinema.change_film").lacks("class=\"secret\"");
    let made =
        browser.post("/tokens/", &[("name", "<robot>"), ("days", "7"), ("read_only", "on")]).await.ok();
    let text = made.contains("&lt;robot&gt;").contains("only reads").text();
    let token = text.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(who(&with(&site, &token)).await, r#"["ann",false,false]"#);
    // It is shown once.
    browser.get("/tokens/").await.ok().lacks(&token).contains(&token[..11]).contains("last used <time");
    let row = Tokens::of(site.services())?.of_user(ann.id).await?[0].id;
    site.login("bob").await.post(format!("/tokens/{row}/revoke/"), &[]).await.status(404);
    browser.clone().enforce_csrf().post(format!("/tokens/{row}/revoke/"), &[]).await.status(403);
    browser.post(format!("/tokens/{row}/revoke/"), &[]).await.redirects("/tokens/");
    assert_eq!(who(&with(&site, &token)).await, "401");
    // Whoever finds the browser later has to know the password.
    site.advance(Duration::from_secs(600)).await;
    browser.get("/tokens/").await.redirects("/confirm/?next=/tokens/");

    let told = site.run("createtoken ann --name backup --days 2 --read-only --only cinema.view_film").await?;
    let token = told.trim();
    assert_eq!(who(&with(&site, token)).await, r#"["ann",false,false]"#);
    let row = &Tokens::of(site.services())?.of_user(ann.id).await?[0];
    assert!(row.name == "backup" && row.read_only && row.scopes.is_some() && row.expires.is_some());
    assert!(site.run("createtoken nobody").await.is_err());
    Ok(())
}

#[quintet::test(site, settings = { "auth.backends" = "model" })]
async fn a_site_may_take_none(site: TestSite) -> Result {
    let ann = new(&Accounts::of(site.services())?, "ann").await?;
    let token = Tokens::of(site.services())?.make(ann.id, NewToken::named("robot")).await?;
    assert_eq!(who(&with(&site, &token)).await, r#"["",false,false]"#);
    Ok(())
}
