//! The test kit, as the tests of a site use it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use quintet::{
    axum::{
        body::Bytes,
        http::{HeaderMap, StatusCode, header},
        response::AppendHeaders,
    },
    prelude::*,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// `[shop]`.
#[derive(Clone, Debug, Settings)]
#[settings("shop")]
struct ShopSettings {
    /// Things on a page.
    #[setting(default = 20)]
    per_page: u32,
}

/// A thing to be sold.
#[model(app = "shop")]
#[derive(Debug, Clone)]
pub struct Thing {
    /// Its name.
    #[field(unique, max_length = 40)]
    pub name: String,
    /// The shelf that it lies on.
    pub shelf: Option<ForeignKey<Shelf>>,
}

/// Where things lie.
#[model(app = "shop")]
#[derive(Debug, Clone)]
pub struct Shelf {
    /// Its name.
    #[field(max_length = 40)]
    pub name: String,
}

#[data]
struct New {
    #[field(min_length = 2)]
    name: String,
}

#[get("/size/")]
async fn size(services: Services) -> Result<String> {
    Ok(services.require::<ShopSettings>()?.per_page.to_string())
}

#[get("/old/")]
async fn old() -> Page {
    redirect("/newer/")
}

#[get("/newer/")]
async fn newer() -> Response {
    (StatusCode::FOUND, [(header::LOCATION, "../newest/?a=1")]).into_response()
}

#[get("/newest/")]
async fn newest(headers: HeaderMap) -> String {
    format!("newest {:?}", headers.get("cookie"))
}

#[get("/round/")]
async fn round() -> Page {
    redirect("/round/")
}

#[get("/away/")]
async fn away() -> Page {
    redirect("https://example.com/")
}

#[post("/kept/")]
async fn kept() -> Response {
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/echo/")]).into_response()
}

#[post("/echo/")]
async fn echo(headers: HeaderMap, body: Bytes) -> String {
    format!("{:?} {}", headers.get("content-type"), String::from_utf8_lossy(&body))
}

#[get("/login/")]
async fn login() -> Response {
    let cookies = AppendHeaders([
        (header::SET_COOKIE, "session=abc; Path=/; HttpOnly; SameSite=Lax; Max-Age=60"),
        (header::SET_COOKIE, "guest=; Max-Age=0"),
    ]);
    (cookies, "in").into_response()
}

#[get("/page/")]
async fn page_of_html() -> axum::response::Html<&'static str> {
    axum::response::Html("<ul class='a b'>\n <li><a title=x href='/1/'>Tom &amp; J</a>\n <li>b</ul>")
}

#[get("/json/")]
async fn json() -> Json<Value> {
    Json(Value::Json(serde_json::json!({ "films": [{ "title": "Alien", "votes": 7, "tag": null }] })))
}

#[post("/things/")]
async fn new_thing(Json(new): Json<New>, db: Db) -> Result<Page> {
    create!(Thing { name: new.name }).insert(&db).await?;
    Ok(redirect("/newest/"))
}

#[get("/things/")]
async fn things(db: Db) -> Result<String> {
    Ok(Thing.query().count(&db).await?.to_string())
}

/// A query for each row.
#[get("/shelves/")]
async fn shelves(db: Db) -> Result<String> {
    let mut text = String::new();
    for shelf in Shelf.all(&db).await? {
        let lying = Thing.filter(Thing.shelf.eq(&shelf)).count(&db).await?;
        text.push_str(&format!("{}: {lying}\n", shelf.name));
    }
    Ok(text)
}

#[get("/broken/")]
async fn broken() -> Result<String> {
    Err(Error::internal("the shelf fell down"))
}

#[get("/slow/")]
async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_secs(50)).await;
    "done"
}

/// Asks who is there.
#[command]
async fn knock(console: &Console, twice: bool) {
    if console.confirm("Open?") {
        let name = console.ask("Who is there? ").unwrap_or_default();
        console.line(format!("welcome {name}"));
    } else {
        console.line("closed");
    }
    if twice {
        console.warn("again");
    }
}

