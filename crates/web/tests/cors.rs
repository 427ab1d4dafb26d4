//! Scripts of other origins read what the site lets them read: with real preflights, and with cookies only where that is said.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::convert::Infallible;

use http::{Method, Request, StatusCode};
use quintet_core::{App, Error, Site};
use quintet_web::{
    Cors, Csrf, Json, Routing,
    axum::{
        Router,
        body::Body,
        extract::Request as AxumRequest,
        response::{IntoResponse, Response},
        routing,
    },
    get, post, routes,
};
use support::{Answer, Running, start, start_with};
use tower::{ServiceBuilder, service_fn};

#[get("/api/films/")]
async fn films() -> ([(&'static str, &'static str); 1], Json<Vec<&'static str>>) {
    ([("x-total", "1")], Json(vec!["Alien"]))
}

#[post("/api/films/")]
async fn add(Json(title): Json<String>) -> String {
    format!("added {title}")
}

#[get("/page/")]
async fn page(csrf: Csrf) -> quintet_core::Result<String> {
    csrf.token()
}

#[get("/api/broken/")]
async fn broken() -> quintet_core::Result<String> {
    Err(Error::internal("broken"))
}

fn site() -> Site {
    Site::new().routes(routes![films, add, page, broken])
}

const APP: &str = "https://app.example.com";

async fn running(settings: &[(&'static str, &'static str)]) -> Running {
    let all = [&[("secret_key", "a key"), ("site.url", "https://example.com")], settings].concat();
    start_with(site(), &all, &[]).await.unwrap()
}

async fn ask(site: &Running, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
    request = request.header("host", "example.com").header("x-forwarded-proto", "https");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    site.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

/// What a browser sends before a script's POST of JSON.
async fn preflight(site: &Running, path: &str, origin: &str, method: &str, headers: &str) -> Answer {
    let mut said =
        vec![("origin", origin), ("access-control-request-method", method), ("sec-fetch-mode", "cors")];
    if !headers.is_empty() {
        said.push(("access-control-request-headers", headers));
    }
    ask(site, "OPTIONS", path, &said, "").await
}

fn allowed(answer: &Answer) -> &str {
    answer.header("access-control-allow-origin")
}

fn vary(answer: &Answer) -> String {
    let all: Vec<&str> = answer.headers.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
    all.join(", ").to_lowercase()
}

#[tokio::test]
async fn it_is_off_unless_somebody_says_otherwise() {
    let site = running(&[]).await;
    for answer in [
        ask(&site, "GET", "/api/films/", &[("origin", APP)], "").await,
        preflight(&site, "/api/films/", APP, "POST", "content-type").await,
    ] {
        assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control")), "{answer:?}");
        assert!(!vary(&answer).contains("origin"));
    }
}

#[tokio::test]
async fn those_who_are_named_read_and_nobody_else() {
    let site = running(&[
        ("cors.origins", "https://app.example.com,https://*.example.org,http://localhost:5173"),
        ("cors.expose", "x-total"),
    ])
    .await;
    for origin in [APP, "https://a.example.org", "https://a.b.example.org", "http://localhost:5173"] {
        let answer = ask(&site, "GET", "/api/films/", &[("origin", origin)], "").await;
        assert_eq!((answer.status, allowed(&answer)), (StatusCode::OK, origin));
        assert_eq!(answer.header("access-control-expose-headers"), "x-total");
        assert!(
            vary(&answer).contains("origin") && answer.header("access-control-allow-credentials").is_empty()
        );
    }
    for origin in [
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.example",
        "https://evilapp.example.com",
        "https://example.org",
        "https://evilexample.org",
        "null",
        "https://app.example.com@evil.example",
        "https://app.example.com, https://evil.example",
    ] {
        let answer = ask(&site, "GET", "/api/films/", &[("origin", origin)], "").await;
        assert_eq!((answer.status, allowed(&answer)), (StatusCode::OK, ""), "{origin}");
        assert!(
            vary(&answer).contains("origin"),
            "an answer that is kept must not be given to others: {origin}"
        );
        let asked = preflight(&site, "/api/films/", origin, "POST", "content-type").await;
        assert!(
            allowed(&asked).is_empty() && asked.header("access-control-allow-methods").is_empty(),
            "{origin}"
        );
    }
    let twice =
        ask(&site, "GET", "/api/films/", &[("origin", APP), ("origin", "https://evil.example")], "").await;
    assert!(allowed(&twice).is_empty());
    // Who does not say gets an answer that caches keep apart.
    assert!(vary(&ask(&site, "GET", "/api/films/", &[], "").await).contains("origin"));
    // An error is read as well as an answer.
    let wrong = ask(&site, "GET", "/api/broken/", &[("origin", APP)], "").await;
    assert_eq!((wrong.status.as_u16(), allowed(&wrong)), (500, APP));
    assert_eq!(allowed(&ask(&site, "GET", "/nothing/", &[("origin", APP)], "").await), APP);
}

#[tokio::test]
async fn a_preflight_is_answered_before_any_route() {
    let site = running(&[
        ("cors.origins", "https://app.example.com"),
        ("cors.methods", "get,POST"),
        ("cors.headers", "content-type,x-key"),
        ("cors.max_age", "1h"),
    ])
    .await;
    for path in ["/api/films/", "/nothing/"] {
        let answer = preflight(&site, path, APP, "POST", "content-type").await;
        assert_eq!((answer.status, allowed(&answer), &*answer.body), (StatusCode::NO_CONTENT, APP, ""));
        assert_eq!(answer.header("access-control-allow-methods"), "GET, POST");
        assert_eq!(answer.header("access-control-allow-headers"), "content-type, x-key");
        assert_eq!(answer.header("access-control-max-age"), "3600");
        let vary = vary(&answer);
        for name in ["origin", "access-control-request-method", "access-control-request-headers"] {
            assert!(vary.contains(name), "{vary}");
        }
        assert!(answer.header("access-control-allow-private-network").is_empty());
    }
    // An OPTIONS that is none is the route's.
    let plain = ask(&site, "OPTIONS", "/api/films/", &[("origin", APP)], "").await;
    assert!(plain.header("allow").contains("POST") && allowed(&plain) == APP, "{plain:?}");
    let any =
        running(&[("cors.origins", "*"), ("cors.headers", "*"), ("cors.private_network", "true")]).await;
    let said = [
        ("origin", "https://whoever.example"),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "x-what-ever"),
        ("access-control-request-private-network", "true"),
    ];
    let answer = ask(&any, "OPTIONS", "/api/films/", &said, "").await;
    assert_eq!((allowed(&answer), answer.header("access-control-allow-headers")), ("*", "x-what-ever"));
    assert_eq!(answer.header("access-control-allow-private-network"), "true");
}

