//! Whole answers that are kept.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use quintet::{
    axum::{
        body::Body,
        http::{HeaderMap, StatusCode, header},
        response::{AppendHeaders, IntoResponse, Response},
    },
    prelude::*,
    web::cached::{VaryOn, cache_control, never_cache, vary_on},
};

/// How often handlers have run.
#[derive(Clone, Default)]
struct Runs {
    count: Arc<AtomicUsize>,
    slow: Arc<AtomicBool>,
    under_way: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
}

impl Runs {
    async fn next(&self) -> String {
        let n = self.count.fetch_add(1, SeqCst);
        let under_way = self.under_way.fetch_add(1, SeqCst) + 1;
        self.most_at_once.fetch_max(under_way, SeqCst);
        if self.slow.load(SeqCst) {
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        self.under_way.fetch_sub(1, SeqCst);
        format!("run {n};")
    }
}

#[get("/top/", cache = "5m")]
async fn top(State(runs): State<Runs>) -> String {
    runs.next().await
}

#[get("/languages/", cache = "5m")]
async fn languages(State(runs): State<Runs>, headers: HeaderMap) -> (VaryOn, String) {
    let language = headers.get("accept-language").and_then(|v| v.to_str().ok()).unwrap_or("none");
    (vary_on(["accept-language"]), format!("{language}: {}", runs.next().await))
}

#[get("/visitors/", cache = "5m")]
async fn visitors(State(runs): State<Runs>) -> (VaryOn, String) {
    (vary_on(["Cookie", "X-Kind"]), runs.next().await)
}

#[get("/headers/{which}/", cache = "5m")]
async fn headers(Path(which): Path<String>, State(runs): State<Runs>) -> Response {
    let body = runs.next().await;
    match which.as_str() {
        "cookie" => (AppendHeaders([(header::SET_COOKIE, "a=1")]), body).into_response(),
        "private" => (cache_control().private().max_age("1h"), body).into_response(),
        "never" => (never_cache(), body).into_response(),
        "star" => (AppendHeaders([(header::VARY, "*")]), body).into_response(),
        "missing" => (StatusCode::NOT_FOUND, body).into_response(),
        "created" => (StatusCode::CREATED, body).into_response(),
        "stream" => {
            Body::from_stream(futures_util::stream::iter([Ok::<_, std::io::Error>(body)])).into_response()
        }
        "large" => (body + &"x".repeat(5 << 20)).into_response(),
        "binary" => (AppendHeaders([("x-odd", b"\xff".as_slice())]), body).into_response(),
        "shared" => (cache_control().public().max_age("0s").s_maxage("1m"), body).into_response(),
        "own" => {
            ([("x-own", "yes"), ("etag", "\"mine\""), ("content-type", "text/csv")], body).into_response()
        }
        "wrong" => (cache_control().max_age("soon"), body).into_response(),
        _ => body.into_response(),
    }
}

#[get("/never/", cache = false)]
async fn never(State(runs): State<Runs>) -> String {
    runs.next().await
}

#[get("/plain/")]
async fn plain(State(runs): State<Runs>) -> String {
    runs.next().await
}

#[get("/nonce/", cache = "5m")]
async fn nonce() -> Page {
    Page::new("nonce.html")
}

#[get("/messages/", cache = "5m")]
async fn messages(State(runs): State<Runs>) -> Page {
    Page::new("messages.html").with("run", &runs.next().await)
}

#[get("/form/", cache = "5m")]
async fn form_page(State(runs): State<Runs>) -> Page {
    Page::new("form.html").with("run", &runs.next().await)
}

#[get("/name/", cache = "5m")]
async fn name(session: Session, State(runs): State<Runs>) -> Result<String> {
    let name: Option<String> = session.get("name").await?;
    Ok(format!("{} {}", name.as_deref().unwrap_or("stranger"), runs.next().await))
}

#[post("/name/{name}/", csrf = false)]
async fn call(Path(name): Path<String>, session: Session) -> Result<&'static str> {
    session.set("name", &name)?;
    Ok("called")
}

#[get("/piece/{of}/")]
async fn piece(Path(of): Path<String>, State(runs): State<Runs>) -> Page {
    Page::new("piece.html").with("of", &of).with("run", &runs.next().await)
}

