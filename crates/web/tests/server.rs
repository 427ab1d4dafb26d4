//! The server over real sockets: limits, slow and rude clients, draining.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use quintet_core::{Boot, Result, Room, Services, Site, clock::Clock, settings::Settings, signal::Signals};
use quintet_web::{
    Json, Routing, WebRoom,
    middleware::{
        RequestId,
        access_log::{AccessLog, LogStyle},
    },
    server::{Draining, Server, Shutdown},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
    task::JoinHandle,
    time::timeout,
};

/// Far more than anything here takes; only a hang reaches it.
const HANG: Duration = Duration::from_secs(30);

struct Served {
    address: SocketAddr,
    shutdown: Shutdown,
    end: JoinHandle<Result<Draining>>,
}

async fn services(site: Site, settings: &Settings) -> Services {
    let site = Arc::new(site);
    let mut boot = Boot::new(site.clone(), settings.clone(), Services::builder()).unwrap();
    boot.services.insert(Signals::of(&site));
    boot.services.insert(Clock::system());
    boot.services.insert(settings.clone());
    boot.services.insert(site);
    WebRoom.start(&mut boot).await.unwrap();
    boot.services.build()
}

async fn serve_with(site: Site, given: &[(&str, &str)], log: Option<AccessLog>) -> Served {
    let mut all = vec![("server.bind", "127.0.0.1:0")];
    all.extend(given);
    let settings = Settings::for_tests(".", all);
    let mut server = Server::bind(services(site, &settings).await, settings.get().unwrap()).await.unwrap();
    if let Some(log) = log {
        server = server.with_log(log);
    }
    let (address, shutdown) = (server.address().unwrap(), server.shutdown());
    Served { address, shutdown, end: tokio::spawn(server.run()) }
}

async fn serve(site: Site, given: &[(&str, &str)]) -> Served {
    serve_with(site, given, None).await
}

impl Served {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn say(&self, text: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// One request on a connection of its own, and all that comes back.
    async fn ask(&self, method: &str, path: &str, rest: &str) -> String {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{rest}");
        read_all(self.say(&request).await).await
    }

    async fn end(self) -> Draining {
        timeout(HANG, self.end).await.unwrap().unwrap().unwrap()
    }

    async fn stop(self) -> Draining {
        self.shutdown.stop();
        self.end().await
    }
}

async fn read_all(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // A reset after the answer is an end too.
    let _ = timeout(HANG, stream.read_to_end(&mut text)).await.expect("the server closes the connection");
    String::from_utf8_lossy(&text).into_owned()
}

fn status(answer: &str) -> &str {
    answer.split_whitespace().nth(1).unwrap_or_default()
}

fn hello() -> Site {
    Site::new()
        .get("/", async || "hello")
        .post("/echo", async |body: Bytes| body)
        .post("/json", async |Json(list): Json<Vec<i64>>| Json(list))
}

#[tokio::test]
async fn a_request_gets_an_id_and_careful_headers() {
    let served = serve(hello(), &[]).await;
    let answer = served.ask("GET", "/", "\r\n").await;
    assert_eq!(status(&answer), "200");
    for header in
        ["x-request-id: ", "x-content-type-options: nosniff", "content-security-policy: default-src 'self'"]
    {
        assert!(answer.contains(header), "{header} in {answer}");
    }
    assert!(answer.ends_with("hello"));
    assert_eq!(served.stop().await, Draining { cut: 0, unfinished: 0 });
}

#[tokio::test]
async fn ten_megabytes_of_headers_are_refused() {
    let served = serve(hello(), &[]).await;
    let mut stream = served.say("GET / HTTP/1.1\r\nHost: localhost\r\n").await;
    let line = format!("X-Much: {}\r\n", "y".repeat(10_000));
    for _ in 0..1000 {
        if stream.write_all(line.as_bytes()).await.is_err() {
            break;
        }
    }
    let answer = read_all(stream).await;
    // The refusal may be lost to the reset that our unread bytes cause; an answer to the request may not come.
    assert!(answer.is_empty() || status(&answer) == "431", "{answer}");
    assert_eq!(status(&served.ask("GET", "/", "\r\n").await), "200");
}

#[tokio::test]
async fn a_client_that_never_ends_its_head_is_closed() {
    let served = serve(hello(), &[("server.header_timeout", "200ms")]).await;
    let slow = served.say("GET / HTTP/1.1\r\nHost:").await;
    let silent = served.connect().await;
    for stream in [slow, silent] {
        let answer = read_all(stream).await;
        assert!(answer.is_empty() || status(&answer) == "408", "{answer}");
    }
}

#[tokio::test]
async fn a_resting_connection_is_closed_after_a_while() {
    let served = serve(hello(), &[("server.header_timeout", "200ms")]).await;
    let answer = read_all(served.say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await).await;
    assert_eq!(status(&answer), "200");
}

#[tokio::test]
async fn bodies_are_bounded_in_size_and_patience() {
    let served = serve(hello(), &[("server.max_body_size", "10 B"), ("server.body_timeout", "200ms")]).await;
    let fits = served.ask("POST", "/echo", "Content-Length: 10\r\n\r\n0123456789").await;
    assert!(status(&fits) == "200" && fits.ends_with("0123456789"), "{fits}");
    let announced = served.ask("POST", "/echo", "Content-Length: 11\r\n\r\n").await;
    assert_eq!(status(&announced), "413", "{announced}");
    let chunked =
        served.ask("POST", "/echo", "Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n").await;
    assert_eq!(status(&chunked), "413", "{chunked}");
    let stalled = served.ask("POST", "/echo", "Content-Length: 5\r\n\r\nab").await;
    assert!(["400", "408"].contains(&status(&stalled)), "{stalled}");
    let json = "Content-Type: application/json\r\nContent-Length: 5\r\n\r\n[1";
    let stalled = served.ask("POST", "/json", json).await;
    assert!(status(&stalled) == "408" && stalled.contains("did not come in time"), "{stalled}");
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_let_go() {
    static DROPPED: Notify = Notify::const_new();
    struct Told;
    impl Drop for Told {
        fn drop(&mut self) {
            DROPPED.notify_one();
        }
    }
    let site = Site::new().get("/flood", async || {
        let told = Told;
        let endless = futures_util::stream::repeat_with(move || {
            let _ = &told;
            Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 65536]))
        });
        axum::body::Body::from_stream(endless)
    });
    let served = serve(site, &[("server.write_timeout", "200ms")]).await;
    let _stream = served.say("GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    timeout(HANG, DROPPED.notified()).await.expect("the response is given up");
}

