//! Opens WebSockets to a server and has one of them speak; every other must hear every message, once and in order.
//!
//!     bench-sockets PORT DIALECT
//!
//! It is told what to do on standard input, a line each, and answers each with a line of JSON when it is done:
//!
//!     open CLIENTS ROOM    more clients, ROOM of them in each room; answered when the server has let all of them in
//!     say MESSAGES         the first client of the first room says so many, the next when all in its room have heard the one before
//!
//! Until then, and between commands, it answers the server's pings. It ends when standard input does, and with status 1 at the first
//! thing that is wrong. One thread and plain epoll, as `bench-load`; the kernel's buffers are all that a client at rest has here.
mod dialect;
mod frame;
mod peer;

use std::{
    error::Error,
    io::{BufRead, Write},
    process::ExitCode,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, Waker};

use dialect::Dialect;
use peer::{Heard, Peer};

const COMMAND: Token = Token(usize::MAX);

/// How many clients are let in at the same time.
const AT_ONCE: usize = 32;

/// A message that does not come.
const PATIENCE: Duration = Duration::from_secs(60);

enum Command {
    Open { clients: usize, room: usize },
    Say { messages: u64 },
}

fn command(line: &str) -> Result<Command, Box<dyn Error>> {
    match *line.split_whitespace().collect::<Vec<_>>() {
        ["open", clients, room] => Ok(Command::Open { clients: clients.parse()?, room: room.parse()? }),
        ["say", messages] => Ok(Command::Say { messages: messages.parse()? }),
        _ => Err(format!("`{line}` is no command").into()),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-sockets: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Bench {
    poll: Poll,
    port: u16,
    dialect: Dialect,
    peers: Vec<Peer>,
    /// Those that have been let in.
    inside: usize,
    /// Those of the first room that have heard the last message.
    heard: usize,
    /// How many are in the first room.
    room: usize,
    commands: mpsc::Receiver<String>,
}

fn run() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [port, dialect] = args.as_slice() else { return Err("usage: bench-sockets PORT DIALECT".into()) };
    let poll = Poll::new()?;
    let (sender, commands) = mpsc::channel();
    let waker = Arc::new(Waker::new(poll.registry(), COMMAND)?);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
            let _ = waker.wake();
        }
        drop(sender);
        let _ = waker.wake();
    });
    let mut bench = Bench {
        poll,
        port: port.parse()?,
        dialect: dialect.parse()?,
        peers: Vec::new(),
        inside: 0,
        heard: 0,
        room: 0,
        commands,
    };
    while let Some(line) = bench.rest()? {
        let started = Instant::now();
        let done = match command(&line)? {
            Command::Open { clients, room } => bench.open(clients, room)?,
            Command::Say { messages } => bench.say(messages)?,
        };
        let mut out = std::io::stdout();
        writeln!(out, "{{{done},\"seconds\":{:.3}}}", started.elapsed().as_secs_f64())?;
        out.flush()?;
    }
    Ok(())
}

impl Bench {
    /// Waits for a command; none is the end.
    fn rest(&mut self) -> Result<Option<String>, Box<dyn Error>> {
        loop {
            match self.commands.try_recv() {
                Ok(line) => return Ok(Some(line)),
                Err(mpsc::TryRecvError::Disconnected) => return Ok(None),
                Err(mpsc::TryRecvError::Empty) => self.turn(None)?,
            }
        }
    }

    fn open(&mut self, clients: usize, room: usize) -> Result<String, Box<dyn Error>> {
        let (first, all) = (self.peers.len(), self.peers.len() + clients);
        if first == 0 {
            self.room = room.min(clients);
        }
        while self.inside < all {
            while self.peers.len() < all && self.peers.len() < self.inside + AT_ONCE {
                let number = self.peers.len();
                let peer = Peer::connect(self.port, self.dialect, number / room, &self.poll, Token(number))?;
                self.peers.push(peer);
            }
            self.turn(Some(PATIENCE))?;
        }
        Ok(format!("\"clients\":{}", self.peers.len()))
    }

    fn say(&mut self, messages: u64) -> Result<String, Box<dyn Error>> {
        for _ in 0..messages {
            self.heard = 0;
            let speaker = self.peers.first_mut().ok_or("nobody is there")?;
            speaker.say()?;
            for peer in self.peers.iter_mut().take(self.room) {
                peer.expect();
            }
            while self.heard < self.room {
                self.turn(Some(PATIENCE))?;
            }
        }
        Ok(format!("\"messages\":{messages},\"heard\":{}", messages * self.room as u64))
    }

    fn turn(&mut self, patience: Option<Duration>) -> Result<(), Box<dyn Error>> {
        let mut events = Events::with_capacity(1024);
        match self.poll.poll(&mut events, patience) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        if events.is_empty() {
            return Err(format!("nothing came for {} s", PATIENCE.as_secs()).into());
        }
        for event in &events {
            let Some(peer) = self.peers.get_mut(event.token().0) else { continue };
            peer.read(|heard| match heard {
                Heard::Inside => self.inside += 1,
                Heard::Message => self.heard += 1,
            })
            .map_err(|error| format!("client {}: {error}", event.token().0))?;
        }
        Ok(())
    }
}

/// What clients want to be told.
const READABLE: Interest = Interest::READABLE;
