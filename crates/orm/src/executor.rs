use quintet_core::{BoxFuture, Error, Result, Value};

use crate::{
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
}

/// A transaction (or savepoint) that was begun on a handle. Dropped without [`commit`](Self::commit), it is undone.
pub trait Transaction: Executor {
    /// Makes its changes last (or, for a savepoint, part of the transaction around it).
    fn commit<'a>(self: Box<Self>) -> BoxFuture<'a, Result>
    where
        Self: 'a;
}

impl<'e> dyn Executor + 'e {
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
