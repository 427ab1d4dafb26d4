//! The hub: what of a site's channels lives in this process.
//!
//! A client's connection ([`connection`]) joins topics ([`topic`]); the [layer](crate::layer) tells the hub what happens there, and the hub
//! tells everybody who listens, each by an [`outbox`] of bounded size. [`Channels`] is the handle that the rest of a site has.
pub(crate) mod connection;
pub(crate) mod outbox;
pub(crate) mod people;
pub(crate) mod registry;
pub(crate) mod topic;

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use quintet_core::{Error, Result, Service, Services, rate::Limit};
use quintet_web::{Origins, Stopping};
use serde::Serialize;

use crate::{
    identity::Identify,
    layer::{Event, Here, Layer, News, Position, Sink},
    settings::ChannelSettings,
    wire::Bye,
};
use connection::Connection;
use outbox::Bounds;
use people::People;
use registry::Registry;
use topic::TopicState;
pub use topic::TopicStats;

/// The topic by which processes tell each other what concerns connections, not topics. No pattern stands for it.
const CONTROL: &str = "quintet:control";

const SHARDS: usize = 16;

/// The channels of a site: for sending from anywhere, and for looking at them.
///
/// It is a service: `channels: &Channels` in a command, `State`-like in handlers.
///
/// ```
/// use quintet_core::Result;
/// use quintet_realtime::Channels;
///
/// async fn tell(channels: Channels) -> Result {
///     channels.publish("news", &serde_json::json!({ "event": "opened" })).await
/// }
/// ```
#[derive(Clone)]
pub struct Channels(pub(crate) Arc<Hub>);

pub(crate) struct Hub {
    pub(crate) layer: Arc<dyn Layer>,
    pub(crate) registry: Registry,
    pub(crate) identify: Option<Arc<dyn Identify>>,
    pub(crate) settings: ChannelSettings,
    pub(crate) limit: Limit,
    /// Whose pages may connect, beside the site's own.
    pub(crate) origins: Origins,
    pub(crate) people: People,
    /// What follows rows for the clients of a topic, by the topic.
    #[cfg(feature = "orm")]
    feeds: Mutex<Feeds>,
    /// Are there models whose changes are told?
    has_live: bool,
    hasher: RandomState,
    shards: [Shard; SHARDS],
    started: AtomicBool,
    sent: AtomicU64,
    slow: AtomicU64,
    warned: AtomicU64,
}

#[cfg(feature = "orm")]
type Feeds = HashMap<Arc<str>, std::sync::Weak<dyn std::any::Any + Send + Sync>>;

/// Some of the topics.
#[derive(Default)]
struct Shard {
    topics: Mutex<HashMap<Arc<str>, Held>>,
    /// Held by whoever lets go of one, until the layer knows, and by whoever begins to hold one.
    turn: Mutex<()>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A topic, and how many hold it.
struct Held {
    topic: Arc<TopicState>,
    holders: usize,
}

/// A topic that is listened to as long as this lives.
pub(crate) struct Hold {
    hub: Arc<Hub>,
    pub(crate) topic: Arc<TopicState>,
}

/// What goes on in this process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelStats {
    /// Clients that are connected.
    pub connections: usize,
    /// Topics that somebody here listens to.
    pub topics: usize,
    /// Messages to clients, since the start.
    pub sent: u64,
    /// Clients that were sent away because they did not read fast enough, since the start.
    pub slow: u64,
}

impl Hub {
    pub(crate) fn new(
        layer: Arc<dyn Layer>,
        registry: Registry,
        identify: Option<Arc<dyn Identify>>,
        settings: ChannelSettings,
        has_live: bool,
    ) -> Result<Arc<Self>> {
        let every = std::time::Duration::from_secs(1) / settings.rate.max(1);
        let origins = Origins::read(&settings.origins, "`origins` of `[channels]`")?;
        Ok(Arc::new(Hub {
            layer,
            origins,
            registry,
            identify,
            limit: Limit::new(settings.burst.max(1), every),
            settings,
            people: People::default(),
            #[cfg(feature = "orm")]
            feeds: Mutex::default(),
            has_live,
            hasher: RandomState::new(),
            shards: Default::default(),
            started: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            slow: AtomicU64::new(0),
            warned: AtomicU64::new(0),
        }))
    }