#[tokio::test]
async fn a_handler_without_end_is_answered_for() {
    let site = Site::new().get("/", async || std::future::pending::<&str>().await);
    let served = serve(site, &[("server.request_timeout", "200ms")]).await;
    let answer = served.ask("GET", "/", "\r\n").await;
    assert_eq!(status(&answer), "503", "{answer}");
    assert!(!answer.contains("request_timeout"), "internal detail in {answer}");
}

#[tokio::test]
async fn what_the_gate_refuses_has_its_document_too() {
    let site = hello().get("/stuck", async || std::future::pending::<&str>().await);
    let served = serve(
        site,
        &[
            ("server.request_timeout", "200ms"),
            ("server.max_body_size", "10 B"),
            ("server.max_header_size", "8 KiB"),
        ],
    )
    .await;
    for (method, path, body, status, reason) in [
        ("GET", "/stuck", "\r\n", "503", "Service Unavailable"),
        ("POST", "/echo", "Content-Length: 11\r\n\r\n", "413", "Payload Too Large"),
        ("GET", "/", &format!("X: {}\r\n\r\n", "y".repeat(9000)), "431", "Request Header Fields Too Large"),
        ("GET", &format!("/?{}", "y".repeat(9000)), "\r\n", "414", "URI Too Long"),
        ("GET", "/a%00", "\r\n", "400", "Bad Request"),
        ("GET", "/a%ff", "\r\n", "400", "Bad Request"),
        ("GET", "/nothing", "\r\n", "404", "Not Found"),
    ] {
        let page = served.ask(method, path, &format!("Accept: text/html\r\n{body}")).await;
        assert_eq!(self::status(&page), status, "{page}");
        assert!(page.contains("content-type: text/html; charset=utf-8\r\n"), "{page}");
        assert!(page.contains(&format!("<h1>{status} {reason}</h1>")), "{page}");
        let problem = served.ask(method, path, &format!("Accept: application/json\r\n{body}")).await;
        assert!(problem.contains("content-type: application/problem+json\r\n"), "{problem}");
        assert!(problem.contains(&format!("\"status\":{status}")), "{problem}");
        let id = problem.split("x-request-id: ").nth(1).unwrap().split("\r\n").next().unwrap();
        assert!(problem.contains(&format!("\"request_id\":\"{id}\"")), "{problem}");
    }
}

#[tokio::test]
async fn a_handler_takes_the_id_of_its_request() {
    let site = hello().get("/id", async |id: RequestId| id.to_string());
    let served = serve(site, &[("server.trust_request_id", "true")]).await;
    let given = served.ask("GET", "/id", "X-Request-Id: from-the-proxy\r\n\r\n").await;
    assert!(
        given.contains("x-request-id: from-the-proxy\r\n") && given.ends_with("from-the-proxy"),
        "{given}"
    );
    let own = served.ask("GET", "/id", "\r\n").await;
    let id = own.split("x-request-id: ").nth(1).unwrap().split("\r\n").next().unwrap();
    assert!(id.len() == 16 && own.ends_with(id), "{own}");
}