#[tokio::test]
async fn cookies_are_for_named_origins_only() {
    for (key, who) in [("cors.origins", "*"), ("cors.origins", "https://app.example.com,*")] {
        let error = start_with(site(), &[(key, who), ("cors.credentials", "true")], &[]).await.err().unwrap();
        assert!(error.to_string().contains("[cors] credentials"), "{error}");
    }
    let app = App::new("api").routes(routes![films]).cors(Cors::new(["*"]).credentials());
    let error = start(Site::new().install(app)).await.err().unwrap();
    assert!(error.to_string().contains("credentials") && error.to_string().contains("cors.rs"), "{error}");
    for (key, wrong) in [
        ("cors.origins", "app.example.com"),
        ("cors.origins", "https://app.example.com/x"),
        ("cors.methods", "GE T"),
        ("cors.headers", "a b"),
        ("cors.expose", "a:b"),
    ] {
        let settings = [("cors.origins", "https://app.example.com"), (key, wrong)];
        let error = start_with(site(), &settings, &[]).await.err().unwrap().to_string();
        assert!(error.contains(wrong) && error.contains("[cors]"), "{error}");
    }
    let site = running(&[("cors.origins", "https://app.example.com"), ("cors.credentials", "true")]).await;
    let answer = ask(&site, "GET", "/api/films/", &[("origin", APP)], "").await;
    assert_eq!((allowed(&answer), answer.header("access-control-allow-credentials")), (APP, "true"));
    let asked = preflight(&site, "/api/films/", APP, "POST", "content-type").await;
    assert_eq!((allowed(&asked), asked.header("access-control-allow-credentials")), (APP, "true"));
    let other = ask(&site, "GET", "/api/films/", &[("origin", "https://evil.example")], "").await;
    assert!(other.header("access-control-allow-credentials").is_empty());
}

#[tokio::test]
async fn only_some_paths_may_be_open() {
    let site = running(&[("cors.origins", "*"), ("cors.paths", "/api/,/feed")]).await;
    for (path, open) in
        [("/api/films/", true), ("/api", true), ("/feed", true), ("/feedback/", false), ("/page/", false)]
    {
        let answer = ask(&site, "GET", path, &[("origin", APP)], "").await;
        assert_eq!(allowed(&answer) == "*", open, "{path}");
        let asked = preflight(&site, path, APP, "GET", "").await;
        assert_eq!(asked.status == StatusCode::NO_CONTENT && allowed(&asked) == "*", open, "{path}");
    }
}

#[tokio::test]
async fn the_root_among_the_paths_is_everywhere() {
    let site = running(&[("cors.origins", "*"), ("cors.paths", "/,/api/")]).await;
    for path in ["/api/films/", "/page/"] {
        assert_eq!(allowed(&ask(&site, "GET", path, &[("origin", APP)], "").await), "*", "{path}");
        let asked = preflight(&site, path, APP, "GET", "").await;
        assert_eq!((asked.status, allowed(&asked)), (StatusCode::NO_CONTENT, "*"), "{path}");
    }
}

