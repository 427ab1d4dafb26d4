//! A client that can do what none should.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::site::HANG;

pub(crate) const CONTINUED: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;
pub(crate) const FIN: u8 = 0x80;

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    /// The head of the answer to the handshake, in small letters.
    pub(crate) head: String,
}

/// A frame, whose first byte is given.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..=125 => frame.push(0x80 | short as u8),
        middle @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend((middle as u16).to_be_bytes());
        }
        long => {
            frame.push(0x80 | 127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    let mask = [0x12, 0x34, 0x56, 0x78];
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The payload of a close frame.
pub(crate) fn goodbye(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes()[..], reason.as_bytes()].concat()
}

pub(crate) fn ask(path: &str, headers: &[(&str, &str)]) -> String {
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

/// What is answered to a handshake: the head, in small letters.
pub(crate) async fn answer(stream: &mut TcpStream, path: &str, headers: &[(&str, &str)]) -> String {
    stream.write_all(ask(path, headers).as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(HANG, stream.read_u8()).await.expect("an answer comes").unwrap());
    }
    String::from_utf8(head).unwrap().to_ascii_lowercase()
}

impl Client {
    pub(crate) async fn open(mut stream: TcpStream, path: &str, headers: &[(&str, &str)]) -> Client {
        let head = answer(&mut stream, path, headers).await;
        assert!(head.starts_with("http/1.1 101 "), "{head}");
        assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        Client { stream, head }
    }

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    pub(crate) async fn send(&mut self, first: u8, payload: &[u8]) {
        self.raw(&frame(first, payload)).await;
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.send(FIN | TEXT, text.as_bytes()).await;
    }

    /// The first byte of the next frame, and what is in it. None at the end.
    pub(crate) async fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        timeout(HANG, async {
            let first = self.stream.read_u8().await.ok()?;
            let length = self.stream.read_u8().await.ok()?;
            assert_eq!(length & 0x80, 0, "a server masks nothing");
            let length = match length {
                126 => self.stream.read_u16().await.ok()? as usize,
                127 => self.stream.read_u64().await.ok()? as usize,
                short => short as usize,
            };
            let mut payload = vec![0; length];
            self.stream.read_exact(&mut payload).await.ok()?;
            Some((first, payload))
        })
        .await
        .expect("a frame or the end comes")
    }

    pub(crate) async fn text(&mut self) -> String {
        let (first, payload) = self.next().await.expect("a message comes");
        assert_eq!(first, FIN | TEXT, "{:?}", String::from_utf8_lossy(&payload));
        String::from_utf8(payload).unwrap()
    }

    /// The code and the reason with which it is closed. Answered.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        let closed = self.told().await;
        // The server may have seen enough of us.
        let _ = self.stream.write_all(&frame(FIN | CLOSE, &goodbye(closed.0, ""))).await;
        self.ended().await;
        closed
    }

    /// The same, not answered.
    pub(crate) async fn told(&mut self) -> (u16, String) {
        loop {
            let (first, payload) = self.next().await.expect("it is closed with a word");
            if first == FIN | CLOSE {
                let code = payload.get(..2).map_or(1005, |code| u16::from_be_bytes([code[0], code[1]]));
                return (code, String::from_utf8(payload.get(2..).unwrap_or_default().to_vec()).unwrap());
            }
        }
    }

    /// Nothing more comes.
    pub(crate) async fn ended(&mut self) {
        assert_eq!(self.next().await, None);
    }
}

impl Client {
    /// Says goodbye as one should.
    pub(crate) async fn closed_by_us(&mut self) {
        self.send(FIN | CLOSE, &goodbye(1000, "")).await;
        assert_eq!(self.told().await.0, 1000);
        self.ended().await;
    }
}
