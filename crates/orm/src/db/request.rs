//! A request as one transaction.
//!
//! While an atomic request is handled, [`Db::of`](quintet_core::Service::of) gives handles that are its transaction: their
//! statements run in it, their `atomic` is a savepoint. The transaction begins with the first statement, not before: a
//! client that sends its body slowly keeps no writer from others, and a handler that asks nothing of the database costs it
//! nothing.

use std::{
    fmt::Display,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use quintet_core::{
    BoxFuture, Error, Result,
    atomic::{AtomicRequests, Begun, Block},
};
use tokio::sync::{Mutex, MutexGuard};

use super::{Db, HandleId, Hooks, Inner, Tx, guard, hooks::Hook, tx::runtime};
use crate::{
    change::{Change, Publication, TxLog},
    driver::{Begin, Place, Terms},
    executor::Executor,
};

tokio::task_local! {
    /// The transactions of the request that is being handled.
    static CURRENT: Arc<Parts>;
}

/// The handles of a request, one for each database that takes part, the default one last.
struct Parts(Vec<Db>);

impl Parts {
    fn of(&self, database: HandleId) -> Option<&Db> {
        self.0.iter().find(|part| part.0.request.as_ref().is_some_and(|request| request.db.0.id == database))
    }

    fn requests(&self) -> impl DoubleEndedIterator<Item = &Request> {
        self.0.iter().filter_map(|part| part.0.request.as_deref())
    }
}

/// `db`, or the transaction of the request that the code runs for, if it is one of that database.
pub(super) fn in_request(db: &Db) -> Db {
    let found = CURRENT.try_with(|parts| Some(parts.of(db.0.id)?.as_chosen(db.is_chosen())));
    found.ok().flatten().unwrap_or_else(|| db.clone())
}

/// A request and its transaction.
pub(super) struct Request {
    db: Db,
    block: Block,
    state: Mutex<State>,
    /// What it has changed, also before there is a transaction.
    log: Arc<TxLog>,
    /// Has the handler answered?
    ended: AtomicBool,
    /// This one and those of the other databases, which the request's future holds.
    parts: Weak<Parts>,
}

#[derive(Default)]
struct State {
    /// The transaction, once there was a statement.
    tx: Option<Arc<Tx>>,
    /// What is to be done after the commit, as long as there is none.
    hooks: Vec<Hook>,
}

impl Request {
    /// Its transaction, begun if it has not been.
    pub(super) async fn tx(&self) -> Result<Arc<Tx>> {
        let mut state = self.state().await?;
        if let Some(tx) = &state.tx {
            return Ok(tx.clone());
        }
        let session = self.db.0.driver.begin(Begin::PLAIN, None).await?;
        let begun =
            Arc::new(Tx::root(self.db.clone(), session, Terms::default(), None)?.with_log(self.log.clone()));
        // It ended while this waited for its beginning.
        if self.ended.load(Ordering::Acquire) {
            return Err(self.over());
        }
        self.block.opened();
        begun.add_hooks(std::mem::take(&mut state.hooks));
        state.tx = Some(begun.clone());
        Ok(begun)
    }

    async fn state(&self) -> Result<MutexGuard<'_, State>> {
        let state = self.state.lock().await;
        if self.ended.load(Ordering::Acquire) {
            return Err(self.over());
        }
        Ok(state)
    }

    /// Has it run after the commit. That alone begins no transaction.
    pub(super) async fn on_commit(&self, hook: Hook) -> Result {
        let mut state = self.state().await?;
        match &state.tx {
            Some(tx) => tx.add_hooks(vec![hook]),
            None => state.hooks.push(hook),
        }
        Ok(())
    }

    /// What is a transaction elsewhere.
    pub(super) async fn savepoint(&self, how: Begin, at: Option<Place>, chosen: bool) -> Result<Tx> {
        if how == Begin::Schema {
            return Err(Error::internal(format!(
                "the schema can't be changed inside of the transaction of a request ({}): set `atomic = false` for its route",
                self.route()
            )));
        }
        self.tx().await?.part(at, chosen).await
    }

    /// Can a transaction of these settings be a part of this one?
    pub(super) fn check(&self, terms: Terms, (durable, again): (bool, bool), at: Place) -> Result {
        if durable {
            return Err(guard::not_durable(self.route(), Some(at)));
        }
        let weaker = terms.isolation.is_some_and(|isolation| isolation > self.db.dialect().isolation);
        if weaker || terms.read_only || again {
            return Err(Error::internal(format!(
                "the transaction asked for at {at} has settings that only a whole one can have (isolation, read_only, retries), \
                 and it would be a part of the transaction of a request ({}): set `atomic = false` for that route",
                self.route()
            ))
            .at(at));
        }
        Ok(())
    }

    /// The transaction that the request has of this database, if that takes part.
    pub(super) fn part_of(&self, database: &Db) -> Result<Option<Db>> {
        let parts = self.parts.upgrade().ok_or_else(|| self.over())?;
        Ok(parts.of(database.0.id).map(|part| part.as_chosen(database.is_chosen())))
    }

    pub(super) fn route(&self) -> &Begun {
        self.block.begun()
    }

    pub(super) fn database(&self) -> &Db {
        &self.db
    }

    /// Rows may have changed, which is told after the commit.
    pub(super) fn touched(&self, change: Change) {
        if self.db.feed().is_heard() {
            self.log.push(change);
        } else {
            self.log.miss();
        }
    }

    pub(super) fn log(&self) -> &Arc<TxLog> {
        &self.log
    }

    async fn end(&self, keep: bool) -> Result {
        let mut state = self.state.lock().await;
        self.ended.store(true, Ordering::Release);
        if let Some(tx) = &state.tx {
            return tx.end(keep).await;
        }
        let list = std::mem::take(&mut state.hooks);
        let changes = Some(Publication { log: self.log.clone(), feed: self.db.feed().clone() });
        if keep && let Some(running) = (Hooks { list, runtime: runtime()?, changes }.start()) {
            // Its panics are caught and logged inside; it can only end early with its runtime.
            let _ = running.await;
        }
        Ok(())
    }

    #[cold]
    fn over(&self) -> Error {
        Error::internal(format!(
            "the transaction of the request ({}) has ended, and with it this handle: what goes on after the answer (a task, a \
             body that is streamed) takes `db.outside()` along",
            self.route()
        ))
    }
}