#[post("/say/")]
async fn say() -> Page {
    redirect("/messages/").flash("A word for you.")
}

fn site() -> Site {
    let all = routes![
        top, languages, visitors, headers, never, plain, nonce, messages, form_page, piece, name, call, say
    ];
    Site::new().with(Runs::default()).routes(all).install(pages())
}

/// The templates.
fn pages() -> App {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cached_site");
    App::new("pages").folder(quintet::core::Folder::on_disk(root))
}

fn cached_site() -> Site {
    site().cached("1m")
}

#[quintet::test(site)]
async fn what_is_kept_is_answered_until_it_is_old(site: TestSite) -> Result {
    let first = site.get("/top/").await.status(200).contains("run 0;").header("cache-control", "max-age=300");
    let tag = first.header_text("etag").expect("a tag");
    assert!(first.header_text("age").is_none());
    site.advance(Duration::from_secs(90)).await;
    let again = site.get("/top/").await.status(200).contains("run 0;").header("age", "90");
    assert_eq!(again.header_text("etag"), Some(tag.clone()));
    assert_eq!(again.header_text("content-type"), first.header_text("content-type"));
    again.header("cache-control", "max-age=300").header("x-frame-options", "DENY");
    let head = site.head("/top/").await.status(200).header("age", "90");
    assert_eq!((head.text().as_str(), head.header_text("content-length").as_deref()), ("", Some("6")));
    // Who has it already is told so.
    site.browser().with_header("if-none-match", &tag).get("/top/").await.status(304);
    site.advance(Duration::from_secs(211)).await;
    site.get("/top/").await.contains("run 1;");
    // What a handler answers to HEAD is nobody's page.
    site.head("/languages/").await.status(200);
    site.get("/languages/").await.contains("run 3;");
    Ok(())
}

#[quintet::test(site)]
async fn each_address_host_and_kind_of_visitor_has_its_own(site: TestSite) -> Result {
    site.get("/top/").await.contains("run 0;");
    site.get("/top/?page=2").await.contains("run 1;");
    site.get("/top/?page=2").await.contains("run 1;");
    site.browser().with_header("x-forwarded-proto", "https").get("/top/").await.contains("run 2;");
    let german = || site.browser().with_header("accept-language", "de");
    german().get("/languages/").await.contains("de: run 3;").header("vary", "accept-language");
    german().get("/languages/").await.contains("de: run 3;").header("vary", "accept-language");
    site.get("/languages/").await.contains("none: run 4;");
    german().get("/languages/").await.contains("de: run 3;");
    // A handler that says so has one for each visitor.
    let visitor = |cookie: &str| site.browser().with_cookie("who", cookie);
    visitor("a").get("/visitors/").await.contains("run 5;");
    visitor("b").get("/visitors/").await.contains("run 6;");
    visitor("a").get("/visitors/").await.contains("run 5;");
    visitor("a").with_header("x-kind", "1").get("/visitors/").await.contains("run 7;");
    site.get("/visitors/").await.contains("run 8;");
    Ok(())
}

#[quintet::test(site)]
async fn what_is_not_for_all_is_not_kept(site: TestSite) -> Result {
    let mut run = 0;
    for which in ["cookie", "private", "never", "star", "missing", "created", "stream", "large", "binary"] {
        for _ in 0..2 {
            let answer = site.get(format!("/headers/{which}/")).await;
            assert!(answer.text().starts_with(&format!("run {run};")), "{which}: {}", &answer.text()[..10]);
            assert!(answer.header_text("age").is_none(), "{which}");
            let said = answer.header_text("cache-control").unwrap_or_default();
            assert!(!said.contains("max-age=300"), "{which}: {said}");
            run += 1;
        }
    }
    // Who says who it is gets an answer of its own.
    for _ in 0..2 {
        site.browser()
            .with_header("authorization", "Bearer x")
            .get("/top/")
            .await
            .contains(&format!("run {run};"));
        run += 1;
    }
    site.get("/headers/wrong/").await.status(500);
    Ok(())
}

