//! A database with copies that take a part of its reads.
//!
//! Single statements that read go to one copy after the other. Whatever writes, and every transaction, goes to the database
//! itself; so does every read of a request (or command, or task: [`own_writes`]) that has written before. A copy that can't
//! be reached is left out until a task of its own has reached it again; the statement that found out is run by the next
//! copy, or the database itself.

use std::{
    any::Any,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use quintet_core::{BoxFuture, Error, ErrorKind, Result, own_writes};
use tokio::sync::oneshot;

use super::{Begin, Driver, Job, Place, Session, Sink};
use crate::{
    db::HandleId,
    dialect::Dialect,
    row::{RowAccess, RowSink, ValueRows},
    stmt::{Access, Stmt},
};

/// A copy that is away is looked for after this long, then after twice that, and so on.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Opens a copy.
pub(crate) type Opener = Box<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn Driver>>> + Send + Sync>;

/// A database and its copies.
pub(crate) struct Replicas {
    id: HandleId,
    primary: Arc<dyn Driver>,
    copies: Vec<Arc<Copy>>,
    next: AtomicUsize,
}

struct Copy {
    /// Counted from 1, for logs.
    number: u16,
    /// As it may be shown.
    url: String,
    open: Opener,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Once it has been opened.
    driver: Option<Arc<dyn Driver>>,
    /// Is it left out?
    away: bool,
    closed: bool,
}

impl Replicas {
    /// A database and what opens its copies, with their URLs as they may be shown. A copy that can't be reached now may come
    /// later.
    ///
    /// # Errors
    /// If a URL is wrong, or names a database of another kind.
    pub(crate) async fn open(
        id: HandleId,
        primary: Arc<dyn Driver>,
        copies: Vec<(String, Opener)>,
    ) -> Result<Replicas> {
        let mut all = Vec::with_capacity(copies.len());
        for ((url, open), number) in copies.into_iter().zip(1..) {
            let copy = Arc::new(Copy { number, url, open, state: Mutex::default() });
            match (copy.open)().await {
                Ok(driver) if driver.dialect().name != primary.dialect().name => {
                    return Err(Error::settings(format!(
                        "the replica `{}` is a {} database, and what it is to be a copy of a {} one",
                        copy.url,
                        driver.dialect().name,
                        primary.dialect().name
                    ))
                    .with_detail("replica", copy.url.clone()));
                }
                Ok(driver) => copy.state().driver = Some(driver),
                Err(error) if *error.kind() == ErrorKind::Unavailable => copy.lose(&error),
                Err(error) => return Err(error.with_detail("replica", copy.url.clone())),
            }
            all.push(copy);
        }
        Ok(Replicas { id, primary, copies: all, next: AtomicUsize::new(0) })
    }

    /// The copies from the next one in turn on.
    fn in_turn(&self) -> impl Iterator<Item = &Arc<Copy>> {
        let first = self.next.fetch_add(1, Ordering::Relaxed) % self.copies.len().max(1);
        let (before, from) = self.copies.split_at_checked(first).unwrap_or((&self.copies, &[]));
        from.iter().chain(before)
    }

    async fn read(&self, job: Job, sink: Sink) -> Result<Sink> {
        let mut sink = sink;
        for copy in self.in_turn() {
            let Some(driver) = copy.driver() else { continue };
            let (lent, back) = Lent::new(sink);
            let log = job.log.as_ref().map(|log| Box::new(log.at_replica(copy.number)));
            let error = match driver.fetch(Job { stmt: job.stmt.clone(), log }, Box::new(lent)).await {
                Ok(lent) => return Lent::end(lent),
                Err(error) => error,
            };
            match error.kind() {
                ErrorKind::Unavailable => copy.lose(&error),
                // A copy undoes what is in the way of what it is to follow.
                ErrorKind::Clash => tracing::debug!(%error, replica = %copy.url, "a replica gave up a read"),
                _ => return Err(error),
            }
            // Gone if it has rows of that copy in it.
            let Ok(untouched) = back.await else { return Err(error) };
            sink = untouched;
        }
        self.primary.fetch(job, sink).await
    }
}

impl Driver for Replicas {
    fn dialect(&self) -> &'static Dialect {
        self.primary.dialect()
    }

    fn fetch(&self, job: Job, sink: Sink) -> BoxFuture<'_, Result<Sink>> {
        if job.stmt.access == Access::Write {
            own_writes::note(self.id.number());
        } else if !own_writes::noted(self.id.number()) {
            return Box::pin(self.read(job, sink));
        }
        self.primary.fetch(job, sink)
    }

    fn execute(&self, job: Job) -> BoxFuture<'_, Result<u64>> {
        own_writes::note(self.id.number());
        self.primary.execute(job)
    }

    fn batch(&self, job: Job) -> BoxFuture<'_, Result> {
        own_writes::note(self.id.number());
        self.primary.batch(job)
    }

    fn begin(&self, how: Begin, at: Option<Place>) -> BoxFuture<'_, Result<Box<dyn Session>>> {
        if !how.terms().read_only {
            own_writes::note(self.id.number());
        }
        self.primary.begin(how, at)
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            for copy in &self.copies {
                let driver = {
                    let mut state = copy.state();
                    state.closed = true;
                    state.driver.take()
                };
                if let Some(driver) = driver {
                    driver.close().await;
                }
            }
            self.primary.close().await;
        })
    }
}

