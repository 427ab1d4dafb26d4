use std::{
    fmt,
    panic::Location,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use http::StatusCode;
use quintet_core::{BoxFuture, Error, ErrorKind, Result};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, SemaphorePermit},
};

use super::{
    Db, HandleId, Hooks, guard,
    guest::{Guest, Host, Stay},
    hooks::{Hook, hook},
    patience,
};
use crate::{
    change::{Change, Keys, Publication, TxLog, What},
    dialect::Dialect,
    driver::{Job, Place, Savepoint, Session, Terms},
    executor::{Executor, Inside, Transaction},
    model::Model,
    row::RowSink,
    stmt::{Access, Stmt},
};

/// A transaction, or a savepoint inside one.
///
/// It is given to the closure of [`Db::atomic`] and of [`Tx::atomic`], or begun by [`Db::begin`]. Statements run in the
/// order in which they are first polled, so that `join!` works inside it. Dropping it rolls back.
#[must_use = "dropping a transaction rolls it back"]
pub struct Tx {
    pub(super) shared: Arc<Shared>,
    id: HandleId,
    /// 0 for the transaction itself, counted up for savepoints inside savepoints.
    depth: u32,
    at: Option<Place>,
    /// Held by the savepoint that is open inside this level, so that statements of a `join!`'s other branch don't
    /// slip into it.
    gate: Semaphore,
    /// What this level wants done after COMMIT; a savepoint hands it up when it is released.
    hooks: Mutex<Vec<Hook>>,
    /// What this level has changed; a savepoint hands it up as well.
    changes: Arc<TxLog>,
    /// Was this very database asked for, whatever the models say?
    chosen: bool,
    /// Does dropping it have to undo a savepoint?
    open: bool,
    /// The level around it, if this is a savepoint that is not borrowed from it. Let go after the savepoint is undone.
    around: Option<Around>,
}

/// What all levels of a transaction share.
pub(super) struct Shared {
    pub(super) db: Db,
    session: Box<dyn Session>,
    runtime: Handle,
    pub(super) terms: Terms,
    /// Has another transaction got in its way?
    clashed: Arc<AtomicBool>,
}

impl Shared {
    pub(super) fn clashed(&self) -> bool {
        self.clashed.load(Ordering::Relaxed)
    }

    /// Remembers a clash, whatever the program makes of the error.
    #[inline]
    fn note<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result
            && *error.kind() == ErrorKind::Clash
        {
            self.clashed.store(true, Ordering::Relaxed);
        }
        result
    }
}

/// A level that a savepoint is open in. The level's gate is shut as long as this is there.
struct Around(Arc<Tx>);

impl Drop for Around {
    fn drop(&mut self) {
        self.0.gate.add_permits(1);
    }
}

/// Where hooks run.
pub(super) fn runtime() -> Result<Handle> {
    Handle::try_current()
        .map_err(|e| Error::internal("a transaction needs a tokio runtime around it").with_source(e))
}

impl Tx {
    pub(super) fn root(db: Db, session: Box<dyn Session>, terms: Terms, at: Option<Place>) -> Result<Tx> {
        let (runtime, clashed, chosen) = (runtime()?, Arc::default(), db.is_chosen());
        Ok(Tx::level(Arc::new(Shared { db, session, runtime, terms, clashed }), 0, at, chosen))
    }

    fn level(shared: Arc<Shared>, depth: u32, at: Option<Place>, chosen: bool) -> Tx {
        let (gate, hooks, changes) = (Semaphore::new(1), Mutex::default(), Arc::default());
        let (id, open) = (HandleId::new(), depth > 0);
        Tx { shared, id, depth, at, gate, hooks, changes, chosen, open, around: None }
    }

    /// A savepoint that is a handle of its own.
    pub(super) async fn part(self: Arc<Self>, at: Option<Place>, chosen: bool) -> Result<Tx> {
        // Given back by `Around`.
        self.enter().await?.forget();
        let mut part = Tx::level(self.shared.clone(), self.depth + 1, at, chosen);
        part.around = Some(Around(self));
        let set = part.shared.session.savepoint(Savepoint::Set(part.depth));
        if let Err(error) = part.shared.note(set.await) {
            part.open = false;
            return Err(error);
        }
        Ok(part)
    }

