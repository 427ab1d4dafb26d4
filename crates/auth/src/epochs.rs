use quintet_core::{BoxFuture, Result, Service as _, Services};
use quintet_orm::{Db, prelude::*};
use quintet_web::session::SessionEpochs;

use crate::models::SessionEpoch;

/// Ends sessions that are kept in cookies: a number for each user, in a table. It is asked for where sessions are in cookies alone.
#[derive(Debug)]
pub(crate) struct Epochs(pub(crate) Db);

impl Epochs {
    /// What has just been written is read: no replica. Inside of an atomic request, its transaction.
    fn db(&self) -> Db {
        let inside = Services::current().and_then(|services| Db::of(&services).ok());
        inside.unwrap_or_else(|| self.0.clone()).primary()
    }
}

impl SessionEpochs for Epochs {
    fn epoch<'a>(&'a self, user: &'a str) -> BoxFuture<'a, Result<i64>> {
        Box::pin(async move {
            // Whom a site has signed in otherwise is nobody of the table's.
            let Ok(id) = user.parse::<i64>() else { return Ok(0) };
            let own = SessionEpoch.filter(SessionEpoch.user.eq(id));
            Ok(own.select(SessionEpoch.epoch).first(&self.db()).await?.unwrap_or_default())
        })
    }

    fn advance<'a>(&'a self, user: &'a str) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let Ok(id) = user.parse::<i64>() else { return Ok(()) };
            let db = self.db();
            let (_, new) =
                create!(SessionEpoch { user: id, epoch: 1 }).or_get(SessionEpoch.user, &db).await?;
            if !new {
                let more = SessionEpoch.epoch.set(SessionEpoch.epoch + 1);
                SessionEpoch.filter(SessionEpoch.user.eq(id)).update(more).exec(&db).await?;
            }
            Ok(())
        })
    }
}
