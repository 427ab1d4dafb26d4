//! Pages: rendered by the site, with the request's context.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use http::StatusCode;
use quintet_core::{App, Result, Site, Value};
use quintet_web::{
    Page, Path, Routing,
    axum::{self, response::IntoResponse},
    data, get, page, redirect, routes,
};
use support::start;

/// A film.
#[data]
struct Film {
    id: i64,
    title: String,
    r#type: Option<String>,
}

#[get("/films/{id}/")]
async fn film(Path(id): Path<i64>) -> Result<Page> {
    let film = Film { id, title: "<Alien>".into(), r#type: None };
    Ok(page!("film.html", film, stars: 5, tags: ["a", "b"]))
}

#[get("/created/")]
async fn created() -> Page {
    page!("film.html#reviews").status(201).header("X-Kind", "new")
}

#[get("/wrapped/")]
async fn wrapped() -> impl IntoResponse {
    (StatusCode::ACCEPTED, [("x-more", "yes")], page!("feed.xml"))
}

#[get("/broken/")]
async fn broken() -> Page {
    Page::new("broken.html")
}

#[get("/wrong/")]
async fn wrong() -> Page {
    redirect("/").header("bad\nname", "x")
}

fn site() -> Site {
    Site::new().install(App::new("cinema").routes(routes![film, created, wrapped, broken, wrong]))
}

#[tokio::test]
async fn a_page_is_rendered_with_values_and_context() {
    let site = start(site()).await.unwrap();
    let answer = site.get("/films/7/?x=1").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/html; charset=utf-8"));
    let (name, rest) = answer.body.split_once(' ').unwrap();
    assert_eq!(name, "film.html");
    assert!(rest.contains(r#""film":{"id":7,"title":"<Alien>","type":null}"#), "{rest}");
    assert!(rest.contains(r#""stars":5"#) && rest.contains(r#""tags":["a","b"]"#), "{rest}");
    assert!(
        rest.contains(
            r#""request":{"id":null,"method":"GET","path":"/films/7/","query":"x=1","route":"cinema:film"}"#
        ),
        "{rest}"
    );
    assert!(rest.contains(r#""debug":false"#) && rest.ends_with(r#"app=Some("cinema")"#), "{rest}");
    let page = answer.page.unwrap();
    assert_eq!(page.template(), Some("film.html"));
    assert_eq!(page.value("film").unwrap().get("title"), Some(&Value::Text("<Alien>".into())));
}

#[tokio::test]
async fn status_headers_and_fragments() {
    let site = start(site()).await.unwrap();
    let created = site.get("/created/").await;
    assert_eq!((created.status.as_u16(), created.header("x-kind")), (201, "new"));
    assert!(created.body.starts_with("film.html#reviews "), "{}", created.body);
    let wrapped = site.get("/wrapped/").await;
    assert_eq!((wrapped.status.as_u16(), wrapped.header("x-more")), (202, "yes"));
    assert_eq!(wrapped.header("content-type"), "application/xml; charset=utf-8");
}

#[tokio::test]
async fn what_can_not_be_rendered_is_an_error_of_the_site() {
    let site = start(site()).await.unwrap();
    for uri in ["/broken/", "/wrong/"] {
        let answer = site.get(uri).await;
        assert_eq!(answer.status.as_u16(), 500, "{uri}");
        assert!(
            answer.body.contains("Internal Server Error") && !answer.body.contains("secret_name"),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_page_from_a_layer_is_rendered_too() {
    let layer = axum::middleware::from_fn(async |_: axum::extract::Request, _: axum::middleware::Next| {
        page!("closed.html")
    });
    let site = start(site().layer(layer)).await.unwrap();
    let answer = site.get("/films/7/").await;
    assert_eq!(answer.status.as_u16(), 200);
    assert!(answer.body.starts_with("closed.html ") && answer.body.ends_with("app=None"), "{}", answer.body);
}

#[tokio::test]
async fn outside_of_a_site_a_page_says_that_nobody_renders_it() {
    let response = page!("film.html").into_response();
    assert_eq!(response.status(), 500);
    assert_eq!(Page::of(&response).unwrap().template(), Some("film.html"));
    let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
    assert!(String::from_utf8_lossy(&body).contains("rendered by a Quintet site"));
}
