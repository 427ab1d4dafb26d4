//! Asks a server over kept-alive connections, each with one request under way, and checks every answer.
//!
//!     bench-load PORT PATH CHECK CONNECTIONS SECONDS
//!
//! In PATH `{id}` stands for a random key and `{seed}` for a random seed of a [`series`]. No request starts after
//! SECONDS; those under way are waited for, so that whoever measures the server's CPU time around this program measures whole
//! requests. Prints one JSON object; ends with status 1 at the first wrong answer.
//!
//! One thread and plain epoll: the generator must be cheaper than the cheapest server, or that server would wait for it.
mod check;
mod connection;
mod series;

use std::{
    error::Error,
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};

use check::Check;
use connection::{Connection, Progress};
use series::Random;

struct Plan {
    server: SocketAddr,
    path: String,
    check: Check,
    connections: usize,
    duration: Duration,
}

impl Plan {
    fn from_args() -> Result<Plan, Box<dyn Error>> {
        let args: Vec<String> = std::env::args().skip(1).collect();
        let [port, path, check, connections, seconds] = args.as_slice() else {
            return Err("usage: bench-load PORT PATH CHECK CONNECTIONS SECONDS".into());
        };
        Ok(Plan {
            server: (Ipv4Addr::LOCALHOST, port.parse()?).into(),
            path: path.clone(),
            check: check.parse()?,
            connections: connections.parse()?,
            duration: Duration::from_secs_f64(seconds.parse()?),
        })
    }
}

fn main() -> ExitCode {
    match Plan::from_args().and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut plan: Plan) -> Result<(), Box<dyn Error>> {
    let mut poll = Poll::new()?;
    let mut random = Random::from_clock();
    let mut connections = Vec::with_capacity(plan.connections);
    for number in 0..plan.connections {
        // Connecting blocks; what follows does not.
        let stream = std::net::TcpStream::connect(plan.server)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(number), Interest::READABLE)?;
        connections.push(Connection::new(stream, plan.server));
    }

    let started = Instant::now();
    for connection in &mut connections {
        connection.ask(&plan.path, &mut random)?;
    }
    let mut under_way = connections.len();
    let mut micros: Vec<u32> = Vec::with_capacity(1 << 20);
    let mut events = Events::with_capacity(plan.connections);
    while under_way > 0 {
        poll.poll(&mut events, Some(Duration::from_secs(120)))?;
        if events.is_empty() {
            return Err(format!("{}: no answer for two minutes", plan.path).into());
        }
        let over = started.elapsed() >= plan.duration;
        for event in &events {
            let Some(connection) = connections.get_mut(event.token().0) else { continue };
            if connection.read()? == Progress::Partial {
                continue;
            }
            let asked = connection.asked();
            plan.check.answer(asked, connection.body()).map_err(|why| format!("{}: {why}", asked.path))?;
            micros.push(u32::try_from(connection.waited().as_micros()).unwrap_or(u32::MAX));
            if over {
                under_way -= 1;
            } else {
                connection.ask(&plan.path, &mut random)?;
            }
        }
    }

    let seconds = started.elapsed().as_secs_f64();
    micros.sort_unstable();
    let at = |share: f64| micros.get((micros.len() as f64 * share) as usize).copied().unwrap_or_default();
    println!(
        "{{\"requests\":{},\"seconds\":{seconds:.3},\"p50_us\":{},\"p99_us\":{}}}",
        micros.len(),
        at(0.5),
        at(0.99)
    );
    Ok(())
}
