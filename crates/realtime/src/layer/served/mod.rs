//! What layers on a server have in common: a [`Server`] keeps the logs and says what was said ([`say`]); each process follows the topics
//! that it listens to ([`follow`], [`topic`]), keeps who is present by it ([`own`]), and keeps in touch ([`run`], [`ask`]).
//!
//! Nothing that a server says is relied on to come: what is said carries its number, a missing number is looked up in the server's log,
//! and every few seconds the numbers are compared. So a process hears everything once and in order, or that it didn't.
mod ask;
mod follow;
mod own;
mod pace;
mod run;
pub(super) mod say;
#[cfg(test)]
mod tests;
mod topic;

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use quintet_core::{Error, Result};
use tokio::{task::JoinHandle, time::timeout};

pub use self::pace::Pace;
use self::{ask::Reach, own::Own};
pub(super) use self::{follow::Follow, pace::pause};
use super::{ConnectionId, Event, Here, Position, Retention, Since, Sink, check_topic};

/// How long a node that was missed is remembered: what it sent last may come late.
pub(super) const REMEMBERED: Duration = Duration::from_secs(60);
/// How long a topic's numbers are kept at least after anybody used or listened to it.
const LEAST_KEPT: Duration = Duration::from_secs(600);

/// How long a topic's numbers are kept: they outlive its events.
pub(super) fn kept(retention: Retention) -> Duration {
    retention.age.saturating_mul(2).max(LEAST_KEPT)
}

/// What a process knows itself by: made by chance, anew each time it has lost touch.
pub(super) type NodeId = ConnectionId;

/// Where a topic's log and its presence end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) log: Position,
    /// Counts changes of who is present, within the log's epoch.
    pub(super) version: u64,
}

impl Head {
    pub(super) fn present(&self) -> Position {
        Position { epoch: self.log.epoch, offset: self.version }
    }
}

/// What a server answers to a heartbeat.
#[derive(Debug, Default)]
pub(super) struct Beat {
    /// Was it in time? What is present by a process that was not may have been removed.
    pub(super) known: bool,
    /// Processes that have missed theirs, and whether that was long ago.
    pub(super) dead: Vec<(NodeId, bool)>,
}

/// What keeps the logs. Its calls may take as long as they like: they are given up from outside.
pub(super) trait Server: Send + Sync + 'static {
    /// What a connection hears.
    type Pump: Send;

    fn name(&self) -> &'static str;

    /// Connects anew, without waiting for long where nobody answers; an error of kind `Settings` is for good.
    fn connect(&self) -> impl Future<Output = Result<Self::Pump>> + Send;

    /// Tells what it hears until the connection is lost. Reads on whatever else is done.
    fn pump(&self, pump: &mut Self::Pump, follow: &Follow) -> impl Future<Output = Error> + Send;

    /// Does the server answer? Also on what [`pump`](Self::pump) listens on, where `pump` doesn't notice by itself that it is dead.
    fn ping(&self) -> impl Future<Output = Result> + Send;

    /// What is said in these topics is to be heard; in the others it needn't be any more.
    fn subscribe(&self, add: &[Arc<str>], remove: &[Arc<str>]) -> impl Future<Output = Result> + Send;

    fn append(&self, topic: &str, event: &Event) -> impl Future<Output = Result<Position>> + Send;

    fn pass(&self, topic: &str, event: &Event) -> impl Future<Output = Result> + Send;

    /// What came after a position, and where the log ends. `told` is for positions that this process has heard itself: where the log ends
    /// before one, it has lost its end, and begins anew.
    fn since(
        &self,
        topic: &str,
        after: Position,
        told: bool,
    ) -> impl Future<Output = Result<(Since, Position)>> + Send;

    /// Where these topics end; those that are not there begin.
    fn heads(&self, topics: &[Arc<str>]) -> impl Future<Output = Result<Vec<Head>>> + Send;

    /// Who is present, and the version of that.
    fn here(&self, topic: &str) -> impl Future<Output = Result<(Position, Vec<Here>)>> + Send;

    fn enter(&self, node: NodeId, topic: &str, here: &Here) -> impl Future<Output = Result> + Send;

    /// `last` if nobody else is present in the topic by this node.
    fn leave(
        &self,
        node: NodeId,
        topic: &str,
        id: ConnectionId,
        last: bool,
    ) -> impl Future<Output = Result> + Send;

    fn beat(&self, node: NodeId) -> impl Future<Output = Result<Beat>> + Send;

    /// Where somebody may be present by this node.
    fn topics_of(&self, node: NodeId) -> impl Future<Output = Result<Vec<String>>> + Send;

    /// Nobody is present in this topic by this node any more.
    fn reap(&self, node: NodeId, topic: &str) -> impl Future<Output = Result> + Send;

    /// There is no such node any more.
    fn bury(&self, node: NodeId) -> impl Future<Output = Result> + Send;

    /// How often [`tidy`](Self::tidy) is to be called, if at all.
    fn tidy_every(&self) -> Option<Duration> {
        None
    }

    /// Lets go of some of what is too old.
    fn tidy(&self) -> impl Future<Output = Result> + Send {
        std::future::ready(Ok(()))
    }
}

