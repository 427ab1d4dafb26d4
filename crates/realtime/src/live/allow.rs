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
pub struct Allow<M> {
    who: Who<M>,
    renewed: Option<Renewed<M>>,
}

/// Whose it is, and how it is found again when something about them has changed.
struct Renewed<M> {
    user: Arc<str>,
    again: Arc<Again<M>>,
}

type Again<M> = dyn Fn() -> BoxFuture<'static, Result<Allow<M>>> + Send + Sync;

type Ask<M> = dyn Fn(Arc<M>) -> BoxFuture<'static, Result<bool>> + Send + Sync;

enum Who<M> {
    Everybody,
    When(Arc<dyn Fn(&M) -> bool + Send + Sync>),
    Rows(Arc<Ask<M>>),
}

impl<M> Allow<M> {
    /// All rows of the query.
    pub fn everybody() -> Self {
        Who::Everybody.into()
    }

    /// Rows of which this is true.
    pub fn when(may: impl Fn(&M) -> bool + Send + Sync + 'static) -> Self {
        Who::When(Arc::new(may)).into()
    }

    /// Rows of which this is true; it may ask whatever it needs to know. An error of a status below 500, as 403 or 404, is a no as well.
    pub fn rows<F, W>(may: F) -> Self
    where
        F: Fn(Arc<M>) -> W + Send + Sync + 'static,
        W: Future<Output = Result<bool>> + Send + 'static,
    {
        Who::Rows(Arc::new(move |row| Box::pin(may(row)))).into()
    }

    /// It is that of the user with this label, as sessions have it. When something about them has changed
    /// ([`Channels::user_changed`](crate::Channels::user_changed)), and from time to time, `again` says what they may hear of from then on;
    /// who follows the query is told to [reload](super::LiveNews::Reload) what is shown. An error of a status below 500 ends it.
    ///
    /// Clients of a [`LiveChannel`](super::LiveChannel) need none: its `join` is asked again.
    pub fn of_user<F, W>(self, user: impl Into<Arc<str>>, again: F) -> Self
    where
        F: Fn() -> W + Send + Sync + 'static,
        W: Future<Output = Result<Allow<M>>> + Send + 'static,
    {
        let again = Arc::new(move || -> BoxFuture<'static, Result<Allow<M>>> { Box::pin(again()) });
        Allow { renewed: Some(Renewed { user: user.into(), again }), ..self }
    }

    /// Whose it is, if that matters.
    pub(super) fn user(&self) -> Option<&Arc<str>> {
        self.renewed.as_ref().map(|renewed| &renewed.user)
    }

    /// What it is now.
    pub(super) async fn again(&self) -> Result<Self> {
        let Some(renewed) = &self.renewed else { return Ok(self.clone()) };
        let now = (renewed.again)().await?;
        Ok(if now.renewed.is_some() { now } else { Allow { renewed: self.clone().renewed, ..now } })
    }

    /// Whatever the query has?
    pub(super) fn is_everybody(&self) -> bool {
        matches!(self.who, Who::Everybody)
    }

    /// May this one be told of?
    ///
    /// # Errors
    /// What keeps it from being known.
    pub(super) async fn may(&self, row: &Arc<M>) -> Result<bool> {
        match &self.who {
            Who::Everybody => Ok(true),
            Who::When(may) => Ok(may(row)),
            Who::Rows(may) => may(row.clone()).await.or_else(refused),
        }
    }
}

fn refused(error: Error) -> Result<bool> {
    if error.status().is_server_error() { Err(error) } else { Ok(false) }
}

impl<M> From<Who<M>> for Allow<M> {
    fn from(who: Who<M>) -> Self {
        Allow { who, renewed: None }
    }
}

impl<M> Clone for Allow<M> {
    fn clone(&self) -> Self {
        let who = match &self.who {
            Who::Everybody => Who::Everybody,
            Who::When(may) => Who::When(may.clone()),
            Who::Rows(may) => Who::Rows(may.clone()),
        };
        let renewed = self
            .renewed
            .as_ref()
            .map(|renewed| Renewed { user: renewed.user.clone(), again: renewed.again.clone() });
        Allow { who, renewed }
    }
}

impl<M> fmt::Debug for Allow<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.who {
            Who::Everybody => "Allow::everybody()",
            Who::When(_) => "Allow::when(..)",
            Who::Rows(_) => "Allow::rows(..)",
        })
    }
}
