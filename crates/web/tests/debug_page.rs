//! In debug a failure answers with a page that helps; outside debug nothing of it is seen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use http::{Request, StatusCode};
use quintet_core::{Error, Result, Site};
use quintet_web::{Path, Routing, axum::body::Body};
use support::start_with;

async fn fails(Path(id): Path<i64>) -> Result<String> {
    Err(Error::database(format!("disk <{id}> is full")).with_detail("SQL", "SELECT secret FROM t"))
}

fn site() -> Site {
    Site::new().get("/films/{id}/", fails).get("/other/", async || "ok")
}

#[tokio::test]
async fn a_failure_is_explained_in_debug() {
    let site = start_with(site(), &[("debug", "true")], &[]).await.unwrap();
    let request = Request::get("/films/7/?q=%3Cb%3E&token=hunter2")
        .header("cookie", "id=hunter2")
        .header("accept", "text/html");
    let answer = site.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    for expected in [
        "<h1>Disk &lt;7&gt; is full</h1>",
        "SELECT secret FROM t",
        "tests/debug_page.rs</h2>",
        "Error::database(format!(&quot;disk &lt;{id}&gt; is full&quot;))",
        "<th scope=\"row\">{id}</th><td>7</td>",
        "<th scope=\"row\">?q</th><td>&lt;b&gt;</td>",
        "/films/{id}/",
        "<th scope=\"row\">debug</th><td>true</td>",
    ] {
        assert!(answer.body.contains(expected), "{expected}\n{}", answer.body);
    }
    assert!(
        !answer.body.contains("hunter2") && !answer.body.contains("known to everybody"),
        "{}",
        answer.body
    );
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
}

#[tokio::test]
async fn an_address_that_no_route_takes_lists_those_there_are() {
    let site = start_with(site(), &[("debug", "true")], &[]).await.unwrap();
    let answer = site.get_as("/otehr/", "text/html").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.body.contains("nearest address is <code>/other/</code>"), "{}", answer.body);
    assert!(answer.body.contains("GET /films/{id}/"), "{}", answer.body);
}

#[tokio::test]
async fn outside_debug_nothing_is_seen() {
    let site = start_with(site(), &[], &[]).await.unwrap();
    let answer = site.get_as("/films/7/", "text/html").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        !answer.body.contains("disk")
            && !answer.body.contains("SELECT")
            && !answer.body.contains("debug_page"),
        "{}",
        answer.body
    );
    let answer = site.get_as("/otehr/", "text/html").await;
    assert!(!answer.body.contains("/other/"), "{}", answer.body);
}