/// A layer on a server. Dropped, it is as if its process were.
pub(super) struct Served<S: Server> {
    inner: Arc<Inner<S>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct Inner<S> {
    server: S,
    follow: Follow,
    own: Own,
    reach: Reach,
    pace: Pace,
}

impl<S: Server> Served<S> {
    pub(super) fn new(server: S, pace: Pace) -> Self {
        let (follow, own, reach) = (Follow::default(), Own::default(), Reach::new(server.name()));
        Served { inner: Arc::new(Inner { server, follow, own, reach, pace }), task: Mutex::default() }
    }

    pub(super) async fn start(&self, sink: Arc<dyn Sink>) -> Result {
        let inner = &self.inner;
        if !inner.follow.tell_to(sink) {
            return Err(Error::internal("the layer was started already"));
        }
        let task = tokio::spawn(run::run(inner.clone()));
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        // It comes up when its server does; but what can't ever work is said at once.
        match timeout(inner.pace.limit, inner.reach.first_answer()).await {
            Ok(Err(error)) if *error.kind() == quintet_core::ErrorKind::Settings => {
                self.end();
                Err(error)
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn append(&self, topic: &str, event: Event) -> Result<Position> {
        check_topic(topic)?;
        let topic = topic.to_owned();
        self.apart(|inner| async move { inner.ask(inner.server.append(&topic, &event)).await }).await
    }

    pub(super) async fn pass(&self, topic: &str, event: Event) -> Result {
        check_topic(topic)?;
        let topic = topic.to_owned();
        self.apart(|inner| async move { inner.ask(inner.server.pass(&topic, &event)).await }).await
    }

    pub(super) async fn listen(&self, topic: &str) -> Result<Position> {
        check_topic(topic)?;
        let inner = &self.inner;
        // From here on it is wanted, whatever the answer is.
        let topic = inner.follow.join(topic);
        if let Some(at) = topic.known() {
            return Ok(at);
        }
        if let Err(error) = inner.reach.check() {
            topic.fail("its server is away");
            return Err(error);
        }
        match timeout(inner.pace.limit, topic.position()).await {
            Ok(answer) => answer.map_err(|why| inner.reach.away(&why)),
            Err(_) => {
                let why = "its server did not answer in time";
                topic.fail(why);
                Err(inner.reach.away(why))
            }
        }
    }

    pub(super) fn forget(&self, topic: &str) {
        self.inner.follow.forget(topic);
    }

    pub(super) async fn since(&self, topic: &str, after: Position) -> Result<Since> {
        check_topic(topic)?;
        let topic = topic.to_owned();
        let read =
            |inner: Arc<Inner<S>>| async move { inner.ask(inner.server.since(&topic, after, false)).await };
        Ok(self.apart(read).await?.0)
    }

    pub(super) async fn enter(&self, topic: &str, here: Here) -> Result {
        check_topic(topic)?;
        let topic = topic.to_owned();
        self.apart(|inner| async move { inner.enter(&topic, here).await }).await
    }

    pub(super) async fn leave(&self, topic: &str, id: ConnectionId) -> Result {
        check_topic(topic)?;
        let topic = topic.to_owned();
        self.apart(|inner| async move { inner.leave(&topic, id).await }).await
    }

    pub(super) async fn here(&self, topic: &str) -> Result<Vec<Here>> {
        check_topic(topic)?;
        let topic = topic.to_owned();
        Ok(self.apart(|inner| async move { inner.ask(inner.server.here(&topic)).await }).await?.1)
    }

    pub(super) async fn health(&self) -> Result {
        self.apart(|inner| async move { inner.ask(inner.server.ping()).await }).await
    }

    /// Has a task of its own do it: it is carried out to its end, whoever waits for it, and knows nothing of a transaction that the
    /// caller is in.
    async fn apart<T: Send + 'static, F>(&self, work: impl FnOnce(Arc<Inner<S>>) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let done = tokio::spawn(work(self.inner.clone())).await;
        done.unwrap_or_else(|error| Err(Error::internal(format!("the layer's task broke off: {error}"))))
    }

    pub(super) async fn stop(&self) {
        if let Some(task) = self.end() {
            // Where it was just working, it takes no other name behind the goodbye.
            let _ = task.await;
        }
        let goodbye = |inner: Arc<Inner<S>>| async move {
            inner.say_goodbye().await;
            Ok(())
        };
        if let Err(error) = self.apart(goodbye).await {
            tracing::warn!(%error, "the layer did not say goodbye");
        }
        self.inner.reach.set_down("the layer was stopped".to_owned());
    }

    fn end(&self) -> Option<JoinHandle<()>> {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        task.inspect(JoinHandle::abort)
    }
}

impl<S: Server> Drop for Served<S> {
    fn drop(&mut self) {
        self.end();
    }
}

/// A public layer by its field, a [`Served`].
macro_rules! by_server {
    ($name:ty) => {
        impl crate::layer::Layer for $name {
            fn name(&self) -> &'static str {
                self.served.name()
            }

            fn start<'a>(
                &'a self,
                sink: std::sync::Arc<dyn crate::layer::Sink>,
            ) -> quintet_core::BoxFuture<'a, quintet_core::Result> {
                Box::pin(self.served.start(sink))
            }

            fn append<'a>(
                &'a self,
                topic: &'a str,
                event: crate::layer::Event,
            ) -> quintet_core::BoxFuture<'a, quintet_core::Result<crate::layer::Position>> {
                Box::pin(self.served.append(topic, event))
            }

