//! The topics that this process listens to, and those of them that are to be looked up.
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use quintet_core::Error;
use tokio::sync::Notify;

use super::{Head, Inner, Server, say::Said, topic::Topic};
use crate::layer::{News, Sink};

/// Topics that are looked up at the same time.
const AT_ONCE: usize = 32;
/// Topics in one question.
const MANY: usize = 500;

/// What this process listens to.
#[derive(Default)]
pub(in crate::layer) struct Follow {
    sink: OnceLock<Arc<dyn Sink>>,
    topics: RwLock<HashMap<Arc<str>, Arc<Topic>>>,
    due: Mutex<VecDeque<Arc<Topic>>>,
    due_came: Notify,
    /// Topics of which it has changed whether they are listened to.
    turned: Mutex<HashSet<Arc<str>>>,
    turned_came: Notify,
}

/// Nobody listens yet.
struct Deaf;

impl Sink for Deaf {
    fn hear(&self, _: &str, _: News) {}
}

impl Follow {
    /// `false` if there is one already.
    pub(super) fn tell_to(&self, sink: Arc<dyn Sink>) -> bool {
        self.sink.set(sink).is_ok()
    }

    fn sink(&self) -> &dyn Sink {
        self.sink.get().map_or(&Deaf, |sink| &**sink)
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<Arc<str>, Arc<Topic>>> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Arc<str>, Arc<Topic>>> {
        self.topics.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, name: &str) -> Option<Arc<Topic>> {
        self.read().get(name).cloned()
    }

    /// All of them.
    pub(super) fn names(&self) -> Vec<Arc<str>> {
        self.read().keys().cloned().collect()
    }

    /// The topic, which is joined from now on if it was not.
    pub(super) fn join(&self, name: &str) -> Arc<Topic> {
        if let Some(topic) = self.get(name) {
            return topic;
        }
        let mut topics = self.write();
        let name: Arc<str> = name.into();
        let topic = topics.entry(name.clone()).or_insert_with(|| Arc::new(Topic::new(name.clone())));
        let topic = topic.clone();
        drop(topics);
        self.turn(name);
        topic
    }

    pub(super) fn forget(&self, name: &str) {
        let gone = self.write().remove_entry(name);
        if let Some((name, topic)) = gone {
            topic.end();
            self.turn(name);
        }
    }

    /// Those that wait to be joined can't be now.
    pub(super) fn fail_joining(&self, why: &str) {
        let topics: Vec<_> = self.read().values().cloned().collect();
        topics.iter().for_each(|topic| topic.fail(why));
    }

    /// Those that wait to be joined are to be.
    pub(super) fn join_again(&self) {
        let joining: Vec<_> = self.read().values().filter(|topic| topic.is_joining()).cloned().collect();
        joining.into_iter().for_each(|topic| self.turn(topic.name.clone()));
    }

    fn turn(&self, name: Arc<str>) {
        self.turned.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
        self.turned_came.notify_one();
    }

    fn queue(&self, topic: Arc<Topic>) {
        self.due.lock().unwrap_or_else(PoisonError::into_inner).push_back(topic);
        self.due_came.notify_one();
    }

    /// Something was said in a topic, perhaps not for the first time, perhaps after something that was not heard.
    pub(in crate::layer) fn hear(&self, name: &str, said: Said) {
        if let Some(topic) = self.get(name)
            && topic.hear(said, self.sink())
        {
            self.queue(topic);
        }
    }

    /// What was said lately was perhaps not heard.
    pub(super) fn doubt_all(&self) {
        let topics: Vec<_> = self.read().values().cloned().collect();
        for topic in topics {
            if topic.doubt() {
                self.queue(topic);
            }
        }
    }

    /// Has the server listen to what is listened to here, without end. `subscribed` is what it listens to already.
    pub(super) async fn subscribe<S: Server>(
        &self,
        inner: &Inner<S>,
        mut subscribed: HashSet<Arc<str>>,
    ) -> Error {
        loop {
            let turned = std::mem::take(&mut *self.turned.lock().unwrap_or_else(PoisonError::into_inner));
            let (mut add, mut remove) = (Vec::new(), Vec::new());
            for name in &turned {
                match (self.get(name).is_some(), subscribed.contains(name)) {
                    (true, false) => add.push(name.clone()),
                    (false, true) => remove.push(name.clone()),
                    _ => {}
                }
            }
            if let Err(error) = self.subscribe_to(inner, &add, &remove).await {
                return error;
            }
            for name in &remove {
                subscribed.remove(name);
            }
            subscribed.extend(add);
            let joining: Vec<_> =
                turned.iter().filter(|name| self.get(name).is_some_and(|t| t.is_joining())).collect();
            for names in joining.chunks(MANY) {
                let names: Vec<Arc<str>> = names.iter().map(|name| (*name).clone()).collect();
                let heads = match inner.ask_now(inner.server.heads(&names)).await {
                    Ok(heads) => heads,
                    Err(error) => return error,
                };
                for (name, head) in names.iter().zip(heads) {
                    if subscribed.contains(name)
                        && let Some(topic) = self.get(name)
                        && topic.join(head, self.sink())
                    {
                        self.queue(topic);
                    }
                }
            }
            self.turned_came.notified().await;
        }
    }

    /// Has it listen to these, and no more to those.
    pub(super) async fn subscribe_to<S: Server>(
        &self,
        inner: &Inner<S>,
        add: &[Arc<str>],
        remove: &[Arc<str>],
    ) -> quintet_core::Result {
        for names in remove.chunks(MANY) {
            inner.ask_now(inner.server.subscribe(&[], names)).await?;
        }
        for names in add.chunks(MANY) {
            inner.ask_now(inner.server.subscribe(names, &[])).await?;
        }
        Ok(())
    }

    /// Looks up what is due, without end.
    pub(super) async fn look_up<S: Server>(&self, inner: &Inner<S>) -> Error {
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < AT_ONCE
                && let Some(topic) = self.next_due()
            {
                under_way.push(self.look_up_one(inner, topic));
            }
            tokio::select! {
                Some(done) = under_way.next() => if let Err(error) = done { return error },
                () = self.due_came.notified(), if under_way.len() < AT_ONCE => {}
            }
        }
    }

