//! A topic that this process listens to: what was told of it, and what has come out of order.
//!
//! What is said comes with its number. The next one is told, an old one is dropped, and where one is missing the topic is *due*: it is
//! looked up on the server, and what is said meanwhile waits here, up to a bound.
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::{
    Head,
    say::{Change, Said},
};
use crate::layer::{Event, Here, News, Position, Since, Sink};

/// What waits for a missing number, at most. What is dropped is looked up.
const MOST_WAITING: usize = 1_000;
const MOST_BYTES_WAITING: usize = 4 * 1024 * 1024;

pub(in crate::layer) struct Topic {
    pub(in crate::layer) name: Arc<str>,
    state: Mutex<State>,
    /// Told when it is joined, or can't be.
    joined: Notify,
}

struct State {
    stage: Stage,
    log: Line<Option<Event>>,
    present: Line<Change>,
    /// Is it among those that are looked up, or being looked up?
    queued: bool,
    /// How often it could not be joined, and why at last.
    failed: (u64, String),
}

#[derive(PartialEq)]
enum Stage {
    /// What is said may be heard; it is not known yet where the log ends.
    Joining,
    Followed,
    /// Nobody wants to hear of it any more.
    Gone,
}

/// Things with numbers.
struct Line<T> {
    /// The last one that was told.
    at: Position,
    waiting: VecDeque<(Position, T, usize)>,
    bytes: usize,
    /// There is something to be looked up.
    due: bool,
    /// Something that had waited was dropped.
    dropped: bool,
}

/// What is to be looked up.
pub(super) struct Due {
    pub(super) log: Option<Position>,
    pub(super) present: bool,
}

impl<T> Line<T> {
    fn new() -> Line<T> {
        let at = Position { epoch: 0, offset: 0 };
        Line { at, waiting: VecDeque::new(), bytes: 0, due: false, dropped: false }
    }

    fn wait(&mut self, at: Position, what: T, bytes: usize) {
        self.waiting.push_back((at, what, bytes));
        self.bytes += bytes;
        if self.waiting.len() > MOST_WAITING || self.bytes > MOST_BYTES_WAITING {
            self.waiting.clear();
            self.bytes = 0;
            self.dropped = true;
        }
    }

    fn is_next(&self, at: Position) -> bool {
        at.epoch == self.at.epoch && Some(at.offset) == self.at.offset.checked_add(1)
    }

    fn is_old(&self, at: Position) -> bool {
        at.epoch == self.at.epoch && at.offset <= self.at.offset
    }

    /// Goes on behind `at`: tells what has waited for it. Due again where something is still missing.
    fn go_on(&mut self, at: Position, mut tell: impl FnMut(Position, T) -> Result<(), T>) {
        self.at = at;
        self.due = std::mem::take(&mut self.dropped);
        while let Some((at, what, bytes)) = self.waiting.pop_front() {
            self.bytes -= bytes;
            if self.is_old(at) {
                continue;
            }
            if self.is_next(at) {
                match tell(at, what) {
                    Ok(()) => {
                        self.at = at;
                        continue;
                    }
                    Err(what) => self.put_back(at, what, bytes),
                }
            } else if at.epoch == self.at.epoch {
                self.put_back(at, what, bytes);
            }
            // What is of another log is not kept: once more it is looked which one is right.
            self.due = true;
            return;
        }
    }

    fn put_back(&mut self, at: Position, what: T, bytes: usize) {
        self.waiting.push_front((at, what, bytes));
        self.bytes += bytes;
    }
}