    /// Begins to listen to other processes. When the server stops, clients are told to come back. Once: a command in a site that works
    /// already, as tests run them, finds it started.
    pub(crate) async fn start(self: &Arc<Self>, stopping: Stopping) -> Result {
        if self.started.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        self.layer.start(self.clone()).await?;
        let hub = Arc::downgrade(self);
        tokio::spawn(async move {
            stopping.wait().await;
            if let Some(hub) = hub.upgrade() {
                hub.people.end_all(Bye::Restart);
            }
        });
        // Without it this process misses that somebody has logged out in another one, until the layer is back.
        if let Err(error) = self.layer.listen(CONTROL).await {
            self.away(&error);
        }
        Ok(())
    }

    /// The site ends: clients are told to come back, and this process is present nowhere.
    pub(crate) async fn stop(&self) {
        self.people.end_all(Bye::Restart);
        self.layer.stop().await;
    }

    pub(crate) fn bounds(&self) -> Bounds {
        Bounds { messages: self.settings.queue.max(1), bytes: self.settings.queue_size.as_usize() }
    }

    fn shard_of(&self, topic: &str) -> &Shard {
        let shard = usize::try_from(self.hasher.hash_one(topic) % SHARDS as u64).unwrap_or_default();
        match self.shards.get(shard) {
            Some(shard) => shard,
            None => unreachable!("a remainder is below its divisor"),
        }
    }

    fn shard(&self, topic: &str) -> MutexGuard<'_, HashMap<Arc<str>, Held>> {
        lock(&self.shard_of(topic).topics)
    }

    /// Has the layer tell of this topic, unless it does already. If it is away, it will later.
    pub(crate) async fn hold(self: &Arc<Self>, name: &str) -> Hold {
        let hold = {
            let _turn = lock(&self.shard_of(name).turn);
            let mut shard = self.shard(name);
            let held = match shard.get_mut(name) {
                Some(held) => held,
                None => {
                    let name: Arc<str> = name.into();
                    let topic = Arc::new(TopicState::new(name.clone()));
                    shard.entry(name).or_insert(Held { topic, holders: 0 })
                }
            };
            held.holders += 1;
            Hold { hub: self.clone(), topic: held.topic.clone() }
        };
        let topic = &hold.topic;
        topic
            .opened
            .get_or_init(|| async {
                match self.layer.listen(name).await {
                    Ok(at) => topic.open_at(at),
                    Err(error) => {
                        self.away(&error);
                        topic.open_torn();
                    }
                }
            })
            .await;
        hold
    }

    #[cfg(feature = "orm")]
    pub(crate) fn feeds(&self) -> MutexGuard<'_, Feeds> {
        lock(&self.feeds)
    }

    fn find(&self, topic: &str) -> Option<Arc<TopicState>> {
        Some(self.shard(topic).get(topic)?.topic.clone())
    }

    /// Who is in a topic, as known here.
    pub(crate) async fn know_present(&self, topic: &Arc<TopicState>) -> Result {
        if let Some(_asking) = topic.ask_present() {
            topic.set_present(self.layer.here(&topic.name).await?);
        }
        Ok(())
    }

    /// Appends an event, or tells it here if the layer is away.
    pub(crate) async fn publish(&self, topic: &str, event: Event, kept: bool) -> Result {
        let told = match kept {
            true => self.layer.append(topic, event.clone()).await.map(drop),
            false => self.layer.pass(topic, event.clone()).await,
        };
        if let Err(error) = told {
            self.away(&error);
            if let Some(topic) = self.find(topic) {
                topic.hear_locally(event);
            }
        }
        Ok(())
    }

    /// The layer does not answer: said once in a while, not once a message.
    pub(crate) fn away(&self, error: &Error) {
        let now = u64::try_from(quintet_core::clock::now().as_second()).unwrap_or_default();
        let last = self.warned.swap(now, Ordering::Relaxed);
        if now.saturating_sub(last) >= 10 {
            tracing::warn!(
                layer = self.layer.name(), %error,
                "the channels' layer can't be reached: only those in this process hear what is said"
            );
        }
    }

    /// Tells all processes that something about a user has changed: who they are, what they may do, whether they are logged in.
    pub(crate) async fn user_changed(&self, user: Option<&str>) {
        #[derive(Serialize)]
        struct Changed<'u> {
            user: Option<&'u str>,
        }
        let Ok(data) = serde_json::to_vec(&Changed { user }) else { return };
        let event = Event { data: data.into(), except: None };
        if let Err(error) = self.layer.pass(CONTROL, event.clone()).await {
            self.away(&error);
            self.control(&event);
        }
    }

    fn control(&self, event: &Event) {
        #[derive(serde::Deserialize)]
        struct Changed {
            user: Option<String>,
        }
        match serde_json::from_slice::<Changed>(&event.data) {
            Ok(changed) => self.people.changed(changed.user.as_deref()),
            Err(error) => tracing::warn!(%error, "a message of another process can't be read"),
        }
    }

    pub(crate) fn count_sent(&self, messages: usize) {
        self.sent.fetch_add(messages as u64, Ordering::Relaxed);
    }

    pub(crate) fn count_slow(&self) {
        self.slow.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn connected(&self, connection: &Arc<Connection>) {
        self.people.add(connection);
    }

    pub(crate) fn disconnected(&self, connection: &Arc<Connection>) {
        self.people.remove(connection);
    }
}

