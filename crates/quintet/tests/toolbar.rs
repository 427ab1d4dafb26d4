//! The toolbar of a development site: what it remembers, whom it tells, what it leaves alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode},
};
use quintet::{
    core::{EmbeddedFile, Folder, signal::Signals},
    prelude::*,
    web::{middleware::Gate, server::ServerSettings},
};
use serde_json::Value as Json;

static FILES: &[EmbeddedFile] = &[
    EmbeddedFile {
        path: "templates/base.html",
        bytes: b"<!doctype html><html lang=en><title>x</title><body>{% block main %}{% endblock %}{% include 'foot.html' %}</body></html>",
    },
    EmbeddedFile { path: "templates/foot.html", bytes: b"{% cache '5m', 'foot' %}<footer>{{ menu }}</footer>{% endcache %}" },
    EmbeddedFile {
        path: "templates/films.html",
        bytes: b"{% extends 'base.html' %}{% block main %}{% for film in films %}{{ film.title }}{% endfor %}{{ messages()|join }}{% endblock %}",
    },
    EmbeddedFile { path: "templates/part.html", bytes: b"<p>part</p>" },
    EmbeddedFile { path: "static/app.css", bytes: b"a{}" },
];

/// A film.
#[model(app = "bar")]
pub struct Film {
    /// Its title.
    #[field(max_length = 40)]
    pub title: String,
}

struct Watched;

#[get("/films/{id}/")]
async fn film(Path(id): Path<i64>, db: Db) -> Result<Page> {
    let mut films = Vec::new();
    for n in 1..=4 {
        films.extend(Film.filter(Film.id.eq(n)).first(&db).await?);
    }
    Film.filter(Film.title.eq("hunter2")).count(&db).await?;
    let secret = "hunter2";
    Ok(Page::new("films.html")
        .with("films", &films)
        .with("n", &id)
        .with("api_token", &secret)
        .flash("Seen by one"))
}

#[get("/json/")]
async fn json(db: Db) -> Result<quintet::web::Json<u64>> {
    Ok(quintet::web::Json(Film.query().count(&db).await?))
}

#[get("/cached/")]
async fn cached(cache: Cache) -> Result<String> {
    let seen: Option<String> = cache.get("films:7").await?;
    cache.set("films:7", "Alien", "1h").await?;
    cache.get_many::<String, _>(["films:7", "films:8"]).await?;
    cache.get::<String>("session:hunter2").await?;
    Ok(seen.unwrap_or_default())
}

#[post("/add/{token}/")]
async fn add(Path(token): Path<String>, db: Db) -> Result<Page> {
    let _ = token;
    create!(Film { title: "New" }).insert(&db).await?;
    let services = quintet::core::Services::current().unwrap();
    services.require::<Signals>()?.emit(&services, Watched).await?;
    Ok(redirect("/films/1/?q=alien&token=hunter2"))
}

#[get("/part/")]
async fn part() -> Page {
    Page::new("part.html")
}

#[get("/fails/")]
async fn fails(db: Db) -> Result<String> {
    Film.raw("SELECT id FROM nowhere", vec![]).all(&db).await?;
    Ok(String::new())
}

#[get("/streamed/")]
async fn streamed(db: Db) -> Page {
    Page::new("films.html").stream("films", Film.order_by(Film.id).stream_owned(db))
}

fn site() -> Site {
    let app = App::new("bar")
        .folder(Folder::embedded("/nowhere", FILES))
        .models(Film)
        .context("menu", async |db: Db| Film.query().count(&db).await)
        .on(async |_: quintet::core::Services, _: Arc<Watched>| -> Result { Ok(()) })
        .routes(routes![film, json, cached, add, part, fails, streamed]);
    Site::new().install(app)
}

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Got {
    fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }

    /// The id that the answer has for the toolbar.
    fn id(&self) -> &str {
        let timing = self.header("server-timing");
        let id = timing.strip_prefix("quintet;desc=\"").unwrap_or_else(|| panic!("{timing}"));
        id.split('"').next().unwrap()
    }
}