impl Topic {
    pub(super) fn new(name: Arc<str>) -> Topic {
        let state = State {
            stage: Stage::Joining,
            log: Line::new(),
            present: Line::new(),
            queued: false,
            failed: (0, String::new()),
        };
        Topic { name, state: Mutex::new(state), joined: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the log ended when it was joined, or what has been told of it since. The error says why it can't be joined now.
    pub(super) async fn position(&self) -> Result<Position, String> {
        let before = self.state().failed.0;
        loop {
            let joined = self.joined.notified();
            if let Some(answer) = self.state().position(before) {
                return answer;
            }
            joined.await;
        }
    }

    /// The same, if it is known.
    pub(super) fn known(&self) -> Option<Position> {
        let state = self.state();
        (state.stage == Stage::Followed).then_some(state.log.at)
    }

    pub(super) fn is_joining(&self) -> bool {
        self.state().stage == Stage::Joining
    }

    pub(super) fn is_gone(&self) -> bool {
        self.state().stage == Stage::Gone
    }

    /// It can't be joined now; it is later, and that something was missed is told then.
    pub(super) fn fail(&self, why: &str) {
        let mut state = self.state();
        if state.stage == Stage::Joining {
            state.failed = (state.failed.0 + 1, why.to_owned());
            drop(state);
            self.joined.notify_waiters();
        }
    }

    pub(super) fn end(&self) {
        let mut state = self.state();
        state.stage = Stage::Gone;
        (state.log, state.present) = (Line::new(), Line::new());
        drop(state);
        self.joined.notify_waiters();
    }

    /// It is known where it ends. `true` if it is to be looked up.
    pub(super) fn join(&self, head: Head, sink: &dyn Sink) -> bool {
        let mut state = self.state();
        if state.stage != Stage::Joining {
            return false;
        }
        state.stage = Stage::Followed;
        let State { log, present, failed, .. } = &mut *state;
        if failed.0 > 0 {
            sink.hear(&self.name, News::Gap(head.log));
        }
        log.go_on(head.log, |at, event| self.tell_event(sink, at, event));
        present.go_on(head.present(), |_, change| self.tell_change(sink, change));
        present.due |= failed.0 > 0;
        let queue = state.queue();
        drop(state);
        self.joined.notify_waiters();
        queue
    }

    /// `true` if it is to be looked up.
    pub(super) fn hear(&self, said: Said, sink: &dyn Sink) -> bool {
        let mut state = self.state();
        let State { stage, log, present, .. } = &mut *state;
        let followed = match stage {
            Stage::Joining => false,
            Stage::Followed => true,
            Stage::Gone => return false,
        };
        match said {
            Said::Passed(event) if followed => sink.hear(&self.name, News::Passed(event)),
            Said::Passed(_) => {}
            Said::Logged(at, _) if followed && log.is_old(at) => {}
            Said::Logged(at, Some(event)) if followed && !log.due && log.is_next(at) => {
                log.at = at;
                sink.hear(&self.name, News::Logged(at, event));
            }
            Said::Logged(at, event) => {
                let bytes = event.as_ref().map_or(0, |event| event.data.len());
                log.wait(at, event, bytes);
                log.due |= followed;
            }
            Said::Changed(at, _) if followed && present.is_old(at) => {}
            Said::Changed(at, change) if followed && !present.due && present.is_next(at) => {
                present.at = at;
                sink.hear(&self.name, change.news());
            }
            Said::Changed(at, change) => {
                let bytes = match &change {
                    Change::Entered(here) => here.meta.len(),
                    Change::Left(_) => 0,
                };
                present.wait(at, change, bytes);
                present.due |= followed;
            }
        }
        state.queue()
    }

    /// Everything is to be looked up: what was said was perhaps not heard.
    pub(super) fn doubt(&self) -> bool {
        let mut state = self.state();
        (state.log.due, state.present.due) = (true, true);
        state.queue()
    }

    /// Compares with where it ended on the server a while ago. `true` if it is to be looked up.
    pub(super) fn compare(&self, head: Head) -> bool {
        let mut state = self.state();
        let behind = |at: Position, end: Position| at.epoch != end.epoch || at.offset < end.offset;
        state.log.due |= behind(state.log.at, head.log);
        state.present.due |= behind(state.present.at, head.present());
        state.queue()
    }

    /// Where it is, if it is followed and nothing is missing.
    pub(super) fn head(&self) -> Option<Head> {
        let state = self.state();
        let settled = state.stage == Stage::Followed && !state.log.due && !state.present.due;
        settled.then_some(Head { log: state.log.at, version: state.present.at.offset })
    }

    /// What is to be looked up next; none, and it is not among those any more.
    pub(super) fn due(&self) -> Option<Due> {
        let mut state = self.state();
        if state.stage != Stage::Followed || !(state.log.due || state.present.due) {
            state.queued = false;
            return None;
        }
        Some(Due { log: state.log.due.then_some(state.log.at), present: state.present.due })
    }

    /// What came after the last event that was told, and where the log ends.
    pub(super) fn caught_up(&self, since: Since, end: Position, sink: &dyn Sink) {
        let mut state = self.state();
        if state.stage != Stage::Followed {
            return;
        }
        let log = &mut state.log;
        let at = match since {
            Since::Events { events, at } => {
                for (offset, event) in events {
                    let next = Position { epoch: at.epoch, offset };
                    if log.is_next(next) {
                        log.at = next;
                        sink.hear(&self.name, News::Logged(next, event));
                    }
                }
                log.at
            }
            Since::Gap { at } => {
                sink.hear(&self.name, News::Gap(at));
                at
            }
        };
        log.go_on(at, |at, event| self.tell_event(sink, at, event));
        // It was too much for one answer.
        log.due |= log.at.epoch == end.epoch && log.at.offset < end.offset;
    }

    /// Who is present, and the version of that.
    pub(super) fn met(&self, version: Position, all: Vec<Here>, sink: &dyn Sink) {
        let mut state = self.state();
        if state.stage != Stage::Followed {
            return;
        }
        sink.hear(&self.name, News::Present(all));
        state.present.go_on(version, |_, change| self.tell_change(sink, change));
    }

    fn tell_event(&self, sink: &dyn Sink, at: Position, event: Option<Event>) -> Result<(), Option<Event>> {
        match event {
            Some(event) => {
                sink.hear(&self.name, News::Logged(at, event));
                Ok(())
            }
            None => Err(None),
        }
    }

    fn tell_change(&self, sink: &dyn Sink, change: Change) -> Result<(), Change> {
        sink.hear(&self.name, change.news());
        Ok(())
    }
}

impl State {
    /// `before` is how often it had failed when somebody began to wait.
    fn position(&self, before: u64) -> Option<Result<Position, String>> {
        match &self.stage {
            Stage::Joining if self.failed.0 > before => Some(Err(self.failed.1.clone())),
            Stage::Joining => None,
            Stage::Followed => Some(Ok(self.log.at)),
            Stage::Gone => Some(Err("it was forgotten meanwhile".to_owned())),
        }
    }

    /// Puts it among those that are looked up, if that is needed and it is not there.
    fn queue(&mut self) -> bool {
        let due = self.stage == Stage::Followed && (self.log.due || self.present.due);
        due && !std::mem::replace(&mut self.queued, true)
    }
}

impl Change {
    fn news(self) -> News {
        match self {
            Change::Entered(here) => News::Entered(here),
            Change::Left(id) => News::Left(id),
        }
    }
}