/// Rolls back when the request's future is dropped: others may hold handles, and with them the transactions.
struct Abandoned<'a>(Option<&'a Parts>);

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        for request in self.0.into_iter().flat_map(Parts::requests) {
            request.ended.store(true, Ordering::Release);
            // Whoever has the lock is beginning the transaction, and will notice.
            if let Ok(state) = request.state.try_lock()
                && let Some(tx) = &state.tx
            {
                tx.abandon();
            }
        }
    }
}

/// Runs requests as transactions of databases.
pub(crate) struct Requests {
    /// Those that take part, the default one last.
    pub(crate) databases: Vec<Db>,
    pub(crate) by_default: bool,
}

impl Requests {
    fn parts(&self, route: &Arc<dyn Display + Send + Sync>) -> Arc<Parts> {
        let mut outer: Option<Block> = None;
        Arc::new_cyclic(|parts| {
            let part = |db: &Db| {
                let plain = &db.0;
                let mut block = guard::of_request(plain.id, plain.url.clone(), Begun::For(route.clone()));
                if let Some(outer) = outer.take() {
                    block = block.inside(outer);
                }
                outer = Some(block.clone());
                let request = Request {
                    db: db.clone(),
                    block,
                    log: Arc::default(),
                    state: Mutex::default(),
                    ended: AtomicBool::new(false),
                    parts: parts.clone(),
                };
                Db(Arc::new(Inner { id: HandleId::new(), request: Some(Arc::new(request)), ..plain.parts() }))
            };
            Parts(self.databases.iter().map(part).collect())
        })
    }
}

impl AtomicRequests for Requests {
    fn by_default(&self) -> bool {
        self.by_default
    }

    fn run<'a>(
        &'a self,
        route: Arc<dyn Display + Send + Sync>,
        work: BoxFuture<'a, bool>,
    ) -> BoxFuture<'a, Result> {
        let parts = self.parts(&route);
        // The last one is inside of the others.
        let innermost = parts.requests().next_back().map(|request| request.block.clone());
        Box::pin(async move {
            let mut abandoned = Abandoned(Some(&parts));
            let work = CURRENT.scope(parts.clone(), work);
            let keep = match innermost {
                Some(block) => block.scope(work).await,
                None => work.await,
            };
            let ended = end_all(&parts, keep).await;
            abandoned.0 = None;
            ended
        })
    }
}

/// Commits one after the other, or rolls back. Once one could not be kept, those after it are not either.
async fn end_all(parts: &Parts, keep: bool) -> Result {
    let mut result = Ok(());
    for request in parts.requests() {
        let keep = keep && result.is_ok();
        match request.end(keep).await {
            Ok(()) => {}
            // Undone or not, the request has failed already, and its own error says more.
            Err(error) if !keep => {
                tracing::error!(?error, route = %request.route(), database = request.db.name(), "rolling back a request failed");
            }
            Err(error) => result = Err(error),
        }
    }
    result
}
