//! What leaves is no longer than it must be: compressed for those who take it, left out where the client has it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::{
    collections::BTreeSet,
    io::Read,
    sync::atomic::{AtomicUsize, Ordering},
};

use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use quintet_core::{Site, settings::Settings};
use quintet_web::{
    Page, Routing,
    axum::{
        body::{Body, Bytes},
        response::{IntoResponse, Response},
    },
    middleware::Gate,
    server::ServerSettings,
};
use support::start_with;

type Given = &'static [(&'static str, &'static str)];

async fn gate(site: Site, settings: Given) -> Gate {
    let site = start_with(site, settings, &["page.html"]).await.unwrap();
    let server: ServerSettings = site.services.require::<Settings>().unwrap().get().unwrap();
    Gate::open(&site.services, &server, None).await.unwrap()
}

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Bytes,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
    }

    fn text(&self) -> String {
        let mut text = String::new();
        match self.header("content-encoding") {
            "br" => brotli::Decompressor::new(&*self.bytes, 4096).read_to_string(&mut text).unwrap(),
            "gzip" => flate2::read::GzDecoder::new(&*self.bytes).read_to_string(&mut text).unwrap(),
            "" => (&*self.bytes).read_to_string(&mut text).unwrap(),
            other => panic!("{other}"),
        };
        text
    }
}

async fn ask(gate: &Gate, method: &str, path: &str, headers: &[(&str, &str)]) -> Got {
    let request =
        headers.iter().fold(Request::builder().method(method).uri(path), |request, (name, value)| {
            request.header(*name, *value)
        });
    let response = gate.answer(request.body(Body::empty()).unwrap()).await;
    let (parts, body) = response.into_parts();
    Got { status: parts.status, headers: parts.headers, bytes: body.collect().await.unwrap().to_bytes() }
}

fn long() -> String {
    (0..300).map(|n| format!("line {n} of a long text\n")).collect()
}

fn typed(kind: &'static str, body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, kind)], body.into()).into_response()
}

fn site() -> Site {
    Site::new()
        .get("/long/", async || long())
        .post("/long/", async || long())
        .get("/short/", async || "short")
        .get("/json/", async || typed("application/json", format!("[\"{}\"]", "x".repeat(3000))))
        .get("/image/", async || typed("image/png", vec![0; 5000]))
        .get("/huge/", async || "0123456789abcdef".repeat(100_000))
        .get("/packed/", async || ([(header::CONTENT_ENCODING, "gzip")], long()))
        .get("/untouched/", async || ([(header::CACHE_CONTROL, "private, No-Transform")], long()))
        .get("/tagged/", async || ([(header::ETAG, "\"strong\"")], long()))
        .get("/part/", async || {
            (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, "bytes 0-1/9")], long())
        })
        .get("/ranges/", async || ([(header::ACCEPT_RANGES, "bytes")], long()))
        .get("/error/", async || (StatusCode::INTERNAL_SERVER_ERROR, long()))
        .get("/page/", async || Page::new("page.html").with("text", &long()))
        .get("/dated/", async || ([(header::LAST_MODIFIED, "Sun, 06 Nov 1994 08:49:37 GMT")], "dated"))
        .get("/secret/", async || Page::new("page.html").header("cache-control", "no-store"))
}

#[tokio::test]
async fn texts_are_compressed_for_those_who_take_it() {
    let gate = gate(site(), &[]).await;
    for path in ["/long/", "/json/", "/huge/", "/error/", "/page/"] {
        let plain = ask(&gate, "GET", path, &[]).await;
        assert_eq!(
            (plain.header("content-encoding"), plain.header("vary").contains("accept-encoding")),
            ("", true),
            "{path}"
        );
        for (accept, encoding) in [("gzip, deflate, br", "br"), ("gzip", "gzip")] {
            let packed = ask(&gate, "GET", path, &[("accept-encoding", accept)]).await;
            assert_eq!(
                (packed.status, packed.header("content-encoding")),
                (plain.status, encoding),
                "{path}"
            );
            assert_eq!(packed.header("content-type"), plain.header("content-type"));
            assert!(packed.header("vary").contains("accept-encoding"));
            assert!(packed.bytes.len() < plain.bytes.len() / 2, "{path} {encoding} {}", packed.bytes.len());
            if path != "/page/" {
                // A page has the id of its request in it.
                assert_eq!(packed.text(), plain.text(), "{path} {encoding}");
            }
        }
        let as_it_is = ask(&gate, "GET", path, &[("accept-encoding", "br;q=0, identity")]).await;
        assert_eq!(as_it_is.header("content-encoding"), "", "{path}");
    }
    let posted = ask(&gate, "POST", "/long/", &[("accept-encoding", "br")]).await;
    assert_eq!(posted.header("content-encoding"), "br");
    let head = ask(&gate, "HEAD", "/long/", &[("accept-encoding", "br")]).await;
    assert_eq!(
        (head.bytes.len(), head.header("vary"), head.header("content-encoding")),
        (0, "accept-encoding", "")
    );
}