#[tokio::test]
async fn a_busy_connection_is_not_cut_by_the_limit_on_rests() {
    let site = hello().get("/slow", async || {
        tokio::time::sleep(Duration::from_millis(500)).await;
        "at last"
    });
    let served = serve(site, &[("server.header_timeout", "200ms")]).await;
    let mut stream = served.connect().await;
    for _ in 0..2 {
        stream.write_all(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"at last") {
            let mut piece = [0u8; 1024];
            let read = timeout(HANG, stream.read(&mut piece)).await.unwrap().unwrap();
            assert_ne!(read, 0, "cut after {:?}", String::from_utf8_lossy(&answer));
            answer.extend(&piece[..read]);
        }
    }
    assert_eq!(read_all(stream).await, "");
}

#[tokio::test]
async fn a_long_answer_with_pauses_is_not_cut_by_the_limit_on_rests() {
    let site = hello().get("/drip", async || {
        let pieces = futures_util::stream::unfold(0, async |n| {
            tokio::time::sleep(Duration::from_millis(400)).await;
            (n < 3).then(|| (Ok::<_, std::io::Error>(Bytes::from("drop ")), n + 1))
        });
        axum::body::Body::from_stream(pieces)
    });
    let served = serve(site, &[("server.header_timeout", "200ms")]).await;
    let answer = served.ask("GET", "/drip", "\r\n").await;
    assert_eq!(answer.matches("drop ").count(), 3, "{answer}");
}

#[tokio::test]
async fn a_panicking_handler_is_500_and_the_server_lives() {
    async fn broken() -> &'static str {
        panic!("the secret is out")
    }
    let served = serve(hello().get("/broken", broken), &[]).await;
    for _ in 0..3 {
        let answer = served.ask("GET", "/broken", "\r\n").await;
        assert_eq!(status(&answer), "500");
        assert!(!answer.contains("secret"), "{answer}");
    }
    assert_eq!(status(&served.ask("GET", "/", "\r\n").await), "200");
}