/// A browser at the developer's machine, or elsewhere.
struct Browser {
    gate: Gate,
    peer: Option<&'static str>,
    headers: Vec<(&'static str, &'static str)>,
}

impl Browser {
    async fn of(site: &TestSite) -> Browser {
        let settings: ServerSettings = site.settings().unwrap().get().unwrap();
        let gate = Gate::open(site.services(), &settings, None).await.unwrap();
        Browser {
            gate,
            peer: Some("127.0.0.1"),
            headers: vec![("host", "localhost:8000"), ("accept", "text/html")],
        }
    }

    async fn ask(&self, method: Method, path: &str) -> Got {
        let request = self
            .headers
            .iter()
            .fold(Request::builder().method(method).uri(path), |request, (name, value)| {
                request.header(*name, *value)
            });
        let mut request = request.body(Body::empty()).unwrap();
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 50_000)));
        }
        let (parts, body) = self.gate.answer(request).await.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Got { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    async fn get(&self, path: &str) -> Got {
        self.ask(Method::GET, path).await
    }

    async fn record(&self, got: &Got) -> Json {
        self.get(&format!("/__quintet/toolbar/requests/{}", got.id())).await.json()
    }
}

fn panel<'a>(record: &'a Json, name: &str) -> &'a Json {
    let panels = record["panels"].as_array().unwrap();
    panels.iter().find(|panel| panel["name"] == name).unwrap_or_else(|| panic!("no {name} in {record:#}"))
}

fn entries<'a>(record: &'a Json, name: &str) -> &'a Vec<Json> {
    panel(record, name)["entries"].as_array().unwrap()
}

fn row(record: &Json, panel_name: &str, name: &str) -> String {
    let tables = panel(record, panel_name)["tables"].as_array().unwrap();
    let rows = tables.iter().flat_map(|table| table["rows"].as_array().unwrap());
    let found = rows.into_iter().find(|row| row[0] == name);
    found.unwrap_or_else(|| panic!("no {name} in {tables:#?}"))[1].as_str().unwrap().to_owned()
}

fn fact(entry: &Json, name: &str) -> Option<String> {
    let facts = entry["facts"].as_array().unwrap();
    facts.iter().find(|fact| fact[0] == name).map(|fact| fact[1].as_str().unwrap().to_owned())
}

const SCRIPT: &str = "/__quintet/toolbar/client.js";

#[quintet::test(site, settings = { "debug" = true })]
async fn a_page_tells_its_queries_with_places_plans_and_repetitions(site: TestSite) -> Result {
    create!(Film { title: "Alien" }).insert(&site.db).await?;
    let browser = Browser::of(&site).await;
    let page = browser.get("/films/7/?q=x&password=hunter2").await;
    let script = format!("<script src=\"{SCRIPT}\" async></script>\n</body></html>");
    assert!(page.status == 200 && page.text.ends_with(&script), "{}", page.text);
    let record = browser.record(&page).await;
    let queries = entries(&record, "queries");
    // Four in a loop, a count, and the value around the page.
    assert_eq!(queries.len(), 6, "{queries:#?}");
    assert_eq!(record["counts"]["queries"], 6);
    let first = &queries[0];
    assert!(first["text"].as_str().unwrap().starts_with("SELECT") && first["took"].is_number());
    let place = first["place"].as_str().unwrap();
    let line = include_str!("toolbar.rs").lines().position(|l| l.contains(".first(&db)")).unwrap() + 1;
    assert!(place.contains(&format!("toolbar.rs:{line}:")), "{place}");
    assert_eq!(
        queries.iter().map(|q| q["repeated"].as_u64()).collect::<Vec<_>>(),
        [Some(4), Some(4), Some(4), Some(4), None, None]
    );
    assert_eq!(record["attention"][0], "Queries: the same ran 4 times from one place");
    assert_eq!(fact(first, "rows").as_deref(), Some("1"));
    assert_eq!(fact(first, "values").as_deref(), Some("whole number"));
    let plan = format!("/__quintet/toolbar/requests/{}/{}", page.id(), first["number"]);
    for _ in 0..2 {
        let plan = browser.get(&plan).await.json();
        let text = plan["text"].as_str().unwrap();
        assert!(
            plan["failed"] == false && (text.contains("SEARCH") || text.contains("Index Scan")),
            "{plan}"
        );
    }
    browser.get(&format!("/__quintet/toolbar/requests/{}/99", page.id())).await;
    // Nothing that lets one in, in no panel and no header.
    let text = record.to_string();
    assert!(!text.contains("hunter2"), "{record:#}");
    assert!(
        page.header("server-timing").contains("queries;dur=")
            && !page.header("server-timing").contains("hunter2")
    );
    assert_eq!(page.header("x-request-id"), page.id());
    Ok(())
}

