//! Logging in and out, users in handlers, guards.

use quintet::{
    auth::{
        Accounts, Group, Permission, Permissions,
        guard::{self, can},
        login, logout, safe_next, stay_logged_in,
    },
    core::{EmbeddedFile, Folder, Service as _},
    prelude::*,
};

use super::{Film, new};

#[data]
struct Door {
    name: String,
    password: String,
    next: Option<String>,
}

#[post("/enter/")]
async fn enter(accounts: Accounts, session: Session, Json(door): Json<Door>) -> Result<String> {
    let Some(user) = accounts.authenticate(&door.name, &door.password).await? else {
        return Err(Error::forbidden("Name or password are wrong."));
    };
    session.set("cart", &3)?;
    login(&session, &user).await?;
    Ok(door.next.as_deref().and_then(safe_next).unwrap_or("/").to_owned())
}

#[post("/leave/")]
async fn leave(session: Session) -> Result<()> {
    logout(&session)
}

#[get("/me/")]
async fn me(user: User) -> String {
    user.username
}

#[post("/me/")]
async fn change_me(user: User) -> String {
    user.username
}

#[get("/who/")]
async fn who(user: Option<User>, again: Option<User>, may: Permissions) -> String {
    assert_eq!(user.as_ref().map(|user| user.id), again.map(|user| user.id));
    let name = user.map_or("nobody".to_owned(), |user| user.username);
    format!("{name} {}", may.may("change", Film))
}

#[get("/api/me/")]
async fn api_me(user: User) -> Json<String> {
    Json(user.username)
}

#[post("/word/")]
async fn word(user: User, accounts: Accounts, session: Session) -> Result<()> {
    accounts.set_password(&user, "another").await?;
    stay_logged_in(&session).await
}

#[get("/stale/")]
async fn signed_in_otherwise(session: Session) -> Result<()> {
    session.sign_in(1).await
}

#[get("/")]
async fn inside() -> &'static str {
    "inside"
}

#[post("/")]
async fn inside_too() -> &'static str {
    "inside"
}

static FILES: &[EmbeddedFile] = &[EmbeddedFile {
    path: "templates/hello.html",
    bytes: b"{% if user %}{{ user.username }} {{ user.password|default('-') }}{% else %}nobody{% endif %}",
}];

/// The template says who is there, the handler does not.
#[get("/hello/")]
async fn hello() -> Page {
    Page::new("hello.html")
}

/// A router of axum's own.
fn mounted() -> axum::Router {
    axum::Router::new().route("/in/", axum::routing::get(async |user: User| user.username))
}

fn guarded(label: &'static str, guard: guard::Guard) -> App {
    App::new(label).at(format!("/in/{label}")).routes(routes![inside, inside_too]).layer(guard)
}

fn site() -> Site {
    super::site()
        .install(
            App::new("house").folder(Folder::embedded("/", FILES)).mount("/old", mounted()).routes(routes![
                hello,
                enter,
                leave,
                me,
                change_me,
                who,
                api_me,
                word,
                signed_in_otherwise
            ]),
        )
        .install(guarded("login", guard::login()))
        .install(guarded("staff", guard::staff()))
        .install(guarded("super", guard::superuser()))
        .install(guarded("change", can::change(Film)))
        .install(guarded("publish", can::named("cinema.publish")))
        .install(guarded("read", guard::read_only() | can::add(Film)))
        .install(guarded("both", guard::staff() & can::view(Film)))
        .install(guarded("not", !guard::login() | can::delete(Film)))
}

async fn try_in(browser: &TestClient, name: &str, password: &str) -> u16 {
    let door = serde_json::json!({ "name": name, "password": password, "next": "//evil.example/" });
    browser.json("POST", "/enter/", &door).await.code()
}

async fn text(browser: &TestClient, url: &'static str) -> String {
    browser.get(url).await.ok().text()
}

