//! One topic, as this process knows it: who listens here, and who is present anywhere.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::OnceCell;

use crate::{
    layer::{ConnectionId, Event, Here, News, Position},
    wire::{self, Present, Who},
};

/// How long those who come and go are gathered before everybody is told of them at once.
const GATHER: Duration = Duration::from_millis(100);

/// Who is there, by their connections.
pub(crate) type People = BTreeMap<ConnectionId, Here>;

static NOBODY: People = BTreeMap::new();

/// Where a log is that nobody knows, for the layer is away: no log has this epoch for long.
const NOWHERE: Position = Position { epoch: 1, offset: 0 };

/// Somebody who listens to a topic in this process: a client's connection, a stream of events, a part of the program.
pub(crate) trait Ear: Send + Sync + 'static {
    /// Hears. Does not wait; false if nothing more need be told.
    fn hear(&self, topic: &Arc<str>, heard: &Heard<'_>) -> bool;
}

/// What an ear hears.
pub(crate) enum Heard<'h> {
    /// An event.
    Event(&'h Said),
    /// Events were lost; the topic goes on after this position.
    Gap(Position),
    /// Who has come and gone, and all who are there now.
    Presence(&'h PresenceNews<'h>),
}

/// An event, encoded once for all who hear it by the protocol.
pub(crate) struct Said {
    pub(crate) at: Option<Position>,
    pub(crate) event: Event,
    wire: OnceLock<Bytes>,
}

impl Said {
    pub(crate) fn new(at: Option<Position>, event: Event) -> Self {
        Said { at, event, wire: OnceLock::new() }
    }

    pub(crate) fn wire(&self, topic: &str) -> Bytes {
        self.wire.get_or_init(|| wire::event(topic, self.at, &self.event.data)).clone()
    }
}

/// What has become of who is there.
pub(crate) struct PresenceNews<'p> {
    pub(crate) joins: &'p [Here],
    pub(crate) leaves: &'p [ConnectionId],
    wire: OnceLock<Bytes>,
}

impl PresenceNews<'_> {
    pub(crate) fn wire(&self, topic: &str) -> Bytes {
        let told = || wire::presence(topic, Who::Changed(Present(&mut self.joins.iter()), self.leaves));
        self.wire.get_or_init(told).clone()
    }
}

/// An ear, and from where on it hears.
struct Listener {
    ear: Arc<dyn Ear>,
    /// What stands before this in the log it knows already.
    from: Position,
    /// Is it told who comes and goes?
    presence: bool,
}

/// A topic that somebody in this process listens to.
pub(crate) struct TopicState {
    pub(crate) name: Arc<str>,
    /// Is the layer told, and who was there then?
    pub(crate) opened: OnceCell<()>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// The last event of the log that came by.
    at: Option<Position>,
    listeners: HashMap<ConnectionId, Listener>,
    /// Who is there; none as long as nobody has asked.
    present: Option<People>,
    /// How many ask the layer now who is there.
    asking: usize,
    /// What has come since they ask, and before the first answer.
    early: Vec<News>,
    /// What everybody is still to be told.
    joins: BTreeMap<ConnectionId, ()>,
    leaves: Vec<ConnectionId>,
    gathering: bool,
    /// Was something told here that the layer has not got? Then nobody can go on from a position of before.
    torn: bool,
    published: u64,
}

/// Somebody asks the layer who is there, as long as this lives.
pub(crate) struct Asking<'t>(&'t TopicState);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut inner = self.0.inner();
        inner.asking -= 1;
        if inner.asking == 0 {
            inner.early = Vec::new();
        }
    }
}

/// What is known of a topic in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TopicStats {
    /// Its name.
    pub topic: String,
    /// How many listen to it in this process.
    pub listeners: usize,
    /// How many are present in it, in all processes, if anybody here wanted to know.
    pub present: Option<usize>,
    /// How many events have come by since somebody here listens to it.
    pub events: u64,
}

