//! The second factor, end to end and attacked; who has to show a password once more; where somebody is logged in.

use std::time::Duration;

use quintet::{
    auth::{
        Account, Accounts, Begun, Fresh, begin_login,
        guard::{fresh, login, staff, superuser},
        totp,
    },
    core::Service as _,
    prelude::*,
};

use super::{ann, who};

#[get("/me/")]
async fn me(user: User) -> String {
    user.username
}

#[get("/staff/", guard = staff())]
async fn staff_only() -> &'static str {
    "staff"
}

#[post("/guarded/", guard = login() & (superuser() | fresh(Duration::from_secs(60))))]
async fn guarded() -> &'static str {
    "done"
}

#[form("/danger/")]
async fn danger(Fresh(user): Fresh, mut form: Form<Word>) -> Result<String> {
    Ok(format!("{} {}", user.username, form.valid().map_or_else(|| "asked".to_owned(), |word| word.word)))
}

#[data]
struct Word {
    word: String,
}

#[post("/api/login/")]
async fn api_login(accounts: Accounts, session: Session, Json(word): Json<Word>) -> Result<Json<String>> {
    let user = accounts.authenticate("ann", &word.word).await?.or_404()?;
    auth::login(&session, &user).await?;
    Ok(Json("in".to_owned()))
}

#[post("/api/begin/")]
async fn api_begin(accounts: Accounts, session: Session, Json(word): Json<Word>) -> Result<Json<bool>> {
    let user = accounts.authenticate("ann", &word.word).await?.or_404()?;
    Ok(Json(begin_login(&session, &user).await? == Begun::NeedsCode))
}

fn site() -> Site {
    let routes = routes![me, staff_only, danger, guarded, api_login, api_begin];
    super::site().install(sessions::app()).install(App::new("house").routes(routes))
}

/// With sessions in cookies.
fn in_cookies() -> Site {
    super::site().install(App::new("house").routes(routes![me, staff_only, danger, api_login, api_begin]))
}

const RIGHT: [(&str, &str); 2] = [("username", "ann"), ("password", "ann's word")];