    /// Runs `work` in a savepoint: what it did is kept if it ends with `Ok`, and undone if it ends with `Err`, panics or
    /// is dropped. The transaction goes on in any case.
    ///
    /// # Errors
    /// Those of `work` and of the savepoint.
    #[track_caller]
    pub fn atomic<'a, T: 'a>(
        &'a self,
        work: impl AsyncFnOnce(&Tx) -> Result<T> + 'a,
    ) -> impl Future<Output = Result<T>> + 'a {
        self.run(Location::caller(), work)
    }

    /// [`Tx::atomic`] with an error type of your own.
    ///
    /// # Errors
    /// Those of `work` and of the savepoint.
    #[track_caller]
    pub fn try_atomic<'a, T: 'a, E: From<Error> + 'a>(
        &'a self,
        work: impl AsyncFnOnce(&Tx) -> Result<T, E> + 'a,
    ) -> impl Future<Output = Result<T, E>> + 'a {
        self.run(Location::caller(), work)
    }

    async fn run<T, E: From<Error>>(
        &self,
        at: Place,
        work: impl AsyncFnOnce(&Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let savepoint = self.savepoint(Some(at)).await?;
        let handle = (self.id, self.shared.db.0.url.clone());
        let value = guard::shadow(handle, at, true, work(&savepoint.inner)).await?;
        savepoint.release().await?;
        Ok(value)
    }

    async fn savepoint(&self, at: Option<Place>) -> Result<Inner<'_>> {
        let permit = self.enter().await?;
        let inner = Tx::level(self.shared.clone(), self.depth + 1, at, self.chosen);
        let mut savepoint = Inner { inner, outer: self, _permit: permit };
        let set = self.shared.session.savepoint(Savepoint::Set(savepoint.inner.depth));
        if let Err(error) = self.shared.note(set.await) {
            savepoint.inner.open = false;
            return Err(error);
        }
        Ok(savepoint)
    }

    /// Has `hook` run after the transaction has committed; if it does not commit, or the savepoint that this is
    /// does not last, the hook never runs. That is the place for mail, jobs and caches.
    ///
    /// Hooks run one after the other, in the order in which they were given, on their own: also when nobody waits for the
    /// transaction any more. [`Db::atomic`] and [`Tx::commit`] wait for them. Nothing can be undone at that point, so
    /// their errors are only logged.
    ///
    /// ```
    /// # use quintet_orm::{Db, DbOptions};
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let db = Db::open("sqlite::memory:", DbOptions::default()).await?;
    /// db.atomic(async |tx| {
    ///     let to = String::from("ann@example.com");
    ///     tx.on_commit(async move || {
    ///         println!("now tell {to}");
    ///         Ok(())
    ///     });
    ///     Ok(())
    /// })
    /// .await?;
    /// # Ok::<_, quintet_core::Error>(()) }).unwrap();
    /// ```
    pub fn on_commit<F, R>(&self, f: F)
    where
        F: FnOnce() -> R + Send + 'static,
        R: Future<Output = Result> + Send + 'static,
    {
        self.hooks().push(hook(f));
    }

    /// The transaction of a request, which may have changes to tell already.
    pub(super) fn with_log(mut self, log: Arc<TxLog>) -> Tx {
        self.changes = log;
        self
    }

    pub(super) fn add_hooks(&self, hooks: Vec<Hook>) {
        self.hooks().extend(hooks);
    }

    /// Commits, and waits for the hooks.
    ///
    /// Once this future has been polled the commit happens, even if the future is dropped.
    ///
    /// # Errors
    /// If the database refuses; everything is rolled back then.
    pub async fn commit(mut self) -> Result {
        match self.around.take() {
            Some(around) => self.release(&around.0).await,
            None => self.commit_all().await,
        }
    }

    /// Commits the whole transaction.
    async fn commit_all(&self) -> Result {
        let list = std::mem::take(&mut *self.hooks());
        let feed = self.shared.db.feed().clone();
        let changes = Some(Publication { log: self.changes.clone(), feed });
        let hooks = Hooks { list, runtime: self.shared.runtime.clone(), changes };
        if let Some(running) = self.shared.note(self.shared.session.commit(hooks).await)? {
            // Its panics are caught and logged inside; it can only end early with its runtime.
            let _ = running.await;
        }
        Ok(())
    }

    /// Makes a savepoint a part of the level around it.
    async fn release(&mut self, outer: &Tx) -> Result {
        let done = self.shared.session.savepoint(Savepoint::Release(self.depth));
        self.open = false;
        // Before waiting: once the release is queued, what was done here is the outer level's, wherever this future ends.
        let hooks = std::mem::take(&mut *self.hooks());
        outer.hooks().extend(hooks);
        self.changes.release(&outer.changes);
        self.shared.note(done.await)
    }

    /// Ends a transaction that others may still have a handle of: commits it once no savepoint is open inside of it, or rolls
    /// back.
    pub(super) async fn end(&self, keep: bool) -> Result {
        if !keep {
            return self.shared.session.rollback().await;
        }
        match self.enter().await {
            Ok(_permit) => self.commit_all().await,
            Err(error) => {
                drop(self.shared.session.rollback());
                Err(error)
            }
        }
    }

    /// Rolls it back, and waits for nothing.
    pub(super) fn abandon(&self) {
        drop(self.shared.session.rollback());
    }

    /// Undoes everything, and waits until that is done.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn rollback(mut self) -> Result {
        if self.around.is_none() {
            return self.shared.session.rollback().await;
        }
        self.open = false;
        self.shared.session.savepoint(Savepoint::RollBack(self.depth)).await
    }

    /// The database that it is a transaction of.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.shared.db
    }

    /// Says that rows of `M` may have changed in a way that the ORM did not see, as by SQL of your own: told to
    /// [`Db::changes`] when this commits.
    pub fn touched<M: Model>(&self) {
        if self.shared.db.feed().is_heard() {
            self.changes.push(Change::new(M::meta(), What::Touched, Keys::Unknown, &[]));
        } else {
            self.changes.miss();
        }
    }

    /// How many savepoints are open around this level.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// A handle of this level for a receiver: it works until the [`Stay`] goes. Nothing else may run on this level
    /// meanwhile. What it wants done on commit, and what it has changed, is its own until [`join`](Self::join).
    pub(crate) fn guest(&self) -> (Tx, Stay) {
        let host: Arc<dyn Host> = self.shared.clone();
        let (session, open) = Guest::new(Arc::downgrade(&host));
        let Shared { db, runtime, terms, clashed, .. } = &*self.shared;
        let (db, runtime, terms, clashed) = (db.clone(), runtime.clone(), *terms, clashed.clone());
        let shared = Shared { db, session: Box::new(session), runtime, terms, clashed };
        let mut guest = Tx::level(Arc::new(shared), self.depth, self.at, self.chosen);
        guest.open = false;
        (guest, Stay(open))
    }

    /// Takes over what a receiver wants done on commit and what it has changed.
    pub(crate) fn join(&self, guest: &Tx) {
        let hooks = std::mem::take(&mut *guest.hooks());
        self.hooks().extend(hooks);
        guest.changes.release(&self.changes);
    }

    fn hooks(&self) -> std::sync::MutexGuard<'_, Vec<Hook>> {
        self.hooks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no savepoint is open inside this level.
    async fn enter(&self) -> Result<SemaphorePermit<'_>> {
        guard::check(self.id, "tx")?;
        if let Ok(permit) = self.gate.try_acquire() {
            return Ok(permit);
        }
        match patience::within(self.shared.db.0.wait, self.gate.acquire()).await {
            Some(Ok(permit)) => Ok(permit),
            Some(Err(_)) => Err(crate::driver::closed()),
            None => Err(Error::of_kind(
                ErrorKind::Unavailable,
                StatusCode::SERVICE_UNAVAILABLE,
                format!(
                    "{self:?} waited {:?} for the savepoint that is open inside it: use that savepoint's handle, or end it \
                     first",
                    self.shared.db.0.wait
                ),
            )),
        }
    }

    fn job(&self, stmt: Stmt) -> Result<Job> {
        if self.shared.terms.read_only && stmt.access == Access::Write {
            return Err(self.reads_only(&stmt));
        }
        Ok(self.shared.db.job(stmt))
    }

    #[cold]
    fn reads_only(&self, stmt: &Stmt) -> Error {
        let begun = self.at.map(|at| format!(" begun at {at}")).unwrap_or_default();
        let error = Error::database(format!(
            "the statement writes, and the transaction{begun} only reads: leave out `.read_only()` there, or write in another one"
        ))
        .with_detail("SQL", stmt.sql.clone());
        match stmt.at {
            Some(at) => error.with_location(at),
            None => error,
        }
    }
}

