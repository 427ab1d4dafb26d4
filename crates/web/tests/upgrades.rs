//! Connections that speak something else than HTTP by now, and streams that go on for long: they hold their places, the log has a line
//! for them, and the server tells them when it stops and waits for them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    io::Write,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, extract::Request, response::Response};
use http::{StatusCode, header};
use hyper_util::rt::TokioIo;
use quintet_core::{Boot, Result, Room, Services, Site, clock::Clock, settings::Settings, signal::Signals};
use quintet_web::{
    Routing, Stopping, WebRoom, background,
    files::Streamed,
    middleware::access_log::{AccessLog, LogStyle},
    server::{Draining, Server, Shutdown},
    stopping,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::timeout,
};

/// Far more than anything here takes; only a hang reaches it.
const HANG: Duration = Duration::from_secs(30);
const ASK: &[u8] =
    b"GET /echo/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\nCookie: a=b\r\n\r\n";

/// The work that an upgraded connection has left behind is done.
static LEFT: AtomicBool = AtomicBool::new(false);

/// Gives back what it is sent, and says goodbye when the server stops.
async fn echo(request: Request) -> Response {
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(background::carried(async move {
        let mut io = TokioIo::new(upgrade.await.unwrap());
        let mut byte = [0];
        loop {
            tokio::select! {
                read = io.read(&mut byte) => match read {
                    Ok(1) => io.write_all(&byte).await.unwrap(),
                    _ => return,
                },
                () = stopping() => break,
            }
        }
        io.write_all(b"goodbye").await.unwrap();
        // Some leave work behind, as they go.
        if byte == *b"?" {
            background::spawn(async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                LEFT.store(true, Ordering::Relaxed);
            });
        }
        // Some never end.
        if byte == *b"!" {
            std::future::pending::<()>().await;
        }
    }));
    let response = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
    let response = response.header(header::CONNECTION, "Upgrade").header(header::UPGRADE, "echo");
    response.body(Body::empty()).unwrap()
}

async fn ticks() -> Streamed {
    Streamed::write(async |mut out| {
        out.send("first\n").await?;
        stopping().await;
        out.send("last\n").await
    })
}

struct Served {
    address: SocketAddr,
    services: Services,
    shutdown: Shutdown,
    end: JoinHandle<Result<Draining>>,
}

async fn serve(given: &[(&str, &str)], log: Option<AccessLog>) -> Served {
    let site = Arc::new(Site::new().get("/echo/", echo).get("/ticks/", ticks).get("/", async || "hello"));
    let mut all = vec![("server.bind", "127.0.0.1:0")];
    all.extend(given);
    let settings = Settings::for_tests(".", all);
    let mut boot = Boot::new(site.clone(), settings.clone(), Services::builder()).unwrap();
    boot.services.insert(Signals::of(&site));
    boot.services.insert(Clock::system());
    boot.services.insert(settings.clone());
    boot.services.insert(site);
    WebRoom.start(&mut boot).await.unwrap();
    let services = boot.services.build();
    let mut server = Server::bind(services.clone(), settings.get().unwrap()).await.unwrap();
    if let Some(log) = log {
        server = server.with_log(log);
    }
    let (address, shutdown) = (server.address().unwrap(), server.shutdown());
    Served { address, services, shutdown, end: tokio::spawn(server.run()) }
}

impl Served {
    /// A connection that speaks `echo`, and the head of the answer.
    async fn upgraded(&self) -> (TcpStream, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(ASK).await.unwrap();
        let head = read_to(&mut stream, "\r\n\r\n").await;
        (stream, head)
    }

    async fn end(self) -> Draining {
        timeout(HANG, self.end).await.unwrap().unwrap().unwrap()
    }
}

async fn read_to(stream: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        text.push(timeout(HANG, stream.read_u8()).await.expect("more comes").unwrap());
    }
    String::from_utf8(text).unwrap()
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    timeout(HANG, stream.read_to_string(&mut text)).await.expect("it ends").unwrap();
    text
}

async fn same(stream: &mut TcpStream, byte: u8) {
    stream.write_u8(byte).await.unwrap();
    assert_eq!(timeout(HANG, stream.read_u8()).await.unwrap().unwrap(), byte);
}