#[quintet::test(site, settings = { "debug" = true })]
async fn plans_run_nothing_and_what_has_none_says_why(site: TestSite) -> Result {
    let browser = Browser::of(&site).await;
    let added = browser.ask(Method::POST, "/add/x/").await;
    let failed = browser.get("/fails/").await;
    let mut told = Vec::new();
    for got in [&added, &failed, &added] {
        for query in entries(&browser.record(got).await, "queries") {
            let plan = format!("/__quintet/toolbar/requests/{}/{}", got.id(), query["number"]);
            let plan = browser.get(&plan).await.json();
            told.push((query["text"].as_str().unwrap().to_owned(), plan));
        }
    }
    assert_eq!(Film.query().count(&site.db).await?, 1);
    let (sql, plan) = &told[1];
    assert!(
        sql.contains("nowhere")
            && plan["failed"] == true
            && plan["text"].as_str().unwrap().contains("nowhere"),
        "{told:#?}"
    );
    // Of an INSERT, too; and still after the one that failed.
    assert!(
        told[0].0.starts_with("INSERT") && told[0].1["failed"] == false && told[0].1 == told[2].1,
        "{told:#?}"
    );
    Ok(())
}

#[quintet::test(site, on = "sqlite", settings = { "debug" = true })]
async fn the_other_panels_tell_what_they_are_for(site: TestSite) -> Result {
    let mut browser = Browser::of(&site).await;
    browser.headers.push(("cookie", "sessionid=hunter2"));
    let page = browser.get("/films/7/?q=x&password=hunter2").await;
    let record = browser.record(&page).await;
    let templates = entries(&record, "templates");
    // A draft first: the value around the page was still to be made.
    assert_eq!(templates.len(), 2);
    assert!(fact(&templates[0], "draft").is_some() && fact(&templates[1], "draft").is_none());
    assert_eq!(templates[1]["text"], "films.html");
    assert_eq!(fact(&templates[1], "extends and includes").as_deref(), Some("base.html, foot.html"));
    assert_eq!(fact(&templates[1], "n").as_deref(), Some("7"));
    assert_eq!(fact(&templates[1], "menu").as_deref(), Some("0"));
    assert_eq!(fact(&templates[1], "api_token").as_deref(), Some("••••••••"));
    assert_eq!(entries(&record, "cache").len(), 2);
    assert_eq!(row(&record, "request", "id"), page.id());
    assert_eq!(row(&record, "request", "request"), "GET /films/7/?q=x&password=••••••••");
    assert!(row(&record, "request", "route").contains("/films/{id}/"));
    assert_eq!(
        (row(&record, "request", "cookie"), row(&record, "request", "password")),
        ("••••••••".into(), "••••••••".into())
    );
    assert!(row(&record, "request", "content-security-policy").contains("default-src"));
    assert_eq!(row(&record, "messages", "info"), "Seen by one");
    assert_eq!(row(&record, "settings", "debug"), "true");
    assert_eq!(row(&record, "settings", "toolbar.enabled"), "true");
    let phases: Vec<&Json> = entries(&record, "time").iter().map(|entry| &entry["text"]).collect();
    assert_eq!(phases, ["handler", "answer"]);
    assert!(entries(&record, "signals").is_empty());
    assert!(!record.to_string().contains("hunter2"), "{record:#}");
    Ok(())
}

