//! Which requests are one transaction each, and what becomes of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::{
    fmt::Display,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use http::StatusCode;
use quintet_core::{
    App, Boot, BoxFuture, Error, Result, Room, Services, Site, atomic::AtomicRequests, settings::Settings,
};
use quintet_web::{
    Atomic, Page, Routes, Routing, WebRoom, axum, axum::body::Body, axum::response::Response, get, page,
    post, routes,
};
use support::{FakeRenderer, Running};

/// Notes what was done, for whom, and whether it was kept.
#[derive(Default)]
struct Notes {
    by_default: bool,
    fails: AtomicBool,
    told: Mutex<Vec<(String, bool)>>,
}

impl AtomicRequests for Notes {
    fn by_default(&self) -> bool {
        self.by_default
    }

    fn run<'a>(
        &'a self,
        route: Arc<dyn Display + Send + Sync>,
        work: BoxFuture<'a, bool>,
    ) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let keep = work.await;
            self.told.lock().unwrap().push((route.to_string(), keep));
            match keep && self.fails.load(Ordering::SeqCst) {
                true => Err(Error::new(StatusCode::SERVICE_UNAVAILABLE, "the commit failed")
                    .with_detail("why", "test")),
                false => Ok(()),
            }
        })
    }
}

impl Notes {
    fn take(&self) -> Vec<(String, bool)> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

async fn start_with(site: Site, notes: Option<Arc<Notes>>) -> Result<Running> {
    let settings = Settings::for_tests("/nowhere", [("debug", "false")]);
    let site = Arc::new(site);
    let mut boot = Boot::new(site.clone(), settings.clone(), Services::builder()).unwrap();
    boot.services.insert(site);
    boot.services.insert(settings);
    boot.services.insert::<Arc<dyn quintet_core::template::Renderer>>(Arc::new(FakeRenderer(&[
        "a.html",
        "broken.html",
    ])));
    if let Some(notes) = notes {
        boot.services.insert::<Arc<dyn AtomicRequests>>(notes);
    }
    WebRoom.start(&mut boot).await?;
    let services = boot.services.build();
    let router = quintet_web::service(&services).await?;
    Ok(Running { services, router })
}

async fn start(site: Site, by_default: bool) -> (Running, Arc<Notes>) {
    let notes = Arc::new(Notes { by_default, ..Notes::default() });
    (start_with(site, Some(notes.clone())).await.unwrap(), notes)
}

#[get("/read/")]
async fn read() -> &'static str {
    "read"
}
#[post("/write/")]
async fn write() -> &'static str {
    "written"
}
#[get("/read-always/", atomic)]
async fn read_always() -> &'static str {
    "read"
}
#[post("/write-always/", atomic = true)]
async fn write_always() -> &'static str {
    "written"
}
#[post("/write-never/", name = "never", atomic = false)]
async fn write_never() -> &'static str {
    "written"
}

fn app(label: &str) -> App {
    App::new(label).at(format!("/{label}")).routes(routes![
        read,
        write,
        read_always,
        write_always,
        write_never
    ])
}

const PATHS: [(&str, &str); 5] = [
    ("GET", "read"),
    ("POST", "write"),
    ("GET", "read-always"),
    ("POST", "write-always"),
    ("POST", "write-never"),
];