#[quintet::test(site)]
async fn a_name_and_a_password_begin_a_session(site: TestSite) -> Result {
    let ann = new(&Accounts::of(site.services())?, "ann").await?;
    assert!(ann.last_login.is_none());
    assert_eq!(try_in(&site, "ann", "wrong").await, 403);
    assert_eq!(text(&site, "/who/").await, "nobody false");
    assert_eq!(try_in(&site, "ann", "ann's word").await, 200);
    assert_eq!(
        (text(&site, "/who/").await, text(&site, "/me/").await),
        ("ann false".to_owned(), "ann".to_owned())
    );
    assert!(User.get(ann.id, &site.db).await?.last_login.is_some());
    // In this browser only, and until it ends.
    assert_eq!(text(&site.browser(), "/who/").await, "nobody false");
    site.post("/leave/", &[]).await.ok();
    assert_eq!(text(&site, "/who/").await, "nobody false");
    Ok(())
}

#[quintet::test(site)]
async fn who_has_to_log_in_is_sent_there_and_back(site: TestSite) -> Result {
    let response = site.get("/me/?page=2").await.status(303).header("cache-control", "private, no-store");
    assert_eq!(response.header_text("location").unwrap(), "/login/?next=/me/%3Fpage%3D2");
    // What was sent can't be sent again by an address.
    let response = site.post("/me/", &[]).await.status(303);
    assert_eq!(response.header_text("location").unwrap(), "/login/");
    site.browser().with_header("accept", "application/json").get("/me/").await.status(401);
    let problem = site.get("/api/me/").await.status(401);
    assert_eq!(problem.header_text("content-type").unwrap(), "application/problem+json");
    assert_eq!(site.login("ann").await.get("/api/me/").await.ok().text(), "\"ann\"");
    Ok(())
}

#[quintet::test(site, settings = { "auth.login_url" = "/accounts/enter/?from=site" })]
async fn the_login_page_is_where_the_settings_say(site: TestSite) -> Result {
    let response = site.get("/me/").await.status(303);
    let there = response.header_text("location").unwrap();
    assert_eq!(there, "/accounts/enter/?from=site&next=/me/");
    Ok(())
}

#[quintet::test(site)]
async fn the_user_is_loaded_once_in_a_request(site: TestSite) -> Result {
    let ann = site.login("ann").await;
    let change = Permission.filter(Permission.codename.eq("change_film")).one(&site.db).await?;
    let user = User.filter(User.username.eq("ann")).one(&site.db).await?;
    user.related(User.user_permissions).add([&change], &site.db).await?;
    // The user, and what they may do; and before, as the session is in a cookie, whether it has been ended.
    site.queries(3, async || assert_eq!(text(&ann, "/who/").await, "ann true")).await;
    site.queries(3, async || assert_eq!(text(&ann, "/in/change/").await, "inside")).await;
    site.queries(2, async || assert_eq!(text(&ann, "/in/login/").await, "inside")).await;
    site.queries(0, async || assert_eq!(text(&site.browser(), "/who/").await, "nobody false")).await;
    Ok(())
}

#[quintet::test(site)]
async fn another_password_ends_all_other_sessions(site: TestSite) -> Result {
    let accounts = Accounts::of(site.services())?;
    new(&accounts, "ann").await?;
    let (here, there) = (site.login("ann").await, site.login("ann").await);
    here.post("/word/", &[]).await.ok();
    assert_eq!(
        (text(&here, "/who/").await, text(&there, "/who/").await),
        ("ann false".to_owned(), "nobody false".to_owned())
    );
    assert_eq!(try_in(&there, "ann", "another").await, 200);
    assert_eq!(text(&there, "/who/").await, "ann false");
    Ok(())
}

#[quintet::test(site)]
async fn who_is_not_active_or_gone_is_nobody(site: TestSite) -> Result {
    let browser = site.login("ann").await;
    let ann = User.filter(User.username.eq("ann"));
    ann.clone().update(User.is_active.set(false)).exec(&site.db).await?;
    assert_eq!(text(&browser, "/who/").await, "nobody false");
    let user = ann.clone().one(&site.db).await?;
    let session = quintet::web::Session::of_cookies(site.services(), &Default::default(), false)?;
    let refused = site.services().clone().scope(login(&session, &user)).await.unwrap_err();
    assert_eq!(refused.status(), 403);
    ann.clone().update(User.is_active.set(true)).exec(&site.db).await?;
    assert_eq!(text(&browser, "/who/").await, "ann false");
    ann.delete(&site.db).await?;
    assert_eq!(text(&browser, "/who/").await, "nobody false");
    Ok(())
}

