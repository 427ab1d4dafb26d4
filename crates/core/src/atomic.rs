//! Transactions as rooms without a database see them: whether one is open where the code runs, and requests that are one.
//!
//! The database room marks the code that runs inside of a transaction as a [`Block`]; whoever does something that can't be
//! undone, or that takes long (mail, HTTP), asks [`open`]. The web room runs a handler through [`AtomicRequests`], which the
//! database room puts into the services.

use std::{
    fmt::{self, Display},
    panic::Location,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use crate::{boxed::BoxFuture, error::Result};

/// Where a block was begun.
#[derive(Clone)]
pub enum Begun {
    /// By this line of the program.
    At(&'static Location<'static>),
    /// For this, as it calls itself: a route.
    For(Arc<dyn Display + Send + Sync>),
}

impl Display for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Begun::At(place) => place.fmt(f),
            Begun::For(what) => what.fmt(f),
        }
    }
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A part of a task's work that stands or falls as one: a transaction or a savepoint.
#[derive(Debug, Clone)]
pub struct Block(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    handle: u64,
    database: Arc<str>,
    begun: Begun,
    savepoint: bool,
    /// Since when it is open; a request's transaction begins with its first statement.
    since: OnceLock<Instant>,
    /// The block around it.
    outer: Option<Block>,
}

tokio::task_local! {
    static INNERMOST: Block;
}

impl Block {
    /// A block inside of those that the caller runs in. `handle` is the database room's number of what must not be used
    /// inside of it; `database` is the URL as it may be shown.
    #[must_use]
    pub fn new(handle: u64, database: Arc<str>, begun: Begun) -> Block {
        Block::make(handle, database, begun, false)
    }

    /// The same for a savepoint, inside of a transaction that is open already.
    #[must_use]
    pub fn savepoint(handle: u64, database: Arc<str>, begun: Begun) -> Block {
        Block::make(handle, database, begun, true)
    }

    /// The same inside of `outer`, which the caller does not run in yet: for work that runs in both, as this one.
    #[must_use]
    pub fn inside(self, outer: Block) -> Block {
        let Inner { handle, database, begun, savepoint, .. } = &*self.0;
        let (handle, database, begun, savepoint) = (*handle, database.clone(), begun.clone(), *savepoint);
        Block(Arc::new(Inner {
            handle,
            database,
            begun,
            savepoint,
            since: OnceLock::new(),
            outer: Some(outer),
        }))
    }

    fn make(handle: u64, database: Arc<str>, begun: Begun, savepoint: bool) -> Block {
        let (since, outer) = (OnceLock::new(), INNERMOST.try_with(Clone::clone).ok());
        Block(Arc::new(Inner { handle, database, begun, savepoint, since, outer }))
    }

    /// From now on its transaction is open.
    pub fn opened(&self) {
        let _ = self.0.since.set(Instant::now());
    }

    /// Runs `work` as this block.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        INNERMOST.scope(self, work).await
    }

    /// The block of this handle among those that the caller runs in.
    #[must_use]
    pub fn of(handle: u64) -> Option<Block> {
        INNERMOST
            .try_with(|innermost| innermost.chain().find(|block| block.0.handle == handle).cloned())
            .ok()?
    }

    /// The database's URL as it may be shown.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.0.database
    }

    /// Where it was begun.
    #[must_use]
    pub fn begun(&self) -> &Begun {
        &self.0.begun
    }

    /// For how long its transaction has been open.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.0.since.get().map(Instant::elapsed).unwrap_or_default()
    }

    fn chain(&self) -> impl Iterator<Item = &Block> {
        std::iter::successors(Some(self), |block| block.0.outer.as_ref())
    }
}

/// The transaction that is open where the code runs, the innermost if there are several (of different databases). What a
/// task does that was spawned inside of it is not part of it.
///
/// It knows the blocks of `atomic`, `transaction().run(..)` and atomic requests, not a transaction that was begun by hand
/// (`begin()`), which may be anywhere.
///
/// ```
/// use quintet_core::atomic;
///
/// fn about_to_wait(for_what: &str) {
///     if let Some(block) = atomic::open() {
///         println!("{for_what} inside of the transaction begun at {}: use `on_commit`", block.begun());
///     }
/// }
/// # about_to_wait("sending mail");
/// ```
#[must_use]
pub fn open() -> Option<Block> {
    let found = |innermost: &Block| {
        innermost.chain().find(|block| !block.0.savepoint && block.0.since.get().is_some()).cloned()
    };
    INNERMOST.try_with(found).ok()?
}

/// Runs requests as transactions. In a site's services as `Arc<dyn AtomicRequests>`.
pub trait AtomicRequests: Send + Sync {
    /// Are requests that change something (`POST`, `PUT`, `PATCH`, `DELETE`) atomic where neither route nor app says?
    fn by_default(&self) -> bool;

    /// Does the work of a request in one transaction, which is kept if the work answers with `true`. `route` is for
    /// messages.
    ///
    /// # Errors
    /// If it can't be kept. What the work did is undone then.
    fn run<'a>(
        &'a self,
        route: Arc<dyn Display + Send + Sync>,
        work: BoxFuture<'a, bool>,
    ) -> BoxFuture<'a, Result>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Begun {
        Begun::At(Location::caller())
    }

    #[tokio::test]
    async fn the_innermost_open_transaction_is_told() {
        assert!(open().is_none());
        let outer = Block::new(1, "one".into(), here());
        let told = outer
            .clone()
            .scope(async {
                let before = open().is_none();
                outer.opened();
                let inner = Block::savepoint(2, "one".into(), here());
                inner.opened();
                let in_savepoint = inner.scope(async { open().map(|b| b.0.handle) }).await;
                let second = Block::new(3, "two".into(), Begun::For(Arc::new("a route")));
                second.opened();
                let in_second = second
                    .scope(async {
                        (
                            open().map(|b| b.begun().to_string()),
                            Block::of(1).is_some(),
                            Block::of(2).is_some(),
                        )
                    })
                    .await;
                (before, in_savepoint, in_second)
            })
            .await;
        assert_eq!(told, (true, Some(1), (Some("a route".to_owned()), true, false)));
        assert!(open().is_none() && Block::of(1).is_none());
    }
}