    fn next_due(&self) -> Option<Arc<Topic>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    async fn look_up_one<S: Server>(&self, inner: &Inner<S>, topic: Arc<Topic>) -> quintet_core::Result {
        // Given up before the end, by an error or because all is given up, it stays due.
        let mut unfinished = Unfinished { follow: self, topic: Some(topic.clone()) };
        while let Some(due) = topic.due() {
            if let Some(at) = due.log {
                let (since, end) = inner.ask_now(inner.server.since(&topic.name, at, true)).await?;
                topic.caught_up(since, end, self.sink());
            }
            if due.present {
                let (version, all) = inner.ask_now(inner.server.here(&topic.name)).await?;
                topic.met(version, all, self.sink());
            }
        }
        unfinished.topic = None;
        Ok(())
    }

    /// Looks whether the last thing that was said has come, without end.
    pub(super) async fn check<S: Server>(&self, inner: &Inner<S>) -> Error {
        let mut ends: HashMap<Arc<str>, Head> = HashMap::new();
        loop {
            tokio::time::sleep(inner.pace.check).await;
            let topics: Vec<_> = self.read().values().cloned().collect();
            let mut now = HashMap::with_capacity(topics.len());
            for topics in topics.chunks(MANY) {
                let names: Vec<_> = topics.iter().map(|topic| topic.name.clone()).collect();
                let before: Vec<_> = topics.iter().map(|topic| topic.head()).collect();
                let heads = match inner.ask_now(inner.server.heads(&names)).await {
                    Ok(heads) => heads,
                    Err(error) => return error,
                };
                for ((topic, before), head) in topics.iter().zip(before).zip(heads) {
                    let Some(before) = before else { continue };
                    let went_back = head.log.epoch == before.log.epoch
                        && (head.log.offset < before.log.offset || head.version < before.version);
                    // What was there at the last look has come since, or never comes.
                    let late = ends.get(&topic.name).is_some_and(|end| topic.compare(*end));
                    if late || (went_back && topic.doubt()) {
                        self.queue(topic.clone());
                    }
                    now.insert(topic.name.clone(), head);
                }
            }
            ends = now;
        }
    }
}

struct Unfinished<'a> {
    follow: &'a Follow,
    topic: Option<Arc<Topic>>,
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(topic) = self.topic.take()
            && !topic.is_gone()
        {
            self.follow.queue(topic);
        }
    }
}
