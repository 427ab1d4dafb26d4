use quintet_core::{BoxFuture, Error, Result, Value};

use std::sync::Arc;

use crate::{
    change::{Feed, TxLog},
    db::{Db, Surroundings, Tx},
    dialect::Dialect,
    row::{RowSink, ValueRows},
    stmt::Stmt,
};

/// A database handle: `Db`, where each statement stands alone, or `Tx`, where they
/// stand or fall together.
///
/// All methods take `&self`, so that `join!` works inside one transaction.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a database handle",
    label = "expected `&Db` or `&Tx`"
)]
pub trait Executor: Send + Sync {
    /// The database's language.
    fn dialect(&self) -> &'static Dialect;

    /// Runs a statement and hands each row to the sink, which comes back when the rows are through.
    fn fetch<'a>(&'a self, stmt: Stmt, sink: Box<dyn RowSink>) -> BoxFuture<'a, Result<Box<dyn RowSink>>>;

    /// Runs a statement and tells how many rows it changed.
    fn execute<'a>(&'a self, stmt: Stmt) -> BoxFuture<'a, Result<u64>>;

    /// Runs statements without parameters, one after the other: schema changes.
    fn batch<'a>(&'a self, sql: String) -> BoxFuture<'a, Result>;

    /// Starts a transaction, or a savepoint inside one: for a write that takes several statements.
    fn begin<'a>(&'a self) -> BoxFuture<'a, Result<Box<dyn Transaction + 'a>>>;

    /// What it is a handle of. Handles that are none of the ORM's say nothing: their writes are told to nobody.
    #[doc(hidden)]
    fn inside(&self) -> Inside<'_> {
        Inside::default()
    }
}

/// What a handle is a handle of.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Inside<'a> {
    pub(crate) db: Option<&'a Db>,
    pub(crate) tx: Option<&'a Tx>,
    /// Where its changes wait for the commit.
    pub(crate) log: Option<&'a Arc<TxLog>>,
    /// Was this very database asked for, whatever the models say?
    pub(crate) chosen: bool,
}

/// A transaction (or savepoint) that was begun on a handle. Dropped without [`commit`](Self::commit), it is undone.
pub trait Transaction: Executor {
    /// Makes its changes last (or, for a savepoint, part of the transaction around it).
    fn commit<'a>(self: Box<Self>) -> BoxFuture<'a, Result>
    where
        Self: 'a;
}

impl<'e> dyn Executor + 'e {
    /// Where changes are told.
    pub(crate) fn feed(&self) -> Option<&Arc<Feed>> {
        self.inside().db.map(Db::feed)
    }

    /// Where they wait for the commit, inside a transaction.
    pub(crate) fn log(&self) -> Option<&Arc<TxLog>> {
        self.inside().log
    }

    /// What is known of the site.
    pub(crate) fn around(&self) -> Option<Arc<Surroundings>> {
        self.inside().db.and_then(Db::around)
    }

    /// Is there a commit to come that what is written through this handle waits for? It is a transaction, or that of a request.
    #[must_use]
    pub fn waits_for_commit(&self) -> bool {
        let inside = self.inside();
        inside.tx.is_some() || inside.db.is_some_and(Db::is_atomic_request)
    }

    /// Has `f` run once what was written through this handle lasts: after the commit, if it is a transaction or that of a request, and
    /// soon, if it is the database itself. Its error is only logged.
    ///
    /// # Errors
    /// If the transaction of the request has ended, or there is no tokio runtime.
    pub async fn on_commit<F, R>(&self, f: F) -> Result
    where
        F: FnOnce() -> R + Send + 'static,
        R: Future<Output = Result> + Send + 'static,
    {
        let inside = self.inside();
        match (inside.tx, inside.db) {
            (Some(tx), _) => {
                tx.on_commit(f);
                Ok(())
            }
            (None, Some(db)) => db.on_commit(f).await,
            (None, None) => f().await,
        }
    }

    /// The rows of a statement as dynamic values.
    ///
    /// # Errors
    /// What the database reports.
    pub async fn rows(&self, stmt: Stmt) -> Result<Vec<Vec<Value>>> {
        let sink = self.fetch(stmt, Box::<ValueRows>::default()).await?;
        match sink.into_any().downcast::<ValueRows>() {
            Ok(rows) => Ok(rows.0),
            Err(_) => Err(Error::internal("the driver gave back another sink than it was given")),
        }
    }
}
