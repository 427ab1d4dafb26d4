//! Server-sent events by hand, over a real server: what is sent, what keeps it alive, how it ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
#[path = "../socket/client.rs"]
#[allow(dead_code)]
mod client;
#[path = "../socket/site.rs"]
#[allow(dead_code)]
mod site;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, stream};
use quintet_core::{Error, Result, Services, Site};
use quintet_realtime::sse::{Event, LastEventId, Sse};
use quintet_web::{Routing, Stopping, axum::body::Body, get, routes, server::Draining};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::site::{HANG, Served, serve, serve_with};

/// A client that has asked for a path.
async fn ask(served: &Served, method: &str, path: &str, headers: &str) -> TcpStream {
    let mut stream = served.connect().await;
    let ask = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    stream
}

async fn until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        text.push(timeout(HANG, stream.read_u8()).await.expect("more comes").unwrap());
    }
    String::from_utf8(text).unwrap()
}

/// Head and body of an answer that ends, the body without its chunks.
async fn whole(mut stream: TcpStream) -> (String, String) {
    let head = until(&mut stream, "\r\n\r\n").await.to_ascii_lowercase();
    let mut body = String::new();
    loop {
        let size = until(&mut stream, "\r\n").await;
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        let mut chunk = vec![0; size + 2];
        timeout(HANG, stream.read_exact(&mut chunk)).await.unwrap().unwrap();
        body.push_str(std::str::from_utf8(&chunk[..size]).unwrap());
        if size == 0 {
            return (head, body);
        }
    }
}

#[get("/three/")]
async fn three() -> Sse {
    Sse::new(stream::iter(["one", "two", "three"]).map(|text| Event::data(text).event("number")))
}

#[get("/results/")]
async fn results() -> Sse {
    let events = [Ok(Event::data("fine")), Err("the password is hunter2".parse::<i32>().unwrap_err())];
    Sse::new(stream::iter(events))
}

#[get("/wrong/")]
async fn wrong() -> Sse {
    Sse::new(stream::iter([Event::data("fine"), Event::data("x").id("two\nlines"), Event::data("never")]))
}

#[get("/last/")]
async fn last(LastEventId(last): LastEventId) -> String {
    format!("{last:?}")
}

