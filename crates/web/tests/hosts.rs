//! Requests for hosts that nobody named are refused, however they say it; what the site makes of its own address can't be led elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::{net::SocketAddr, time::Duration};

use http::{Request, StatusCode, Version};
use quintet_core::{Site, settings::Settings};
use quintet_web::{
    BaseUrl, Routing,
    axum::{Router, body::Body, extract::ConnectInfo, routing},
    get, routes,
    server::Server,
};
use support::{Answer, Running, start_with};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// A link as a mail would have it.
#[get("/reset/")]
async fn reset(base: BaseUrl) -> String {
    base.join("/reset/secret/")
}

fn site() -> Site {
    let mounted = Router::new().route("/", routing::get(async |base: BaseUrl| base.to_string()));
    Site::new().routes(routes![reset]).mount("/old", mounted)
}

async fn running(settings: &[(&'static str, &'static str)]) -> Running {
    start_with(site(), settings, &[]).await.unwrap()
}

/// As it comes over the network from this peer.
async fn from(site: &Running, peer: &str, uri: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
    site.send(request).await
}

const STRANGER: &str = "203.0.113.9";
const PROXY: &str = "10.0.0.1";
const HOSTS: (&str, &str) = ("security.hosts", "example.com,.example.org");

#[tokio::test]
async fn a_made_up_host_gets_nothing_and_is_not_repeated() {
    let site = running(&[HOSTS]).await;
    let good = from(&site, STRANGER, "/reset/", &[("host", "example.com")]).await;
    assert_eq!((good.status, &*good.body), (StatusCode::OK, "http://example.com/reset/secret/"));
    for host in [
        "evil.example",
        "example.com.evil.example",
        "example.com@evil.example",
        "evil.example:80",
        "localhost",
        "a b",
        "",
    ] {
        for path in ["/reset/", "/nothing/", "/old/", "/reset"] {
            let answer = from(&site, STRANGER, path, &[("host", host)]).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{host} {path}");
            assert!(!answer.body.contains("evil") && !format!("{:?}", answer.headers).contains("evil"));
        }
    }
    let debug = running(&[HOSTS, ("debug", "true")]).await;
    let told = from(&debug, STRANGER, "/reset/", &[("host", "evil.example")]).await;
    assert!(
        told.status == 400 && told.body.contains("[security]") && !told.body.contains("evil"),
        "{}",
        told.body
    );
}

#[tokio::test]
async fn an_address_is_that_of_the_request_in_every_form() {
    let site = running(&[HOSTS]).await;
    for (host, base) in [
        ("EXAMPLE.com", "http://example.com"),
        ("example.com.", "http://example.com"),
        ("example.com:80", "http://example.com"),
        ("example.com:8000", "http://example.com:8000"),
        ("a.b.example.org", "http://a.b.example.org"),
    ] {
        assert_eq!(
            from(&site, STRANGER, "/reset/", &[("host", host)]).await.body,
            format!("{base}/reset/secret/")
        );
        // In a router below it is the same.
        assert_eq!(from(&site, STRANGER, "/old/", &[("host", host)]).await.body, base);
    }
    let six = running(&[("security.hosts", "2001:db8::1")]).await;
    let answer = from(&six, STRANGER, "/reset/", &[("host", "[2001:DB8::1]:8000")]).await;
    assert_eq!(answer.body, "http://[2001:db8::1]:8000/reset/secret/");
}

#[tokio::test]
async fn only_proxies_say_which_host_was_meant() {
    let site = running(&[HOSTS]).await;
    let said =
        [("host", "example.com"), ("x-forwarded-host", "a.example.org"), ("x-forwarded-proto", "https")];
    assert_eq!(from(&site, STRANGER, "/reset/", &said).await.body, "http://example.com/reset/secret/");
    assert_eq!(from(&site, PROXY, "/reset/", &said).await.body, "https://a.example.org/reset/secret/");
    // A proxy's own name for the site is nobody's business, and what the browser made it say is.
    let inner = [("host", "backend:8000"), ("x-forwarded-host", "example.com")];
    assert_eq!(from(&site, PROXY, "/reset/", &inner).await.status, 200);
    assert_eq!(from(&site, STRANGER, "/reset/", &inner).await.status, 400);
    let evil = [("host", "example.com"), ("x-forwarded-host", "evil.example")];
    assert_eq!(from(&site, PROXY, "/reset/", &evil).await.status, 400);
    assert_eq!(from(&site, STRANGER, "/reset/", &evil).await.body, "http://example.com/reset/secret/");
}