/// The paths below `prefix` whose requests are atomic.
async fn atomic_ones(running: &Running, notes: &Notes, prefix: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    for (method, path) in PATHS {
        let answer = running.ask(method, &format!("{prefix}/{path}/")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        match notes.take().as_slice() {
            [] => {}
            [(route, true)] => {
                assert!(
                    route.starts_with(&format!("{method} {prefix}/{path}/")) && route.contains("atomic.rs:"),
                    "{route}"
                );
                found.push(path);
            }
            more => panic!("{path}: {more:?}"),
        }
    }
    found
}

#[tokio::test]
async fn the_route_counts_more_than_its_app_and_that_more_than_the_site_and_the_setting() {
    let said = ["read-always", "write-always"];
    let changing = ["write", "read-always", "write-always"];
    for by_default in [false, true] {
        for site in [None, Some(false), Some(true)] {
            for own in [None, Some(false), Some(true)] {
                let mut declared = Site::new();
                if let Some(site) = site {
                    declared = declared.atomic(site);
                }
                let mut shop = app("shop");
                if let Some(own) = own {
                    shop = shop.atomic(own);
                }
                let (running, notes) = start(declared.install(shop).install(app("plain")), by_default).await;
                let of = |atomic: bool| if atomic { &changing[..] } else { &said[..] };
                let set = site.unwrap_or(by_default);
                let case = format!("{by_default} {site:?} {own:?}");
                assert_eq!(atomic_ones(&running, &notes, "/shop").await, of(own.unwrap_or(set)), "{case}");
                assert_eq!(atomic_ones(&running, &notes, "/plain").await, of(set), "{case}");
            }
        }
    }
}

#[tokio::test]
async fn routes_tell_what_they_are() {
    let (running, _) = start(Site::new().install(app("a")).install(app("b").atomic(true)), false).await;
    let routes = running.services.require::<Arc<Routes>>().unwrap().all();
    let of = |path: &str| routes.iter().find(|route| route.path == path).unwrap().atomic;
    assert_eq!((of("/a/write/"), of("/b/write/")), (Atomic::AsSet, Atomic::Changing));
    assert_eq!((of("/a/read-always/"), of("/b/write-never/")), (Atomic::All, Atomic::Never));
}

#[tokio::test]
async fn plain_handlers_method_tables_and_mounted_routers_follow_their_app() {
    let app = App::new("shop")
        .atomic(true)
        .post("/plain/", async || "written")
        .route("/table/", axum::routing::get(async || "read").post(async || "written"))
        .mount("/old", axum::Router::new().route("/deep/", axum::routing::any(async || "any")));
    let (running, notes) = start(Site::new().install(app), false).await;
    for (method, path, atomic) in [
        ("POST", "/plain/", true),
        ("GET", "/table/", false),
        ("POST", "/table/", true),
        ("GET", "/old/deep/", false),
        ("DELETE", "/old/deep/", true),
    ] {
        assert_eq!(running.ask(method, path).await.status, 200);
        assert_eq!(notes.take().len(), usize::from(atomic), "{method} {path}");
    }
    // What is no route, or no method of one, begins nothing.
    assert_eq!(running.ask("POST", "/nowhere/").await.status, 404);
    assert_eq!(running.ask("DELETE", "/plain/").await.status, 405);
    assert!(notes.take().is_empty());
}

#[post("/end/{how}/", atomic)]
async fn end(quintet_web::Path(how): quintet_web::Path<String>) -> Result<Response> {
    use axum::response::IntoResponse;
    Ok(match &*how {
        "redirect" => (StatusCode::SEE_OTHER, [("location", "/")]).into_response(),
        "created" => StatusCode::CREATED.into_response(),
        "teapot" => (StatusCode::IM_A_TEAPOT, "short and stout").into_response(),
        "fault" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "error" => return Err(Error::forbidden("no")),
        "stream" => {
            let parts = futures_util::stream::iter(["a", "b"].map(Ok::<_, std::io::Error>));
            Body::from_stream(parts).into_response()
        }
        _ => panic!("over"),
    })
}

#[post("/page/{name}/", atomic)]
async fn rendered(quintet_web::Path(name): quintet_web::Path<String>) -> Page {
    if name == "good" { page!("a.html") } else { page!("broken.html") }
}

#[tokio::test]
async fn what_is_no_error_is_kept_and_all_else_is_not() {
    let (running, notes) = start(Site::new().routes(routes![end, rendered]), false).await;
    for (path, status, kept) in [
        ("/end/redirect/", 303, true),
        ("/end/created/", 201, true),
        ("/end/stream/", 200, true),
        ("/end/teapot/", 418, false),
        ("/end/fault/", 500, false),
        ("/end/error/", 403, false),
        ("/end/panic/", 500, false),
        ("/page/good/", 200, true),
        ("/page/bad/", 500, false),
    ] {
        let answer = running.ask("POST", path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert_eq!(notes.take().iter().map(|(_, kept)| *kept).collect::<Vec<_>>(), [kept], "{path}");
    }
    assert_eq!(running.ask("POST", "/end/teapot/").await.body, "short and stout", "its own words stay");
}

#[tokio::test]
async fn a_commit_that_fails_is_the_response() {
    let (running, notes) = start(Site::new().routes(routes![end, rendered]), false).await;
    notes.fails.store(true, Ordering::SeqCst);
    for path in ["/end/redirect/", "/end/created/", "/page/good/"] {
        let answer = running.ask("POST", path).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (503, ""), "{path}");
        assert!(!answer.body.contains("a.html"), "{}", answer.body);
    }
    // A failed handler's own error says more.
    assert_eq!(running.ask("POST", "/end/error/").await.status, 403);
}

#[tokio::test]
async fn without_a_database_an_atomic_route_keeps_the_site_from_starting() {
    for site in [
        Site::new().routes(routes![read_always]),
        Site::new().install(App::new("shop").atomic(true).routes(routes![write])),
    ] {
        let error = start_with(site, None).await.err().unwrap().to_string();
        assert!(
            error.contains("it is atomic, but the site has no database") && error.contains("atomic.rs"),
            "{error}"
        );
    }
    let running = start_with(Site::new().routes(routes![write, write_never]), None).await.unwrap();
    assert_eq!(running.ask("POST", "/write/").await.status, 200);
}