#[quintet::test(site)]
async fn what_an_answer_says_itself_counts(site: TestSite) -> Result {
    site.get("/headers/shared/")
        .await
        .contains("run 0;")
        .header("cache-control", "public, max-age=0, s-maxage=60");
    site.advance(Duration::from_secs(59)).await;
    site.get("/headers/shared/")
        .await
        .contains("run 0;")
        .header("cache-control", "public, max-age=0, s-maxage=60");
    site.advance(Duration::from_secs(2)).await;
    site.get("/headers/shared/").await.contains("run 1;");
    for _ in 0..2 {
        let own = site.get("/headers/own/").await.contains("run 2;").header("x-own", "yes");
        own.header("etag", "\"mine\"").header("content-type", "text/csv");
    }
    Ok(())
}

#[quintet::test(site)]
async fn pages_of_one_visitor_are_never_anothers(site: TestSite) -> Result {
    let nonces = [site.get("/nonce/").await.status(200), site.get("/nonce/").await.status(200)];
    assert_ne!(nonces[0].text(), nonces[1].text());
    // Nor is a token, though each says that it is by cookie, and for whoever comes without one.
    let answers = [site.browser().get("/form/").await, site.browser().get("/form/").await];
    assert_ne!(answers[0].text(), answers[1].text());
    for answer in answers {
        let said = answer.header_text("cache-control").unwrap_or_default();
        assert!(said.contains("private") && !said.contains("max-age=300"), "{said}");
        assert!(answer.header_text("age").is_none() && answer.text().contains("csrf"), "{}", answer.text());
    }
    let visitor = site.browser();
    let mine = [visitor.get("/form/").await.text(), visitor.get("/form/").await.text()];
    assert_ne!(mine[0], mine[1], "not even their own");
    // A message is for the one whose cookie it came in.
    let visitor = site.browser();
    visitor.post("/say/", &[]).await.redirects("/messages/");
    visitor.get("/messages/").await.contains("A word for you.");
    let stranger = site.get("/messages/").await.lacks("A word for you.");
    site.get("/messages/").await.contains(&stranger.text());
    visitor.get("/messages/").await.lacks("A word for you.");
    visitor.post("/say/", &[]).await.redirects("/messages/");
    visitor.get("/messages/").await.contains("A word for you.");
    Ok(())
}

#[quintet::test(site)]
async fn many_who_ask_at_once_are_answered_by_one(site: TestSite) -> Result {
    let runs: &Runs = site.services().require()?;
    runs.slow.store(true, SeqCst);
    let asking: Vec<_> = (0..10).map(|_| site.get("/top/")).collect();
    let asked = futures_util::future::join_all(asking).await;
    assert!(asked.iter().all(|answer| answer.text() == "run 0;"));
    assert_eq!(runs.count.load(SeqCst), 1);
    // Nobody waits for what is not for all.
    let asking: Vec<_> = (0..6).map(|_| site.get("/headers/private/")).collect();
    let asked = futures_util::future::join_all(asking).await;
    let mut texts: Vec<String> = asked.iter().map(|answer| answer.text()).collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 6, "{texts:?}");
    // The first one runs alone, and all others once it is known that waiting is of no use.
    assert_eq!(runs.most_at_once.load(SeqCst), 5);
    Ok(())
}

#[quintet::test(cached_site)]
async fn a_whole_site_is_kept_but_for_what_says_no(site: TestSite) -> Result {
    site.get("/plain/").await.contains("run 0;").header("cache-control", "max-age=60");
    site.get("/plain/").await.contains("run 0;");
    site.get("/never/").await.contains("run 1;");
    let never = site.get("/never/").await.contains("run 2;");
    assert!(never.header_text("cache-control").is_none());
    site.get("/top/").await.contains("run 3;").header("cache-control", "max-age=300");
    site.run("cache clear").await?;
    site.get("/plain/").await.contains("run 4;");
    Ok(())
}