#[tokio::test]
async fn what_should_not_be_compressed_is_not() {
    let gate = gate(site(), &[]).await;
    let accept = [("accept-encoding", "br, gzip")];
    for path in ["/short/", "/image/", "/untouched/", "/part/", "/ranges/"] {
        let got = ask(&gate, "GET", path, &accept).await;
        assert_eq!((got.header("content-encoding"), got.header("vary")), ("", ""), "{path}");
    }
    let packed = ask(&gate, "GET", "/packed/", &accept).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(&packed.bytes[..], long().as_bytes(), "not once more");
}

#[tokio::test]
async fn compression_is_a_setting() {
    let accept = [("accept-encoding", "br")];
    let off = gate(site(), &[("server.compress", "false")]).await;
    let got = ask(&off, "GET", "/long/", &accept).await;
    assert_eq!((got.header("content-encoding"), got.header("vary")), ("", ""));
    let above = gate(site(), &[("server.compress_above", "10 MiB")]).await;
    assert_eq!(ask(&above, "GET", "/long/", &accept).await.header("content-encoding"), "");
    let all = gate(site(), &[("server.compress_above", "1 B")]).await;
    let got = ask(&all, "GET", "/short/", &accept).await;
    assert_eq!((got.header("content-encoding"), got.text().as_str()), ("br", "short"));
}

#[tokio::test]
async fn a_tag_of_the_bytes_becomes_one_of_the_text() {
    let gate = gate(site(), &[]).await;
    assert_eq!(ask(&gate, "GET", "/tagged/", &[]).await.header("etag"), "\"strong\"");
    let packed = ask(&gate, "GET", "/tagged/", &[("accept-encoding", "br")]).await;
    assert_eq!((packed.header("content-encoding"), packed.header("etag")), ("br", "W/\"strong\""));
}

#[tokio::test]
async fn the_length_tells_little() {
    let gate = gate(site(), &[]).await;
    for accept in ["br", "gzip"] {
        let mut lengths = BTreeSet::new();
        for _ in 0..40 {
            let got = ask(&gate, "GET", "/long/", &[("accept-encoding", accept)]).await;
            assert_eq!(got.text(), long());
            lengths.insert(got.bytes.len());
        }
        // Forty of a hundred lengths: that all are one of three has no chance.
        assert!(lengths.len() > 3, "{accept}: {lengths:?}");
        assert!(lengths.last().unwrap() - lengths.first().unwrap() < 100);
    }
}

#[tokio::test]
async fn a_stream_is_sent_on_while_it_comes() {
    let (send, receive) = tokio::sync::mpsc::unbounded_channel::<&'static str>();
    let receive = std::sync::Arc::new(std::sync::Mutex::new(Some(receive)));
    let site = Site::new()
        .get("/events/", async || typed("text/event-stream", "data: 1\n\n".repeat(1000)))
        .get("/stream/", move || {
            let receive = receive.lock().unwrap().take().unwrap();
            async move {
                let stream = futures_util::stream::unfold(receive, |mut receive| async move {
                    let text = receive.recv().await?;
                    Some((Ok::<_, std::io::Error>(text), receive))
                });
                typed("text/plain", Body::from_stream(stream))
            }
        });
    let gate = gate(site, &[]).await;
    let request = Request::get("/stream/").header("accept-encoding", "gzip").body(Body::empty()).unwrap();
    let response = gate.answer(request).await;
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let mut body = response.into_body();
    let mut packed = Vec::new();
    let mut sent = String::new();
    for text in ["one\n", "two\n", "three\n"] {
        send.send(text).unwrap();
        sent += text;
        // All that was sent can be read, though more may come.
        let mut seen = vec![0; sent.len()];
        loop {
            packed.extend(body.frame().await.unwrap().unwrap().into_data().unwrap());
            if flate2::read::GzDecoder::new(&*packed).read_exact(&mut seen).is_ok() {
                break;
            }
        }
        assert_eq!(seen, sent.as_bytes());
    }
    drop(send);
    packed.extend(body.collect().await.unwrap().to_bytes());
    let mut all = String::new();
    flate2::read::GzDecoder::new(&*packed).read_to_string(&mut all).unwrap();
    assert_eq!(all, sent);
    let events = ask(&gate, "GET", "/events/", &[("accept-encoding", "gzip, br")]).await;
    assert_eq!((events.header("content-encoding"), events.header("vary")), ("", ""));
}

