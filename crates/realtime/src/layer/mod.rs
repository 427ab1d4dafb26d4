//! The layer: what carries topics between the processes of a site.
//!
//! A topic is a *log*: events stand in it in one order, each at a [`Position`], and for a while they are kept, so that who was away can
//! be told what they missed, or that they missed something that is gone (a *gap*). Beside the log a layer keeps who is present in a topic,
//! and passes on what nobody needs to hear later.
//!
//! A process tells its layer which topics it listens to; the layer tells its [`Sink`] what happens there. [`memory`] is the layer of a
//! site of one process; `redis` and `postgres` are those of sites with several (with the features `redis` and `orm`). Settings
//! name one [by its URL](by_url).
mod by_url;
pub mod memory;
#[cfg(feature = "orm")]
pub mod postgres;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(any(feature = "orm", feature = "redis"))]
mod served;

use std::{fmt, str::FromStr};

pub use by_url::by_url;

use bytes::Bytes;
use quintet_core::{BoxFuture, Error, Result, TemplateValue, Value};

/// Where an event stands in its topic's log.
///
/// Offsets count from 1 without holes within an epoch; 0 is before the first event. A log that was lost (a process that was restarted, a
/// Redis that was emptied) begins again with another epoch, so that an old position is never taken for a new one.
///
/// As text, which clients and `Last-Event-ID` have, it is `epoch-offset`; nothing but the server should read it. A template shows it
/// like that: `page!("film.html", film, position)` and `data-after="{{ position }}"`.
///
/// ```
/// use quintet_realtime::layer::Position;
///
/// let position: Position = "5f2a-12".parse().unwrap();
/// assert_eq!((position.epoch, position.offset), (0x5f2a, 12));
/// assert_eq!(position.to_string(), "5f2a-12");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// Which log it is. Never 0.
    pub epoch: u64,
    /// The number of the event in it.
    pub offset: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.epoch, self.offset)
    }
}

impl TemplateValue for Position {
    fn to_value(&self) -> Value {
        Value::Text(self.to_string())
    }
}

impl FromStr for Position {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let read = || {
            let (epoch, offset) = text.split_once('-')?;
            let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
            if !plain(epoch) || !plain(offset) {
                return None;
            }
            let epoch = u64::from_str_radix(epoch, 16).ok().filter(|epoch| *epoch > 0)?;
            Some(Position { epoch, offset: offset.parse().ok()? })
        };
        read().ok_or_else(|| {
            Error::bad_request("that is no position in a topic: it has the form `epoch-offset`")
        })
    }
}

/// Something that is said in a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// JSON, of what the topic's listeners hear.
    pub data: Bytes,
    /// The connection that does not hear it: who has said it.
    pub except: Option<ConnectionId>,
}

/// One connection of one client, in all processes of the site; made by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u128);

impl ConnectionId {
    /// A new one.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn random() -> Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
        Ok(ConnectionId(u128::from_le_bytes(bytes)))
    }
}

/// As lower-case hexadecimal digits, 32 of them.
impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for ConnectionId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        match u128::from_str_radix(text, 16) {
            Ok(id) if digits => Ok(ConnectionId(id)),
            _ => Err(Error::bad_request("that is no connection")),
        }
    }
}

/// Someone who is present in a topic, by one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// By which connection.
    pub id: ConnectionId,
    /// What is known of them: JSON.
    pub meta: Bytes,
}

/// What a topic's log has after a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// All that came after it, in order, and where the log ends now. May be less than all there is if it is very much: then `at` is
    /// the position of the last one of `events`, and whoever wants the rest asks again.
    Events {
        /// The events and their offsets.
        events: Vec<(u64, Event)>,
        /// The last one's position, or the one that was asked for.
        at: Position,
    },
    /// Something that came after it is not there any more: another epoch, or too long ago.
    Gap {
        /// Where the log ends now.
        at: Position,
    },
}

/// What a layer tells of a topic that is listened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// An event of the log. Within an epoch each comes exactly once and in order; where that can't be kept, [`News::Gap`] comes first.
    Logged(Position, Event),
    /// Something that is not kept.
    Passed(Event),
    /// Events may have been lost: the log goes on after this position.
    Gap(Position),
    /// Somebody is here, or has other data than before.
    Entered(Here),
    /// Somebody has gone: by themselves, or their process has died.
    Left(ConnectionId),
    /// All who are here; others are not. After the layer could not be reached for a while.
    Present(Vec<Here>),
}

/// Where a layer tells its news. Calls are short and don't wait; those of one topic come one after the other.
///
/// A layer may hold its lock of the topic meanwhile: a sink does not call the layer, it has a task do that.
pub trait Sink: Send + Sync + 'static {
    /// Something has happened in a topic.
    fn hear(&self, topic: &str, news: News);
}