#[quintet::test(site)]
async fn answers_have_a_cache_of_their_own_if_the_settings_say_so(site: TestSite) -> Result {
    let settings = [("cache.pages", "answers"), ("cache.answers.url", "memory://")];
    site.with_settings(&settings, async |site| {
        site.get("/top/").await.contains("run 0;");
        site.run("cache clear default").await.unwrap();
        site.get("/top/").await.contains("run 0;");
        site.run("cache clear answers").await.unwrap();
        site.get("/top/").await.contains("run 1;");
    })
    .await?;
    let wrong =
        site.with_settings(&[("cache.pages", "anwsers")], async |_| ()).await.unwrap_err().to_string();
    assert!(wrong.contains("`pages` of `[cache]`: there is no cache `anwsers`"), "{wrong}");
    // Who develops sees what was changed.
    site.with_settings(&[("debug", "true")], async |site| {
        site.get("/top/").await.contains("run 2;");
        site.get("/top/").await.contains("run 3;");
    })
    .await
}

fn wrong_site() -> Site {
    Site::new().cached("5")
}

#[tokio::test]
async fn a_span_that_is_none_is_told() {
    let error = TestSite::start(wrong_site(), quintet::rooms()).await.map(drop).unwrap_err().to_string();
    assert!(error.contains("cached(\"5\")") && error.contains("unit"), "{error}");
    // Without a cache, a route that needs one says so.
    let mut rooms = quintet::rooms();
    rooms.retain(|room| room.name() != "cache");
    let error = TestSite::start(site(), rooms).await.map(drop).unwrap_err().to_string();
    assert!(error.contains("`cache`") && error.contains("/top/"), "{error}");
}

async fn pieces(site: &TestSite) -> Result {
    let cache: &Cache = site.services().require()?;
    site.get("/piece/a/").await.status(200).contains("kept run 0;");
    site.get("/piece/b/").await.contains("kept run 1;");
    site.get("/piece/a/").await.contains("kept run 0;").contains("now run 2;");
    let key = quintet::templates::fragment_key("piece", &[&"a"]);
    assert!(cache.forget(&key).await?);
    site.get("/piece/a/").await.contains("kept run 3;");
    site.get("/piece/b/").await.contains("kept run 1;");
    site.advance(Duration::from_secs(301)).await;
    site.get("/piece/b/").await.contains("kept run 5;");
    assert!(!cache.contains("other").await?);
    Ok(())
}

#[quintet::test(site)]
async fn pieces_of_pages_are_in_the_sites_cache(site: TestSite) -> Result {
    pieces(&site).await
}

fn with_table() -> Site {
    site().install(quintet::cache::app())
}

#[quintet::test(with_table, settings = { "cache.url" = "database://" })]
async fn pieces_of_pages_are_where_the_cache_is(site: TestSite) -> Result {
    pieces(&site).await?;
    assert_eq!(quintet::cache::CacheEntry.count(&site.db).await?, 2);
    let wrong =
        site.with_settings(&[("cache.fragments", "none")], async |_| ()).await.unwrap_err().to_string();
    assert!(wrong.contains("`fragments` of `[cache]`: there is no cache `none`"), "{wrong}");
    Ok(())
}

#[quintet::test(with_table, settings = { "cache.url" = "database://" })]
async fn whole_answers_are_where_the_cache_is(site: TestSite) -> Result {
    site.get("/top/").await.contains("run 0;");
    site.get("/top/").await.contains("run 0;").header("age", "0");
    Ok(())
}

#[quintet::test(site)]
async fn what_a_session_says_is_for_its_visitor_alone(site: TestSite) -> Result {
    let (ann, bob) = (site.browser(), site.browser());
    ann.post("/name/ann/", &[]).await.status(200);
    bob.post("/name/bob/", &[]).await.status(200);
    for run in 0..2 {
        ann.get("/name/").await.contains(&format!("ann run {};", run * 2));
        bob.get("/name/").await.contains(&format!("bob run {};", run * 2 + 1));
    }
    // Those of whom nothing is known see what one of them saw, and nobody else does.
    let stranger = site.browser().get("/name/").await.contains("stranger run 4;").header_text("vary");
    assert_eq!(stranger.as_deref(), Some("cookie"));
    site.browser()
        .get("/name/")
        .await
        .contains("stranger run 4;")
        .header("age", "0")
        .header("vary", "cookie");
    ann.get("/name/").await.contains("ann run 5;");
    bob.get("/name/").await.contains("bob run 6;");
    site.browser().with_cookie("session", "forged").get("/name/").await.contains("stranger run 7;");
    Ok(())
}
