use std::{fmt, sync::Arc};

use quintet_core::{BoxFuture, Error, Result};

/// Which rows of a query somebody may hear of, asked for each row again whenever it has changed. There is none that a
/// [`Live`](super::Live) has by itself: what is open to everybody says so.
///
/// ```
/// # use std::sync::Arc;
/// # use quintet_core::Result;
/// # use quintet_orm::prelude::*;
/// # use quintet_realtime::Allow;
/// # #[model(app = "docs", live)] pub struct Review { pub text: String, pub author: i64, pub hidden: bool }
/// # async fn is_friend(_: i64, _: i64) -> Result<bool> { Ok(true) }
/// # let me = 7;
/// let all = Allow::<Review>::everybody();
/// let shown = Allow::when(|review: &Review| !review.hidden);
/// let of_friends = Allow::rows(move |review: Arc<Review>| async move { is_friend(me, review.author).await });
/// ```
#[must_use]
pub struct Allow<M>(Who<M>);

type Ask<M> = dyn Fn(Arc<M>) -> BoxFuture<'static, Result<bool>> + Send + Sync;

enum Who<M> {
    Everybody,
    When(Arc<dyn Fn(&M) -> bool + Send + Sync>),
    Rows(Arc<Ask<M>>),
}

impl<M> Allow<M> {
    /// All rows of the query.
    pub fn everybody() -> Self {
        Allow(Who::Everybody)
    }

    /// Rows of which this is true.
    pub fn when(may: impl Fn(&M) -> bool + Send + Sync + 'static) -> Self {
        Allow(Who::When(Arc::new(may)))
    }

    /// Rows of which this is true; it may ask whatever it needs to know. An error of a status below 500, as 403 or 404, is a no as well.
    pub fn rows<F, W>(may: F) -> Self
    where
        F: Fn(Arc<M>) -> W + Send + Sync + 'static,
        W: Future<Output = Result<bool>> + Send + 'static,
    {
        Allow(Who::Rows(Arc::new(move |row| Box::pin(may(row)))))
    }

    /// May this one be told of?
    ///
    /// # Errors
    /// What keeps it from being known.
    pub(super) async fn may(&self, row: &Arc<M>) -> Result<bool> {
        match &self.0 {
            Who::Everybody => Ok(true),
            Who::When(may) => Ok(may(row)),
            Who::Rows(may) => may(row.clone()).await.or_else(refused),
        }
    }
}

fn refused(error: Error) -> Result<bool> {
    if error.status().is_server_error() { Err(error) } else { Ok(false) }
}

impl<M> Clone for Allow<M> {
    fn clone(&self) -> Self {
        Allow(match &self.0 {
            Who::Everybody => Who::Everybody,
            Who::When(may) => Who::When(may.clone()),
            Who::Rows(may) => Who::Rows(may.clone()),
        })
    }
}

impl<M> fmt::Debug for Allow<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Who::Everybody => "Allow::everybody()",
            Who::When(_) => "Allow::when(..)",
            Who::Rows(_) => "Allow::rows(..)",
        })
    }
}
