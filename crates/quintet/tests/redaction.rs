//! What is secret is put into each place of a request, and looked for wherever something is written for people's eyes: the access log, the
//! log of errors and of slow queries, security events, the debug page, the toolbar, problem documents, panics.
//! Alone in its process, since tracing remembers for all of it who listens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    io::Write,
    net::SocketAddr,
    process::Command,
    sync::{Arc, LazyLock, Mutex},
};

use axum::{
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Request, Response, request::Builder},
};
use futures_util::{StreamExt as _, TryStreamExt as _};
use quintet::{
    auth::guard::staff,
    core::{
        audit::SecurityEvent,
        clock::Clock,
        hidden::{self, MASK},
    },
    forms::Form,
    prelude::*,
    realtime::sse::{Event, Sse},
    web::{
        files::Streamed,
        middleware::{
            Gate,
            access_log::{AccessLog, LogStyle},
        },
        server::ServerSettings,
    },
};

/// All secrets of these tests begin like this, and nothing else has it.
const SECRET: &str = "hunter2";

/// A key of somebody.
#[model(app = "vault")]
#[derive(Debug, Clone, PartialEq)]
pub struct Lock {
    /// Whose.
    #[field(max_length = 40, unique)]
    pub owner: String,
    /// What opens it.
    #[field(max_length = 80, unique, secret)]
    pub bar: String,
}

#[data]
struct Door {
    name: String,
    password: String,
    #[field(widget = "password")]
    again: Option<String>,
    iban: Option<String>,
}

/// What a program does that is careless with all of it.
fn careless(what: &impl std::fmt::Debug) -> Error {
    Error::internal(format!("can't use {what:?}")).with_detail("tried", format!("{what:#?}"))
}

#[form("/door/")]
async fn door(mut form: Form<Door>) -> Result<Page> {
    match form.valid() {
        Some(door) if door.name == "panic" => panic!("no door for {door:?}"),
        Some(door) => Err(careless(&door)),
        None => Ok(redirect("/")),
    }
}

#[post("/doors/")]
async fn doors(Json(doors): Json<Vec<Door>>) -> Result<Json<i32>> {
    Err(careless(&doors))
}

#[get("/links/{user}/{token}/", name = "by_link")]
async fn by_link(Path((user, token)): Path<(i64, String)>) -> Result<String> {
    Err(careless(&(user, token)))
}

#[get("/slips/{slip}/{page}/", secret = "slip")]
async fn slips(Path((slip, page)): Path<(String, i64)>) -> Result<String> {
    Err(careless(&(slip, page)))
}

#[get("/head/")]
async fn head(parts: axum::http::request::Parts) -> Result<String> {
    Err(careless(&(parts.headers, parts.uri)))
}

#[get("/staff/{token}/", guard = staff())]
async fn staff_only(Path(_token): Path<String>) -> &'static str {
    "in"
}

/// What comes from elsewhere is hidden by hand.
#[get("/bank/")]
async fn bank() -> Result<String> {
    let key = format!("{SECRET}-of-the-bank");
    hidden::hide(&key);
    Err(careless(&key))
}

#[get("/locks/")]
async fn locks(db: Db) -> Result<String> {
    let bar = format!("{SECRET}-bar");
    let lock = create!(Lock { owner: "ann", bar: bar.clone() }).insert(&db).await?;
    assert_eq!(Lock.filter(Lock.bar.eq(&bar)).count(&db).await?, 1);
    // The database itself tells which value is there twice.
    let twice = create!(Lock { owner: "bob", bar }).insert(&db).await.unwrap_err();
    Err(Error::internal(format!("{lock:?}")).with_source(format!("{twice:?}")))
}

/// What is sent when the request is over.
#[get("/streams/{which}/{token}/")]
async fn streams(Path((which, token)): Path<(String, String)>) -> Response<Body> {
    let fails = futures_util::stream::iter([Ok("fine"), Err(careless(&token))]);
    let later = format!("{SECRET}-later");
    match which.as_str() {
        "text" => Streamed::text(fails).into_response(),
        "written" => Streamed::write(async move |mut out| {
            out.send("fine").await?;
            hidden::hide(&later);
            Err(careless(&(token, later)))
        })
        .into_response(),
        "events" => Sse::new(fails.map_ok(Event::data)).into_response(),
        _ => Sse::write(async move |events| {
            events.send(Event::data("fine")).await?;
            hidden::hide(&later);
            Err(careless(&(token, later)))
        })
        .into_response(),
    }
}

