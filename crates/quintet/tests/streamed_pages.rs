//! Long pages leave while they are rendered.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{body::Body, http::Request};
use http_body::Body as _;
use quintet::{
    core::{EmbeddedFile, Folder, Service as _},
    prelude::*,
    web::service,
};

/// A row is about 1 KB.
const ROWS: usize = 4000;

static FILES: &[EmbeddedFile] = &[
    EmbeddedFile { path: "templates/base.html", bytes: b"<top>{% block body %}{% endblock %}<end>{{ menu|length }}" },
    EmbeddedFile {
        path: "templates/rows.html",
        bytes: b"{% extends 'base.html' %}{% block body %}{% for i in range(rows) %}{{ row(i) }}{{ filler }}\n{% endfor %}{% endblock %}",
    },
    EmbeddedFile { path: "templates/late.html", bytes: b"{% for i in range(rows) %}{{ filler }}{% endfor %}{{ nowhere }}" },
    EmbeddedFile { path: "templates/early.html", bytes: b"{{ filler }}{{ nowhere }}" },
    EmbeddedFile {
        path: "templates/headers.html",
        bytes: b"{% for i in range(rows) %}{{ filler }}{% endfor %}{% include 'tail.html' %}",
    },
    EmbeddedFile { path: "templates/tail.html", bytes: b"<script nonce=\"{{ csp_nonce() }}\"></script>{{ messages()|join }}" },
    EmbeddedFile { path: "templates/plain.html", bytes: b"{% for i in range(rows) %}{{ filler }}{% endfor %}" },
    EmbeddedFile { path: "templates/empty.html", bytes: b"" },
];

/// How many rows were rendered.
#[derive(Clone, Default)]
struct Rendered(Arc<AtomicUsize>);

fn long(template: &'static str) -> Page {
    Page::new(template).with("rows", &(ROWS as i64)).with("filler", &"x<".repeat(250)).streamed()
}

#[get("/rows/")]
async fn rows() -> Page {
    long("rows.html")
}

#[get("/whole/")]
async fn whole() -> Page {
    let mut page = long("rows.html");
    page = Page::new(page.template().unwrap().to_owned())
        .with("rows", &(ROWS as i64))
        .with("filler", &"x<".repeat(250));
    page
}

#[get("/block/")]
async fn block() -> Page {
    long("rows.html#body").status(203).header("x-own", "yes")
}

#[get("/late/")]
async fn late() -> Page {
    long("late.html")
}

#[get("/early/")]
async fn early() -> Page {
    long("early.html")
}

#[get("/headers/")]
async fn headers() -> Page {
    long("headers.html").flash("told at the end")
}

#[get("/plain/")]
async fn plain() -> Page {
    long("plain.html")
}

#[get("/empty/")]
async fn empty() -> Page {
    long("empty.html")
}

#[post("/write/", atomic)]
async fn write() -> Page {
    long("rows.html")
}

fn site() -> Site {
    let rendered = Rendered::default();
    let count = rendered.0.clone();
    let app = App::new("pages")
        .folder(Folder::embedded("/nowhere", FILES))
        .context("menu", async || Ok(vec![1, 2, 3]))
        .function("row", move |i: usize| {
            count.fetch_add(1, Ordering::Relaxed);
            i
        })
        .routes(routes![rows, whole, block, late, early, headers, plain, empty, write]);
    Site::new().with(rendered).install(app)
}

fn rendered(site: &TestSite) -> usize {
    State::<Rendered>::of(site.services()).unwrap().0.0.load(Ordering::Relaxed)
}

#[quintet::test(site, on = "sqlite")]
async fn a_streamed_page_is_what_it_would_be_whole(site: TestSite) -> Result {
    let streamed = site.get(rows::url()).await.ok();
    assert_eq!(streamed.text(), site.get(whole::url()).await.ok().text());
    assert!(streamed.text().starts_with("<top>0x&lt;") && streamed.text().ends_with("<end>3"));
    assert!(streamed.text().len() > ROWS * 1000 && streamed.header_text("content-length").is_none());
    assert_eq!(streamed.header_text("content-type").as_deref(), Some("text/html; charset=utf-8"));
    let block = site.get(block::url()).await.status(203).header("x-own", "yes");
    assert!(block.text().starts_with("0x&lt;") && block.text().ends_with("&lt;\n"));
    assert!(site.post(write::url(), &[]).await.ok().text().ends_with("<end>3"));
    assert_eq!(site.get(empty::url()).await.ok().text(), "");
    assert_eq!(site.head(rows::url()).await.ok().text(), "");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn rendering_waits_for_a_slow_client(site: TestSite) -> Result {
    let mut router = service(site.services()).await?;
    let request = Request::get("/rows/").body(Body::empty()).unwrap();
    let response = tower::Service::call(&mut router, request).await.unwrap();
    let mut body = pin!(response.into_body());
    let mut taken = 0;
    let mut pieces = 0;
    while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        taken += frame.unwrap().into_data().unwrap().len();
        pieces += 1;
        // What was taken, what waits, and the piece that is being filled.
        let most = (taken + 7 * 20 * 1024) / 1000;
        assert!(rendered(&site) <= most, "{} rows are rendered and {taken} bytes taken", rendered(&site));
    }
    assert!(pieces > 100 && rendered(&site) == ROWS, "{pieces} pieces");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn what_fails_at_once_is_a_page_and_what_fails_late_cuts_the_connection(site: TestSite) -> Result {
    site.get(early::url()).await.status(500);
    let mut router = service(site.services()).await?;
    let request = Request::get("/late/").body(Body::empty()).unwrap();
    let response = tower::Service::call(&mut router, request).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut body = pin!(response.into_body());
    let mut failed = false;
    while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        failed = frame.is_err();
        if failed {
            break;
        }
    }
    assert!(failed, "half a page is no whole one");
    Ok(())
}

#[quintet::test(site, on = "sqlite")]
async fn headers_know_what_comes_at_the_end(site: TestSite) -> Result {
    let page = site.get(headers::url()).await.ok();
    let nonce = page.text().split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(page.header_text("content-security-policy").unwrap().contains(&nonce));
    assert!(page.text().ends_with("told at the end"));
    assert_eq!(page.header_text("cache-control").as_deref(), Some("no-store"));
    // Told once.
    assert!(page.cookies().is_empty(), "{:?}", page.cookies());
    let plain = site.get(plain::url()).await.ok();
    assert!(!plain.header_text("content-security-policy").unwrap().contains("nonce"));
    assert_ne!(plain.header_text("cache-control").as_deref(), Some("no-store"));
    Ok(())
}
