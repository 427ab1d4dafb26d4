//! One client: a handshake, then frames.

use std::{
    error::Error,
    io::{ErrorKind, Read, Write},
    net::Ipv4Addr,
};

use memchr::memmem;
use mio::{Poll, Token, net::TcpStream};

use crate::{
    READABLE,
    dialect::{Dialect, Meaning},
    frame::{self, Kind},
};

/// What a client has heard that the others wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    Inside,
    Message,
}

pub struct Peer {
    stream: TcpStream,
    dialect: Dialect,
    room: usize,
    open: bool,
    inside: bool,
    /// The number of the last message that it was told, and of the last that was said.
    last: u64,
    said: u64,
    /// What came and is not whole.
    rest: Vec<u8>,
}

impl Peer {
    pub fn connect(
        port: u16,
        dialect: Dialect,
        room: usize,
        poll: &Poll,
        token: Token,
    ) -> Result<Peer, Box<dyn Error>> {
        let mut stream = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        let protocol = dialect.protocol().map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n"));
        let handshake = format!(
            "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: bench-sockets\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n",
            dialect.path(room),
            protocol.unwrap_or_default(),
        );
        stream.write_all(handshake.as_bytes())?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, token, READABLE)?;
        Ok(Peer { stream, dialect, room, open: false, inside: false, last: 0, said: 0, rest: Vec::new() })
    }

    /// Says the next message.
    pub fn say(&mut self) -> Result<(), Box<dyn Error>> {
        let text = self.dialect.say(self.said + 1);
        self.send(Kind::Text, text.as_bytes())
    }

    /// One more message was said in its room.
    pub fn expect(&mut self) {
        self.said += 1;
    }

    fn send(&mut self, kind: Kind, payload: &[u8]) -> Result<(), Box<dyn Error>> {
        let mut out = Vec::with_capacity(payload.len() + 14);
        frame::of_client(kind, payload, &mut out);
        // Far smaller than the socket's empty buffer.
        match self.stream.write(&out)? {
            sent if sent == out.len() => Ok(()),
            _ => Err("a message did not go out whole".into()),
        }
    }

    /// Takes what has come.
    pub fn read(&mut self, mut tell: impl FnMut(Heard)) -> Result<(), Box<dyn Error>> {
        let mut buffer = [0; 16 * 1024];
        loop {
            let taken = match self.stream.read(&mut buffer) {
                Ok(0) => return Err("the server closed the connection".into()),
                Ok(taken) => taken,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            let new = buffer.get(..taken).unwrap_or_default();
            if self.rest.is_empty() {
                let used = self.take(new, &mut tell)?;
                self.rest.extend_from_slice(new.get(used..).unwrap_or_default());
            } else {
                let mut all = std::mem::take(&mut self.rest);
                all.extend_from_slice(new);
                let used = self.take(&all, &mut tell)?;
                if used < all.len() {
                    all.drain(..used);
                    self.rest = all;
                }
            }
            // All that had come was taken: what comes next is an event of its own.
            if taken < buffer.len() {
                return Ok(());
            }
        }
    }

    /// Takes all that is whole; tells how much that was.
    fn take(&mut self, bytes: &[u8], tell: &mut impl FnMut(Heard)) -> Result<usize, Box<dyn Error>> {
        let mut used = 0;
        if !self.open {
            let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(0) };
            if !bytes.starts_with(b"HTTP/1.1 101 ") {
                return Err(format!("it answers {}", String::from_utf8_lossy(bytes)).into());
            }
            self.open = true;
            used = end + 4;
        }
        while let Some((kind, payload, length)) = frame::first(bytes.get(used..).unwrap_or_default())? {
            match kind {
                Kind::Text => self.hear(std::str::from_utf8(payload)?, tell)?,
                Kind::Ping => self.send(Kind::Pong, payload)?,
                Kind::Pong => {}
                Kind::Close => return Err("the server says good-bye".into()),
            }
            used += length;
        }
        Ok(used)
    }

    fn hear(&mut self, text: &str, tell: &mut impl FnMut(Heard)) -> Result<(), Box<dyn Error>> {
        match self.dialect.read(text, self.room)? {
            Meaning::Answer(answer) => self.send(Kind::Text, answer.as_bytes())?,
            Meaning::Inside if self.inside => return Err("it was let in twice".into()),
            Meaning::Inside => {
                self.inside = true;
                tell(Heard::Inside);
            }
            Meaning::Said(number) if number == self.last + 1 && number <= self.said => {
                self.last = number;
                tell(Heard::Message);
            }
            Meaning::Said(number) => {
                let (last, said) = (self.last, self.said);
                return Err(format!("it heard {number} after {last}, and {said} were said").into());
            }
            Meaning::Else => {}
        }
        Ok(())
    }
}