fn site() -> Site {
    let app = App::new("vault")
        .models(Lock)
        .routes(routes![door, doors, by_link, slips, head, staff_only, bank, locks, streams])
        .on(async |_: Services, event: Arc<SecurityEvent>| -> Result {
            LOG.lock().unwrap().push(format!("{event:?}"));
            Ok(())
        });
    Site::new().install(auth::app()).install(app)
}

static LOG: LazyLock<Mutex<Vec<String>>> = LazyLock::new(|| {
    tracing::subscriber::set_global_default(Log).unwrap();
    Mutex::default()
});

/// Keeps all fields of all events.
struct Log;

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("quintet")
    }

    fn event(&self, event: &tracing::Event<'_>) {
        struct All(String);
        impl tracing::field::Visit for All {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0 += &format!(" {}={value:?}", field.name());
            }
        }
        let mut all = All(event.metadata().level().to_string());
        event.record(&mut all);
        LOG.lock().unwrap().push(all.0);
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A site behind its gate, and all that it writes.
struct Watched {
    gate: Gate,
    access: Vec<(AccessLog, Written)>,
    accept: &'static str,
}

impl Watched {
    async fn of(site: &TestSite, style: LogStyle) -> Watched {
        LazyLock::force(&LOG);
        let out = Written::default();
        let log = AccessLog::start(style, Clock::default(), out.clone()).unwrap();
        let settings: ServerSettings = site.settings().unwrap().get().unwrap();
        let gate = Gate::open(site.services(), &settings, Some(log.clone())).await.unwrap();
        Watched { gate, access: vec![(log, out)], accept: "text/html" }
    }

    async fn ask(&self, request: Builder, body: &str) -> Response<String> {
        let (parts, body) = self.send(request, body).await.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Response::from_parts(parts, String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Why an answer breaks off, if it does.
    async fn stream(&self, request: Builder) -> Option<String> {
        let answer = self.send(request, "").await;
        assert_eq!(answer.status(), 200);
        let mut pieces = answer.into_body().into_data_stream();
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => lacks("a stream", std::str::from_utf8(&piece).unwrap()),
                Err(error) => return Some(format!("{error} {error:?}")),
            }
        }
        None
    }

    async fn send(&self, request: Builder, body: &str) -> Response<Body> {
        let request = request.header("host", "localhost:8000").header("accept", self.accept);
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))));
        self.gate.answer(request).await
    }

    /// What the toolbar says of all requests.
    async fn toolbar(&self) -> String {
        let list = self.ask(Request::get("/__quintet/toolbar/requests"), "").await.into_body();
        let Ok(records) = serde_json::from_str::<Vec<serde_json::Value>>(&list) else { return String::new() };
        let mut all = list;
        for record in records {
            let path = format!("/__quintet/toolbar/requests/{}", record["id"].as_str().unwrap());
            all += &self.ask(Request::get(path), "").await.into_body();
        }
        all
    }

    fn access(&self) -> String {
        for (log, _) in &self.access {
            log.close();
        }
        self.access.iter().map(|(_, out)| String::from_utf8(out.0.lock().unwrap().clone()).unwrap()).collect()
    }
}

