//! One connection: a request goes out whole, an answer comes in in pieces.

use std::{
    error::Error,
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use memchr::memmem;
use mio::net::TcpStream;

use crate::series::Random;

/// A request that went out.
#[derive(Default)]
pub struct Asked {
    pub path: String,
    /// The key or the seed in the path; 0 if it has none.
    pub number: u64,
}

#[derive(PartialEq, Eq)]
pub enum Progress {
    Partial,
    Complete,
}

pub struct Connection {
    stream: TcpStream,
    server: SocketAddr,
    asked: Asked,
    at: Instant,
    request: Vec<u8>,
    buffer: Vec<u8>,
    filled: usize,
    /// Where the answer's body starts and ends, as soon as its head is there.
    body: Option<(usize, usize)>,
}

impl Connection {
    pub fn new(stream: TcpStream, server: SocketAddr) -> Connection {
        Connection {
            stream,
            server,
            asked: Asked::default(),
            at: Instant::now(),
            request: Vec::new(),
            buffer: vec![0; 32 * 1024],
            filled: 0,
            body: None,
        }
    }

    /// Sends the next request.
    pub fn ask(&mut self, path: &str, random: &mut Random) -> Result<(), Box<dyn Error>> {
        self.asked.path.clear();
        self.asked.number = 0;
        match path.split_once('{') {
            None => self.asked.path.push_str(path),
            Some((before, rest)) => {
                self.asked.number = if rest.starts_with("id}") { random.key() } else { random.seed() };
                self.asked.path.push_str(before);
                self.asked.path.push_str(&self.asked.number.to_string());
            }
        }
        self.request.clear();
        write!(
            self.request,
            "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: bench-load\r\nAccept: */*\r\n\r\n",
            self.asked.path, self.server
        )?;
        (self.filled, self.body) = (0, None);
        self.at = Instant::now();
        // A request is far smaller than the socket's empty buffer.
        let sent = self.stream.write(&self.request)?;
        if sent < self.request.len() {
            return Err(format!("{}: the request did not go out whole", self.asked.path).into());
        }
        Ok(())
    }

    /// Takes what has come.
    pub fn read(&mut self) -> Result<Progress, Box<dyn Error>> {
        loop {
            if self.filled == self.buffer.len() {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            let free = self.buffer.get_mut(self.filled..).unwrap_or_default();
            let room = free.len();
            let taken = match self.stream.read(free) {
                Ok(0) => return Err(format!("{}: the server closed the connection", self.asked.path).into()),
                Ok(taken) => taken,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Progress::Partial),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(format!("{}: {error}", self.asked.path).into()),
            };
            self.filled += taken;
            if self.body.is_none() {
                self.body = head(self.buffer.get(..self.filled).unwrap_or_default())
                    .map_err(|why| format!("{}: {why}", self.asked.path))?;
            }
            match self.body {
                Some((_, end)) if self.filled > end => {
                    return Err(format!("{}: more came than was announced", self.asked.path).into());
                }
                Some((_, end)) if self.filled == end => return Ok(Progress::Complete),
                // All that had come was taken: the next piece is an event of its own.
                _ if taken < room => return Ok(Progress::Partial),
                _ => {}
            }
        }
    }

    /// The body of a complete answer.
    pub fn body(&self) -> &[u8] {
        self.body.and_then(|(start, end)| self.buffer.get(start..end)).unwrap_or_default()
    }

    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    pub fn waited(&self) -> Duration {
        self.at.elapsed()
    }
}

/// Where the body is, if the head is whole.
fn head(bytes: &[u8]) -> Result<Option<(usize, usize)>, String> {
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default());
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    if !status.starts_with("HTTP/1.1 200") {
        return Err(format!("answered `{status}`"));
    }
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .ok_or("an answer without Content-Length can't be told from a broken one")?;
    let length: usize = length.1.trim().parse().map_err(|_| "a Content-Length that is no number")?;
    let start = end + 4;
    Ok(Some((start, start + length)))
}
