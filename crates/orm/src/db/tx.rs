use std::{
    fmt,
    panic::Location,
    sync::{Arc, Mutex, PoisonError},
};

use http::StatusCode;
use quintet_core::{BoxFuture, Error, ErrorKind, Result};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, SemaphorePermit},
};

use super::{
    Db, HandleId, Hooks, guard,
    hooks::{Hook, hook},
    patience,
};
use crate::{
    dialect::Dialect,
    driver::{Job, Place, Savepoint, Session},
    executor::{Executor, Transaction},
    row::RowSink,
    stmt::Stmt,
};

/// A transaction, or a savepoint inside one.
///
/// It is given to the closure of [`Db::atomic`] and of [`Tx::atomic`], or begun by [`Db::begin`]. Statements run in the
/// order in which they are first polled, so that `join!` works inside it. Dropping it rolls back.
#[must_use = "dropping a transaction rolls it back"]
pub struct Tx {
    shared: Arc<Shared>,
    id: HandleId,
    /// 0 for the transaction itself, counted up for savepoints inside savepoints.
    depth: u32,
    at: Option<Place>,
    /// Held by the savepoint that is open inside this level, so that statements of a `join!`'s other branch don't
    /// slip into it.
    gate: Semaphore,
    /// What this level wants done after COMMIT; a savepoint hands it up when it is released.
    hooks: Mutex<Vec<Hook>>,
    /// Does dropping it have to undo a savepoint?
    open: bool,
}

struct Shared {
    db: Db,
    session: Box<dyn Session>,
    runtime: Handle,
}

impl Tx {
    pub(super) fn root(db: Db, session: Box<dyn Session>, at: Option<Place>) -> Result<Tx> {
        let runtime = Handle::try_current()
            .map_err(|e| Error::internal("a transaction needs a tokio runtime around it").with_source(e))?;
        Ok(Tx::level(Arc::new(Shared { db, session, runtime }), 0, at))
    }

    fn level(shared: Arc<Shared>, depth: u32, at: Option<Place>) -> Tx {
        let (gate, hooks) = (Semaphore::new(1), Mutex::default());
        Tx { shared, id: HandleId::new(), depth, at, gate, hooks, open: depth > 0 }
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
        let value = guard::shadow(self.id, at, work(&savepoint.inner)).await?;
        savepoint.release().await?;
        Ok(value)
    }

    async fn savepoint(&self, at: Option<Place>) -> Result<Inner<'_>> {
        let permit = self.enter().await?;
        let inner = Tx::level(self.shared.clone(), self.depth + 1, at);
        let mut savepoint = Inner { inner, outer: self, _permit: permit };
        let set = self.shared.session.savepoint(Savepoint::Set(savepoint.inner.depth));
        if let Err(error) = set.await {
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

    /// Commits, and waits for the hooks.
    ///
    /// Once this future has been polled the commit happens, even if the future is dropped.
    ///
    /// # Errors
    /// If the database refuses; everything is rolled back then.
    pub async fn commit(self) -> Result {
        let list = std::mem::take(&mut *self.hooks());
        let hooks = Hooks { list, runtime: self.shared.runtime.clone() };
        if let Some(running) = self.shared.session.commit(hooks).await? {
            // Its panics are caught and logged inside; it can only end early with its runtime.
            let _ = running.await;
        }
        Ok(())
    }

    /// Undoes everything, and waits until that is done.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn rollback(self) -> Result {
        self.shared.session.rollback().await
    }

    /// The database that it is a transaction of.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.shared.db
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

    fn job(&self, stmt: Stmt) -> Job {
        self.shared.db.job(stmt)
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
        let done = self.outer.shared.session.savepoint(Savepoint::Release(self.inner.depth));
        self.inner.open = false;
        // Before waiting: once the release is queued, what was done here is the outer level's, wherever this future ends.
        let hooks = std::mem::take(&mut *self.inner.hooks());
        self.outer.hooks().extend(hooks);
        done.await
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

impl Executor for Tx {
    fn dialect(&self) -> &'static Dialect {
        self.shared.db.dialect()
    }

    fn fetch<'a>(&'a self, stmt: Stmt, sink: Box<dyn RowSink>) -> BoxFuture<'a, Result<Box<dyn RowSink>>> {
        Box::pin(async move {
            let permit = self.enter().await?;
            let answer = self.shared.session.fetch(self.job(stmt), sink);
            drop(permit);
            answer.await
        })
    }

    fn execute<'a>(&'a self, stmt: Stmt) -> BoxFuture<'a, Result<u64>> {
        Box::pin(async move {
            let permit = self.enter().await?;
            let answer = self.shared.session.execute(self.job(stmt));
            drop(permit);
            answer.await
        })
    }

    fn batch<'a>(&'a self, sql: String) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let permit = self.enter().await?;
            let answer = self.shared.session.batch(self.job(Stmt::write(sql, Vec::new())));
            drop(permit);
            answer.await
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
        write!(f, "{what}({}", self.shared.db.url())?;
        match self.at {
            Some(at) => write!(f, ", begun at {at})"),
            None => f.write_str(")"),
        }
    }
}
