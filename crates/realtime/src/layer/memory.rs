//! The layer of a site of one process: logs in its memory, gone at its end.
//!
//! Each topic has a lock of its own, and the sink is told under it: so the order of the log is the order that listeners hear, and topics
//! don't wait for each other. A log is let go of when nobody listens to it or is present in it and all its events are too old; there is no
//! task for that: whoever comes by when it is due looks at a few logs ([`Memory::tidy`]).
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use quintet_core::{BoxFuture, Error, Result};
use tokio::time::Instant;

use super::{
    ConnectionId, Event, Here, Layer, MOST_AT_ONCE, MOST_BYTES_AT_ONCE, News, Position, Retention, Since,
    Sink, check_topic, new_epoch,
};

/// Parts of the map of topics, each with its own lock.
const SHARDS: usize = 32;

/// Topics in the memory of this process.
///
/// ```
/// use quintet_realtime::layer::{Layer, Retention, memory::Memory};
///
/// let layer = Memory::new(Retention::default());
/// assert_eq!(layer.name(), "memory");
/// ```
pub struct Memory {
    retention: Retention,
    sink: OnceLock<Arc<dyn Sink>>,
    shards: Box<[Shard]>,
    hasher: RandomState,
    born: Instant,
    /// When some logs are to be looked at next: milliseconds after `born`.
    tidy_at: AtomicU64,
    /// Which shard is looked at next.
    tidy_next: AtomicUsize,
}

type Shard = RwLock<HashMap<Box<str>, Arc<Mutex<Log>>>>;

/// A topic.
struct Log {
    epoch: u64,
    /// The offset of the last event.
    last: u64,
    /// The last events, the newest at the end; without holes.
    events: VecDeque<(Instant, Event)>,
    heard: bool,
    present: Present,
    /// When it was used last.
    used: Instant,
    /// It is not in the map any more: look again.
    gone: bool,
}

/// Who is present, in the order in which they came.
#[derive(Default)]
struct Present {
    by_number: BTreeMap<u64, Here>,
    numbers: HashMap<ConnectionId, u64>,
    next: u64,
}

impl Memory {
    /// A layer that keeps its logs for so long.
    #[must_use]
    pub fn new(retention: Retention) -> Self {
        Memory {
            retention,
            sink: OnceLock::new(),
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            hasher: RandomState::new(),
            born: Instant::now(),
            tidy_at: AtomicU64::new(0),
            tidy_next: AtomicUsize::new(0),
        }
    }

    /// How many topics are in memory.
    #[must_use]
    pub fn topics(&self) -> usize {
        self.shards.iter().map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// Lets go of everything that is too old. Nobody needs to call it: each use of the layer looks at a part of the topics when that is
    /// due.
    pub fn tidy(&self) {
        let now = Instant::now();
        self.shards.iter().for_each(|shard| self.tidy_shard(shard, now));
    }

    fn tidy_shard(&self, shard: &Shard, now: Instant) {
        let mut topics = shard.write().unwrap_or_else(PoisonError::into_inner);
        topics.retain(|_, log| {
            let mut log = lock(log);
            log.trim(&self.retention, now);
            let needed = log.heard
                || !log.events.is_empty()
                || !log.present.is_empty()
                // Who asks for a new log must find it for a while: its epoch is what they have.
                || now.saturating_duration_since(log.used) < self.retention.age;
            log.gone = !needed;
            needed
        });
        let (there, room) = (topics.len(), topics.capacity());
        if room > 64 && there < room / 4 {
            topics.shrink_to(there * 2);
        }
    }

    /// Looks at a part of the topics if it is time to.
    fn tidy_some(&self, now: Instant) {
        let at = millis(now.saturating_duration_since(self.born));
        let due = self.tidy_at.load(Ordering::Relaxed);
        if at < due {
            return;
        }
        let pause = self.retention.age.clamp(Duration::from_secs(1), Duration::from_secs(64)) / SHARDS as u32;
        let next = at + millis(pause).max(1);
        if self.tidy_at.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let which = self.tidy_next.fetch_add(1, Ordering::Relaxed) % SHARDS;
            if let Some(shard) = self.shards.get(which) {
                self.tidy_shard(shard, now);
            }
        }
    }

    fn shard(&self, topic: &str) -> Result<&Shard> {
        let which = self.hasher.hash_one(topic) as usize % SHARDS;
        // There are as many as that.
        self.shards.get(which).ok_or_else(|| Error::internal("a shard is missing"))
    }

