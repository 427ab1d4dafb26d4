//! A line for each request, when its response has left: JSON for machines, short text for a terminal.
//!
//! Lines are gathered and written by a thread of their own, so that no request waits for a disk or a pipe. If
//! the writer can't follow, the gathered text is bounded: lines are dropped and their number is told.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::Write,
    net::SocketAddr,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::{HeaderMap, Method, Request, StatusCode, header};
use quintet_core::clock::Clock;

use crate::{facts::Facts, request_id::RequestId, security::peer};

/// Gathered text above this is not added to.
const MOST: usize = 4 * 1024 * 1024;
/// How long a line waits for company.
const PAUSE: Duration = Duration::from_millis(50);

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogStyle {
    /// One JSON object a line.
    Json,
    /// For people: time, status, method, path, duration.
    Text,
}

/// The writer of the access log; clones write to the same place.
#[derive(Clone)]
pub struct AccessLog {
    shared: Arc<Shared>,
    style: LogStyle,
    clock: Clock,
}

struct Shared {
    lines: Mutex<Lines>,
    wake: Condvar,
}

#[derive(Default)]
struct Lines {
    text: String,
    dropped: u64,
    closed: bool,
    writing: bool,
}

impl AccessLog {
    /// Starts the writing thread.
    ///
    /// # Errors
    /// If the system has no thread left.
    pub fn start(
        style: LogStyle,
        clock: Clock,
        mut out: impl Write + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { lines: Mutex::default(), wake: Condvar::new() });
        let mine = shared.clone();
        std::thread::Builder::new().name("access-log".into()).spawn(move || {
            while let Some(text) = mine.next() {
                // A log that can't be written must not stop the site; there is nowhere to tell it.
                let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
                mine.lock().writing = false;
                mine.wake.notify_all();
            }
        })?;
        Ok(AccessLog { shared, style, clock })
    }

    fn add(&self, line: &str) {
        let mut lines = self.shared.lock();
        if lines.text.len() + line.len() > MOST {
            lines.dropped += 1;
            return;
        }
        let first = lines.text.is_empty();
        lines.text.push_str(line);
        drop(lines);
        if first {
            self.shared.wake.notify_all();
        }
    }

    /// Waits until all lines so far are written, for a second at most, and ends the thread.
    pub fn close(&self) {
        let mut lines = self.shared.lock();
        lines.closed = true;
        self.shared.wake.notify_all();
        let until = Instant::now() + Duration::from_secs(1);
        while (!lines.text.is_empty() || lines.writing) && Instant::now() < until {
            lines = self
                .shared
                .wake
                .wait_timeout(lines, Duration::from_millis(20))
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for text; `None` when the log is closed and empty.
    fn next(&self) -> Option<String> {
        let mut lines = self.lock();
        while lines.text.is_empty() {
            if lines.closed {
                return None;
            }
            lines = self.wake.wait(lines).unwrap_or_else(PoisonError::into_inner);
        }
        if !lines.closed {
            // One write for all that come within a moment.
            drop(lines);
            std::thread::sleep(PAUSE);
            lines = self.lock();
        }
        if lines.dropped > 0 {
            let dropped = std::mem::take(&mut lines.dropped);
            let _ = writeln!(
                lines.text,
                "{{\"message\":\"access log: {dropped} lines dropped, the writer is too slow\"}}"
            );
        }
        lines.writing = true;
        Some(std::mem::take(&mut lines.text))
    }
}

/// A request under way.
pub(super) struct Entry {
    log: AccessLog,
    start: Instant,
    method: Method,
    path: String,
    peer: Option<SocketAddr>,
    agent: Option<String>,
}

impl Entry {
    pub(super) fn start<B>(log: &AccessLog, request: &Request<B>) -> Self {
        let headers: &HeaderMap = request.headers();
        Entry {
            log: log.clone(),
            start: Instant::now(),
            method: request.method().clone(),
            // Without the query: it may hold what no log should.
            path: request.uri().path().to_owned(),
            peer: peer(request.extensions()),
            agent: headers
                .get(header::USER_AGENT)
                .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()),
        }
    }

    /// The line of the request, for whoever sees its answer leave.
    /// The path is told as [`Facts::shown_path`] has it.
    pub(super) fn line(mut self, id: RequestId, status: StatusCode, facts: &Facts) -> Line {
        if let Cow::Owned(path) = facts.shown_path() {
            self.path = path;
        }
        Line { entry: self, id, status: status.as_u16(), bytes: 0, whole: false }
    }
}

/// Written when it is dropped.
pub(super) struct Line {
    entry: Entry,
    id: RequestId,
    status: u16,
    bytes: u64,
    whole: bool,
}

impl Line {
    /// More of the body has left.
    pub(super) fn count(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// Nothing is left to send.
    pub(super) fn complete(&mut self) {
        self.whole = true;
    }

    fn write(&self) -> String {
        let entry = &self.entry;
        let time = entry.log.clock.now();
        let micros = entry.start.elapsed().as_micros();
        let mut line = String::with_capacity(256);
        // Writing to a String can't fail.
        let _ = match entry.log.style {
            LogStyle::Text => {
                let cut = if self.whole { "" } else { " (cut off)" };
                writeln!(
                    line,
                    "{time:.3} {} {} {} {}.{:03} ms {} B {}{cut}",
                    self.status,
                    entry.method,
                    entry.path.escape_debug(),
                    micros / 1000,
                    micros % 1000,
                    self.bytes,
                    self.id
                )
            }
            LogStyle::Json => {
                let text = |s: &str| serde_json::to_string(s).unwrap_or_default();
                write!(
                    line,
                    "{{\"time\":\"{time:.6}\",\"request_id\":\"{}\",\"method\":\"{}\",\"path\":{},\"status\":{},\"bytes\":{},\"duration_us\":{micros}",
                    self.id,
                    entry.method,
                    text(&entry.path),
                    self.status,
                    self.bytes,
                )
                .and_then(|()| match &entry.peer {
                    Some(peer) => write!(line, ",\"peer\":\"{}\"", peer.ip()),
                    None => Ok(()),
                })
                .and_then(|()| match &entry.agent {
                    Some(agent) => write!(line, ",\"user_agent\":{}", text(agent)),
                    None => Ok(()),
                })
                .and_then(|()| writeln!(line, "{}}}", if self.whole { "" } else { ",\"cut_off\":true" }))
            }
        };
        line
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.entry.log.add(&self.write());
    }
}
