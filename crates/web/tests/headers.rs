//! What answers say to make browsers careful, and who is sent to https.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::net::SocketAddr;

use http::{Method, Request};
use quintet_core::Site;
use quintet_web::{
    Routing,
    axum::{body::Body, extract::ConnectInfo},
    middleware::Gate,
    server::ServerSettings,
};
use support::{Answer, Running, start_with};

fn site() -> Site {
    Site::new().get("/", async || "home").get("/own/", async || {
        (
            [
                ("x-frame-options", "SAMEORIGIN"),
                ("referrer-policy", ""),
                ("permissions-policy", "camera=(self)"),
                ("content-security-policy-report-only", "img-src 'none'"),
                ("reporting-endpoints", ""),
            ],
            "",
        )
    })
}

async fn running(settings: &[(&'static str, &'static str)]) -> Running {
    let all = [&[("security.hosts", "example.com,[2001:db8::1]")], settings].concat();
    start_with(site(), &all, &[]).await.unwrap()
}

/// With the headers that every answer of the server has.
async fn ask(site: &Running, peer: &str, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let settings = site.services.get::<quintet_core::settings::Settings>().unwrap();
    let server: ServerSettings = settings.get().unwrap();
    let gate = Gate::open(&site.services, &server, None).await.unwrap();
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "example.com");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
    Answer::of(gate.answer(request).await).await
}

const PROXY: &str = "10.0.0.1";
const STRANGER: &str = "203.0.113.9";
const HTTPS: (&str, &str) = ("x-forwarded-proto", "https");

#[tokio::test]
async fn browsers_are_told_without_any_setting() {
    let site = running(&[]).await;
    let answer = ask(&site, PROXY, Method::GET, "/", &[HTTPS]).await;
    assert_eq!(answer.header("x-frame-options"), "DENY");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("referrer-policy"), "same-origin");
    assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
    assert!(answer.header("content-security-policy").ends_with("frame-ancestors 'none'"));
    let powers = "camera=(), microphone=(), geolocation=(), payment=(), usb=()";
    assert_eq!(answer.header("permissions-policy"), powers);
    let absent = ["content-security-policy-report-only", "reporting-endpoints", "strict-transport-security"];
    for absent in absent {
        assert!(!answer.headers.contains_key(absent), "{absent}");
    }
}

#[tokio::test]
async fn each_header_has_a_setting() {
    let site = running(&[
        ("security.headers.frame_options", "same-origin"),
        ("security.headers.nosniff", "false"),
        ("security.headers.referrer_policy", "no-referrer"),
        ("security.headers.opener_policy", ""),
        ("security.headers.permissions_policy", "camera=(), geolocation=(self)"),
    ])
    .await;
    let answer = ask(&site, PROXY, Method::GET, "/", &[]).await;
    assert_eq!(answer.header("x-frame-options"), "SAMEORIGIN");
    assert!(answer.header("content-security-policy").ends_with("frame-ancestors 'self'"));
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("permissions-policy"), "camera=(), geolocation=(self)");
    assert!(!answer.headers.contains_key("x-content-type-options"));
    // A route has its own, and none where it says so.
    let own = ask(&site, PROXY, Method::GET, "/own/", &[]).await;
    assert_eq!(own.header("permissions-policy"), "camera=(self)");
    assert!(!own.headers.contains_key("referrer-policy"));
    let off = running(&[("security.headers.frame_options", "off")]).await;
    let answer = ask(&off, PROXY, Method::GET, "/", &[]).await;
    assert!(!answer.headers.contains_key("x-frame-options"));
    assert!(!answer.header("content-security-policy").contains("frame-ancestors"));
    assert_eq!(ask(&off, PROXY, Method::GET, "/own/", &[]).await.header("x-frame-options"), "SAMEORIGIN");
    let policy = running(&[("security.headers.content_security_policy", "default-src 'none'")]).await;
    let answer = ask(&policy, PROXY, Method::GET, "/", &[]).await;
    assert_eq!(answer.header("content-security-policy"), "default-src 'none'");
    let wrong = running(&[("security.headers.referrer_policy", "a\nx-evil: 1")]).await;
    let settings = wrong.services.get::<quintet_core::settings::Settings>().unwrap();
    let error = Gate::open(&wrong.services, &settings.get().unwrap(), None).await.err().unwrap();
    assert!(error.to_string().contains("referrer_policy"), "{error}");
}

#[tokio::test]
async fn a_policy_may_be_tried_before_it_holds() {
    const TRIED: &str = "content-security-policy-report-only";
    let site = running(&[
        ("security.headers.content_security_policy_report_only", "script-src 'none'; report-to csp"),
        ("security.headers.reporting_endpoints", "csp=\"https://reports.example/csp\""),
        ("security.headers.permissions_policy", ""),
    ])
    .await;
    let answer = ask(&site, PROXY, Method::GET, "/", &[]).await;
    assert_eq!(answer.header(TRIED), "script-src 'none'; report-to csp");
    assert_eq!(answer.header("reporting-endpoints"), "csp=\"https://reports.example/csp\"");
    assert!(answer.header("content-security-policy").starts_with("default-src 'self'"), "it holds as before");
    assert!(!answer.headers.contains_key("permissions-policy"));
    // A route has its own, and none where it says so.
    let own = ask(&site, PROXY, Method::GET, "/own/", &[]).await;
    assert_eq!(own.header(TRIED), "img-src 'none'");
    assert!(!own.headers.contains_key("reporting-endpoints"));
    let wrong = running(&[("security.headers.content_security_policy_report_only", "a\nb")]).await;
    let settings = wrong.services.get::<quintet_core::settings::Settings>().unwrap();
    let error = Gate::open(&wrong.services, &settings.get().unwrap(), None).await.err().unwrap();
    assert!(error.to_string().contains("content_security_policy_report_only"), "{error}");
}