impl TopicState {
    pub(crate) fn new(name: Arc<str>) -> Self {
        TopicState { name, opened: OnceCell::new(), inner: Mutex::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the log is, as far as it came by.
    pub(crate) fn at(&self) -> Option<Position> {
        self.inner().at
    }

    /// The layer is away: whoever is here hears what is said here, and of a gap when it is back.
    pub(crate) fn open_torn(&self) {
        self.inner().torn = true;
    }

    /// The layer has begun to tell; news may have come before it said so.
    pub(crate) fn open_at(&self, at: Position) {
        let mut inner = self.inner();
        inner.at.get_or_insert(at);
    }

    /// Adds an ear that hears what comes after where the log is now; `first` is told that position and who is there, before anything
    /// comes.
    pub(crate) fn listen(
        &self,
        id: ConnectionId,
        ear: Arc<dyn Ear>,
        presence: bool,
        first: impl FnOnce(Position, &People),
    ) {
        let mut inner = self.inner();
        let at = inner.at.unwrap_or(NOWHERE);
        first(at, inner.present.as_ref().unwrap_or(&NOBODY));
        inner.listeners.insert(id, Listener { ear, from: at, presence });
    }

    /// Adds an ear that knows all up to `at`; unless more has come by since, which it must be told first.
    pub(crate) fn listen_from(
        &self,
        id: ConnectionId,
        ear: &Arc<dyn Ear>,
        presence: bool,
        at: Position,
        first: impl FnOnce(&People),
    ) -> bool {
        let mut inner = self.inner();
        let missed = inner.at.is_none_or(|now| now.epoch != at.epoch || now.offset > at.offset);
        if !missed {
            first(inner.present.as_ref().unwrap_or(&NOBODY));
            inner.listeners.insert(id, Listener { ear: ear.clone(), from: at, presence });
        }
        !missed
    }

    pub(crate) fn leave(&self, id: ConnectionId) {
        self.inner().listeners.remove(&id);
    }

    /// Tells everybody here of something. Called by the layer, in the topic's order.
    pub(crate) fn hear(self: &Arc<Self>, news: News) {
        let mut inner = self.inner();
        match news {
            News::Logged(at, event) => {
                inner.published += 1;
                let before = Position { offset: at.offset.saturating_sub(1), ..at };
                if std::mem::take(&mut inner.torn) || inner.at.is_some_and(|known| known.epoch != at.epoch) {
                    inner.at = Some(before);
                    self.tell(inner, None, |listener| {
                        listener.from = before;
                        Some(Heard::Gap(before))
                    });
                    inner = self.inner();
                }
                inner.at = Some(at);
                let said = Said::new(Some(at), event);
                self.tell(inner, said.event.except, |listener| {
                    let known = listener.from.epoch == at.epoch && listener.from.offset >= at.offset;
                    (!known).then_some(Heard::Event(&said))
                });
            }
            News::Passed(event) => {
                inner.published += 1;
                let said = Said::new(None, event);
                self.tell(inner, said.event.except, |_| Some(Heard::Event(&said)));
            }
            News::Gap(at) => {
                inner.at = Some(at);
                inner.torn = false;
                self.tell(inner, None, |listener| {
                    listener.from = at;
                    Some(Heard::Gap(at))
                });
            }
            news => self.presence(inner, news),
        }
    }

    /// The layer could not be reached: those who are here are told nevertheless.
    pub(crate) fn hear_locally(&self, event: Event) {
        let mut inner = self.inner();
        inner.torn = true;
        inner.published += 1;
        let said = Said::new(None, event);
        self.tell(inner, said.event.except, |_| Some(Heard::Event(&said)));
    }

    /// Tells all who are to be told; whoever has gone is forgotten.
    fn tell<'h>(
        &self,
        mut inner: MutexGuard<'_, Inner>,
        except: Option<ConnectionId>,
        mut what: impl FnMut(&mut Listener) -> Option<Heard<'h>>,
    ) {
        let name = &self.name;
        let mut gone = Vec::new();
        for (id, listener) in &mut inner.listeners {
            if Some(*id) == except {
                continue;
            }
            if let Some(heard) = what(listener)
                && !listener.ear.hear(name, &heard)
            {
                gone.push(*id);
            }
        }
        for id in gone {
            inner.listeners.remove(&id);
        }
    }

    /// Nothing, if it is known who is there. Else whoever calls this is about to ask the layer: what comes meanwhile is kept, until they
    /// have [said](Self::set_present) what it answers, or have given up.
    pub(crate) fn ask_present(&self) -> Option<Asking<'_>> {
        let mut inner = self.inner();
        if inner.present.is_some() {
            return None;
        }
        inner.asking += 1;
        Some(Asking(self))
    }

