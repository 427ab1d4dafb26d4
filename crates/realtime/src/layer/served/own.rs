//! Who is present by this process, and how the server is kept to that.
//!
//! What this process has in memory is what holds. Whenever it has lost touch, or something failed so that nobody knows what the server
//! has of it, it takes another name, enters all of its own again under that, and has what stands under the old name removed. Processes
//! that are missed are reaped so by the others.
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use quintet_core::{Error, ErrorKind, Result};

use super::{Inner, NodeId, Server};
use crate::layer::{ConnectionId, Here};

/// Entries or topics that are worked on at the same time.
const AT_ONCE: usize = 64;

pub(super) struct Own {
    entries: Mutex<HashMap<String, HashMap<ConnectionId, Bytes>>>,
    node: Mutex<Option<NodeId>>,
    /// Does the server perhaps have what is not in memory?
    doubtful: AtomicBool,
    /// What is done in one topic is done one after the other, so that the server comes to what is in memory.
    turns: Box<[tokio::sync::Mutex<()>]>,
    hasher: RandomState,
}

impl Default for Own {
    fn default() -> Own {
        Own {
            entries: Mutex::default(),
            node: Mutex::default(),
            doubtful: AtomicBool::new(false),
            turns: (0..64).map(|_| tokio::sync::Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl Own {
    fn entries(&self) -> MutexGuard<'_, HashMap<String, HashMap<ConnectionId, Bytes>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, topic: &str, here: &Here) {
        let mut entries = self.entries();
        let topic = match entries.get_mut(topic) {
            Some(topic) => topic,
            None => entries.entry(topic.to_owned()).or_default(),
        };
        topic.insert(here.id, here.meta.clone());
    }

    /// Tells whether nobody is left.
    fn remove(&self, topic: &str, id: ConnectionId) -> bool {
        let mut entries = self.entries();
        let Some(present) = entries.get_mut(topic) else { return true };
        present.remove(&id);
        let last = present.is_empty();
        if last {
            entries.remove(topic);
        }
        last
    }

    fn topics(&self) -> Vec<String> {
        self.entries().keys().cloned().collect()
    }

    fn of(&self, topic: &str) -> Vec<Here> {
        let entries = self.entries();
        let present = entries.get(topic).into_iter().flatten();
        present.map(|(id, meta)| Here { id: *id, meta: meta.clone() }).collect()
    }

    /// What this process is known by now, if it is.
    pub(super) fn node(&self) -> Option<NodeId> {
        *self.node.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing begins by this process any more.
    fn unname(&self) -> Option<NodeId> {
        self.node.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whatever was begun in any topic is over.
    async fn all_turns(&self) {
        for turn in &self.turns {
            drop(turn.lock().await);
        }
    }

    fn doubt(&self) {
        self.doubtful.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.doubtful.load(Ordering::Relaxed)
    }

    fn rename(&self, node: NodeId) -> Option<NodeId> {
        self.node.lock().unwrap_or_else(PoisonError::into_inner).replace(node)
    }

    fn turn(&self, topic: &str) -> Result<&tokio::sync::Mutex<()>> {
        let which = self.hasher.hash_one(topic) as usize % self.turns.len().max(1);
        self.turns.get(which).ok_or_else(|| Error::internal("a lock is missing"))
    }
}

impl<S: Server> Inner<S> {
    /// Where the server can't be reached, they enter when it can be again.
    pub(super) async fn enter(&self, topic: &str, here: Here) -> Result {
        let _turn = self.own.turn(topic)?.lock().await;
        // Before it is there: whoever enters all again may do so meanwhile.
        self.own.put(topic, &here);
        let entered = async {
            let node = self.named()?;
            self.ask(self.server.enter(node, topic, &here)).await
        };
        entered.await.inspect_err(|error| {
            if *error.kind() != ErrorKind::Unavailable {
                self.own.remove(topic, here.id);
            }
            self.own.doubt();
        })
    }

    pub(super) async fn leave(&self, topic: &str, id: ConnectionId) -> Result {
        let _turn = self.own.turn(topic)?.lock().await;
        let last = self.own.remove(topic, id);
        let left = async {
            let node = self.named()?;
            self.ask(self.server.leave(node, topic, id, last)).await
        };
        left.await.inspect_err(|_| self.own.doubt())
    }

    fn named(&self) -> Result<NodeId> {
        self.reach.check()?;
        self.own.node().ok_or_else(|| self.reach.away("it is not connected yet"))
    }

    /// Takes another name, enters all of its own under that, and removes what stands under the old one.
    pub(super) async fn incarnate(&self) -> Result {
        let node = NodeId::random()?;
        self.own.doubtful.store(false, Ordering::Relaxed);
        self.ask_now(self.server.beat(node)).await?;
        let old = self.own.rename(node);
        // It may take a while, and nobody must think it dead meanwhile.
        let alive = async {
            loop {
                tokio::time::sleep(self.pace.beat).await;
                self.ask_now(self.server.beat(node)).await?;
            }
        };
        let done = tokio::select! {
            done = self.enter_all(node, old) => done,
            error = alive => error,
        };
        done.inspect_err(|_| self.own.doubt())
    }

    async fn enter_all(&self, node: NodeId, old: Option<NodeId>) -> Result {
        stream::iter(self.own.topics().into_iter().map(Ok::<String, Error>))
            .try_for_each_concurrent(AT_ONCE, |topic| async move {
                let _turn = self.own.turn(&topic)?.lock().await;
                for here in self.own.of(&topic) {
                    self.ask_now(self.server.enter(node, &topic, &here)).await?;
                }
                Ok(())
            })
            .await?;
        match old {
            Some(old) => self.reap(old, false).await,
            None => Ok(()),
        }
    }

    /// Removes what stands under a name. Where `bury`, nothing under that name can come any more.
    pub(super) async fn reap(&self, node: NodeId, bury: bool) -> Result {
        let topics = self.ask_now(self.server.topics_of(node)).await?;
        let mut reaped = stream::iter(
            topics.into_iter().map(|topic| async move { self.ask_now(self.server.reap(node, &topic)).await }),
        )
        .buffer_unordered(AT_ONCE);
        while let Some(done) = reaped.next().await {
            done?;
        }
        match bury {
            true => self.ask_now(self.server.bury(node)).await,
            false => Ok(()),
        }
    }

    /// The process ends.
    pub(super) async fn say_goodbye(&self) {
        let node = self.own.unname();
        // Who is just entering would otherwise be there after all were removed, and nobody would remove them.
        self.own.all_turns().await;
        self.own.entries().clear();
        let Some(node) = node else { return };
        if self.reach.check().is_err() {
            return;
        }
        if let Err(error) = self.reap(node, true).await {
            tracing::warn!(%error, "who was present by this process is missed only after a while");
        }
    }
}
