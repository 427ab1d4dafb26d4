//! What one request, command or task has for itself.

use std::{cell::RefCell, sync::Arc};

/// Knows the values that must not be shown while a request runs.
pub trait Conceals: Send + Sync {
    /// One more.
    fn hide(&self, value: &str);

    /// All of them so far, the longest first.
    fn values(&self) -> Vec<String>;
}

/// What was written to.
#[derive(Clone, Default)]
pub(crate) struct Written {
    pub(crate) all: bool,
    pub(crate) databases: Vec<u64>,
}

/// What is known of one request, command or task. One value for all of it: each would cost every request a scope.
#[derive(Default)]
pub(crate) struct Local {
    pub(crate) written: RefCell<Written>,
    /// Who conceals its values.
    pub(crate) conceals: Option<Arc<dyn Conceals>>,
}

tokio::task_local! {
    pub(crate) static LOCAL: Local;
}

/// The same for one whose values `who` conceals.
pub(crate) fn concealed<F: Future>(who: Arc<dyn Conceals>, work: F) -> impl Future<Output = F::Output> {
    LOCAL.scope(Local { written: RefCell::default(), conceals: Some(who) }, work)
}

/// The same for another task, as one that has written what the caller has.
pub(crate) fn apart<F: Future>(who: Option<Arc<dyn Conceals>>, work: F) -> impl Future<Output = F::Output> {
    let written = LOCAL.try_with(|local| local.written.borrow().clone()).unwrap_or_default();
    LOCAL.scope(Local { written: RefCell::new(written), conceals: who }, work)
}

/// Who conceals the values of the code that runs.
pub(crate) fn who_conceals() -> Option<Arc<dyn Conceals>> {
    LOCAL.try_with(|local| local.conceals.clone()).ok().flatten()
}