/// Puts secrets everywhere. All answers together.
async fn put_everywhere(site: &Watched) -> String {
    let form = |builder: Builder| {
        builder
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
    };
    let json = |builder: Builder| builder.header("content-type", "application/json");
    let mut answers = String::new();
    let mut got = |answer: Response<String>, status: u16| {
        assert_eq!(answer.status(), status, "{}", answer.body());
        answers += answer.body();
    };
    // Without its token the form is refused, and with it read: the token is as secret as the rest.
    let body = "name=ann&password=hunter2-form%22%C3%BC&again=hunter2-again&iban=hunter2-iban";
    got(site.ask(form(Request::post("/door/")), body).await, 403);
    let page = site.ask(Request::get("/login/"), "").await;
    let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let token = page.body().split("name=\"csrf_token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let signed_in = format!("{cookie}; session=hunter2-session; pref=dark; odd=hunter2-0123456789");
    let post = form(Request::post("/door/")).header("cookie", &signed_in);
    got(site.ask(post, &format!("{body}&csrf_token={token}")).await, 500);
    let post = form(Request::post("/door/?reset_token=hunter2-query")).header("cookie", &signed_in);
    got(site.ask(post, &format!("csrf_token={token}&name=panic&password=hunter2-panic")).await, 500);
    let doors = r#"[{"name": "ann", "password": "hunter2-json\"\\", "again": "hunter2-more", "iban": "hunter2-iban"}]"#;
    got(site.ask(json(Request::post("/doors/")), doors).await, 500);
    got(site.ask(json(Request::post("/doors/")), r#"[{"password": "hunter2-unread"}]"#).await, 422);
    got(site.ask(Request::get("/links/7/hunter2-link/"), "").await, 500);
    got(site.ask(Request::get("/links/7/hunter2%2Dlink%C3%BC/?token=hunter2%2Dx"), "").await, 500);
    // Led on to the address with a slash; no route at all; a parameter that is wrong; one that is not secret.
    got(site.ask(Request::get("/links/7/hunter2-slash"), "").await, 301);
    got(site.ask(Request::get("/nowhere/?api_key=hunter2-nowhere"), "").await, 404);
    got(site.ask(Request::get("/links/seven/hunter2-seven/"), "").await, 404);
    got(site.ask(Request::get("/slips/hunter2-slip/12/"), "").await, 500);
    got(
        site.ask(Request::get("/staff/hunter2-staff/"), "").await,
        if site.accept == "text/html" { 303 } else { 401 },
    );
    got(site.ask(Request::get("/bank/"), "").await, 500);
    got(site.ask(Request::get("/locks/"), "").await, 500);
    for which in ["text", "written", "events", "written-events"] {
        let broke = site.stream(Request::get(format!("/streams/{which}/hunter2-stream/"))).await;
        assert_eq!(broke.is_some(), !which.ends_with("events"), "{which}");
        lacks(which, &broke.unwrap_or_default());
    }
    let head = Request::get("/head/?q=shown&password=hunter2+query")
        .header("authorization", "Basic YW5uOmh1bnRlcjItYmFzaWM=")
        .header("x-api-key", "hunter2-key")
        .header("referer", "https://localhost:8000/links/7/hunter2-referer/?code=hunter2-code&q=1")
        .header("cookie", signed_in);
    got(site.ask(head, "").await, 500);
    let bearer = Request::get("/head/").header("authorization", "Bearer hunter2-bearer");
    // A token that is not good; the routes themselves would take it.
    got(site.ask(bearer, "").await, 500);
    answers
}

/// The text around a secret, for the message of a failing test.
fn lacks(place: &str, text: &str) {
    for secret in [SECRET, "hunter2", "YW5uOmh1", "%2D"] {
        if let Some(at) = text.find(secret) {
            let from = text.floor_char_boundary(at.saturating_sub(300));
            let to = text.floor_char_boundary((at + 200).min(text.len()));
            panic!("{place} shows a secret: …{}…", &text[from..to]);
        }
    }
}

#[quintet::test(site, settings = {
    "debug" = true, "database.slow_query" = "0s", "security.secret_names" = "iban", "toolbar.requests" = 100,
})]
async fn no_secret_is_seen_by_developers(site: TestSite) {
    for accept in ["text/html", "application/json"] {
        let mut watched = Watched::of(&site, LogStyle::Text).await;
        watched.accept = accept;
        Lock.query().delete(&site.db).await.unwrap();
        let pages = put_everywhere(&watched).await;
        lacks("a page", &pages);
        assert!(pages.contains(MASK));
        let toolbar = watched.toolbar().await;
        lacks("the toolbar", &toolbar);
        assert!(toolbar.contains("/links/7/***/") && toolbar.contains("q=shown"), "{toolbar}");
        let access = watched.access();
        lacks("the access log", &access);
        assert!(access.contains("GET /slips/***/12/ ") && access.contains("GET /links/7/*** "), "{access}");
    }
    let log = LOG.lock().unwrap().join("\n");
    lacks("the log", &log);
    for told in [
        "slow query",
        "handler panicked",
        "csrf_refused",
        "/links/7/***/",
        "owner: \"ann\"",
        "an answer broke off",
        "a stream of events broke off",
    ] {
        assert!(log.contains(told), "{told}: {log}");
    }
}

/// Where nobody works on the site the same holds; what clients are told is what it always was.
#[quintet::test(site, settings = { "security.secret_names" = "iban" })]
async fn no_secret_is_in_the_logs_of_a_release(site: TestSite) {
    let watched = Watched::of(&site, LogStyle::Json).await;
    put_everywhere(&watched).await;
    lacks("the access log", &watched.access());
    lacks("the log", &LOG.lock().unwrap().join("\n"));
}

#[test]
fn no_secret_is_in_what_a_panic_writes() {
    if std::env::var_os("QUINTET_TEST_PANIC").is_some() {
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--nocapture", "no_secret_is_in_the_logs_of_a_release"]).env("QUINTET_TEST_PANIC", "1");
    let out = child.env("RUST_BACKTRACE", "0").output().unwrap();
    let text = String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{text}");
    assert!(text.contains("panicked at ") && text.contains("no door for Door"), "{text}");
    lacks("a panic", &text);
}