    /// Who is there, as the layer has said; what came since is added.
    pub(crate) fn set_present(self: &Arc<Self>, all: Vec<Here>) {
        let mut inner = self.inner();
        if inner.present.is_some() {
            return;
        }
        let mut present: BTreeMap<_, _> = all.into_iter().map(|here| (here.id, here)).collect();
        for news in std::mem::take(&mut inner.early) {
            match news {
                News::Entered(here) => drop(present.insert(here.id, here)),
                News::Left(id) => drop(present.remove(&id)),
                News::Present(all) => present = all.into_iter().map(|here| (here.id, here)).collect(),
                _ => {}
            }
        }
        if inner.listeners.values().any(|listener| listener.presence) {
            // The layer did not answer when they wanted to know it.
            inner.joins.extend(present.keys().map(|id| (*id, ())));
        }
        inner.present = Some(present);
        self.gather(inner);
    }

    /// Who is there, if that is known.
    pub(crate) fn present(&self) -> Option<Vec<Here>> {
        Some(self.inner().present.as_ref()?.values().cloned().collect())
    }

    /// Has an ear told who comes and goes from now on, or no more; `first` is told who is there, before anything comes.
    pub(crate) fn see(&self, id: ConnectionId, presence: bool, first: impl FnOnce(&People)) {
        let mut inner = self.inner();
        let state = &mut *inner;
        if let Some(listener) = state.listeners.get_mut(&id) {
            listener.presence = presence;
            first(state.present.as_ref().unwrap_or(&NOBODY));
        }
    }

    fn presence(self: &Arc<Self>, mut inner: MutexGuard<'_, Inner>, news: News) {
        let state = &mut *inner;
        if state.present.is_none()
            && matches!(news, News::Present(_))
            && state.listeners.values().any(|listener| listener.presence)
        {
            // The layer did not answer when they wanted to know who is there. It is back, and says it by itself.
            state.early.clear();
            state.present = Some(People::new());
        }
        let Some(present) = &mut state.present else {
            if state.asking > 0 {
                state.early.push(news);
            }
            return;
        };
        let (mut came, mut went) = (Vec::new(), Vec::new());
        match news {
            News::Entered(here) => came.push(here),
            News::Left(id) => went.push(id),
            News::Present(all) => {
                went = present.keys().filter(|id| !all.iter().any(|here| here.id == **id)).copied().collect();
                came = all;
            }
            _ => {}
        }
        for here in came {
            if present.get(&here.id) != Some(&here) {
                state.joins.insert(here.id, ());
                state.leaves.retain(|id| *id != here.id);
                present.insert(here.id, here);
            }
        }
        for id in went {
            if present.remove(&id).is_some() {
                state.joins.remove(&id);
                state.leaves.push(id);
            }
        }
        self.gather(inner);
    }

    /// What is new is told to everybody after a moment.
    fn gather(self: &Arc<Self>, mut inner: MutexGuard<'_, Inner>) {
        let news = !inner.joins.is_empty() || !inner.leaves.is_empty();
        if news && !inner.gathering {
            inner.gathering = true;
            drop(inner);
            let topic = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(GATHER).await;
                topic.tell_presence();
            });
        }
    }

    /// Tells who has come and gone since it was last told.
    fn tell_presence(&self) {
        let mut inner = self.inner();
        inner.gathering = false;
        let (joins, leaves) = (std::mem::take(&mut inner.joins), std::mem::take(&mut inner.leaves));
        let joins: Vec<Here> = {
            let present = inner.present.as_ref();
            joins.keys().filter_map(|id| present?.get(id).cloned()).collect()
        };
        let news = PresenceNews { joins: &joins, leaves: &leaves, wire: OnceLock::new() };
        self.tell(inner, None, |listener| listener.presence.then_some(Heard::Presence(&news)));
    }

    pub(crate) fn stats(&self) -> TopicStats {
        let inner = self.inner();
        TopicStats {
            topic: self.name.to_string(),
            listeners: inner.listeners.len(),
            present: inner.present.as_ref().map(BTreeMap::len),
            events: inner.published,
        }
    }
}

#[cfg(test)]
mod tests;