/// The login stores the password anew, and the session that it begins knows that.
#[quintet::test(site)]
async fn an_old_password_begins_a_session_as_well(site: TestSite) -> Result {
    let ann = new(&Accounts::of(site.services())?, "ann").await?;
    let old = "pbkdf2_sha256$1000$PMRNBBBIsnAt3TM55rIxmy$BgjRgwMscPbcd7lJSbdahX6QElIoniHgdb6SfcSBxQE=";
    User.filter(User.id.eq(ann.id)).update(User.password.set(old)).exec(&site.db).await?;
    assert_eq!(try_in(&site, "ann", "correct horse").await, 200);
    assert!(User.get(ann.id, &site.db).await?.password.starts_with("argon2$"));
    assert_eq!(text(&site, "/who/").await, "ann false");
    Ok(())
}

#[quintet::test(site)]
async fn templates_know_who_is_there(site: TestSite) -> Result {
    assert_eq!(text(&site, "/hello/").await, "nobody");
    let ann = site.login("ann").await;
    site.queries(2, async || assert_eq!(text(&ann, "/hello/").await, "ann -")).await;
    Ok(())
}

#[quintet::test(site)]
async fn routers_of_axum_ask_for_users_as_well(site: TestSite) -> Result {
    let response = site.get("/old/in/").await.status(303);
    assert_eq!(response.header_text("location").unwrap(), "/login/?next=/old/in/");
    assert_eq!(text(&site.login("ann").await, "/old/in/").await, "ann");
    Ok(())
}

/// `sign_in` alone says whose session it is, and not that somebody has shown a password.
#[quintet::test(site)]
async fn a_session_without_a_login_is_nobodys(site: TestSite) -> Result {
    let ann = new(&Accounts::of(site.services())?, "ann").await?;
    assert_eq!(ann.id, 1);
    site.get("/stale/").await.ok();
    assert_eq!(text(&site, "/who/").await, "nobody false");
    Ok(())
}

#[quintet::test(site)]
async fn guards_stand_before_apps(site: TestSite) -> Result {
    for name in ["ann", "stan", "sue", "ed"] {
        drop(site.login(name).await);
    }
    let of = |name: &str| User.filter(User.username.eq(name));
    of("stan").update(User.is_staff.set(true)).exec(&site.db).await?;
    of("sue").update(User.is_superuser.set(true)).exec(&site.db).await?;
    let editors = create!(Group { name: "editors" }).insert(&site.db).await?;
    let may =
        Permission.filter(Permission.codename.is_in(["change_film", "publish", "view_film", "add_film"]));
    editors.related(Group.permissions).add(&may.all(&site.db).await?, &site.db).await?;
    of("ed").one(&site.db).await?.related(User.groups).add([&editors], &site.db).await?;
    let all = ["login", "staff", "super", "change", "publish", "read", "both", "not"];
    for (name, open) in [
        ("", "303 303 303 303 303 200 303 200"),
        ("ann", "200 403 403 403 403 200 403 403"),
        ("stan", "200 200 403 403 403 200 403 403"),
        ("sue", "200 403 200 200 200 200 403 200"),
        ("ed", "200 403 403 200 200 200 403 403"),
    ] {
        let browser = if name.is_empty() { site.browser() } else { site.login(name).await };
        let mut codes = Vec::new();
        for app in all {
            codes.push(browser.get(Url::from(format!("/in/{app}/"))).await.code().to_string());
        }
        assert_eq!(codes.join(" "), open, "{name}");
    }
    // Reading is for all, writing is not.
    assert_eq!(site.browser().post("/in/read/", &[]).await.code(), 303);
    assert_eq!(site.login("ann").await.post("/in/read/", &[]).await.code(), 403);
    assert_eq!(site.login("ed").await.post("/in/read/", &[]).await.code(), 200);
    of("stan").one(&site.db).await?.related(User.groups).add([&editors], &site.db).await?;
    assert_eq!(site.login("stan").await.get("/in/both/").await.code(), 200);
    assert_eq!(
        format!("{:?}", guard::staff() & !can::named("a.b") | can::change(Film)),
        "((staff() & !can::named(\"a.b\")) | can::change(Film))"
    );
    Ok(())
}