/// What is written into it.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(data);
        Ok(data.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn an_upgraded_connection_has_a_line_in_the_log_and_its_headers_are_left_alone() {
    let text = Text::default();
    let log = AccessLog::start(LogStyle::Json, Clock::system(), text.clone()).unwrap();
    // Neither a tag nor an encoding nor a time-out is for it.
    let given =
        [("server.etags", "all"), ("server.compress_above", "1"), ("server.request_timeout", "100ms")];
    let served = serve(&given, Some(log.clone())).await;
    let (mut stream, head) = served.upgraded().await;
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 101 ") && head.contains("\r\nconnection: upgrade\r\n"), "{head}");
    for name in ["etag", "content-encoding", "transfer-encoding", "content-length", "vary"] {
        assert!(!head.contains(&format!("\r\n{name}:")), "{name} in {head}");
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    same(&mut stream, b'a').await;
    drop(stream);
    served.shutdown.stop();
    assert_eq!(served.end().await, Draining { cut: 0, unfinished: 0 });
    log.close();
    let text = String::from_utf8(text.0.lock().unwrap().clone()).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!((&line["status"], &line["path"]), (&101.into(), &"/echo/".into()), "{text}");
    assert_eq!(line.get("cut_off"), None, "{text}");
}

#[tokio::test]
async fn it_holds_its_place_until_it_is_closed() {
    let served = serve(&[("server.max_connections", "1")], None).await;
    let stopping = Stopping::of(&served.services);
    let (mut first, _) = served.upgraded().await;
    same(&mut first, b'a').await;
    assert_eq!(stopping.connections(), 1);
    let mut second = TcpStream::connect(served.address).await.unwrap();
    second.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    // Nobody answers: the first one is served all the while.
    same(&mut first, b'b').await;
    let early = timeout(Duration::from_millis(200), second.read_u8()).await;
    assert!(early.is_err(), "the second connection has got a place: {early:?}");
    drop(first);
    assert!(read_all(&mut second).await.ends_with("hello"));
    served.shutdown.stop();
    assert_eq!(served.end().await, Draining { cut: 0, unfinished: 0 });
    assert_eq!(stopping.connections(), 0);
}

#[tokio::test]
async fn the_server_tells_it_to_stop_and_waits_for_it() {
    let served = serve(&[], None).await;
    let (mut stream, _) = served.upgraded().await;
    let mut events = TcpStream::connect(served.address).await.unwrap();
    events.write_all(b"GET /ticks/ HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    read_to(&mut events, "first\n").await;
    same(&mut stream, b'a').await;
    served.shutdown.stop();
    assert_eq!(read_all(&mut stream).await, "goodbye");
    assert!(read_all(&mut events).await.contains("last\n"));
    assert_eq!(served.end().await, Draining { cut: 0, unfinished: 0 });
}

#[tokio::test]
async fn the_work_that_it_leaves_behind_is_waited_for() {
    let served = serve(&[], None).await;
    let (mut stream, _) = served.upgraded().await;
    same(&mut stream, b'?').await;
    served.shutdown.stop();
    assert_eq!(read_all(&mut stream).await, "goodbye");
    assert_eq!(served.end().await, Draining { cut: 0, unfinished: 0 });
    assert!(LEFT.load(Ordering::Relaxed));
}

#[tokio::test]
async fn who_does_not_end_in_time_is_cut_and_counted() {
    let served = serve(&[("server.drain_timeout", "300ms")], None).await;
    let (mut stream, _) = served.upgraded().await;
    same(&mut stream, b'!').await;
    let stopping = Stopping::of(&served.services);
    let held = stopping.hold();
    let over = tokio::spawn(async move { stopping.over().await });
    served.shutdown.stop();
    assert_eq!(served.end().await, Draining { cut: 1, unfinished: 1 });
    over.await.unwrap();
    drop(held);
}

#[tokio::test]
async fn a_handshake_while_the_server_stops_is_still_one() {
    let served = serve(&[], None).await;
    // Its first request comes when the server has been told: the answer would say `Connection: close`.
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let stopping = Stopping::of(&served.services);
    while stopping.connections() == 0 {
        tokio::task::yield_now().await;
    }
    served.shutdown.stop();
    stopping.wait().await;
    stream.write_all(ASK).await.unwrap();
    let text = read_all(&mut stream).await.to_ascii_lowercase();
    assert!(text.starts_with("http/1.1 101 ") && text.contains("connection: upgrade"), "{text}");
    assert!(!text.contains("connection: close") && text.ends_with("goodbye"), "{text}");
    assert_eq!(served.end().await, Draining { cut: 0, unfinished: 0 });
}