/// What carries topics between processes.
///
/// A topic's name is any text without a zero byte, of 1 to [`MAX_TOPIC`] bytes; others are refused with 400.
///
/// All calls may come at the same time and from any task. None waits for long: a layer that can't reach its server says so by an error
/// after at most a few seconds, at once where it knows already, and tries to reach it again by itself (with growing pauses and some
/// chance in them). When it is back it tells [`News::Gap`] in each topic whose log can't be followed without a hole (where it can be, it
/// tells the events that were missed), and [`News::Present`] in each topic; and it enters again who is present by this process.
pub trait Layer: Send + Sync + 'static {
    /// Its name in messages: `memory`, `redis`, `postgres`.
    fn name(&self) -> &'static str;

    /// Where the news go. Called once, before everything else.
    fn start<'a>(&'a self, sink: std::sync::Arc<dyn Sink>) -> BoxFuture<'a, Result>;

    /// Puts an event at the end of a topic's log; all processes that listen hear it, this one too.
    fn append<'a>(&'a self, topic: &'a str, event: Event) -> BoxFuture<'a, Result<Position>>;

    /// Tells all processes that listen something that is not kept, this one too.
    fn pass<'a>(&'a self, topic: &'a str, event: Event) -> BoxFuture<'a, Result>;

    /// News of this topic are wanted from now on. What is appended after the position that it answers with is told.
    ///
    /// If the layer can't reach its server that is an error, and nevertheless holds: once it is back, it tells [`News::Gap`] and
    /// [`News::Present`].
    fn listen<'a>(&'a self, topic: &'a str) -> BoxFuture<'a, Result<Position>>;

    /// News of this topic are not wanted any more. A later [`listen`](Self::listen) holds, whatever this is still doing.
    fn forget(&self, topic: &str);

    /// What came after a position. Nobody needs to listen. Who listens may be told the same later: the offset says so.
    fn since<'a>(&'a self, topic: &'a str, after: Position) -> BoxFuture<'a, Result<Since>>;

    /// Somebody is present by a connection of this process, until they leave or the process ends, however it ends. Again for the same
    /// connection: they have other data; the same data is no news.
    ///
    /// If the layer can't reach its server that is an error, and nevertheless holds: once it is back, they enter. The same with
    /// [`leave`](Self::leave).
    fn enter<'a>(&'a self, topic: &'a str, here: Here) -> BoxFuture<'a, Result>;

    /// They are not present any more.
    fn leave<'a>(&'a self, topic: &'a str, id: ConnectionId) -> BoxFuture<'a, Result>;

    /// Who is present in a topic, by all processes, as it is at some time between asking and the answer: news of that time are to be
    /// applied to it again. They come in the order in which they came where that is known.
    fn here<'a>(&'a self, topic: &'a str) -> BoxFuture<'a, Result<Vec<Here>>>;

    /// Can it carry topics now? An error says why not.
    fn health<'a>(&'a self) -> BoxFuture<'a, Result>;

    /// The process ends: nobody is present by it any more. One that ends without it is missed after a while, and others then tell of it.
    fn stop<'a>(&'a self) -> BoxFuture<'a, ()>;
}

/// For how long a log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// At most so many events.
    pub events: usize,
    /// None that is older.
    pub age: std::time::Duration,
}

impl Default for Retention {
    /// 1,000 events, 10 minutes.
    fn default() -> Self {
        Retention { events: 1_000, age: std::time::Duration::from_secs(600) }
    }
}

/// How many events one answer of [`Layer::since`] has at most.
pub const MOST_AT_ONCE: usize = 1_000;

/// How many bytes of events one answer of [`Layer::since`] has at most; one event it has in any case.
pub const MOST_BYTES_AT_ONCE: usize = 4 * 1024 * 1024;

/// How many bytes the name of a topic has at most.
pub const MAX_TOPIC: usize = 1_024;

/// Refuses what no layer can keep a topic under: no name, a zero byte in it, more than [`MAX_TOPIC`] bytes.
fn check_topic(topic: &str) -> Result<()> {
    let wrong = match topic.len() {
        0 => "it has no name",
        1..=MAX_TOPIC if topic.contains('\0') => "its name has a zero byte",
        1..=MAX_TOPIC => return Ok(()),
        _ => "its name is longer than 1,024 bytes",
    };
    Err(Error::bad_request(format!("that is no topic: {wrong}")))
}

/// The epoch of a log that begins.
fn new_epoch() -> Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
    // Of 53 bits, which Lua can count with, and never 0.
    Ok((u64::from_le_bytes(bytes) >> 11).max(1))
}