/// An open savepoint. The level around it runs nothing until this is gone.
struct Inner<'a> {
    // Dropped before the permit: the roll-back is queued before anyone else's job.
    inner: Tx,
    outer: &'a Tx,
    _permit: SemaphorePermit<'a>,
}

impl Inner<'_> {
    async fn release(mut self) -> Result {
        self.inner.release(self.outer).await
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if self.open {
            // A savepoint is undone by a message that nobody waits for. The transaction itself is rolled back when its
            // session goes.
            drop(self.shared.session.savepoint(Savepoint::RollBack(self.depth)));
        }
    }
}

impl Host for Shared {
    fn session(&self) -> &dyn Session {
        &*self.session
    }
}

impl Executor for Tx {
    fn inside(&self) -> Inside<'_> {
        let (db, chosen) = (Some(&self.shared.db), self.chosen);
        Inside { db, tx: Some(self), log: Some(&self.changes), chosen }
    }

    fn dialect(&self) -> &'static Dialect {
        self.shared.db.dialect()
    }

    fn fetch<'a>(&'a self, stmt: Stmt, sink: Box<dyn RowSink>) -> BoxFuture<'a, Result<Box<dyn RowSink>>> {
        Box::pin(async move {
            let job = self.job(stmt)?;
            let permit = self.enter().await?;
            let answer = self.shared.session.fetch(job, sink);
            drop(permit);
            self.shared.note(answer.await)
        })
    }

    fn execute<'a>(&'a self, stmt: Stmt) -> BoxFuture<'a, Result<u64>> {
        Box::pin(async move {
            let job = self.job(stmt)?;
            let permit = self.enter().await?;
            let answer = self.shared.session.execute(job);
            drop(permit);
            self.shared.note(answer.await)
        })
    }

    fn batch<'a>(&'a self, sql: String) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let job = self.job(Stmt::write(sql, Vec::new()))?;
            let permit = self.enter().await?;
            let answer = self.shared.session.batch(job);
            drop(permit);
            self.shared.note(answer.await)
        })
    }

    fn begin<'a>(&'a self) -> BoxFuture<'a, Result<Box<dyn Transaction + 'a>>> {
        Box::pin(async move { Ok(Box::new(self.savepoint(None).await?) as Box<dyn Transaction + 'a>) })
    }
}

impl Transaction for Tx {
    fn commit<'a>(self: Box<Self>) -> BoxFuture<'a, Result>
    where
        Self: 'a,
    {
        Box::pin((*self).commit())
    }
}

impl Executor for Inner<'_> {
    fn inside(&self) -> Inside<'_> {
        self.inner.inside()
    }

    fn dialect(&self) -> &'static Dialect {
        self.inner.dialect()
    }

    fn fetch<'a>(&'a self, stmt: Stmt, sink: Box<dyn RowSink>) -> BoxFuture<'a, Result<Box<dyn RowSink>>> {
        self.inner.fetch(stmt, sink)
    }

    fn execute<'a>(&'a self, stmt: Stmt) -> BoxFuture<'a, Result<u64>> {
        self.inner.execute(stmt)
    }

    fn batch<'a>(&'a self, sql: String) -> BoxFuture<'a, Result> {
        self.inner.batch(sql)
    }

    fn begin<'a>(&'a self) -> BoxFuture<'a, Result<Box<dyn Transaction + 'a>>> {
        self.inner.begin()
    }
}

impl Transaction for Inner<'_> {
    fn commit<'a>(self: Box<Self>) -> BoxFuture<'a, Result>
    where
        Self: 'a,
    {
        Box::pin((*self).release())
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.depth == 0 { "Tx" } else { "Savepoint" };
        write!(f, "{what}({}", self.shared.db.shown())?;
        match self.at {
            Some(at) => write!(f, ", begun at {at})"),
            None => f.write_str(")"),
        }
    }
}
