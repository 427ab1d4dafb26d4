use quintet_core::{BoxFuture, Error, Result};
use quintet_orm::{Db, LiveModel, Model, QuerySet, Table};

use super::{Allow, Live, told::topic};
use crate::{layer::Position, send::Via};

/// Queries whose rows can be followed: those of models that are `#[model(live)]`.
///
/// Rows are whole objects, or what a shape makes of them: `Review.filter(..).shape::<ReviewRow>().live(..)`.
pub trait LiveQuery<M: Model, R = M>: Sized {
    /// Follows the rows of the query: whatever is committed after this, in any process of the site, is told by
    /// [`Live::next`], as far as `allow` lets it. Begin, read the rows then, and nothing is missed.
    ///
    /// The database is asked outside of the request's transaction, and not in a replica.
    ///
    /// # Errors
    /// If the query is cut by `limit` or `offset` (a change of one row would change which others
    /// are in it), or outside of a request, task or command.
    fn live<'a>(self, allow: Allow<M>, db: &'a Db) -> BoxFuture<'a, Result<Live<M, R>>>
    where
        M: LiveModel + 'a,
        R: 'a;

    /// Where the changes of the model are now: for a page whose rows are read after this, and whose script says it to
    /// [`Live::after`] later.
    ///
    /// # Errors
    /// 503 if the layer can't be reached.
    fn live_position<'a>(&self, db: &'a Db) -> BoxFuture<'a, Result<Position>>
    where
        M: LiveModel + 'a;
}

impl<M: Model, R: Send + Sync + 'static> LiveQuery<M, R> for QuerySet<M, R> {
    fn live<'a>(self, allow: Allow<M>, db: &'a Db) -> BoxFuture<'a, Result<Live<M, R>>>
    where
        M: LiveModel + 'a,
        R: 'a,
    {
        Box::pin(async move {
            if self.is_cut() {
                return Err(Error::internal(format!(
                    "a query on `{}` with `limit` or `offset` can't be live: follow it without, and cut what is shown",
                    M::meta().name
                )));
            }
            Live::open(self, allow, db).await
        })
    }

    fn live_position<'a>(&self, db: &'a Db) -> BoxFuture<'a, Result<Position>>
    where
        M: LiveModel + 'a,
    {
        Box::pin(async move { db.channels()?.position(&topic(M::meta())).await })
    }
}

impl<M: Model> LiveQuery<M> for Table<M> {
    fn live<'a>(self, allow: Allow<M>, db: &'a Db) -> BoxFuture<'a, Result<Live<M>>>
    where
        M: LiveModel + 'a,
    {
        self.query().live(allow, db)
    }

    fn live_position<'a>(&self, db: &'a Db) -> BoxFuture<'a, Result<Position>>
    where
        M: LiveModel + 'a,
    {
        self.query().live_position(db)
    }
}
