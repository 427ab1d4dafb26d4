//! Live rows for those who may view them.

use std::sync::Arc;

use quintet_core::Error;
use quintet_orm::Model;
use quintet_realtime::Allow;

use crate::Access;

/// Rows of live models by what the user may do to them: `Allow::viewers(access)`.
pub trait AllowByAccess<M: Model>: Sized {
    /// Rows that the user may view: who has the permission on all of the model's rows, or on this one, as the
    /// [backends](crate::AuthBackend) say.
    ///
    /// In a handler `access: Access` is that of the request, and it is found again when something about the user has changed: then
    /// [`LiveNews::Reload`](quintet_realtime::LiveNews::Reload) is told, or it ends, where nobody is logged in any more. In a channel it is
    /// `me.access().await?`, and `join` is asked again.
    ///
    /// ```
    /// # use quintet_auth::{Access, AllowByAccess as _};
    /// # use quintet_core::Result;
    /// # use quintet_orm::prelude::*;
    /// # use quintet_realtime::{Allow, LiveQuery as _, sse::Sse};
    /// # #[model(app = "docs", live)] pub struct Review { pub text: String }
    /// async fn live_reviews(access: Access, db: Db) -> Result<Sse> {
    ///     Ok(Review.live(Allow::viewers(access), &db).await?.sse_rows())
    /// }
    /// ```
    fn viewers(access: Access) -> Self;

    /// Rows to which the user may do this: `Allow::who_may("change", access)`.
    fn who_may(what: &'static str, access: Access) -> Self;
}

impl<M: Model> AllowByAccess<M> for Allow<M> {
    fn viewers(access: Access) -> Self {
        Self::who_may("view", access)
    }

    fn who_may(what: &'static str, access: Access) -> Self {
        let (user, known) = (access.user_key(), Arc::new(access));
        let ask = known.clone();
        let rows = Allow::rows(move |row: Arc<M>| {
            let access = ask.clone();
            async move { access.may(what, &*row).await }
        });
        let Some(user) = user else { return rows };
        rows.of_user(user.to_string(), move || {
            let before = known.clone();
            async move {
                let access = before.again().await?;
                match access.user_key() == Some(user) {
                    true => Ok(Allow::who_may(what, access)),
                    false => Err(Error::unauthorized("Log in again.")),
                }
            }
        })
    }
}
