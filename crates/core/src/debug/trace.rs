//! What rooms note of a request while a developer's toolbar watches it.
//!
//! A room notes what it does where it does it: `Trace::current()`, and there is none unless somebody watches. What it notes belongs to
//! one of its [`Panel`]s; the toolbar, which is further up, knows panels and notes and no room.

use std::{
    borrow::Cow,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{boxed::BoxFuture, error::Error, error::Result, services::Services};

/// More notes than this of one request are counted only.
const MOST: usize = 2000;

/// A part of the toolbar: what notes of one kind have in common.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Panel {
    /// In addresses: `queries`.
    pub name: &'static str,
    /// As a heading: `Queries`.
    pub title: &'static str,
    /// Is it a fault if the same is noted again and again from one place, as with a query for each row of a list?
    pub repeats: bool,
}

impl Panel {
    /// A panel of which the toolbar tells repetitions only if `repeats` says so.
    #[must_use]
    pub const fn new(name: &'static str, title: &'static str, repeats: bool) -> Self {
        Panel { name, title, repeats }
    }
}

/// One thing that happened. It tells no secrets: values are masked by whoever notes them ([`outline`](super::outline)).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Note {
    /// What: a statement, the name of a template or of an event.
    pub text: String,
    /// Where the program asked for it.
    pub place: Option<String>,
    /// How long after the request it began.
    pub began: Duration,
    /// How long it took, if it took time.
    pub took: Option<Duration>,
    /// What else there is to tell, by name.
    pub facts: Vec<(Cow<'static, str>, String)>,
    /// Why it failed, if it did.
    pub failed: Option<String>,
    /// What can be asked about it later, as a button says it: `Plan`.
    pub ask: Option<&'static str>,
}

impl Note {
    /// A note of what happened.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Note { text: text.into(), ..Note::default() }
    }

    /// With the place in the program that asked for it.
    #[must_use]
    pub fn place(mut self, place: Option<impl fmt::Display>) -> Self {
        self.place = place.map(|place| place.to_string());
        self
    }

    /// With the time that it took until now.
    #[must_use]
    pub fn took(mut self, took: Duration) -> Self {
        self.took = Some(took);
        self
    }

    /// With one more thing to tell.
    #[must_use]
    pub fn fact(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.facts.push((name.into(), value.into()));
        self
    }

    /// With why it failed.
    #[must_use]
    pub fn failed(mut self, why: Option<String>) -> Self {
        self.failed = why;
        self
    }

    /// With a question that can be asked about it: [`DebugPanel::ask`] answers it.
    #[must_use]
    pub fn ask(mut self, what: &'static str) -> Self {
        self.ask = Some(what);
        self
    }
}

/// The notes of one request. Clones share them.
///
/// ```
/// use quintet_core::debug::{Note, Panel, Trace};
///
/// static CACHE: Panel = Panel::new("cache", "Cache", false);
///
/// // Where a room does something:
/// fn get(key: &str) {
///     if let Some(trace) = Trace::current() {
///         trace.note(&CACHE, Note::new(format!("get {key}")).fact("found", "no"));
///     }
/// }
///
/// // Where somebody watches:
/// let trace = Trace::new();
/// trace.clone().scope_blocking(|| get("films"));
/// assert_eq!(trace.notes()[0].1.text, "get films");
/// ```
#[derive(Debug, Clone)]
pub struct Trace(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    begun: Instant,
    notes: Mutex<Vec<(&'static Panel, Note)>>,
    left_out: AtomicUsize,
}

tokio::task_local! {
    static CURRENT: Trace;
}

impl Trace {
    /// Begins to watch.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each one is of another time")]
    pub fn new() -> Self {
        Trace(Arc::new(Inner {
            begun: Instant::now(),
            notes: Mutex::default(),
            left_out: AtomicUsize::new(0),
        }))
    }

    /// Who watches the request that this code runs for, if anybody does. Tasks that it spawns are not watched.
    #[must_use]
    pub fn current() -> Option<Trace> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Watches `work`.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// Watches `work`, which does not wait.
    pub fn scope_blocking<T>(self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, work)
    }

    /// When it began.
    #[must_use]
    pub fn begun(&self) -> Instant {
        self.0.begun
    }

    /// Notes what has just ended; when it began follows from how long it took.
    pub fn note(&self, panel: &'static Panel, mut note: Note) {
        note.began = self.0.begun.elapsed().saturating_sub(note.took.unwrap_or_default());
        let mut notes = self.0.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if notes.len() < MOST {
            notes.push((panel, note));
        } else {
            self.0.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What was noted so far, in order.
    #[must_use]
    pub fn notes(&self) -> Vec<(&'static Panel, Note)> {
        self.0.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many notes were too many to be kept.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.0.left_out.load(Ordering::Relaxed)
    }
}

/// What a room brings to the toolbar beside its notes: a panel that is there even when nothing was noted, and answers about notes.
pub trait DebugPanel: Send + Sync {
    /// The panel.
    fn panel(&self) -> &'static Panel;

    /// Answers what a [note](Note::ask) offers to be asked: a query's plan.
    ///
    /// # Errors
    /// If it can't be answered.
    fn ask<'a>(&'a self, note: &'a Note, services: &'a Services) -> BoxFuture<'a, Result<String>> {
        let _ = (note, services);
        Box::pin(async { Err(Error::not_found("There is nothing to ask.")) })
    }
}

/// The panels of all rooms, among the services of a site: a room that starts adds its own.
#[derive(Clone, Default)]
pub struct DebugPanels(pub Vec<Arc<dyn DebugPanel>>);

impl fmt::Debug for DebugPanels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|panel| panel.panel().name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static PANEL: Panel = Panel::new("a", "A", false);

    #[tokio::test]
    async fn notes_are_kept_up_to_a_number_and_only_while_somebody_watches() {
        assert!(Trace::current().is_none());
        let trace = Trace::new();
        trace
            .clone()
            .scope(async {
                for n in 0..MOST + 5 {
                    Trace::current().unwrap().note(&PANEL, Note::new(n.to_string()));
                }
            })
            .await;
        assert!(Trace::current().is_none());
        assert_eq!((trace.notes().len(), trace.left_out()), (MOST, 5));
        assert_eq!(trace.notes()[7].1.text, "7");
    }
}