            fn pass<'a>(
                &'a self,
                topic: &'a str,
                event: crate::layer::Event,
            ) -> quintet_core::BoxFuture<'a, quintet_core::Result> {
                Box::pin(self.served.pass(topic, event))
            }

            fn listen<'a>(
                &'a self,
                topic: &'a str,
            ) -> quintet_core::BoxFuture<'a, quintet_core::Result<crate::layer::Position>> {
                Box::pin(self.served.listen(topic))
            }

            fn forget(&self, topic: &str) {
                self.served.forget(topic);
            }

            fn since<'a>(
                &'a self,
                topic: &'a str,
                after: crate::layer::Position,
            ) -> quintet_core::BoxFuture<'a, quintet_core::Result<crate::layer::Since>> {
                Box::pin(self.served.since(topic, after))
            }

            fn enter<'a>(
                &'a self,
                topic: &'a str,
                here: crate::layer::Here,
            ) -> quintet_core::BoxFuture<'a, quintet_core::Result> {
                Box::pin(self.served.enter(topic, here))
            }

            fn leave<'a>(
                &'a self,
                topic: &'a str,
                id: crate::layer::ConnectionId,
            ) -> quintet_core::BoxFuture<'a, quintet_core::Result> {
                Box::pin(self.served.leave(topic, id))
            }

            fn here<'a>(
                &'a self,
                topic: &'a str,
            ) -> quintet_core::BoxFuture<'a, quintet_core::Result<Vec<crate::layer::Here>>> {
                Box::pin(self.served.here(topic))
            }

            fn health<'a>(&'a self) -> quintet_core::BoxFuture<'a, quintet_core::Result> {
                Box::pin(self.served.health())
            }

            fn stop<'a>(&'a self) -> quintet_core::BoxFuture<'a, ()> {
                Box::pin(self.served.stop())
            }
        }
    };
}
pub(super) use by_server;

impl<S: Server> Served<S> {
    pub(super) fn name(&self) -> &'static str {
        self.inner.server.name()
    }
}