#[quintet::test(site, on = "sqlite", settings = { "debug" = true })]
async fn what_is_asked_of_caches_is_told(site: TestSite) -> Result {
    let browser = Browser::of(&site).await;
    browser.get("/cached/").await;
    let again = browser.get("/cached/").await;
    assert_eq!(again.text, "Alien");
    let record = browser.record(&again).await;
    let noted = entries(&record, "cache");
    let texts: Vec<&str> = noted.iter().map(|entry| entry["text"].as_str().unwrap()).collect();
    assert_eq!(texts.len(), 4, "{texts:?}");
    assert!(texts[0].starts_with("get ") && texts[0].ends_with("films:7"), "{texts:?}");
    assert!(texts[1].starts_with("set ") && texts[1].ends_with("films:7"), "{texts:?}");
    assert!(texts[2].starts_with("get many ") && texts[2].ends_with("films:8"), "{texts:?}");
    assert_eq!(texts[3], "get ••••••••");
    assert_eq!(fact(&noted[0], "found").as_deref(), Some("yes"));
    assert!(fact(&noted[0], "bytes").is_some_and(|bytes| bytes.parse::<u32>().is_ok()));
    assert_eq!(fact(&noted[2], "found").as_deref(), Some("1 of 2"));
    assert_eq!(fact(&noted[3], "found").as_deref(), Some("no"));
    assert!(!record.to_string().contains("hunter2"), "{record:#}");
    Ok(())
}

#[quintet::test(site, on = "sqlite", settings = { "debug" = true, "toolbar.requests" = 3 })]
async fn redirects_json_and_failures_are_in_the_list_and_stay_as_they_are(site: TestSite) -> Result {
    let browser = Browser::of(&site).await;
    let redirected = browser.ask(Method::POST, "/add/hunter2/").await;
    assert!(redirected.status == 303 && redirected.text.is_empty());
    let json = browser.get("/json/").await;
    assert_eq!((json.text.as_str(), json.header("content-type")), ("1", "application/json"));
    let part = browser.get("/part/").await;
    assert_eq!(part.text, "<p>part</p>");
    let list = browser.get("/__quintet/toolbar/requests").await;
    assert_eq!(list.header("cache-control"), "no-store");
    let list = list.json();
    assert_eq!(list.as_array().unwrap().len(), 3);
    assert_eq!((&list[0]["address"], &list[1]["kind"]), (&"/part/".into(), &"application/json".into()));
    assert_eq!(list[2]["location"], "/films/1/?q=alien&token=••••••••");
    assert_eq!(list[2]["counts"]["queries"], 1);
    let record = browser.record(&redirected).await;
    let signals = entries(&record, "signals");
    assert!(signals.iter().any(|s| s["text"].as_str().unwrap().ends_with("Watched")), "{signals:#?}");
    assert_eq!(row(&record, "request", "token"), "••••••••");
    // The fourth takes the place of the first.
    let failed = browser.get("/fails/").await;
    assert!(failed.status == 500 && failed.text.contains(SCRIPT), "the debug page has it, too");
    let policy = failed.header("content-security-policy");
    assert!(policy.contains("script-src 'self'") && policy.contains("style-src 'sha256-"), "{policy}");
    let list = browser.get("/__quintet/toolbar/requests").await.json();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["status"]), (3, &500.into()));
    assert_eq!(list[0]["attention"][0], "Queries: 1 failed");
    let gone = format!("/__quintet/toolbar/requests/{}", redirected.id());
    assert_eq!(browser.get(&gone).await.status, 404);
    // Neither its own requests nor static files are remembered.
    assert_eq!(browser.get("/static/app.css").await.status, 200);
    assert_eq!(browser.get("/__quintet/toolbar/requests").await.json()[0]["address"], "/fails/");
    Ok(())
}