    fn find(&self, topic: &str) -> Result<Option<Arc<Mutex<Log>>>> {
        check_topic(topic)?;
        let topics = self.shard(topic)?.read().unwrap_or_else(PoisonError::into_inner);
        Ok(topics.get(topic).cloned())
    }

    fn find_or_begin(&self, topic: &str, now: Instant) -> Result<Arc<Mutex<Log>>> {
        if let Some(log) = self.find(topic)? {
            return Ok(log);
        }
        let epoch = new_epoch()?;
        let mut topics = self.shard(topic)?.write().unwrap_or_else(PoisonError::into_inner);
        let begin = || Arc::new(Mutex::new(Log::new(epoch, now)));
        Ok(topics.entry(topic.into()).or_insert_with(begin).clone())
    }

    /// Works on a topic, which begins if there is none.
    fn on<T>(&self, topic: &str, work: impl FnOnce(&mut Log, Instant) -> T) -> Result<T> {
        let now = Instant::now();
        self.tidy_some(now);
        loop {
            let log = self.find_or_begin(topic, now)?;
            let mut log = lock(&log);
            if !log.gone {
                log.used = now;
                return Ok(work(&mut log, now));
            }
        }
    }

    /// Works on a topic if there is one.
    fn on_known<T>(&self, topic: &str, work: impl FnOnce(&mut Log) -> T) -> Result<Option<T>> {
        while let Some(log) = self.find(topic)? {
            let mut log = lock(&log);
            if !log.gone {
                return Ok(Some(work(&mut log)));
            }
        }
        Ok(None)
    }

    fn tell(&self, log: &Log, topic: &str, news: News) {
        if log.heard
            && let Some(sink) = self.sink.get()
        {
            sink.hear(topic, news);
        }
    }
}

fn lock(log: &Mutex<Log>) -> MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

impl Log {
    fn new(epoch: u64, now: Instant) -> Log {
        Log {
            epoch,
            last: 0,
            events: VecDeque::new(),
            heard: false,
            present: Present::default(),
            used: now,
            gone: false,
        }
    }

    fn at(&self) -> Position {
        Position { epoch: self.epoch, offset: self.last }
    }

    /// Drops what is too much or too old.
    fn trim(&mut self, retention: &Retention, now: Instant) {
        let old = |at: Instant| now.saturating_duration_since(at) > retention.age;
        while self.events.len() > retention.events || self.events.front().is_some_and(|(at, _)| old(*at)) {
            self.events.pop_front();
        }
        let (there, room) = (self.events.len(), self.events.capacity());
        if room > 64 && there < room / 4 {
            self.events.shrink_to(there * 2);
        }
    }

    fn since(&self, after: Position) -> Since {
        let kept = self.events.len() as u64;
        let away = (after.epoch == self.epoch).then(|| self.last.checked_sub(after.offset)).flatten();
        let Some(missed) = away.filter(|missed| *missed <= kept) else {
            return Since::Gap { at: self.at() };
        };
        let mut bytes = 0;
        let missed =
            self.events.iter().skip((kept - missed) as usize).take(MOST_AT_ONCE).take_while(|(_, event)| {
                let first = bytes == 0;
                bytes += event.data.len() + 1;
                first || bytes <= MOST_BYTES_AT_ONCE
            });
        let events: Vec<_> = (after.offset + 1..).zip(missed.map(|(_, event)| event.clone())).collect();
        let at = events.last().map_or(after.offset, |(offset, _)| *offset);
        Since::Events { events, at: Position { epoch: self.epoch, offset: at } }
    }
}

impl Present {
    fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    /// Tells whether that is news.
    fn enter(&mut self, here: Here) -> bool {
        let next = &mut self.next;
        let number = *self.numbers.entry(here.id).or_insert_with(|| {
            *next += 1;
            *next
        });
        match self.by_number.insert(number, here.clone()) {
            Some(before) => before != here,
            None => true,
        }
    }

    fn leave(&mut self, id: ConnectionId) -> bool {
        let number = self.numbers.remove(&id);
        number.and_then(|number| self.by_number.remove(&number)).is_some()
    }

    fn all(&self) -> Vec<Here> {
        self.by_number.values().cloned().collect()
    }
}

