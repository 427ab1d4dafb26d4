//! Errors, panics and unmatched paths, as clients see them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use http::{Request, StatusCode, header};
use quintet_core::{App, BoxFuture, Error, FieldErrors, OrStatus, Result, Site, debug::DebugFacts};
use quintet_web::{
    Json, Page, Path, Routing,
    axum::{self, body::Body},
    get, page, routes,
};
use support::{Answer, start, start_with};

#[get("/secret/")]
async fn secret() -> Result<&'static str> {
    Err(Error::internal("the password is hunter2").with_detail("SQL", "SELECT hunter2"))
}
#[get("/forbidden/")]
async fn forbidden() -> Result<&'static str> {
    Err(Error::forbidden("Only <b>Ann</b> may."))
}
#[get("/foreign/")]
async fn foreign() -> Result<String> {
    Ok(std::fs::read_to_string("/no/such/file")?)
}
#[get("/panic/")]
async fn panics() -> &'static str {
    panic!("index out of luck {}", 7)
}
#[get("/invalid/")]
async fn invalid() -> Result<Page> {
    let mut errors = FieldErrors::new();
    errors.push("title", "at most <5> characters");
    errors.into_result()?;
    Ok(page!("never.html"))
}
#[get("/missing/{id}/")]
async fn missing(Path(id): Path<i64>) -> Result<String> {
    let found: Option<i64> = None;
    Ok(format!("{id} {}", found.or_404()?))
}
#[get("/api/secret/")]
async fn api_secret() -> Result<Json<String>> {
    Err(Error::internal("the password is hunter2"))
}
#[get("/status/")]
async fn status() -> StatusCode {
    StatusCode::TOO_MANY_REQUESTS
}
#[get("/own/")]
async fn own() -> (StatusCode, &'static str) {
    (StatusCode::BAD_REQUEST, "my own words")
}

fn site() -> Site {
    let all = routes![secret, forbidden, foreign, panics, invalid, missing, api_secret, status, own];
    Site::new().install(App::new("cinema").routes(all))
}

const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

#[tokio::test]
async fn faults_of_the_site_never_tell_their_text() {
    let site = start(site()).await.unwrap();
    for uri in ["/secret/", "/foreign/", "/panic/", "/api/secret/"] {
        for accept in [BROWSER, "application/json", "*/*"] {
            let answer = site.get_as(uri, accept).await;
            assert_eq!(answer.status.as_u16(), 500, "{uri} {accept}");
            for secret in ["hunter2", "no such file", "No such file", "luck"] {
                assert!(!answer.body.contains(secret), "{uri} {accept}: {}", answer.body);
            }
            assert!(answer.body.contains("Internal Server Error"), "{}", answer.body);
        }
    }
    assert_eq!(site.get("/own/").await.body, "my own words");
}

#[tokio::test]
async fn the_client_chooses_between_page_and_problem() {
    let site = start(site()).await.unwrap();
    let html = site.get_as("/forbidden/", BROWSER).await;
    assert_eq!((html.status.as_u16(), html.header("content-type")), (403, "text/html; charset=utf-8"));
    assert!(
        html.body.contains("<h1>403 Forbidden</h1><p>Only &lt;b&gt;Ann&lt;/b&gt; may.</p>"),
        "{}",
        html.body
    );
    assert_eq!(html.header("vary"), "accept");

    let problem = site.get_as("/forbidden/", "application/json").await;
    assert_eq!((problem.status.as_u16(), problem.header("content-type")), (403, "application/problem+json"));
    let expected = serde_json::json!({
        "type": "about:blank", "title": "Forbidden", "status": 403, "detail": "Only <b>Ann</b> may."
    });
    assert_eq!(problem.json(), expected);

    // A route that answers JSON fails in JSON, to a browser too.
    let api = site.get_as("/api/secret/", BROWSER).await;
    assert_eq!(
        api.json(),
        serde_json::json!({ "type": "about:blank", "title": "Internal Server Error", "status": 500 })
    );

    let invalid = site.get_as("/invalid/", "application/json").await;
    assert_eq!(invalid.status.as_u16(), 422);
    assert_eq!(
        invalid.json()["errors"],
        serde_json::json!([{ "pointer": "#/title", "detail": "at most <5> characters" }])
    );
    let invalid = site.get_as("/invalid/", BROWSER).await;
    assert!(invalid.body.contains("<li>title: at most &lt;5&gt; characters</li>"), "{}", invalid.body);

    for (uri, status) in [("/nothing/", 404), ("/status/", 429)] {
        assert_eq!(site.get_as(uri, "application/json").await.json()["status"], status);
        assert!(site.get_as(uri, BROWSER).await.body.contains(&format!("<h1>{status} ")));
    }
    let wrong =
        Request::put("/secret/").header(header::ACCEPT, "application/json").body(Body::empty()).unwrap();
    let wrong = site.send(wrong).await;
    assert_eq!((wrong.json()["status"].clone(), wrong.header("allow")), (405.into(), "GET, HEAD, OPTIONS"));
}