#[tokio::test]
async fn an_app_may_let_in_whom_the_site_does_not() {
    let other = "https://other.example";
    let api = App::new("api").routes(routes![films, add]).cors(Cors::new([other]).methods(["POST"]));
    let settings = [
        ("secret_key", "a key"),
        ("site.url", "https://example.com"),
        ("cors.origins", "https://app.example.com"),
    ];
    let site = Site::new().install(api).routes(routes![page]);
    let site = start_with(site, &settings, &[]).await.unwrap();
    let asked = preflight(&site, "/api/films/", other, "POST", "content-type").await;
    assert_eq!((asked.status, allowed(&asked)), (StatusCode::NO_CONTENT, other));
    assert_eq!(asked.header("access-control-allow-methods"), "POST");
    let answer = ask(&site, "GET", "/api/films/", &[("origin", other)], "").await;
    assert_eq!((answer.status, allowed(&answer)), (StatusCode::OK, other));
    // Whom the site lets in is let in everywhere, and whom neither knows nowhere.
    assert_eq!(allowed(&preflight(&site, "/api/films/", APP, "POST", "content-type").await), APP);
    for (path, origin) in [("/page/", other), ("/api/films/", "https://evil.example")] {
        let asked = preflight(&site, path, origin, "POST", "content-type").await;
        assert!(allowed(&asked).is_empty() && vary(&asked).contains("origin"), "{path} {asked:?}");
        assert!(asked.header("access-control-allow-methods").is_empty(), "{path}");
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const CROSS: (&str, &str) = ("sec-fetch-site", "cross-site");

#[tokio::test]
async fn who_may_read_may_send_and_with_cookies_only_where_that_is_said() {
    let send = async |site: &Running, more: &[(&str, &str)]| {
        let headers = [&[("origin", APP), CROSS][..], more].concat();
        ask(site, "POST", "/api/films/", &headers, "\"Alien\"").await.status.as_u16()
    };
    let cookie = ("cookie", "session=x");
    let open = running(&[("cors.origins", "https://app.example.com")]).await;
    assert_eq!(send(&open, &[JSON]).await, 200);
    assert_eq!(send(&open, &[JSON, cookie]).await, 403, "cookies were not let in");
    assert_eq!(send(&open, &[JSON, ("authorization", "Basic YTpi")]).await, 403);
    let trusted = running(&[("cors.origins", "https://app.example.com"), ("cors.credentials", "true")]).await;
    assert_eq!(send(&trusted, &[JSON, cookie]).await, 200);
    assert_eq!(send(&trusted, &[FORM, cookie]).await, 403, "a form has no token");
    let closed = running(&[]).await;
    assert_eq!((send(&closed, &[JSON]).await, send(&closed, &[JSON, cookie]).await), (403, 403));
    let elsewhere = [("origin", "https://evil.example"), CROSS, JSON, cookie];
    assert_eq!(ask(&trusted, "POST", "/api/films/", &elsewhere, "\"Alien\"").await.status, 403);
    assert_eq!(ask(&trusted, "POST", "/api/films/", &elsewhere[..3], "\"Alien\"").await.status, 403);
}

/// Nobody who has not logged in gets past it.
async fn refuse(_: AxumRequest) -> Result<Response, Infallible> {
    Ok(Error::unauthorized("Log in first.").into_response())
}

#[tokio::test]
async fn apps_and_routers_say_for_themselves() {
    let guarded = ServiceBuilder::new().layer_fn(|_inner| service_fn(refuse));
    let api = App::new("api").routes(routes![films]).layer(guarded).cors(Cors::new([APP]).methods(["GET"]));
    let cors =
        Cors::new(["https://other.example"]).headers(["x-key"]).max_age(std::time::Duration::from_secs(5));
    let router = Router::new().route("/", routing::put(async || "put"));
    let old = App::new("old").mount("/old", router).cors(cors);
    // By itself, as in any router of axum's; what changes something is judged before it.
    let feeds =
        Router::new().route("/", routing::get(async || "feed")).layer(Cors::new(["*"]).layer().unwrap());
    let site = Site::new().install(api).install(old).mount("/feeds", feeds).routes(routes![page]);
    let site =
        start_with(site, &[("secret_key", "a key"), ("site.url", "https://example.com")], &[]).await.unwrap();
    // Who asks whether he may ask has not logged in.
    let asked = preflight(&site, "/api/films/", APP, "GET", "authorization").await;
    assert_eq!((asked.status.as_u16(), allowed(&asked)), (204, APP));
    assert_eq!(asked.header("access-control-allow-methods"), "GET");
    let answer = ask(&site, "GET", "/api/films/", &[("origin", APP)], "").await;
    assert_eq!((answer.status.as_u16(), allowed(&answer)), (401, APP));
    let asked = preflight(&site, "/old/", "https://other.example", "PUT", "x-key").await;
    assert_eq!((allowed(&asked), asked.header("access-control-max-age")), ("https://other.example", "5"));
    let put = [("origin", "https://other.example"), CROSS];
    assert_eq!(ask(&site, "PUT", "/old/", &put, "").await.body, "put");
    let feed = ask(&site, "GET", "/feeds/", &[("origin", APP)], "").await;
    assert_eq!((allowed(&feed), &*feed.body), ("*", "feed"));
    assert!(allowed(&ask(&site, "GET", "/page/", &[("origin", APP)], "").await).is_empty());
}