impl Layer for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn start<'a>(&'a self, sink: Arc<dyn Sink>) -> BoxFuture<'a, Result> {
        let set = self.sink.set(sink);
        ready(set.map_err(|_| Error::internal("the layer was started already")))
    }

    fn append<'a>(&'a self, topic: &'a str, event: Event) -> BoxFuture<'a, Result<Position>> {
        ready(self.on(topic, |log, now| {
            log.last += 1;
            if self.retention.events > 0 {
                log.events.push_back((now, event.clone()));
            }
            log.trim(&self.retention, now);
            self.tell(log, topic, News::Logged(log.at(), event));
            log.at()
        }))
    }

    fn pass<'a>(&'a self, topic: &'a str, event: Event) -> BoxFuture<'a, Result> {
        let passed = self.on_known(topic, |log| self.tell(log, topic, News::Passed(event)));
        ready(passed.map(|_| ()))
    }

    fn listen<'a>(&'a self, topic: &'a str) -> BoxFuture<'a, Result<Position>> {
        ready(self.on(topic, |log, _| {
            log.heard = true;
            log.at()
        }))
    }

    fn forget(&self, topic: &str) {
        // An error is that there can't be such a topic: nothing to forget.
        let _ = self.on_known(topic, |log| log.heard = false);
    }

    fn since<'a>(&'a self, topic: &'a str, after: Position) -> BoxFuture<'a, Result<Since>> {
        ready(self.on(topic, |log, now| {
            log.trim(&self.retention, now);
            log.since(after)
        }))
    }

    fn enter<'a>(&'a self, topic: &'a str, here: Here) -> BoxFuture<'a, Result> {
        ready(self.on(topic, |log, _| {
            if log.present.enter(here.clone()) {
                self.tell(log, topic, News::Entered(here));
            }
        }))
    }

    fn leave<'a>(&'a self, topic: &'a str, id: ConnectionId) -> BoxFuture<'a, Result> {
        let left = self.on_known(topic, |log| {
            if log.present.leave(id) {
                self.tell(log, topic, News::Left(id));
            }
        });
        ready(left.map(|_| ()))
    }

    fn here<'a>(&'a self, topic: &'a str) -> BoxFuture<'a, Result<Vec<Here>>> {
        ready(self.on_known(topic, |log| log.present.all()).map(Option::unwrap_or_default))
    }

    fn health<'a>(&'a self) -> BoxFuture<'a, Result> {
        ready(Ok(()))
    }

    fn stop<'a>(&'a self) -> BoxFuture<'a, ()> {
        for shard in &self.shards {
            let topics: Vec<_> = {
                let topics = shard.read().unwrap_or_else(PoisonError::into_inner);
                topics.iter().map(|(topic, log)| (topic.clone(), log.clone())).collect()
            };
            for (topic, log) in topics {
                let mut log = lock(&log);
                for here in std::mem::take(&mut log.present).all() {
                    self.tell(&log, &topic, News::Left(here.id));
                }
            }
        }
        ready(())
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("topics", &self.topics()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use bytes::Bytes;

    use super::*;

    fn event() -> Event {
        Event { data: Bytes::from_static(b"1"), except: None }
    }

    #[tokio::test(start_paused = true)]
    async fn topics_that_nobody_needs_go_by_the_way() {
        let layer = Memory::new(Retention { events: 10, age: Duration::from_secs(60) });
        for n in 0..500 {
            layer.append(&format!("old-{n}"), event()).await.unwrap();
        }
        layer.listen("heard").await.unwrap();
        layer.enter("full", Here { id: ConnectionId(1), meta: Bytes::new() }).await.unwrap();
        assert_eq!(layer.topics(), 502);
        tokio::time::advance(Duration::from_secs(61)).await;
        // Whatever is used, all are looked at after a while.
        for _ in 0..100 {
            layer.append("busy", event()).await.unwrap();
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(layer.topics(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_old_is_not_kept_in_a_topic_that_is_heard() {
        let layer = Memory::new(Retention { events: 10, age: Duration::from_secs(60) });
        layer.listen("a").await.unwrap();
        layer.append("a", event()).await.unwrap();
        tokio::time::advance(Duration::from_secs(61)).await;
        layer.tidy();
        let log = layer.find("a").unwrap().unwrap();
        assert!(lock(&log).events.is_empty());
        let at = layer.listen("a").await.unwrap();
        assert_eq!(at.offset, 1, "the log goes on");
    }
}
