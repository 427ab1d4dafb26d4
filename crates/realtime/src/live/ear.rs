//! What a [`Live`](super::Live) has heard and not looked at yet.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::{
    hub::{
        people::Concerned,
        topic::{Ear, Heard},
    },
    layer::Position,
};

/// So many changes wait, and so many bytes of them; beyond, that anything may have changed is all that is kept.
pub(super) const MOST: usize = 256;
const MOST_BYTES: usize = 256 * 1024;

pub(super) struct LiveEar {
    state: Mutex<State>,
    added: Notify,
}

struct State {
    waiting: VecDeque<Bytes>,
    bytes: usize,
    /// Is it to be looked at, whether anything waits or not?
    poked: bool,
    /// Has something about the user changed who follows?
    user_changed: bool,
    /// Has something come without a position, as the layer is away?
    local: bool,
    /// Was something missed? Then all that waits says nothing more.
    gap: bool,
    /// Where the topic is, as far as it was heard.
    at: Position,
}

/// All that waited.
pub(super) struct Waited {
    /// None if something was missed.
    pub(super) told: Option<Vec<Bytes>>,
    pub(super) at: Position,
    /// Has something come without a position, as the layer is away?
    pub(super) local: bool,
}

impl LiveEar {
    pub(super) fn new() -> Arc<Self> {
        let at = Position { epoch: 1, offset: 0 };
        let state = State {
            waiting: VecDeque::new(),
            bytes: 0,
            poked: false,
            user_changed: false,
            local: false,
            gap: false,
            at,
        };
        Arc::new(LiveEar { state: Mutex::new(state), added: Notify::new() })
    }

    /// It begins to hear after this.
    pub(super) fn begin(&self, at: Position) {
        self.lock().at = at;
    }

    /// What came before it began to hear.
    pub(super) fn before(&self, told: Vec<Bytes>) {
        let mut state = self.lock();
        let since = std::mem::take(&mut state.waiting);
        state.bytes = 0;
        for data in told.into_iter().chain(since) {
            state.push(data);
        }
        drop(state);
        self.added.notify_one();
    }

    /// Has whoever waits look, and find perhaps that nothing waits.
    pub(super) fn poke(&self) {
        self.lock().poked = true;
        self.added.notify_one();
    }

    /// Something was missed.
    pub(super) fn miss(&self) {
        self.lock().miss();
        self.added.notify_one();
    }

    /// Waits until something waits.
    pub(super) async fn wait(&self) {
        loop {
            let added = self.added.notified();
            if self.lock().has_any() {
                return;
            }
            added.await;
        }
    }

    /// Gives away all that waits; that the user has changed, [another](Self::take_user_changed) does.
    pub(super) fn take(&self) -> Option<Waited> {
        let mut state = self.lock();
        if !state.has_any() {
            return None;
        }
        state.bytes = 0;
        state.poked = false;
        let told = Vec::from(std::mem::take(&mut state.waiting));
        let gap = std::mem::take(&mut state.gap);
        let local = std::mem::take(&mut state.local);
        Some(Waited { told: (!gap).then_some(told), at: state.at, local })
    }

    /// Has something about the user changed who follows?
    pub(super) fn has_user_changed(&self) -> bool {
        self.lock().user_changed
    }

    /// The same, said once.
    pub(super) fn take_user_changed(&self) -> bool {
        std::mem::take(&mut self.lock().user_changed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_any(&self) -> bool {
        self.gap || self.poked || self.user_changed || !self.waiting.is_empty()
    }

    fn push(&mut self, data: Bytes) {
        if self.gap {
            return;
        }
        self.bytes += data.len();
        self.waiting.push_back(data);
        if self.waiting.len() > MOST || self.bytes > MOST_BYTES {
            self.miss();
        }
    }

    fn miss(&mut self) {
        self.gap = true;
        self.bytes = 0;
        self.waiting.clear();
    }
}

impl Concerned for LiveEar {
    fn user_changed(&self) {
        self.lock().user_changed = true;
        self.added.notify_one();
    }
}

impl Ear for LiveEar {
    fn hear(&self, _: &Arc<str>, heard: &Heard<'_>) -> bool {
        let mut state = self.lock();
        match heard {
            Heard::Event(said) => {
                state.local |= said.at.is_none();
                state.at = said.at.unwrap_or(state.at);
                state.push(said.event.data.clone());
            }
            Heard::Gap(at) => {
                state.at = *at;
                state.miss();
            }
            Heard::Presence(_) => return true,
        }
        drop(state);
        self.added.notify_one();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{hub::topic::Said, layer::Event};

    fn hear(ear: &LiveEar, offset: u64, data: &Bytes) {
        let at = Position { epoch: 7, offset };
        let said = Said::new(Some(at), Event { data: data.clone(), except: None });
        ear.hear(&"x".into(), &Heard::Event(&said));
    }

    #[tokio::test]
    async fn whoever_does_not_look_keeps_little() {
        let ear = LiveEar::new();
        let small = Bytes::from_static(b"x");
        let most = u64::try_from(MOST).unwrap();
        for offset in 1..=most {
            hear(&ear, offset, &small);
        }
        ear.wait().await;
        assert_eq!(ear.take().unwrap().told.unwrap().len(), MOST);
        for offset in 1..=most + 10 {
            hear(&ear, offset, &small);
        }
        let waited = ear.take().unwrap();
        assert!(waited.told.is_none() && ear.take().is_none());
        assert_eq!(waited.at.offset, most + 10);
        // What comes after is complete again.
        hear(&ear, most + 11, &small);
        assert_eq!(ear.take().unwrap().told.unwrap().len(), 1);
        hear(&ear, 1, &Bytes::from(vec![0; MOST_BYTES]));
        assert!(ear.take().unwrap().told.is_some());
        hear(&ear, 1, &Bytes::from(vec![0; MOST_BYTES]));
        hear(&ear, 2, &small);
        assert!(ear.take().unwrap().told.is_none());
    }

    #[tokio::test]
    async fn what_came_before_stands_in_front() {
        let ear = LiveEar::new();
        hear(&ear, 3, &Bytes::from_static(b"c"));
        ear.before(vec![Bytes::from_static(b"a"), Bytes::from_static(b"b")]);
        assert_eq!(ear.take().unwrap().told.unwrap(), ["a", "b", "c"]);
        hear(&ear, 4, &Bytes::from_static(b"d"));
        ear.hear(&"x".into(), &Heard::Gap(Position { epoch: 8, offset: 5 }));
        let waited = ear.take().unwrap();
        assert!(waited.told.is_none() && waited.at == Position { epoch: 8, offset: 5 });
    }
}
