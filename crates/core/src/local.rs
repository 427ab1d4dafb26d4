//! What one request, command or task has for itself, and the services of its site.
//!
//! `tokio::task_local!` would have a scope for each of the two, and every request would enter and leave both.

use std::{
    cell::RefCell,
    mem::swap,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use jiff::tz::TimeZone;

use crate::slots::Slots;

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

/// What is known of one request, command or task.
#[derive(Default)]
pub(crate) struct Local {
    pub(crate) written: RefCell<Written>,
    /// Who conceals its values.
    pub(crate) conceals: Option<Arc<dyn Conceals>>,
    /// Its time zone, if that is not the site's.
    pub(crate) zone: RefCell<Option<TimeZone>>,
}

/// What is around the code that runs.
struct Around {
    local: Option<Local>,
    services: Option<Arc<Slots>>,
}

thread_local! {
    static AROUND: RefCell<Around> = const { RefCell::new(Around { local: None, services: None }) };
}

/// What a scope has of its own; of the rest it has what is around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Own {
    Local,
    Services,
    Both,
}

pin_project_lite::pin_project! {
    /// Work with something around it.
    pub(crate) struct Scope<F> {
        own: Own,
        // While the work runs, what was around it before.
        around: Around,
        #[pin]
        work: Option<F>,
    }

    impl<F> PinnedDrop for Scope<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.work.is_some() {
                // What is dropped may ask, too.
                let _inside = Inside::enter(this.around, *this.own);
                this.work.set(None);
            }
        }
    }
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let _inside = Inside::enter(this.around, *this.own);
        let Some(work) = this.work.as_mut().as_pin_mut() else { unreachable!("it has ended") };
        let polled = work.poll(cx);
        if polled.is_ready() {
            this.work.set(None);
        }
        polled
    }
}

/// Until it is dropped, what was given to it is around the code that runs.
struct Inside<'a> {
    around: &'a mut Around,
    own: Own,
    entered: bool,
}

impl<'a> Inside<'a> {
    fn enter(around: &'a mut Around, own: Own) -> Self {
        let entered = exchange(around, own);
        Inside { around, own, entered }
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if self.entered {
            exchange(self.around, self.own);
        }
    }
}

/// False in a thread that is ending.
#[inline]
fn exchange(around: &mut Around, own: Own) -> bool {
    let exchanged = AROUND.try_with(|now| {
        // Nobody who holds it runs any code but this room's.
        let mut now = now.borrow_mut();
        if own != Own::Services {
            swap(&mut now.local, &mut around.local);
        }
        if own != Own::Local {
            swap(&mut now.services, &mut around.services);
        }
    });
    exchanged.is_ok()
}

/// Runs `work` as one that has this for itself.
pub(crate) fn with_local<F: Future>(local: Local, work: F) -> Scope<F> {
    Scope { own: Own::Local, around: Around { local: Some(local), services: None }, work: Some(work) }
}

/// The same for one whose values `who` conceals.
pub(crate) fn concealed<F: Future>(who: Arc<dyn Conceals>, work: F) -> Scope<F> {
    with_local(Local { conceals: Some(who), ..Local::default() }, work)
}

/// The same with these services.
pub(crate) fn request<F: Future>(who: Arc<dyn Conceals>, services: Arc<Slots>, work: F) -> Scope<F> {
    let local = Local { conceals: Some(who), ..Local::default() };
    Scope {
        own: Own::Both,
        around: Around { local: Some(local), services: Some(services) },
        work: Some(work),
    }
}

/// The same for another task, as one that has written what the caller has.
pub(crate) fn apart<F: Future>(who: Option<Arc<dyn Conceals>>, work: F) -> Scope<F> {
    with_local(
        Local { written: RefCell::new(written()), conceals: who, zone: RefCell::new(own_zone()) },
        work,
    )
}

/// The same for work in this zone: a part of the caller's, for which it writes.
pub(crate) async fn in_zone<F: Future>(zone: TimeZone, work: F) -> F::Output {
    let own =
        Local { written: RefCell::new(written()), conceals: who_conceals(), zone: RefCell::new(Some(zone)) };
    let work = async {
        let done = work.await;
        (done, local(|local| local.written.take()).unwrap_or_default())
    };
    let (done, written) = with_local(own, work).await;
    // The caller may have written something else meanwhile.
    local(|local| {
        let mut before = local.written.borrow_mut();
        before.all |= written.all;
        let new = written.databases.into_iter().filter(|db| !before.databases.contains(db));
        let new: Vec<u64> = new.collect();
        before.databases.extend(new);
    });
    done
}

/// Runs `work` with these services.
pub(crate) fn with_services<F: Future>(services: Arc<Slots>, work: F) -> Scope<F> {
    Scope { own: Own::Services, around: Around { local: None, services: Some(services) }, work: Some(work) }
}

/// Runs `work`, which does not wait, with these services.
pub(crate) fn with_services_blocking<T>(services: Arc<Slots>, work: impl FnOnce() -> T) -> T {
    let mut around = Around { local: None, services: Some(services) };
    let _inside = Inside::enter(&mut around, Own::Services);
    work()
}

/// Asks what the code that runs has for itself. `f` runs no code but this room's.
pub(crate) fn local<T>(f: impl FnOnce(&Local) -> T) -> Option<T> {
    AROUND.try_with(|around| around.borrow().local.as_ref().map(f)).ok().flatten()
}

/// The services of the code that runs.
pub(crate) fn services() -> Option<Arc<Slots>> {
    AROUND.try_with(|around| around.borrow().services.clone()).ok().flatten()
}

/// What the code that runs has written to.
fn written() -> Written {
    local(|local| local.written.borrow().clone()).unwrap_or_default()
}

/// The time zone that the code that runs has for itself.
pub(crate) fn own_zone() -> Option<TimeZone> {
    local(|local| local.zone.borrow().clone()).flatten()
}

/// Who conceals the values of the code that runs.
pub(crate) fn who_conceals() -> Option<Arc<dyn Conceals>> {
    local(|local| local.conceals.clone()).flatten()
}
