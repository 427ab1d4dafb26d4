//! What a client sends after the handshake of a WebSocket: `cargo +nightly fuzz run socket`. Whatever it is, the connection ends, and the server
//! has said nothing that it must not.
#![no_main]
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use libfuzzer_sys::fuzz_target;
use quintet::{
    core::{Boot, Room, settings::Settings},
    prelude::*,
    realtime::socket::Upgrade,
    web::WebRoom,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const ASK: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

async fn echo(upgrade: Upgrade) -> Response {
    upgrade.run(async |mut socket| {
        while let Some(message) = socket.recv().await? {
            socket.send(message).await?;
        }
        Ok(())
    })
}

async fn site() -> axum::Router {
    let settings = Settings::for_tests(".", [("debug", "false")]);
    let site = Arc::new(Site::new().get("/", echo));
    let mut boot = Boot { site: site.clone(), settings: settings.clone(), services: Services::builder() };
    boot.services.insert(settings);
    boot.services.insert(site);
    WebRoom.start(&mut boot).await.expect("the site starts");
    quintet::web::service(&boot.services.build()).await.expect("the site has its routes")
}

async fn talk(router: axum::Router, input: &[u8]) {
    let (ours, theirs) = tokio::io::duplex(4096);
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    // There is no timer for it.
    http.header_read_timeout(None);
    let served = tokio::spawn(http.serve_connection(TokioIo::new(theirs), service).with_upgrades());
    let (mut read, mut write) = tokio::io::split(ours);
    write.write_all(ASK).await.expect("the handshake is read");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(read.read_u8().await.expect("the handshake is answered"));
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "));
    let input = input.to_vec();
    let sent = tokio::spawn(async move {
        // It may have been closed before all is said.
        let _ = write.write_all(&input).await;
        let _ = write.shutdown().await;
    });
    let mut answer = Vec::new();
    let _ = read.read_to_end(&mut answer).await;
    let (_, _) = (sent.await, served.await);
    let mut rest = &answer[..];
    while let [first, length, ..] = *rest {
        assert!(matches!(first, 0x81 | 0x82 | 0x88 | 0x89 | 0x8a), "{first:x}");
        let (head, length) = match length {
            126 => (4, usize::from(u16::from_be_bytes([rest[2], rest[3]]))),
            127 => (10, u64::from_be_bytes(rest[2..10].try_into().expect("eight bytes")) as usize),
            short => (2, usize::from(short)),
        };
        assert!(length <= 64 * 1024);
        rest = rest.get(head + length..).unwrap_or_default();
    }
}

fuzz_target!(|input: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async { talk(site().await, input).await });
});
