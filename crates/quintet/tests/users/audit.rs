//! What happens to accounts is told, each thing once, and stored where a site wants that; what programs are told that may not.

use std::time::Duration;

use quintet::{
    auth::{
        Access, Accounts, NewToken, Tokens,
        audit::{self, AuditRow},
        guard::staff,
        totp,
    },
    core::{
        Service as _,
        audit::{SecurityEvent, What},
    },
    prelude::*,
    web::{background::Background, session::Sessions},
};

use super::{Film, new};

#[get("/api/staff/", guard = staff())]
async fn staff_only() -> Json<&'static str> {
    Json("in")
}

#[get("/api/me/")]
async fn me(user: User) -> Json<String> {
    Json(user.username)
}

#[post("/api/me/")]
async fn change_me(user: User) -> Json<String> {
    Json(user.username)
}

#[get("/api/films/{token}/")]
async fn film(Path(_token): Path<String>, access: Access, db: Db) -> Result<Json<i64>> {
    let film = create!(Film { title: "Alien" }).insert(&db).await?;
    access.must("change", &film).await?;
    Ok(Json(film.id))
}

fn site() -> Site {
    let app = App::new("house").routes(routes![staff_only, me, change_me, film]);
    super::site().install(sessions::app()).install(audit::app()).install(app)
}

/// What was stored since the last time: what, of whom, with which details.
async fn stored(site: &TestSite, since: &mut i64) -> Result<Vec<String>> {
    site.services().get::<Background>().unwrap().idle().await;
    let rows = AuditRow.filter(AuditRow.id.gt(*since)).order_by(AuditRow.id).all(&site.db).await?;
    *since = rows.last().map_or(*since, |row| row.id);
    let told = |row: &AuditRow| {
        let details = row.details.as_object().unwrap();
        let mut details: Vec<String> = details
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "name" | "token" | "guard"))
            .map(|(name, value)| format!(" {name}={}", value.as_str().unwrap()))
            .collect();
        details.sort();
        format!("{} {}{}", row.what, row.user.as_deref().unwrap_or("-"), details.concat())
    };
    Ok(rows.iter().map(told).collect())
}

const WORD: &str = "ann's word";