/// The built-in error page has its style in itself: it is allowed by its digest, and nothing else is.
#[tokio::test]
async fn the_plain_error_page_has_a_style_that_its_policy_allows() {
    let site = running(&[]).await;
    let answer = ask(&site, PROXY, Method::GET, "/nowhere/", &[("accept", "text/html")]).await;
    assert_eq!(answer.status, 404);
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("; style-src 'self' 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert!(answer.body.contains("<style>") && answer.body.contains("<main><h1>404"), "{}", answer.body);
    let page = ask(&site, PROXY, Method::GET, "/", &[]).await;
    assert!(!page.header("content-security-policy").contains("style-src"));
    let problem = ask(&site, PROXY, Method::GET, "/nowhere/", &[("accept", "application/json")]).await;
    assert!(!problem.header("content-security-policy").contains("style-src"));
}

#[tokio::test]
async fn https_is_remembered_where_it_was_spoken() {
    let site = running(&[("security.hsts", "365d"), ("security.hsts_subdomains", "true")]).await;
    const HSTS: &str = "strict-transport-security";
    let over = ask(&site, PROXY, Method::GET, "/", &[HTTPS]).await;
    assert_eq!(over.header(HSTS), "max-age=31536000; includeSubDomains");
    assert_eq!(over.header("x-frame-options"), "DENY");
    assert!(!ask(&site, PROXY, Method::GET, "/", &[]).await.headers.contains_key(HSTS));
    // Whoever is no proxy only says so.
    assert!(!ask(&site, STRANGER, Method::GET, "/", &[HTTPS]).await.headers.contains_key(HSTS));
    let all =
        [("security.hsts", "730d"), ("security.hsts_subdomains", "true"), ("security.hsts_preload", "true")];
    let site = running(&all).await;
    let over = ask(&site, PROXY, Method::GET, "/", &[HTTPS]).await;
    assert_eq!(over.header(HSTS), "max-age=63072000; includeSubDomains; preload");
    let site = running(&[("security.hsts", "30d"), ("security.hsts_preload", "true")]).await;
    let settings = site.services.get::<quintet_core::settings::Settings>().unwrap();
    let error = Gate::open(&site.services, &settings.get().unwrap(), None).await.err().unwrap();
    assert!(
        error.to_string().contains("hsts_preload") && error.to_string().contains("hsts_subdomains"),
        "{error}"
    );
}

#[tokio::test]
async fn who_asks_over_http_is_sent_to_https() {
    let site =
        running(&[("security.https_redirect", "true"), ("security.https_redirect_except", "/health/")]).await;
    let to = async |method: Method, path: &str, headers: &[(&str, &str)]| {
        let answer = ask(&site, PROXY, method, path, headers).await;
        (answer.status.as_u16(), answer.header("location").to_owned())
    };
    let there = |text: &str| text.to_owned();
    assert_eq!(to(Method::GET, "/a/?b=c", &[]).await, (301, there("https://example.com/a/?b=c")));
    assert_eq!(to(Method::POST, "/a/", &[]).await, (308, there("https://example.com/a/")));
    assert_eq!(
        to(Method::GET, "/", &[("host", "example.com:8000")]).await,
        (301, there("https://example.com/"))
    );
    assert_eq!(
        to(Method::GET, "/", &[("host", "[2001:db8::1]:80")]).await,
        (301, there("https://[2001:db8::1]/"))
    );
    // Nobody is sent elsewhere by what somebody made up.
    assert_eq!(to(Method::GET, "/", &[("host", "evil.example")]).await.0, 400);
    assert_eq!(
        to(Method::GET, "//evil.example/", &[]).await,
        (301, there("https://example.com//evil.example/"))
    );
    assert_eq!(to(Method::GET, "/", &[HTTPS]).await, (200, String::new()));
    assert_eq!(to(Method::GET, "/health/", &[]).await.0, 404, "not there, but answered");
    assert_eq!(to(Method::GET, "/healthy/", &[]).await.0, 301);
    // Whoever is no proxy only says that it was https.
    assert_eq!(ask(&site, STRANGER, Method::GET, "/", &[HTTPS]).await.status, 301);
    let port =
        running(&[("security.https_redirect", "true"), ("site.url", "https://example.com:8443")]).await;
    let answer = ask(&port, PROXY, Method::GET, "/a/", &[("host", "example.com:8000")]).await;
    assert_eq!(answer.header("location"), "https://example.com:8443/a/");
}
