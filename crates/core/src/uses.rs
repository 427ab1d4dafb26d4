//! Which templates an answer is made of, for tests that ask.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Has anybody ever asked? Where nobody does, as on every site that serves, nothing is looked up while a page is rendered.
static ASKED: AtomicBool = AtomicBool::new(false);

/// The names of all templates that are rendered in a [scope](Self::scope): a page's own, those that it extends and includes, those of
/// its pieces. Clones share them.
#[derive(Debug, Clone)]
pub struct TemplateUses(Arc<Mutex<BTreeSet<String>>>);

tokio::task_local! {
    static CURRENT: TemplateUses;
}

impl TemplateUses {
    /// None yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "from the first one on, templates are noted")]
    pub fn new() -> Self {
        ASKED.store(true, Ordering::Relaxed);
        TemplateUses(Arc::default())
    }

    /// Who asks about the code that runs, if anybody does. Tasks that it spawns are not asked about.
    #[must_use]
    pub fn current() -> Option<TemplateUses> {
        if !ASKED.load(Ordering::Relaxed) {
            return None;
        }
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Notes what `work` renders.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// Notes what `work` renders, which does not wait.
    pub fn scope_blocking<T>(self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, work)
    }

    /// Notes a template.
    pub fn note(&self, template: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(template) {
            all.insert(template.to_owned());
        }
    }

    /// The names so far, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