static RENDERED: AtomicUsize = AtomicUsize::new(0);

fn counted() -> Site {
    Site::new()
        .get("/page/", async || {
            RENDERED.fetch_add(1, Ordering::Relaxed);
            Page::new("page.html").with("text", &1).header("set-cookie", "seen=1")
        })
        .get("/text/", async || "a text")
        .post("/page/", async || Page::new("page.html"))
}

/// The renderer of these tests shows the id of the request: the same one for two requests.
const SAME: (&str, &str) = ("x-request-id", "0123456789");

#[tokio::test]
async fn a_page_that_the_client_has_is_not_sent_again() {
    let gate = gate(counted(), &[("server.trust_request_id", "true")]).await;
    let page = ask(&gate, "GET", "/page/", &[SAME]).await;
    let tag = page.header("etag").to_owned();
    assert!(tag.starts_with("W/\"") && tag.len() == 20, "{tag}");
    let before = RENDERED.load(Ordering::Relaxed);
    let known = ask(&gate, "GET", "/page/", &[SAME, ("if-none-match", &tag)]).await;
    assert_eq!(
        (known.status, known.bytes.len(), known.header("etag")),
        (StatusCode::NOT_MODIFIED, 0, tag.as_str())
    );
    assert_eq!((known.header("set-cookie"), known.header("content-type")), ("seen=1", ""));
    assert_eq!(RENDERED.load(Ordering::Relaxed), before + 1, "it saves the way, not the work");
    let packed = ask(&gate, "GET", "/page/", &[SAME, ("accept-encoding", "br")]).await;
    assert_eq!(packed.header("etag"), tag, "one for all encodings");
    assert_eq!(
        ask(&gate, "HEAD", "/page/", &[SAME]).await.header("etag"),
        "",
        "there is no text to make it of"
    );
    let other = ask(&gate, "GET", "/page/", &[("x-request-id", "9876543210"), ("if-none-match", &tag)]).await;
    assert_eq!(other.status, StatusCode::OK);
    assert_ne!(other.header("etag"), tag);
    assert_eq!(ask(&gate, "POST", "/page/", &[SAME, ("if-none-match", "*")]).await.status, StatusCode::OK);
    assert_eq!(
        ask(&gate, "GET", "/text/", &[]).await.header("etag"),
        "",
        "only pages, unless all are asked for"
    );
}

#[tokio::test]
async fn tags_are_a_setting() {
    let all = gate(site(), &[("server.etags", "all")]).await;
    let tag = ask(&all, "GET", "/huge/", &[]).await.header("etag").to_owned();
    assert_eq!(tag, "", "too long to be read for it");
    let long = ask(&all, "GET", "/long/", &[]).await;
    let known = ask(&all, "GET", "/long/", &[("if-none-match", long.header("etag"))]).await;
    assert_eq!((known.status, known.header("vary")), (StatusCode::NOT_MODIFIED, "accept-encoding"));
    assert_eq!(ask(&all, "GET", "/error/", &[]).await.header("etag"), "");
    assert_eq!(ask(&all, "GET", "/secret/", &[]).await.header("etag"), "", "nobody keeps it");

    let off = gate(site(), &[("server.etags", "off")]).await;
    assert_eq!(ask(&off, "GET", "/page/", &[]).await.header("etag"), "");
    let tagged = ask(&off, "GET", "/tagged/", &[("if-none-match", "\"strong\"")]).await;
    assert_eq!(tagged.status, StatusCode::OK);
}

#[tokio::test]
async fn a_handlers_own_tag_and_date_count() {
    let gate = gate(site(), &[]).await;
    let known = ask(&gate, "GET", "/tagged/", &[("if-none-match", "W/\"strong\"")]).await;
    assert_eq!((known.status, known.header("etag")), (StatusCode::NOT_MODIFIED, "\"strong\""));
    let since = ("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(ask(&gate, "GET", "/dated/", &[since]).await.status, StatusCode::NOT_MODIFIED);
    let before = ("if-modified-since", "Sun, 06 Nov 1994 08:49:36 GMT");
    let dated = ask(&gate, "GET", "/dated/", &[before]).await;
    assert_eq!((dated.status, dated.text().as_str()), (StatusCode::OK, "dated"));
}