/// Says a word.
#[command]
async fn say(word: String, console: &Console) {
    console.line(word);
}

fn site() -> Site {
    let routes = routes![
        size,
        old,
        newer,
        newest,
        round,
        away,
        kept,
        echo,
        login,
        page_of_html,
        json,
        new_thing,
        things,
        shelves,
        broken,
        slow
    ];
    let app = App::new("shop").models((Thing, Shelf)).settings::<ShopSettings>();
    Site::new().install(app.routes(routes).commands(commands![knock, say]))
}

/// The message of the panic that `work` ends with.
async fn failure<T>(work: impl Future<Output = T>) -> String {
    use std::{pin::pin, task::Poll};
    let mut work = pin!(work);
    let ended = std::future::poll_fn(|cx| {
        match std::panic::catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(_)) => Poll::Ready(None),
            Err(panic) => Poll::Ready(Some(panic)),
        }
    });
    let panic = ended.await.expect("it did not fail");
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => (*other.downcast_ref::<&str>().unwrap()).to_owned(),
    }
}

#[quintet::test(site, settings = { "shop.per_page" = 5 })]
async fn a_test_has_settings_of_its_own(site: TestSite) -> Result {
    site.get("/size/").await.ok().contains("5");
    site.with_settings(&[("shop.per_page", "7")], async |site| {
        assert_eq!(site.get("/size/").await.ok().text(), "7");
        create!(Thing { name: "made there" }).insert(&site.db).await
    })
    .await??;
    assert_eq!(site.get("/size/").await.ok().text(), "5");
    // It was the same database, which is still open.
    assert_eq!(site.get("/things/").await.ok().text(), "1");
    Ok(())
}