#[tokio::test]
async fn the_sites_own_templates_show_errors() {
    let site = start_with(site(), &[], &["404.html", "500.html"]).await.unwrap();
    let missing = site.get_as("/missing/7/", BROWSER).await;
    assert_eq!(missing.status.as_u16(), 404);
    let values = r#"404.html {"errors":[],"message":"Not Found","reason":"Not Found","status":404}"#;
    assert!(
        missing.body.starts_with(values) && missing.body.ends_with(r#"app=Some("cinema")"#),
        "{}",
        missing.body
    );
    assert!(site.get("/nothing/").await.body.starts_with("404.html "));
    let fault = site.get_as("/secret/", BROWSER).await;
    assert!(fault.body.starts_with("500.html ") && !fault.body.contains("hunter2"), "{}", fault.body);
    assert!(site.get("/forbidden/").await.body.starts_with("<!doctype html>"));

    let site = start_with(self::site(), &[], &["404.html", "error.html"]).await.unwrap();
    assert!(site.get("/nothing/").await.body.starts_with("404.html "));
    let invalid = site.get_as("/invalid/", BROWSER).await;
    let values = r#"error.html {"errors":[{"field":"title","message":"at most <5> characters"}],"#;
    assert!(invalid.body.starts_with(values), "{}", invalid.body);
    let fault = site.get_as("/secret/", BROWSER).await;
    assert!(fault.body.starts_with("error.html ") && !fault.body.contains("hunter2"), "{}", fault.body);
}

#[tokio::test]
async fn the_site_lives_after_a_panic() {
    let site = start(site()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(site.get("/panic/").await.status.as_u16(), 500);
    }
    assert_eq!(site.get("/own/").await.status.as_u16(), 400);
}

#[tokio::test]
async fn errors_and_panics_of_layers_get_their_documents_too() {
    type Next = axum::middleware::Next;
    async fn guard(request: axum::extract::Request, next: Next) -> Result<axum::response::Response> {
        match request.uri().path() {
            "/panic/" => panic!("in a layer"),
            "/own/" => Err(Error::unauthorized("Log in first.")),
            _ => Ok(next.run(request).await),
        }
    }
    let site = start(site().layer(axum::middleware::from_fn(guard))).await.unwrap();
    let answer = site.get_as("/own/", "application/json").await;
    assert_eq!((answer.status.as_u16(), answer.json()["detail"].clone()), (401, "Log in first.".into()));
    assert_eq!(site.get("/panic/").await.status.as_u16(), 500);
}

#[tokio::test]
async fn a_layer_sees_the_finished_document() {
    async fn size(response: axum::response::Response) -> axum::response::Response {
        let (mut parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 100_000).await.unwrap();
        parts.headers.insert("x-doctype", bytes.starts_with(b"<!doctype").to_string().parse().unwrap());
        axum::response::Response::from_parts(parts, Body::from(bytes))
    }
    let site = start(site().layer(axum::middleware::map_response(size))).await.unwrap();
    let answer = site.get("/forbidden/").await;
    assert_eq!(answer.header("x-doctype"), "true");
    assert!(answer.body.ends_with("</html>\n"));
}

/// A room that has seen something.
struct Watcher;

impl DebugFacts for Watcher {
    fn title(&self) -> &'static str {
        "Statements"
    }

    fn watch<'a>(&'a self, work: BoxFuture<'a, ()>) -> BoxFuture<'a, Vec<(String, String)>> {
        Box::pin(async move {
            work.await;
            vec![("SELECT 42".to_owned(), "1 row".to_owned())]
        })
    }
}

#[tokio::test]
async fn debug_shows_what_helps_and_masks_what_lets_one_in() {
    let site = site().with(Arc::new(Watcher) as Arc<dyn DebugFacts>);
    let site = start_with(site, &[("debug", "true")], &[]).await.unwrap();
    let ask = async |uri: &str, accept: &str| -> Answer {
        let request =
            Request::get(uri).header(header::ACCEPT, accept).header(header::COOKIE, "session=abc123");
        site.send(request.body(Body::empty()).unwrap()).await
    };
    let fault = ask("/secret/?a=1", BROWSER).await;
    assert_eq!(fault.status.as_u16(), 500);
    for part in ["hunter2", "SELECT 42", "failures.rs", "cinema"] {
        assert!(fault.body.contains(part), "{part}: {}", fault.body);
    }
    assert!(!fault.body.contains("abc123"));

    let line =
        include_str!("failures.rs").lines().position(|line| line.contains("out of luck {}")).unwrap() + 1;
    let panic = ask("/panic/", BROWSER).await;
    assert!(panic.body.contains(&format!("tests/failures.rs:{line}:")), "{}", panic.body);

    let missing = ask("/missing/7/", BROWSER).await;
    assert!(missing.body.contains("/missing/{id}/") && missing.body.contains('7'), "{}", missing.body);
    let unmatched = ask("/nothing/", BROWSER).await;
    assert_eq!(unmatched.status.as_u16(), 404);
    assert!(unmatched.body.contains("/api/secret/"), "{}", unmatched.body);

    let problem = ask("/secret/", "application/json").await.json();
    assert_eq!(problem["debug"]["error"], "the password is hunter2");
    assert_eq!(problem["debug"]["details"]["SQL"], "SELECT hunter2");
}