impl Sink for Hub {
    fn hear(&self, topic: &str, news: News) {
        if topic == CONTROL {
            match news {
                News::Passed(event) => self.control(&event),
                // Somebody may have been logged out meanwhile.
                News::Gap(_) => self.people.changed(None),
                _ => {}
            }
        } else if let Some(topic) = self.find(topic) {
            topic.hear(news);
        }
    }
}

impl Hold {
    #[cfg(feature = "orm")]
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let name = &self.topic.name;
        // Whoever wants it again asks the layer after this.
        let _turn = lock(&self.hub.shard_of(name).turn);
        let last = {
            let mut shard = self.hub.shard(name);
            let Some(held) = shard.get_mut(name) else { return };
            held.holders -= 1;
            held.holders == 0 && shard.remove(name).is_some()
        };
        // Not below the lock of the topics: a layer that tells news holds the topic's log, and looks for the topic.
        if last {
            self.hub.layer.forget(name);
        }
    }
}

impl Channels {
    /// Says something in a topic by its name; `data` is what its listeners hear. It is kept for those who are away for a moment.
    ///
    /// Where the topic has a channel, [`Channel::send`](crate::Channel::send) does this with types.
    ///
    /// # Errors
    /// If `data` can't be JSON. If the layer can't be reached, those who are connected to this process hear it, the log has a line, and
    /// the others are told of a gap later.
    pub async fn publish<T: Serialize + ?Sized>(&self, topic: &str, data: &T) -> Result {
        self.0.publish(topic, Event { data: encode(data)?, except: None }, true).await
    }