#[tokio::test]
async fn further_connections_wait_while_all_are_at_work() {
    static GO: Notify = Notify::const_new();
    static IN: Notify = Notify::const_new();
    let site = hello().get("/slow", async || {
        IN.notify_one();
        GO.notified().await;
        "finished"
    });
    let served = serve(site, &[("server.max_connections", "1")]).await;
    let first = served.say("GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    IN.notified().await;
    let mut second = served.say("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    // Longer than one that only waits would be left in its place.
    let mut byte = [0u8];
    let early = timeout(Duration::from_millis(1500), second.read(&mut byte)).await;
    assert!(early.is_err(), "answered although the only place is taken");
    GO.notify_one();
    assert!(read_all(first).await.ends_with("finished"));
    assert_eq!(status(&read_all(second).await), "200");
}

#[tokio::test]
async fn who_waits_longest_for_a_request_makes_room() {
    let served = serve(hello(), &[("server.max_connections", "3"), ("server.header_timeout", "0")]).await;
    let mut piece = [0u8; 4096];
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = served.say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert!(stream.read(&mut piece).await.unwrap() > 0);
        open.push(stream);
    }
    let [mut silent, mut slow, mut last] = open.try_into().unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: lo").await.unwrap();

    // Each of the first two makes room for one that stays.
    let mut stay = Vec::new();
    let fourth = served.say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let fifth = served.say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    for mut stream in [fourth, fifth] {
        let read = stream.read(&mut piece).await.unwrap();
        assert_eq!(status(std::str::from_utf8(&piece[..read]).unwrap()), "200");
        stay.push(stream);
    }
    assert_eq!(silent.read(&mut piece).await.unwrap(), 0, "it is let go without a word");
    assert_eq!(slow.read(&mut piece).await.unwrap_or(0), 0, "a head that does not end makes room, too");
    last.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert!(last.read(&mut piece).await.unwrap() > 0, "it has waited for less time than the others");
}

#[tokio::test]
async fn stopping_lets_requests_finish_and_takes_no_more() {
    static GO: Notify = Notify::const_new();
    static IN: Notify = Notify::const_new();
    let site = Site::new().get("/slow", async || {
        IN.notify_one();
        GO.notified().await;
        "finished"
    });
    let served = serve(site, &[]).await;
    let stream = served.say("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let _resting = served.connect().await;
    IN.notified().await;
    served.shutdown.stop();
    // The listener goes first; connecting fails once it is gone.
    let address = served.address;
    let refused = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(HANG, refused).await.expect("the listener closes");
    GO.notify_one();
    let answer = read_all(stream).await;
    assert!(answer.ends_with("finished"), "{answer}");
    assert_eq!(served.end().await, Draining { cut: 0, unfinished: 0 });
}

#[tokio::test]
async fn the_deadline_and_a_second_signal_end_the_wait() {
    static IN: Notify = Notify::const_new();
    for now in [false, true] {
        let site = Site::new().get("/", async || {
            IN.notify_one();
            std::future::pending::<&str>().await
        });
        let limit = if now { "1h" } else { "200ms" };
        let served = serve(site, &[("server.drain_timeout", limit), ("server.request_timeout", "0s")]).await;
        let _stream = served.say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        IN.notified().await;
        served.shutdown.stop();
        if now {
            served.shutdown.stop_now();
        }
        assert_eq!(served.end().await.cut, 1);
    }
}

#[tokio::test]
async fn a_post_whose_client_went_away_is_finished_and_waited_for() {
    static DONE: AtomicUsize = AtomicUsize::new(0);
    static IN: Notify = Notify::const_new();
    static GO: Notify = Notify::const_new();
    let site = Site::new().post("/order", async || {
        IN.notify_one();
        GO.notified().await;
        DONE.fetch_add(1, Ordering::SeqCst);
        "ordered"
    });
    let served = serve(site, &[]).await;
    let stream = served.say("POST /order HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n").await;
    IN.notified().await;
    drop(stream);
    served.shutdown.stop();
    GO.notify_one();
    assert_eq!(served.end().await, Draining { cut: 0, unfinished: 0 });
    assert_eq!(DONE.load(Ordering::SeqCst), 1);
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Sink {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn each_request_is_a_line_of_json() {
    let sink = Sink::default();
    let log = AccessLog::start(LogStyle::Json, Clock::system(), sink.clone()).unwrap();
    let served = serve_with(hello(), &[], Some(log.clone())).await;
    let answer = served.ask("GET", "/?token=secret", "User-Agent: \"quoted\"\r\n\r\n").await;
    served.ask("GET", "/none", "\r\n").await;
    served.stop().await;
    log.close();
    let text = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{text}");
    let first = &lines[0];
    assert_eq!((first["method"].as_str(), first["path"].as_str()), (Some("GET"), Some("/")));
    assert_eq!((first["status"].as_u64(), first["bytes"].as_u64()), (Some(200), Some(5)));
    assert_eq!(first["user_agent"], "\"quoted\"");
    assert!(answer.contains(first["request_id"].as_str().unwrap()));
    assert!(!text.contains("secret"));
    assert_eq!(lines[1]["status"], 404);
}

#[tokio::test]
async fn an_address_that_is_taken_or_wrong_is_told() {
    let served = serve(hello(), &[]).await;
    let taken = served.address.to_string();
    let cases = [
        (taken.as_str(), "another program listens there"),
        ("nonsense", "address:port"),
        ("192.0.2.1:80", "no such address"),
    ];
    for (bind, told) in cases {
        let settings = Settings::for_tests(".", [("server.bind", bind)]);
        let services = services(hello(), &settings).await;
        let Err(error) = Server::bind(services, settings.get().unwrap()).await else {
            panic!("{bind} was bound")
        };
        let text = error.to_string();
        assert!(text.contains(told) && text.contains("QUINTET_BIND"), "{bind}: {text}");
    }
}

#[tokio::test]
async fn debug_stays_on_this_machine_unless_forced() {
    for (force, allowed) in [("false", false), ("true", true)] {
        let given = [("server.bind", "0.0.0.0:0"), ("debug", "true"), ("server.allow_public_debug", force)];
        let settings = Settings::for_tests(".", given);
        let bound = Server::bind(services(hello(), &settings).await, settings.get().unwrap()).await;
        assert_eq!(bound.is_ok(), allowed);
        if let Err(error) = bound {
            assert!(error.to_string().contains("allow_public_debug"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on() {
    let served = serve(hello(), &[]).await;
    let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    let mut stream = served.say(head).await;
    let mut told = [0u8; 25];
    timeout(HANG, stream.read_exact(&mut told)).await.unwrap().unwrap();
    assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"ok").await.unwrap();
    assert!(read_all(stream).await.ends_with("ok"));
}

#[tokio::test]
async fn who_was_let_in_before_the_stop_is_answered_after_it() {
    let served = serve(hello(), &[]).await;
    let mut early = served.connect().await;
    // Let in after the other one: when this is answered, that one is in.
    assert_eq!(status(&served.ask("GET", "/", "\r\n").await), "200");
    served.shutdown.stop();
    // A resting connection tells when the server has heard of it.
    tokio::time::sleep(Duration::from_millis(50)).await;
    early.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    timeout(HANG, early.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert_eq!(status(&answer), "200", "{answer}");
    assert!(answer.to_ascii_lowercase().contains("connection: close"), "{answer}");
}