#[quintet::test(site)]
async fn settings_that_do_not_exist_or_fit_are_refused(site: TestSite) {
    assert_eq!(site.get("/size/").await.ok().text(), "20");
    for (key, value, expected) in [
        ("shop.per_pag", "5", "per_page"),
        ("shop.per_page", "many", "a whole number"),
        ("database.url", "sqlite://other.db", "keeps the test's database"),
    ] {
        let error = site.with_settings(&[(key, value)], async |_| ()).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[quintet::test(site)]
async fn a_live_site_is_the_same_site_and_ends_when_it_is_dropped(site: TestSite) -> Result {
    let live = site.live().await;
    let address = live.address();
    let ask = async |path: &str| -> std::io::Result<String> {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        Ok(text)
    };
    create!(Thing { name: "seen by both" }).insert(&site.db).await?;
    let answer = ask("/things/").await?;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\n1"), "{answer}");
    assert_eq!(live.url(things::url()), format!("http://{address}/things/"));
    live.stop().await;
    assert!(ask("/things/").await.is_err());

    let dropped = site.live().await;
    let address = dropped.address();
    drop(dropped);
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The site itself goes on.
    site.get("/things/").await.ok().contains("1");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn redirects_are_followed_with_cookies_and_methods(site: TestSite) {
    site.get("/login/").await.ok();
    let end = site.get("/old/").await.redirects("/newer/").follow().await.ok();
    let end = end.redirected(["/newer/", "/newest/?a=1"]).contains("session=abc");
    assert_eq!(end.chain(), [(303, "/newer/".to_owned()), (302, "/newest/?a=1".to_owned())]);
    let echoed = site.post("/kept/", &[("a", "b c")]).await.follow().await.ok().text();
    assert_eq!(echoed, "Some(\"application/x-www-form-urlencoded\") a=b%20c");
    site.json("POST", "/things/", &serde_json::json!({ "name": "new" }))
        .await
        .follow()
        .await
        .contains("newest");
    let nothing = failure(async { site.get("/newest/").await.follow().await.redirected(["/x/"]) }).await;
    assert!(nothing.contains("redirects through /x/, not none"), "{nothing}");

    let round = failure(async { site.get("/round/").await.follow().await }).await;
    assert!(round.contains("more than 20 redirects"), "{round}");
    let away = failure(async { site.get("/away/").await.follow().await }).await;
    assert!(away.contains("GET /away/") && away.contains("leads to another site"), "{away}");
}

#[quintet::test(site, on = "sqlite")]
async fn cookies_are_asserted_with_their_attributes(site: TestSite) {
    let response = site.get("/login/").await.sets_cookie("session", "abc").deletes_cookie("guest");
    let cookie = response.leaves_cookie("other").cookie("session");
    assert!(cookie.http_only && !cookie.secure && cookie.max_age == Some(60));
    assert_eq!(cookie.same_site.as_deref(), Some("Lax"));
    assert_eq!(site.cookie("session").as_deref(), Some("abc"));
    for wrong in [
        failure(async { site.get("/login/").await.sets_cookie("session", "x") }).await,
        failure(async { site.get("/login/").await.sets_cookie("guest", "") }).await,
        failure(async { site.get("/login/").await.deletes_cookie("session") }).await,
        failure(async { site.get("/login/").await.leaves_cookie("guest") }).await,
    ] {
        assert!(wrong.contains("GET /login/"), "{wrong}");
    }
}

#[quintet::test(site, on = "sqlite")]
async fn html_and_json_are_compared_by_what_they_mean(site: TestSite) {
    let page = site.get("/page/").await.ok();
    let page = page.contains_html("<a href=/1/ title='x'>Tom & J</a>").lacks_html("<a href=/1/>Tom & J</a>");
    page.contains_html_times(1, "<li>b</li>").contains_times(2, "<li>").contains_html("<li>b</li>");
    site.get("/json/")
        .await
        .json_at("/films/0/title", "Alien")
        .json_at("/films/0/votes", &7)
        .json_at("/films/0", &serde_json::json!({ "votes": 7, "tag": null, "title": "Alien" }))
        .json_has("/films/0/tag")
        .json_lacks("/films/1")
        .json_len("/films", 1);
    for (wrong, expected) in [
        (
            failure(async { site.get("/page/").await.contains_html("<b>b</b>") }).await,
            "contains the HTML <b>b</b>",
        ),
        (failure(async { site.get("/page/").await.lacks_html("<li>b") }).await, "without the HTML"),
        (failure(async { site.get("/json/").await.json_at("/films/0/votes", "7") }).await, "\"7\" at"),
        (failure(async { site.get("/json/").await.json_lacks("/films/0/tag") }).await, "not null"),
        (failure(async { site.get("/json/").await.json_len("/films", 2) }).await, "2 items"),
        (failure(async { site.get("/json/").await.json_has("films") }).await, "begins with a slash"),
    ] {
        assert!(wrong.contains(expected) && wrong.contains("tests/test_kit.rs:"), "{wrong}");
    }
}

#[quintet::test(site, on = "sqlite")]
async fn refused_fields_are_found(site: TestSite) {
    let refused = site.json("POST", "/things/", &serde_json::json!({ "name": "x" })).await.status(422);
    let refused = refused.field_error("name", "at least 2").no_field_error("other");
    let wrong = failure(async { refused.field_error("name", "unknown") }).await;
    assert!(wrong.contains("the field \"name\" to be refused with \"unknown\""), "{wrong}");
}

#[quintet::test(site, on = "sqlite")]
async fn files_are_sent_as_browsers_do(site: TestSite) {
    let poster = TestFile::new("poster", "alien.png", b"\x89PNG");
    let plain = TestFile::new("notes", "notes", "text").content_type("text/plain");
    let sent = site.upload("/echo/", &[("title", "Alien")], &[poster, plain]).await.ok().text();
    assert!(sent.starts_with("Some(\"multipart/form-data; boundary="), "{sent}");
    for part in [
        "name=\"title\"\r\n\r\nAlien\r\n",
        "name=\"poster\"; filename=\"alien.png\"\r\nContent-Type: image/png\r\n\r\n",
        "name=\"notes\"; filename=\"notes\"\r\nContent-Type: text/plain\r\n\r\ntext\r\n",
    ] {
        assert!(sent.contains(part), "{sent}");
    }
}

#[quintet::test(site)]
async fn a_query_for_each_row_is_found(site: TestSite) -> Result {
    let shelf = create!(Shelf { name: "first" }).insert(&site.db).await?;
    create!(Thing { name: "a", shelf: &shelf }).insert(&site.db).await?;
    site.no_repeats(async || site.get("/shelves/").await.ok()).await;
    create!(Shelf { name: "second" }).insert(&site.db).await?;
    let wrong = failure(site.no_repeats(async || site.get("/shelves/").await.ok())).await;
    assert!(wrong.contains("2 times SELECT COUNT(*)") && wrong.contains("test_kit.rs:"), "{wrong}");
    assert!(!wrong.contains("\"shop_shelf\""), "only what is repeated is shown: {wrong}");

    site.queries(3, async || site.get("/shelves/").await.ok()).await;
    site.queries_at_most(3, async || site.get("/shelves/").await.ok()).await;
    let wrong = failure(site.queries_at_most(2, async || site.get("/shelves/").await.ok())).await;
    assert!(wrong.contains("at most 2 queries, got 3:\n  2 times SELECT"), "{wrong}");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn a_failed_assertion_says_what_was_asked_and_what_went_wrong(site: TestSite) {
    let wrong = failure(async { site.get("/broken/").await.ok() }).await;
    for part in ["GET /broken/ (", "tests/test_kit.rs:", "status 200", "the shelf fell down"] {
        assert!(wrong.contains(part), "{wrong}");
    }
}

#[quintet::test(site, on = "sqlite")]
async fn commands_are_answered_and_quoted(site: TestSite) -> Result {
    assert_eq!(site.run("knock").await?, "closed\n");
    assert_eq!(site.run_answering("knock --twice", ["y", "ann"]).await?, "welcome ann\n");
    assert_eq!(site.warned(), "Open? [y/N] y\nWho is there? ann\nagain\n");
    assert_eq!(site.run("say 'two words'").await?, "two words\n");
    assert!(site.run("say 'two").await.unwrap_err().to_string().contains("no end"));
    let wrong = failure(site.run_answering("knock", ["n", "ann"])).await;
    assert!(wrong.contains("did not ask for [\"ann\"]"), "{wrong}");
    Ok(())
}

#[quintet::test(site, time = "paused", settings = { "server.request_timeout" = "60s" })]
async fn time_stands_still_until_it_is_told_to_pass(site: TestSite) -> Result {
    let began = Instant::now();
    // The database's threads work meanwhile, and no time-out comes early.
    create!(Thing { name: "made" }).insert(&site.db).await?;
    let (at, before) = (site.clock().now(), tokio::time::Instant::now());
    let (response, ()) = tokio::join!(site.get("/slow/"), site.advance(Duration::from_secs(51)));
    assert_eq!(response.ok().text(), "done");
    assert_eq!(before.elapsed(), Duration::from_secs(51));
    assert_eq!(site.clock().now().duration_since(at), jiff_seconds(51));
    assert!(began.elapsed() < Duration::from_secs(50), "nobody has waited");
    site.with_settings(&[("server.request_timeout", "10s")], async |site| {
        let (response, ()) = tokio::join!(site.get("/slow/"), site.advance(Duration::from_secs(11)));
        response.status(503);
    })
    .await
}

fn jiff_seconds(seconds: i64) -> quintet::core::value::SignedDuration {
    quintet::core::value::SignedDuration::from_secs(seconds)
}

#[quintet::test(site, on = "sqlite")]
async fn the_clock_is_set_and_moved(site: TestSite) {
    site.clock().set("1979-05-25T00:00:00Z".parse().unwrap());
    site.advance(Duration::from_secs(60)).await;
    assert_eq!(site.clock().now().to_string(), "1979-05-25T00:01:00Z");
}