    /// The same, for those who are there now: nobody hears it later. For what is soon out of date, such as who is typing.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub async fn pass<T: Serialize + ?Sized>(&self, topic: &str, data: &T) -> Result {
        self.0.publish(topic, Event { data: encode(data)?, except: None }, false).await
    }

    /// Who is present in a topic, in all processes: what [`Join::present`](crate::Join::present) said of each connection.
    ///
    /// # Errors
    /// If the layer can't be reached.
    pub async fn present(&self, topic: &str) -> Result<Vec<serde_json::Value>> {
        let here: Vec<Here> = match self.0.find(topic).and_then(|topic| topic.present()) {
            Some(here) => here,
            None => self.0.layer.here(topic).await?,
        };
        Ok(here.iter().filter_map(|here| serde_json::from_slice(&here.meta).ok()).collect())
    }

    /// Where a topic's log ends now: a page that is made after this hears what it does not show yet with `join(topic, { after })`.
    ///
    /// # Errors
    /// 503 if the layer can't be reached.
    pub async fn position(&self, topic: &str) -> Result<Position> {
        let hold = self.0.hold(topic).await;
        hold.topic.at().ok_or_else(|| {
            let why = "the channels' layer can't be reached";
            Error::of_kind(quintet_core::ErrorKind::Unavailable, http::StatusCode::SERVICE_UNAVAILABLE, why)
        })
    }

    /// Something about this user has changed: who they are, what they may do, or a session of theirs has ended. All their connections,
    /// in all processes, are looked at again: topics that they may not be in any more are left, and whoever is not logged in any more is
    /// disconnected. `None` means anybody.
    pub async fn user_changed(&self, user: Option<&str>) {
        self.0.user_changed(user).await;
    }

    /// Has the site neither a channel nor a live model? Then nobody is ever connected, and nobody follows anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.registry.is_empty() && !self.0.has_live
    }

    /// Does nobody outside of this process hear what is said in it?
    #[must_use]
    pub fn reaches_only_itself(&self) -> bool {
        self.0.layer.name() == "memory"
    }

    /// Could the listeners of this topic understand this?
    ///
    /// # Errors
    /// 404 if the topic belongs to no channel, 422 if its listeners don't hear such events.
    pub fn check(&self, topic: &str, data: &serde_json::Value) -> Result {
        self.0.registry.open(topic)?.0.understands(data)
    }

    /// What goes on in this process.
    #[must_use]
    pub fn stats(&self) -> ChannelStats {
        let hub = &self.0;
        let topics = hub.shards.iter().map(|shard| lock(&shard.topics).len());
        ChannelStats {
            connections: hub.people.count(),
            topics: topics.sum(),
            sent: hub.sent.load(Ordering::Relaxed),
            slow: hub.slow.load(Ordering::Relaxed),
        }
    }

    /// The topics that somebody in this process listens to, by their names.
    #[must_use]
    pub fn topics(&self) -> Vec<TopicStats> {
        let held = |shard: &Shard| {
            let topics = lock(&shard.topics);
            topics.values().map(|held| held.topic.clone()).collect::<Vec<_>>()
        };
        let mut all: Vec<TopicStats> =
            self.0.shards.iter().flat_map(held).map(|topic| topic.stats()).collect();
        all.sort_by(|one, other| one.topic.cmp(&other.topic));
        all
    }

    /// Can events reach other processes?
    ///
    /// # Errors
    /// Why not.
    pub async fn health(&self) -> Result {
        self.0.layer.health().await
    }
}

pub(crate) fn encode<T: Serialize + ?Sized>(data: &T) -> Result<Bytes> {
    let what = std::any::type_name::<T>();
    serde_json::to_vec(data)
        .map(Bytes::from)
        .map_err(|why| Error::internal(format!("`{what}` can't be JSON: {why}")).with_source(why))
}

impl Service for Channels {
    fn of(services: &Services) -> Result<Self> {
        services.require::<Channels>().cloned()
    }
}

impl<S: Send + Sync> axum_core::extract::FromRequestParts<S> for Channels {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self> {
        Channels::of(Services::of_request(parts)?)
    }
}

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channels").field("layer", &self.0.layer.name()).finish_non_exhaustive()
    }
}