impl Copy {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To ask it, if it is there.
    fn driver(&self) -> Option<Arc<dyn Driver>> {
        let state = self.state();
        state.driver.clone().filter(|_| !state.away && !state.closed)
    }

    /// Leaves it out until it is found again.
    fn lose(self: &Arc<Self>, error: &Error) {
        let mut state = self.state();
        if state.away || state.closed {
            return;
        }
        state.away = true;
        drop(state);
        tracing::warn!(%error, replica = %self.url, "a replica is away: reads go on without it");
        let copy = Arc::downgrade(self);
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(Copy::look_for(copy))),
            // Nobody can look for it here: the next statement does.
            Err(_) => self.state().away = false,
        }
    }

    async fn look_for(copy: Weak<Copy>) {
        let mut pause = FIRST_PAUSE;
        loop {
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            let Some(copy) = copy.upgrade() else { return };
            if copy.state().closed {
                return;
            }
            match copy.reach().await {
                Ok(driver) => {
                    let mut state = copy.state();
                    if state.closed {
                        return;
                    }
                    state.away = false;
                    state.driver = Some(driver);
                    drop(state);
                    tracing::info!(replica = %copy.url, "a replica is back");
                    return;
                }
                Err(error) => tracing::debug!(%error, replica = %copy.url, "a replica is still away"),
            }
        }
    }

    async fn reach(&self) -> Result<Arc<dyn Driver>> {
        let known = self.state().driver.clone();
        let driver = match known {
            Some(driver) => driver,
            None => (self.open)().await?,
        };
        let job = Job { stmt: Stmt::read("SELECT 1", Vec::new()), log: None };
        driver.fetch(job, Box::<ValueRows>::default()).await?;
        Ok(driver)
    }
}

/// A sink on loan to a copy. It comes back if the copy has put nothing into it.
struct Lent {
    sink: Option<Sink>,
    touched: bool,
    back: Option<oneshot::Sender<Sink>>,
}

impl Lent {
    fn new(sink: Sink) -> (Lent, oneshot::Receiver<Sink>) {
        let (back, receiver) = oneshot::channel();
        (Lent { sink: Some(sink), touched: false, back: Some(back) }, receiver)
    }

    /// The sink, with all rows in it.
    fn end(lent: Sink) -> Result<Sink> {
        let lent = lent.into_any().downcast::<Lent>().ok();
        lent.and_then(|mut lent| lent.sink.take())
            .ok_or_else(|| Error::internal("the driver gave back another sink than it was given"))
    }
}

impl RowSink for Lent {
    fn push(&mut self, row: &dyn RowAccess) -> Result<bool> {
        self.touched = true;
        match &mut self.sink {
            Some(sink) => sink.push(row),
            None => Ok(false),
        }
    }

    fn restart(&mut self) -> bool {
        let anew = self.sink.as_mut().is_some_and(|sink| sink.restart());
        self.touched &= !anew;
        anew
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(mut sink), Some(back)) = (self.sink.take(), self.back.take())
            && (!self.touched || sink.restart())
        {
            // Nobody waits for it where the statement was given up.
            drop(back.send(sink));
        }
    }
}
