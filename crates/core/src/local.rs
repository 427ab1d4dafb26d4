//! What one request, command or task has for itself.

use std::{cell::RefCell, sync::Arc};

use jiff::tz::TimeZone;

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
    /// Its time zone, if that is not the site's.
    pub(crate) zone: RefCell<Option<TimeZone>>,
}

tokio::task_local! {
    pub(crate) static LOCAL: Local;
}

/// The same for one whose values `who` conceals.
pub(crate) fn concealed<F: Future>(who: Arc<dyn Conceals>, work: F) -> impl Future<Output = F::Output> {
    LOCAL.scope(Local { conceals: Some(who), ..Local::default() }, work)
}

/// The same for another task, as one that has written what the caller has.
pub(crate) fn apart<F: Future>(who: Option<Arc<dyn Conceals>>, work: F) -> impl Future<Output = F::Output> {
    let written = LOCAL.try_with(|local| local.written.borrow().clone()).unwrap_or_default();
    let zone = RefCell::new(own_zone());
    LOCAL.scope(Local { written: RefCell::new(written), conceals: who, zone }, work)
}

/// The same for work in this zone: a part of the caller's, for which it writes.
pub(crate) async fn in_zone<F: Future>(zone: TimeZone, work: F) -> F::Output {
    let written = LOCAL.try_with(|local| local.written.borrow().clone()).unwrap_or_default();
    let local =
        Local { written: RefCell::new(written), conceals: who_conceals(), zone: RefCell::new(Some(zone)) };
    let work = async {
        let done = work.await;
        (done, LOCAL.with(|local| local.written.take()))
    };
    let (done, written) = LOCAL.scope(local, work).await;
    // The caller may have written something else meanwhile.
    let _ = LOCAL.try_with(|local| {
        let mut before = local.written.borrow_mut();
        before.all |= written.all;
        let new = written.databases.into_iter().filter(|db| !before.databases.contains(db));
        let new: Vec<u64> = new.collect();
        before.databases.extend(new);
    });
    done
}

/// The time zone that the code that runs has set.
pub(crate) fn own_zone() -> Option<TimeZone> {
    LOCAL.try_with(|local| local.zone.borrow().clone()).ok().flatten()
}

/// Who conceals the values of the code that runs.
pub(crate) fn who_conceals() -> Option<Arc<dyn Conceals>> {
    LOCAL.try_with(|local| local.conceals.clone()).ok().flatten()
}
