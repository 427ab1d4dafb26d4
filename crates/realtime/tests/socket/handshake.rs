use quintet_core::Site;
use quintet_realtime::socket::Upgrade;
use quintet_web::{Origins, Routing, axum::response::Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    client::{Client, answer},
    echo,
    site::{Served, serve, serve_with},
};

async fn hello(upgrade: Upgrade) -> Response {
    upgrade.run(async |mut socket| Ok(socket.send("hello").await?))
}

async fn named(upgrade: Upgrade) -> Response {
    hello(upgrade.allow_origins(["https://app.example.com", "https://*.example.org"])).await
}

async fn listed(upgrade: Upgrade) -> Response {
    let origins = Origins::read(&["https://app.example.com".to_owned()], "[channels] origins").unwrap();
    hello(upgrade.allow(&origins)).await
}

async fn public(upgrade: Upgrade) -> Response {
    hello(upgrade.allow_any_origin()).await
}

async fn wrong(upgrade: Upgrade) -> Response {
    hello(upgrade.allow_origins(["example.com/path"])).await
}

async fn site() -> Served {
    let site = Site::new()
        .get("/own/", hello)
        .get("/named/", named)
        .get("/listed/", listed)
        .get("/public/", public)
        .get("/wrong/", wrong);
    serve(site).await
}

async fn status(served: &Served, path: &str, headers: &[(&str, &str)]) -> u16 {
    let head = answer(&mut served.connect().await, path, headers).await;
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn pages_of_other_sites_are_refused_unless_they_are_named() {
    let served = site().await;
    let (own, app, sub, other) =
        ("http://localhost", "https://app.example.com", "https://a.example.org", "https://evil.example");
    for (path, origin, expected) in [
        ("/own/", own, 101),
        ("/own/", app, 403),
        ("/own/", "null", 403),
        ("/own/", "http://localhost:81", 403),
        ("/named/", own, 101),
        ("/named/", app, 101),
        ("/named/", sub, 101),
        ("/named/", other, 403),
        ("/named/", "null", 403),
        ("/named/", "https://app.example.com.evil.example", 403),
        ("/listed/", app, 101),
        ("/listed/", other, 403),
        ("/public/", other, 101),
        ("/public/", "null", 101),
        ("/wrong/", own, 500),
    ] {
        assert_eq!(status(&served, path, &[("Origin", origin)]).await, expected, "{path} {origin}");
    }
    // A program says nothing; a browser that says it elsewhere is believed too.
    assert_eq!(status(&served, "/own/", &[]).await, 101);
    assert_eq!(status(&served, "/own/", &[("Sec-Fetch-Site", "cross-site")]).await, 403);
    let two = [("Origin", app), ("Origin", own)];
    assert_eq!(status(&served, "/named/", &two).await, 403);
    served.nobody().await;
    served.stop().await;
}

#[tokio::test]
async fn who_asks_for_a_page_is_told_what_is_here() {
    let served = site().await;
    let mut stream = served.connect().await;
    let plain = "GET /own/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(plain.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 426 "), "{text}");
    assert!(text.contains("upgrade: websocket") && text.contains("Here answers a WebSocket."), "{text}");
    for method in ["HEAD", "POST"] {
        let mut stream = served.connect().await;
        let ask = crate::client::ask("/own/", &[("Content-Length", "0")]).replacen("GET", method, 1);
        stream
            .write_all(ask.replace("Connection: Upgrade", "Connection: close, Upgrade").as_bytes())
            .await
            .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let status = if method == "HEAD" { "400" } else { "405" };
        assert_eq!(text.split(' ').nth(1), Some(status), "{text}");
    }
    assert_eq!(status(&served, "/own/", &[("Sec-WebSocket-Version", "8")]).await, 426);
    served.stop().await;
}

#[tokio::test]
async fn nothing_of_http_is_done_to_it() {
    // Tags, encodings, time-outs and tokens are for answers.
    let given = [
        ("server.etags", "all"),
        ("server.compress_above", "1"),
        ("server.request_timeout", "50ms"),
        ("server.header_timeout", "50ms"),
        ("server.body_timeout", "50ms"),
    ];
    let served = serve_with(echo::site(), &given).await;
    let headers = [("Accept-Encoding", "gzip, br"), ("If-None-Match", "*"), ("Cookie", "a=b")];
    let mut client = Client::open(served.connect().await, "/echo/", &headers).await;
    for name in ["etag", "content-encoding", "content-length", "transfer-encoding", "content-type"] {
        assert!(!client.head.contains(&format!("\r\n{name}:")), "{name} in {}", client.head);
    }
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    client.say("still here").await;
    assert_eq!(client.text().await, "still here");
    served.stop().await;
}