/// Sets up an app in this browser; its secret and the recovery codes.
async fn enroll(site: &TestSite, browser: &TestClient) -> (String, Vec<String>) {
    let page = browser.get("/totp/").await.ok().template("auth/totp.html").text();
    let secret = page.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    assert!(page.contains("<svg class=\"qr\"") && page.contains("role=\"img\""), "{page}");
    let shown = browser
        .post("/totp/", &[("code", &now(site, &secret))])
        .await
        .ok()
        .template("auth/recovery_codes.html");
    let text = shown.text();
    let codes = text.split("<li>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    (secret, codes)
}

/// What the app shows now.
fn now(site: &TestSite, secret: &str) -> String {
    totp::shown_at(secret, site.clock().now())
}

async fn minute(site: &TestSite) {
    site.advance(Duration::from_secs(60)).await;
}

#[quintet::test(site)]
async fn an_app_is_set_up_and_asked_for(site: TestSite) -> Result {
    ann(&site).await?;
    let browser = site.login("ann").await;
    let other = site.login("ann").await;
    browser.post("/totp/", &[("code", "000000")]).await.status(422).contains("not the code that the app");
    let (secret, codes) = enroll(&site, &browser).await;
    assert_eq!((secret.len(), codes.len(), codes[0].len()), (32, 10, 19));
    // Stored are neither the secret nor the codes.
    let row = auth::models::Totp.query().first(&site.db).await?.unwrap();
    assert!(!row.secret.contains(&secret) && row.secret.len() > 40);
    // This browser goes on; others have not shown a code.
    assert_eq!((who(&browser).await, who(&other).await), ("ann".into(), "401".into()));
    browser.get("/totp/").await.ok().contains("You have 10 recovery codes left").lacks("<svg class=\"qr\"");
    // From now on the password is half of it.
    minute(&site).await;
    let door = site.browser();
    door.post("/login/?next=/me/", &RIGHT).await.redirects("/login/code/?next=%2Fme%2F");
    assert_eq!(who(&door).await, "401");
    door.get("/login/code/").await.ok().contains("one-time-code");
    door.post("/login/code/", &[("code", "12345")]).await.status(422);
    assert_eq!(who(&door).await, "401");
    let code = now(&site, &secret);
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    door.post("/login/code/?next=/me/", &[("code", &spaced)]).await.redirects("/me/");
    assert_eq!(who(&door).await, "ann");
    // Nothing is left of the half.
    site.browser().get("/login/code/").await.redirects("/login/");
    door.get("/login/code/").await.redirects("/login/");
    Ok(())
}

#[quintet::test(site)]
async fn a_code_is_good_once(site: TestSite) -> Result {
    ann(&site).await?;
    let (secret, codes) = enroll(&site, &site.login("ann").await).await;
    let half = async || {
        let browser = site.browser();
        browser.post("/login/", &RIGHT).await.redirects("/login/code/");
        browser
    };
    let code_in = async |code: &str| half().await.post("/login/code/", &[("code", code)]).await.code();
    // The one that it was set up with is used.
    assert_eq!(code_in(&now(&site, &secret)).await, 422);
    minute(&site).await;
    let code = now(&site, &secret);
    assert_eq!((code_in(&code).await, code_in(&code).await), (303, 422));
    // One of the step before is older than the last one taken.
    let before =
        totp::shown_at(&secret, site.clock().now().checked_sub(jiff::SignedDuration::from_secs(30))?);
    assert_eq!(code_in(&before).await, 422);
    minute(&site).await;
    // Two at the same time: one.
    let code = now(&site, &secret);
    let (one, two) = (half().await, half().await);
    let typed = [("code", code.as_str())];
    let (one, two) = tokio::join!(one.post("/login/code/", &typed), two.post("/login/code/", &typed));
    let mut both = [one.code(), two.code()];
    both.sort_unstable();
    assert_eq!(both, [303, 422]);
    // On paper, too; however it is typed.
    minute(&site).await;
    assert_eq!((code_in(&codes[0]).await, code_in(&codes[0]).await), (303, 422));
    assert_eq!(code_in(&codes[1].to_uppercase().replace('-', " ")).await, 303);
    // Of the ten on paper two are gone.
    minute(&site).await;
    site.login("ann").await.get("/totp/").await.ok().contains("You have 8 recovery codes left");
    Ok(())
}

#[quintet::test(site)]
async fn codes_are_not_guessed(site: TestSite) -> Result {
    ann(&site).await?;
    let (secret, codes) = enroll(&site, &site.login("ann").await).await;
    minute(&site).await;
    let thief = site.browser();
    thief.post("/login/", &RIGHT).await.redirects("/login/code/");
    for _ in 0..5 {
        thief.post("/login/code/", &[("code", "000000")]).await.status(422);
    }
    let code = now(&site, &secret);
    let told = thief.post("/login/code/", &[("code", &code)]).await.status(429).header("retry-after", "60");
    told.contains("Too many wrong codes.");
    // From another browser and for recovery codes as well: it is the user who is counted.
    let other = site.browser();
    other.post("/login/", &RIGHT).await.redirects("/login/code/");
    other.post("/login/code/", &[("code", &codes[0])]).await.status(429);
    minute(&site).await;
    other.post("/login/code/", &[("code", &codes[0])]).await.redirects("/");
    Ok(())
}

#[quintet::test(site)]
async fn half_a_login_is_nobody_and_does_not_last(site: TestSite) -> Result {
    let user = ann(&site).await?;
    let (secret, _) = enroll(&site, &site.login("ann").await).await;
    minute(&site).await;
    // Whoever planted a session knows nothing of the half, nor of the whole.
    let planted = site.browser();
    planted.session().set("x", &1).await;
    let token = planted.cookie("session").unwrap();
    planted.post("/login/", &RIGHT).await.redirects("/login/code/");
    let half = planted.cookie("session").unwrap();
    assert_ne!(token, half);
    site.browser().with_cookie("session", &token).get("/login/code/").await.redirects("/login/");
    // A stolen half opens no page, sets up no app and makes no token.
    let thief = site.browser().with_cookie("session", &half);
    assert_eq!(who(&thief).await, "401");
    for page in ["/totp/", "/tokens/", "/sessions/", "/password/", "/confirm/"] {
        let there = thief.get(page).await.status(303).header_text("location").unwrap();
        assert!(there.starts_with("/login/"), "{page} {there}");
    }
    planted.post("/login/code/", &[("code", &now(&site, &secret))]).await.redirects("/");
    assert_eq!(
        (who(&planted).await, who(&site.browser().with_cookie("session", &half)).await),
        ("ann".into(), "401".into())
    );
    // Ten minutes, and not after another password.
    let late = site.browser();
    late.post("/login/", &RIGHT).await.redirects("/login/code/");
    site.advance(Duration::from_secs(601)).await;
    late.post("/login/code/", &[("code", &now(&site, &secret))]).await.redirects("/login/");
    let changed = site.browser();
    changed.post("/login/", &RIGHT).await.redirects("/login/code/");
    Accounts::of(site.services())?.set_password(&user, "another word").await?;
    changed.post("/login/code/", &[("code", &now(&site, &secret))]).await.redirects("/login/");
    // A handler that logs in by the password alone does not get past it.
    Accounts::of(site.services())?.set_password(&user, "ann's word").await?;
    let word = serde_json::json!({ "word": "ann's word" });
    site.browser().json("POST", "/api/login/", &word).await.status(403);
    let api = site.browser();
    api.json("POST", "/api/begin/", &word).await.ok().contains("true");
    api.post("/login/code/", &[("code", &now(&site, &secret))]).await.redirects("/");
    assert_eq!(who(&api).await, "ann");
    Ok(())
}

#[quintet::test(site)]
async fn it_is_taken_away_by_a_password_or_on_the_server(site: TestSite) -> Result {
    ann(&site).await?;
    let browser = site.login("ann").await;
    let (_, codes) = enroll(&site, &browser).await;
    // Other recovery codes: those of before are nothing.
    let text = browser.post("/totp/codes/", &[]).await.ok().template("auth/recovery_codes.html").text();
    assert!(text.matches("<li>").count() == 10 && !text.contains(&codes[0]));
    let door = site.browser();
    door.post("/login/", &RIGHT).await.redirects("/login/code/");
    door.post("/login/code/", &[("code", &codes[0])]).await.status(422);
    // Whoever finds the browser later has to know the password.
    site.advance(Duration::from_secs(601)).await;
    let sent = browser.clone().with_header("referer", "http://testserver/totp/");
    sent.post("/totp/off/", &[]).await.redirects("/confirm/?next=/totp/&again=1");
    browser.get("/confirm/?next=/totp/&again=1").await.ok().contains("What you sent has not been done.");
    browser.post("/confirm/?next=/totp/", &[("password", "wrong")]).await.status(422);
    browser.post("/totp/off/", &[]).await.status(303);
    assert!(auth::models::Totp.query().exists(&site.db).await?);
    browser.post("/confirm/?next=/totp/", &[("password", "ann's word")]).await.redirects("/totp/");
    browser.post("/totp/off/", &[]).await.redirects("/totp/");
    site.browser().post("/login/", &RIGHT).await.redirects("/");
    assert!(!auth::models::RecoveryCode.query().exists(&site.db).await?);
    // On the server, who has lost everything.
    enroll(&site, &browser).await;
    assert!(site.run("resettotp ann").await?.contains("ann is not asked for codes any more."));
    assert!(site.run("resettotp ann").await?.contains("ann had no second factor."));
    assert!(site.run("resettotp nobody").await.is_err());
    site.browser().post("/login/", &RIGHT).await.redirects("/");
    Ok(())
}

#[quintet::test(site, settings = { "auth.require_totp" = "staff", "auth.totp_name" = "The House" })]
async fn staff_must_have_one(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    ann(&site).await?;
    accounts.create(Account { is_staff: true, ..Account::named("root") }, Some("root's word")).await?;
    site.browser().post("/login/", &RIGHT).await.redirects("/");
    let root = site.browser();
    let right = [("username", "root"), ("password", "root's word")];
    root.post("/login/?next=/staff/", &right).await.redirects("/totp/?next=%2Fstaff%2F");
    root.get("/staff/").await.status(303);
    assert_eq!(who(&root).await, "401");
    let (secret, codes) = enroll(&site, &root).await;
    assert_eq!(codes.len(), 10);
    root.get("/staff/").await.ok();
    // With the app set up, half a login does not set up another one.
    minute(&site).await;
    let again = site.browser();
    again.post("/login/", &right).await.redirects("/login/code/");
    again.get("/totp/").await.redirects("/login/");
    again.post("/login/code/", &[("code", &now(&site, &secret))]).await.redirects("/");
    again.get("/staff/").await.ok();
    // Who takes it away has to set up another one.
    again.post("/totp/off/", &[]).await.status(303);
    again.get("/staff/").await.status(303);
    Ok(())
}

#[quintet::test(site)]
async fn a_password_is_asked_for_again_where_it_matters(site: TestSite) -> Result {
    ann(&site).await?;
    let browser = site.login("ann").await;
    browser.get("/danger/?a=1").await.ok().contains("ann asked");
    site.advance(Duration::from_secs(599)).await;
    browser.post("/danger/", &[("word", "x")]).await.ok().contains("ann x");
    site.advance(Duration::from_secs(1)).await;
    let token = browser.cookie("session").unwrap();
    browser.get("/danger/?a=1").await.redirects("/confirm/?next=/danger/%3Fa%3D1");
    browser.post("/danger/", &[("word", "x")]).await.redirects("/confirm/?next=/danger/&again=1");
    browser.clone().with_header("accept", "application/json").get("/danger/").await.status(403);
    site.browser().get("/danger/").await.redirects("/login/?next=/danger/");
    browser
        .get("/confirm/")
        .await
        .ok()
        .template("auth/confirm.html")
        .lacks("What you sent")
        .contains("autocomplete=\"current-password\"");
    // Guessed at a browser that somebody has left, it is limited.
    for _ in 0..10 {
        browser.post("/confirm/", &[("password", "wrong")]).await.status(422);
    }
    browser.post("/confirm/", &[("password", "ann's word")]).await.status(429);
    minute(&site).await;
    browser.post("/confirm/?next=//evil.example/", &[("password", "ann's word")]).await.redirects("/");
    assert_ne!(browser.cookie("session").unwrap(), token);
    browser.get("/danger/").await.ok();
    assert_eq!(who(&site.browser().with_cookie("session", &token)).await, "401");
    Ok(())
}

#[quintet::test(site)]
async fn a_guard_asks_for_it_too(site: TestSite) -> Result {
    let browser = site.login("ann").await;
    browser.post("/guarded/", &[]).await.ok();
    minute(&site).await;
    browser.post("/guarded/", &[]).await.redirects("/confirm/?next=/guarded/&again=1");
    site.browser().post("/guarded/", &[]).await.redirects("/login/");
    User.filter(User.username.eq("ann")).update(User.is_superuser.set(true)).exec(&site.db).await?;
    browser.post("/guarded/", &[]).await.ok();
    Ok(())
}

#[quintet::test(site, settings = { "auth.fresh_for" = "1h" })]
async fn how_long_it_is_not_asked_for_is_a_setting(site: TestSite) -> Result {
    let browser = site.login("ann").await;
    site.advance(Duration::from_secs(3599)).await;
    browser.get("/danger/").await.ok();
    site.advance(Duration::from_secs(1)).await;
    browser.get("/danger/").await.status(303);
    Ok(())
}

#[quintet::test(site)]
async fn people_see_where_they_are_logged_in_and_end_it(site: TestSite) -> Result {
    ann(&site).await?;
    site.browser().get("/sessions/").await.redirects("/login/?next=/sessions/");
    let at = async |agent: &str, name: &'static str| {
        let browser = site.browser().with_header("user-agent", agent);
        browser.post("/login/", &[("username", name), ("password", "ann's word")]).await.status(303);
        browser
    };
    let here = at("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "ann").await;
    let there = at("curl/8", "ann").await;
    let third = at("<script>", "ann").await;
    let page = here
        .get("/sessions/")
        .await
        .ok()
        .template("auth/sessions.html")
        .contains("Firefox on Linux")
        .contains("(this one)")
        .contains("curl");
    page.contains("&lt;script&gt;").lacks("<script>");
    let ids: Vec<String> = {
        let text = here.get("/sessions/").await.ok().text();
        text.split("name=\"id\" value=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids.len(), 3);
    // Somebody else's are not to be ended, whatever is sent.
    let bob = site.login("bob").await;
    for id in &ids {
        bob.post("/sessions/end/", &[("id", id)]).await.redirects("/sessions/");
    }
    assert_eq!((who(&here).await, who(&there).await), ("ann".into(), "ann".into()));
    let own = there.get("/sessions/").await.ok().text();
    let own = own
        .split("<li>")
        .find(|row| row.contains("(this one)"))
        .unwrap()
        .split("value=\"")
        .last()
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    here.post("/sessions/end/", &[("id", &own)]).await.redirects("/sessions/");
    assert_eq!(
        (who(&here).await, who(&there).await, who(&third).await),
        ("ann".into(), "401".into(), "ann".into())
    );
    here.clone().enforce_csrf().post("/sessions/end/", &[]).await.status(403);
    here.post("/sessions/end/", &[]).await.redirects("/sessions/");
    assert_eq!((who(&here).await, who(&third).await), ("ann".into(), "401".into()));
    Ok(())
}

#[quintet::test(in_cookies)]
async fn sessions_in_cookies_end_all_at_once(site: TestSite) -> Result {
    let user = ann(&site).await?;
    let (here, there, bob) = (site.login("ann").await, site.login("ann").await, site.login("bob").await);
    here.get("/sessions/").await.ok().contains("keeps no list").contains("Log out everywhere else");
    let stolen = there.cookie("session").unwrap();
    for _ in 0..2 {
        here.post("/sessions/end/", &[]).await.redirects("/sessions/");
        assert_eq!(
            (who(&here).await, who(&there).await, who(&bob).await),
            ("ann".into(), "401".into(), "bob".into())
        );
    }
    assert_eq!(who(&site.browser().with_cookie("session", &stolen)).await, "401");
    let again = site.login("ann").await;
    assert_eq!(who(&again).await, "ann");
    // By the program, in a task of its own: neither a request nor the site's services are around it.
    let sessions = quintet::web::session::Sessions::of(site.services())?.clone();
    tokio::spawn(async move { sessions.end_all(user.id).await }).await.unwrap()?;
    assert_eq!((who(&again).await, who(&bob).await), ("401".into(), "bob".into()));
    Ok(())
}