#[tokio::test]
async fn events_are_sent_with_headers_that_proxies_heed() {
    // Neither a tag nor an encoding nor an earlier answer is for them.
    let given = [("server.etags", "all"), ("server.compress_above", "1")];
    let served = serve_with(Site::new().routes(routes![three]), &given).await;
    let headers = "Accept-Encoding: gzip, br\r\nIf-None-Match: *\r\nIf-Modified-Since: Sun, 06 Nov 2033 08:49:37 GMT\r\n";
    let (head, body) = whole(ask(&served, "GET", "/three/", headers).await).await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    for header in
        ["content-type: text/event-stream", "cache-control: no-cache, no-transform", "x-accel-buffering: no"]
    {
        assert!(head.contains(&format!("\r\n{header}\r\n")), "{header} in {head}");
    }
    for header in ["etag", "content-encoding", "content-length", "vary"] {
        assert!(!head.contains(&format!("\r\n{header}:")), "{header} in {head}");
    }
    assert_eq!(
        body,
        ":\n\nevent: number\ndata: one\n\nevent: number\ndata: two\n\nevent: number\ndata: three\n\n"
    );
    // Only the head is asked for: the same one, and the connection can be used again.
    let mut stream = ask(&served, "HEAD", "/three/", "").await;
    let head = until(&mut stream, "\r\n\r\n").await;
    assert!(head.contains("text/event-stream"), "{head}");
    stream.write_all(b"GET /three/ HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert!(whole(stream).await.1.ends_with("data: three\n\n"));
    served.nobody().await;
    served.stop().await;
}

#[tokio::test]
async fn a_stream_that_fails_ends_after_what_came_before_and_tells_the_client_nothing() {
    let served = serve(Site::new().routes(routes![results, wrong])).await;
    for path in ["/results/", "/wrong/"] {
        let (_, body) = whole(ask(&served, "GET", path, "").await).await;
        assert_eq!(body, ":\n\ndata: fine\n\n", "{path}");
    }
    served.stop().await;
}

#[tokio::test]
async fn who_comes_back_says_what_it_heard_last() {
    let served = serve(Site::new().routes(routes![last])).await;
    for (headers, expected) in [
        ("", "None"),
        ("Last-Event-ID: 41\r\n", "Some(\"41\")"),
        ("last-event-id: äöü\r\n", "Some(\"äöü\")"),
        ("Last-Event-ID: \r\n", "None"),
    ] {
        let mut stream = ask(&served, "GET", "/last/", &format!("{headers}Connection: close\r\n")).await;
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        assert!(text.ends_with(expected), "{headers}: {text}");
    }
    served.stop().await;
}

#[derive(Clone, Default)]
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn what_writes_them_is_dropped_when_the_client_is_gone() {
    let gone = Arc::new(AtomicBool::new(false));
    let seen = gone.clone();
    let handler = async move || {
        let dropped = Dropped(seen.clone());
        Sse::write(async move |events| {
            events.send(Event::data("hello")).await?;
            std::future::pending::<()>().await;
            drop(dropped);
            Ok(())
        })
    };
    let served = serve(Site::new().get("/", handler)).await;
    let mut stream = ask(&served, "GET", "/", "").await;
    until(&mut stream, "data: hello\n\n").await;
    assert!(!gone.load(Ordering::SeqCst));
    drop(stream);
    served.nobody().await;
    assert!(gone.load(Ordering::SeqCst));
    served.stop().await;
}

#[tokio::test]
async fn a_comment_keeps_the_connection_alive() {
    let handler = async || {
        Sse::write(async |events| {
            tokio::time::sleep(Duration::from_millis(500)).await;
            events.send(Event::data("late")).await
        })
        .keep_alive(Duration::from_millis(50))
    };
    let silent = async || {
        Sse::write(async |events| {
            tokio::time::sleep(Duration::from_millis(200)).await;
            events.send(Event::data("late")).await
        })
        .keep_alive(Duration::ZERO)
    };
    let given = [("server.request_timeout", "100ms"), ("server.header_timeout", "100ms")];
    let served = serve_with(Site::new().get("/", handler).get("/silent/", silent), &given).await;
    let (_, body) = whole(ask(&served, "GET", "/", "").await).await;
    let comments = body.matches(":\n\n").count();
    assert!(comments > 2 && body.ends_with(":\n\ndata: late\n\n"), "{body}");
    assert_eq!(whole(ask(&served, "GET", "/silent/", "").await).await.1, ":\n\ndata: late\n\n");
    served.stop().await;
}

#[tokio::test]
async fn nothing_is_lost_between_a_fast_hand_and_a_slow_reader() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = sent.clone();
    let handler = async move || {
        let counted = counted.clone();
        Sse::write(async move |events| {
            for n in 0..50_000 {
                events.send(Event::data(format!("{n:0>100}"))).await?;
                counted.fetch_add(1, Ordering::SeqCst);
            }
            Ok(())
        })
    };
    let served = serve(Site::new().get("/", handler)).await;
    let mut stream = ask(&served, "GET", "/", "").await;
    // Nobody reads: the hand waits.
    let mut before = usize::MAX;
    while before != sent.load(Ordering::SeqCst) {
        before = sent.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(before < 50_000, "{before}");
    let mut all = Vec::new();
    while !all.ends_with(b"0\r\n\r\n") {
        assert!(timeout(HANG, stream.read_buf(&mut all)).await.unwrap().unwrap() > 0);
    }
    let text = String::from_utf8(all).unwrap();
    // Chunks may end anywhere.
    let numbers = text.matches("data: ").count();
    assert!((49_000..=50_000).contains(&numbers), "{numbers}");
    assert!(text.contains(&format!("data: {:0>100}\n\n", 49_999)), "the last one");
    drop(stream);
    served.stop().await;
}

#[derive(Clone)]
struct Greeting(&'static str);

#[tokio::test]
async fn the_services_of_the_site_are_there() {
    let written = async || {
        Sse::write(async |events| {
            let greeting = Services::current().unwrap().require::<Greeting>()?.0;
            events.send(Event::json(&[greeting])?).await
        })
    };
    let streamed = async || {
        Sse::new(stream::once(async {
            let greeting = Services::current().unwrap().require::<Greeting>()?.0;
            Ok::<_, Error>(Event::data(greeting))
        }))
    };
    let site = Site::new().with(Greeting("hello")).get("/written/", written).get("/streamed/", streamed);
    let served = serve(site).await;
    assert!(whole(ask(&served, "GET", "/written/", "").await).await.1.ends_with("data: [\"hello\"]\n\n"));
    assert!(whole(ask(&served, "GET", "/streamed/", "").await).await.1.ends_with("data: hello\n\n"));
    served.stop().await;
}

#[tokio::test]
async fn others_may_write_after_the_work_is_done() {
    let handler = async || {
        Sse::write(async |events| {
            let more = events.clone();
            tokio::spawn(async move {
                for n in 0..100 {
                    tokio::task::yield_now().await;
                    more.send(Event::data(n.to_string())).await?;
                }
                Result::<(), Error>::Ok(())
            });
            events.send(Event::data("first")).await
        })
    };
    let served = serve(Site::new().get("/", handler)).await;
    let (_, body) = whole(ask(&served, "GET", "/", "").await).await;
    assert_eq!(body.matches("data: ").count(), 101, "{body}");
    served.stop().await;
}

#[tokio::test]
async fn they_end_when_the_server_stops_and_browsers_are_told_when_to_come_back() {
    let handler = async || Sse::new(stream::pending::<Event>());
    let served = serve(Site::new().get("/", handler)).await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = ask(&served, "GET", "/", "").await;
        until(&mut stream, ":\n\n").await;
        streams.push(stream);
    }
    let stopping = Stopping::of(&served.services);
    served.shutdown.stop();
    let mut pauses = Vec::new();
    for mut stream in streams {
        let mut text = String::new();
        timeout(HANG, stream.read_to_string(&mut text)).await.unwrap().unwrap();
        assert!(text.ends_with("0\r\n\r\n"), "it ends as it should: {text:?}");
        let pause = text.split("retry: ").nth(1).unwrap().lines().next().unwrap().parse::<u64>().unwrap();
        assert!((500..3000).contains(&pause), "{pause}");
        pauses.push(pause);
    }
    pauses.dedup();
    assert!(pauses.len() > 1, "not all at once: {pauses:?}");
    assert_eq!(served.end().await, Draining { cut: 0, unfinished: 0 });
    assert_eq!(stopping.connections(), 0);
}

#[tokio::test]
async fn it_is_a_response_of_axum_too() {
    use http_body_util::BodyExt;
    use quintet_web::axum::{Router, routing};
    use tower::ServiceExt;
    let router: Router =
        Router::new().route("/", routing::get(async || Sse::new(stream::iter([Event::data("x")]))));
    let request = http::Request::get("/").body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), ":\n\ndata: x\n\n");
}