#[tokio::test]
async fn without_settings_this_machine_is_answered_and_the_sites_own_address() {
    for settings in [&[][..], &[("debug", "true")], &[("site.url", "https://example.com")]] {
        let site = running(settings).await;
        for host in ["localhost:8000", "shop.localhost", "127.0.0.1:8000", "[::1]:8000"] {
            assert_eq!(
                from(&site, STRANGER, "/reset/", &[("host", host)]).await.status,
                200,
                "{settings:?} {host}"
            );
        }
        assert_eq!(from(&site, STRANGER, "/reset/", &[("host", "evil.example")]).await.status, 400);
        let own = from(&site, STRANGER, "/reset/", &[("host", "example.com")]).await;
        assert_eq!(own.status == 200, settings.iter().any(|(key, _)| *key == "site.url"), "{settings:?}");
    }
    let any = running(&[("security.hosts", "*")]).await;
    assert_eq!(from(&any, STRANGER, "/reset/", &[("host", "whatever.example")]).await.status, 200);
    assert_eq!(from(&any, STRANGER, "/reset/", &[("host", "a@b")]).await.status, 400);
}

#[tokio::test]
async fn tests_in_the_process_need_no_setting() {
    let site = running(&[HOSTS]).await;
    assert_eq!(site.get("/reset/").await.status, 500, "it has no host, and there is no [site] url");
    let site = running(&[HOSTS, ("site.url", "https://www.example.com")]).await;
    assert_eq!(site.get("/reset/").await.body, "https://www.example.com/reset/secret/");
    for (host, status) in
        [("testserver", 200), ("localhost", 200), ("www.example.com", 200), ("evil.example", 400)]
    {
        let request = Request::get("/reset/").header("host", host).body(Body::empty()).unwrap();
        assert_eq!(site.send(request).await.status, status, "{host}");
    }
    assert_eq!(from(&site, STRANGER, "/reset/", &[("host", "testserver")]).await.status, 400);
}

#[tokio::test]
async fn who_leaves_the_host_out_speaks_an_older_http() {
    let site = running(&[HOSTS, ("site.url", "https://example.com")]).await;
    for (version, status) in [(Version::HTTP_10, 200), (Version::HTTP_11, 400)] {
        let mut request = Request::get("/reset/").version(version).body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(STRANGER.parse().unwrap(), 1)));
        assert_eq!(site.send(request).await.status, status, "{version:?}");
    }
}

/// The first line of the answer to this head, and the rest.
async fn say(address: SocketAddr, head: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    let _ = timeout(Duration::from_secs(30), stream.read_to_end(&mut text)).await.expect("an answer");
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn over_a_socket_two_hosts_are_none_and_the_first_line_goes_first() {
    let given = [HOSTS, ("server.bind", "127.0.0.1:0"), ("security.trusted_proxies", "198.51.100.1")];
    let site = running(&given).await;
    let settings: Settings = site.services.get::<Settings>().unwrap().clone();
    let server = Server::bind(site.services.clone(), settings.get().unwrap()).await.unwrap();
    let (address, shutdown) = (server.address().unwrap(), server.shutdown());
    let end = tokio::spawn(server.run());
    let mut seen = Vec::new();
    for (head, expected) in [
        ("GET /reset/ HTTP/1.1\r\nHost: example.com\r\n", "http://example.com/reset/secret/"),
        (
            "GET http://example.com/reset/ HTTP/1.1\r\nHost: evil.example\r\n",
            "http://example.com/reset/secret/",
        ),
        ("GET http://evil.example/reset/ HTTP/1.1\r\nHost: example.com\r\n", " 400 "),
        ("GET http://example.com@evil.example/reset/ HTTP/1.1\r\nHost: example.com\r\n", " 400 "),
        ("GET http://evil@example.com/reset/ HTTP/1.1\r\nHost: example.com\r\n", " 400 "),
        ("GET /reset/ HTTP/1.1\r\nHost: example.com\r\nHost: evil.example\r\n", " 400 "),
        ("GET /reset/ HTTP/1.1\r\nHost: evil.example\r\nHost: example.com\r\n", " 400 "),
        ("GET /reset/ HTTP/1.1\r\nHost: example.com\r\nHost: example.com\r\n", " 400 "),
        ("GET /reset/ HTTP/1.1\r\n", " 400 "),
        (
            "GET /reset/ HTTP/1.1\r\nHost: example.com\r\nX-Forwarded-Host: evil.example\r\n",
            "http://example.com/reset/secret/",
        ),
        ("GET /reset/ HTTP/1.1\r\nHost: \u{fc}.example\r\n", " 400 "),
    ] {
        let answer = say(address, &format!("{head}Connection: close\r\n\r\n")).await;
        assert!(answer.contains(expected) && !answer.contains("evil"), "{head:?}: {answer}");
        seen.push(answer);
    }
    // HTTP/1.0 may leave it out: something is answered, though this route has no address to tell.
    let old = say(address, "GET /old/nothing/ HTTP/1.0\r\n\r\n").await;
    assert!(old.contains(" 404 "), "{old}");
    shutdown.stop();
    end.await.unwrap().unwrap();
}