#[quintet::test(site)]
async fn what_happens_is_stored(site: TestSite) -> Result {
    let mut since = 0;
    let ann = new(&Accounts::of(site.services())?, "ann").await?;
    assert_eq!(stored(&site, &mut since).await?, ["account_created 1"]);
    let browser = site.browser();
    browser.post("/login/", &[("username", "ann"), ("password", "hunter2")]).await.status(422);
    browser.post("/login/", &[("username", "ann"), ("password", WORD)]).await.status(303);
    assert_eq!(stored(&site, &mut since).await?, ["login_failed -", "logged_in 1"]);
    // Sessions: one of them, all others, all.
    let (other, third) = (site.login("ann").await, site.login("ann").await);
    stored(&site, &mut since).await?;
    let list = Sessions::of(site.services())?.of_user(ann.id).await?;
    assert_eq!(list.len(), 3);
    let page = browser.get("/sessions/").await.ok().text();
    let id = |own: bool, page: &str| {
        let one = page.split("<li>").skip(1).find(|one| one.contains("(this one)") == own).unwrap();
        one.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let (own, theirs) = (id(true, &page), id(false, &page));
    browser.post("/sessions/end/", &[("id", &theirs)]).await.redirects("/sessions/");
    browser.post("/sessions/end/", &[]).await.redirects("/sessions/");
    let told = stored(&site, &mut since).await?;
    assert_eq!(told, ["sessions_ended 1 which=one", "sessions_ended 1 which=others"]);
    drop((other, third));
    browser.post("/sessions/end/", &[("id", &own)]).await.redirects("/");
    assert_eq!(stored(&site, &mut since).await?, ["logged_out 1"]);
    site.login("ann").await;
    Sessions::of(site.services())?.end_all(ann.id).await?;
    assert_eq!(stored(&site, &mut since).await?.last().unwrap(), "sessions_ended 1 which=all");
    // The second factor.
    let browser = site.login("ann").await;
    stored(&site, &mut since).await?;
    let page = browser.get("/totp/").await.ok().text();
    let secret = page.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    let code = totp::shown_at(&secret, site.clock().now());
    let shown = browser.post("/totp/", &[("code", &code)]).await.ok().text();
    let recovery = shown.split("<li>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    browser.post("/totp/codes/", &[]).await.ok();
    assert_eq!(stored(&site, &mut since).await?, ["second_factor_added 1", "recovery_codes_made 1"]);
    let door = site.browser();
    door.post("/login/", &[("username", "ann"), ("password", WORD)]).await.status(303);
    // A code of before is good no more.
    door.post("/login/code/", &[("code", &recovery)]).await.status(422);
    assert_eq!(stored(&site, &mut since).await?, ["login_failed 1"]);
    browser.post("/totp/off/", &[]).await.status(303);
    assert_eq!(stored(&site, &mut since).await?, ["second_factor_removed 1"]);
    let page = browser.get("/totp/").await.ok().text();
    let secret = page.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    let code = totp::shown_at(&secret, site.clock().now());
    let shown = browser.post("/totp/", &[("code", &code)]).await.ok().text();
    let recovery = shown.split("<li>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let door = site.browser();
    door.post("/login/", &[("username", "ann"), ("password", WORD)]).await.status(303);
    door.post("/login/code/", &[("code", &recovery)]).await.status(303);
    let told = stored(&site, &mut since).await?;
    assert_eq!(told, ["second_factor_added 1", "recovery_code_used 1", "logged_in 1"]);
    site.run("resettotp ann").await?;
    assert_eq!(stored(&site, &mut since).await?, ["second_factor_removed 1"]);
    Ok(())
}

fn with(site: &TestSite, token: &str) -> TestClient {
    let browser = site.browser().with_header("accept", "application/json");
    browser.with_header("authorization", &format!("Bearer {token}"))
}

#[quintet::test(site)]
async fn tokens_are_told_of_and_programs_learn_why_they_may_not(site: TestSite) -> Result {
    let ann = new(&Accounts::of(site.services())?, "ann").await?;
    let mut since = 0;
    stored(&site, &mut since).await?;
    let tokens = Tokens::of(site.services())?;
    let new = NewToken::named("backups").read_only().lasts(Duration::from_secs(3600));
    let token = tokens.make(ann.id, new).await?;
    assert_eq!(stored(&site, &mut since).await?, ["token_made 1"]);
    let program = with(&site, &token);
    let asked = program.get("/api/me/").await.ok();
    assert_eq!(asked.header_text("www-authenticate"), None);
    program.get("/api/me/").await.ok();
    assert_eq!(stored(&site, &mut since).await?, ["token_used 1"]);
    // What it may not, and why.
    let scope =
        "Bearer realm=\"api\", error=\"insufficient_scope\", error_description=\"The token is not for this\"";
    program.json("POST", "/api/me/", &()).await.status(403).header("www-authenticate", scope);
    program.get("/api/staff/").await.status(403).header("www-authenticate", scope);
    let told = stored(&site, &mut since).await?;
    assert_eq!(told, ["permission_denied 1 why=read_only", "permission_denied 1"]);
    program.get("/api/films/hunter2/").await.status(403);
    assert_eq!(stored(&site, &mut since).await?, ["permission_denied 1 row=cinema.Film what=change"]);
    let row = AuditRow.order_by(AuditRow.id.desc()).first(&site.db).await?.unwrap();
    assert_eq!(row.address.as_deref(), Some("GET /api/films/***/"));
    assert!(row.refused && row.request.is_some());
    // Who shows none, one that is over, one that was taken away, one that never was.
    let invalid = "Bearer realm=\"api\", error=\"invalid_token\", error_description=\"The token is not good, or not any more\"";
    let nobody = site.browser().with_header("accept", "application/json");
    let answer = nobody.get("/api/me/").await.status(401).header("www-authenticate", "Bearer realm=\"api\"");
    assert_eq!(answer.header_text("content-type").unwrap(), "application/problem+json");
    site.browser().get("/api/me/").await.status(401);
    let page = site.browser().with_header("accept", "text/html").get("/sessions/").await;
    assert_eq!((page.code(), page.header_text("www-authenticate")), (303, None));
    site.advance(Duration::from_secs(3601)).await;
    program.get("/api/me/").await.status(401).header("www-authenticate", invalid);
    assert_eq!(stored(&site, &mut since).await?, ["token_refused 1 why=expired"]);
    let id = tokens.of_user(ann.id).await?[0].id;
    assert!(tokens.revoke(ann.id, id).await? && !tokens.revoke(ann.id, id).await?);
    program.get("/api/me/").await.status(401).header("www-authenticate", invalid);
    with(&site, "eyJhbGciOi").get("/api/me/").await.status(401).header("www-authenticate", invalid);
    assert_eq!(stored(&site, &mut since).await?, ["token_revoked 1", "token_refused - why=unknown"]);
    Ok(())
}

#[quintet::test(site, settings = { "auth.backends" = "model" })]
async fn a_site_without_tokens_asks_for_none(site: TestSite) {
    let nobody = site.browser().with_header("accept", "application/json");
    assert_eq!(nobody.get("/api/me/").await.status(401).header_text("www-authenticate"), None);
}

#[quintet::test(site, settings = { "audit.keep" = "30d" })]
async fn what_is_too_old_is_cleared(site: TestSite) -> Result {
    let mut since = 0;
    new(&Accounts::of(site.services())?, "ann").await?;
    stored(&site, &mut since).await?;
    site.advance(Duration::from_secs(29 * 86_400)).await;
    new(&Accounts::of(site.services())?, "bob").await?;
    stored(&site, &mut since).await?;
    assert!(site.run("clearaudit").await?.contains("0 entries"));
    site.advance(Duration::from_secs(2 * 86_400)).await;
    assert!(site.run("clearaudit").await?.contains("1 entries"));
    assert!(site.run("clearaudit --days 60").await?.contains("0 entries"));
    assert_eq!(AuditRow.query().count(&site.db).await?, 1);
    assert!(site.run("clearaudit --days 1").await?.contains("1 entries"));
    Ok(())
}

/// The table is away: nobody waits for it, and what happened meanwhile is written when it is back, in its order.
#[quintet::test(site, on = "sqlite")]
async fn entries_wait_for_a_database_that_does_not_work(site: TestSite) -> Result {
    let mut since = 0;
    stored(&site, &mut since).await?;
    let db: &dyn quintet::orm::Executor = &site.db;
    db.batch("ALTER TABLE audit_log RENAME TO audit_away".to_owned()).await?;
    for n in 0..500 {
        SecurityEvent::new(What::LoginFailed).user(n).with("nul", "a\0b").tell(site.services()).await;
    }
    db.batch("ALTER TABLE audit_away RENAME TO audit_log".to_owned()).await?;
    let told = stored(&site, &mut since).await?;
    let wanted: Vec<String> = (0..500).map(|n| format!("login_failed {n} nul=ab")).collect();
    assert_eq!(told, wanted);
    Ok(())
}