#[quintet::test(site, on = "sqlite", settings = { "debug" = true })]
async fn what_a_streamed_page_reads_is_there_afterwards(site: TestSite) -> Result {
    create!(Film { title: "Alien" }).insert(&site.db).await?;
    let browser = Browser::of(&site).await;
    let page = browser.get("/streamed/").await;
    assert!(page.text.contains("Alien") && page.text.contains(SCRIPT));
    let record = browser.record(&page).await;
    let queries = entries(&record, "queries");
    assert!(queries.iter().any(|q| q["text"].as_str().unwrap().contains("ORDER BY")), "{queries:#?}");
    assert_eq!(entries(&record, "templates").len(), 1);
    Ok(())
}

#[quintet::test(site, on = "sqlite", settings = { "debug" = true, "security.hosts" = "*" })]
async fn nobody_else_sees_anything(site: TestSite) -> Result {
    let mut browser = Browser::of(&site).await;
    let own = browser.get("/films/1/").await;
    let paths = ["client.js", "style.css", "", "requests", &format!("requests/{}", own.id())];
    for path in paths {
        let got = browser.get(&format!("/__quintet/toolbar/{path}")).await;
        assert_eq!(got.status, 200, "{path}");
        assert!(got.headers.get("server-timing").is_none(), "{path}");
    }
    assert_eq!(browser.ask(Method::POST, "/__quintet/toolbar/requests").await.status, 405);
    assert_eq!(browser.get("/__quintet/toolbar/nothing").await.status, 404);
    let local = browser.headers.clone();
    let hidden = async |browser: &Browser, who: &str| {
        let page = browser.get("/films/1/").await;
        assert!(page.status == 200 && !page.text.contains("__quintet"), "{who}");
        assert!(page.headers.get("server-timing").is_none(), "{who}");
        for path in paths {
            let got = browser.get(&format!("/__quintet/toolbar/{path}")).await;
            assert_eq!(got.status, 404, "{who}: {path}");
        }
    };
    for peer in [Some("192.168.1.7"), Some("::ffff:10.0.0.1"), None] {
        browser.peer = peer;
        hidden(&browser, &format!("{peer:?}")).await;
    }
    browser.peer = Some("127.0.0.1");
    browser.headers = vec![("host", "evil.example:8000")];
    hidden(&browser, "another name").await;
    browser.headers = [local.clone(), vec![("x-forwarded-for", "203.0.113.9")]].concat();
    hidden(&browser, "behind a proxy").await;
    // Pages of others may link here, and get no data.
    browser.headers = [local, vec![("sec-fetch-site", "cross-site")]].concat();
    assert_eq!(browser.get("/__quintet/toolbar/requests").await.status, 404);
    for (settings, why) in [
        (&[("debug", "false")][..], "no debug"),
        (&[("debug", "true"), ("toolbar.enabled", "false")][..], "not wanted"),
        (&[("debug", "true"), ("toolbar.requests", "0")][..], "nothing remembered"),
    ] {
        site.with_settings(settings, async |site| hidden(&Browser::of(site).await, why).await).await?;
    }
    // A container's host, where the settings say so.
    let told = site.with_settings(&[("debug", "true"), ("toolbar.clients", "172.17.0.1")], async |site| {
        let mut browser = Browser::of(site).await;
        browser.peer = Some("172.17.0.1");
        browser.get("/films/1/").await.text.contains(SCRIPT)
    });
    assert!(told.await?);
    let wrong = [("debug", "true"), ("toolbar.clients", "docker")];
    let error = site.with_settings(&wrong, async |site| drop(Browser::of(site).await)).await.unwrap_err();
    assert!(error.to_string().contains("`toolbar.clients` has `docker`"), "{error}");
    Ok(())
}

#[quintet::test(site, on = "sqlite", settings = { "debug" = true })]
async fn a_page_that_the_client_has_stays_known(site: TestSite) -> Result {
    let mut browser = Browser::of(&site).await;
    // The first page shows a message and is kept by nobody.
    let first = browser.get("/part/").await;
    let tag = first.header("etag").to_owned();
    assert!(!tag.is_empty());
    browser.headers.push(("if-none-match", Box::leak(tag.into_boxed_str())));
    let again = browser.get("/part/").await;
    assert!(again.status == 304 && again.id() != first.id());
    assert_eq!(browser.record(&again).await["status"], 304);
    Ok(())
}
