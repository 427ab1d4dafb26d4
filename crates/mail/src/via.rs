use quintet_core::{BoxFuture, Error, Result};

use crate::{Mail, Mailer};

/// By what a mail is sent: a [`Mailer`], or with the feature `orm` a handle of the database, whose transaction it waits for.
#[diagnostic::on_unimplemented(
    message = "a mail can't be sent by `{Self}`",
    label = "expected `&Mailer`, `&Db` or `&Tx`"
)]
pub trait Via: Send + Sync {
    /// Sends the mail, or has it sent later.
    fn deliver<'a>(&'a self, mail: Mail) -> BoxFuture<'a, Result>;
}

impl Mail {
    /// Sends it: by a [`Mailer`](crate::Mailer) at once, by a handle of the database (`&Db`, `&Tx`) after the commit, if a transaction is
    /// open there, and at once if none is.
    ///
    /// # Errors
    /// If something of the mail is wrong; if it is sent at once, also if the server can't be reached or refuses it. What fails
    /// after a commit is in the log.
    pub async fn send<V: Via + ?Sized>(self, via: &V) -> Result {
        via.deliver(self).await
    }
}

impl Via for Mailer {
    fn deliver<'a>(&'a self, mail: Mail) -> BoxFuture<'a, Result> {
        Box::pin(async move { Mailer::send(self, mail).await })
    }
}

#[cfg_attr(not(feature = "orm"), expect(dead_code, reason = "who sends otherwise has a mailer"))]
fn here() -> Result<Mailer> {
    let services = quintet_core::Services::current().ok_or_else(|| {
        Error::internal("outside of a request, task or command no mailer is known: send it by the site's, `.send(&mailer)`")
    })?;
    services.require::<Mailer>().cloned()
}

#[cfg(feature = "orm")]
mod of_database {
    use quintet_core::{BoxFuture, Result};
    use quintet_orm::{Db, Executor, Tx};

    use super::{Via, here};
    use crate::Mail;

    /// Formed now, so that mistakes are told here; sent when what was written lasts.
    async fn after_commit(db: &dyn Executor, mail: Mail) -> Result {
        let mailer = here()?;
        let message = mailer.form(mail)?;
        if !db.waits_for_commit() {
            return mailer.dispatch(&message).await;
        }
        db.on_commit(move || async move { mailer.dispatch(&message).await }).await
    }

    impl Via for Db {
        fn deliver<'a>(&'a self, mail: Mail) -> BoxFuture<'a, Result> {
            Box::pin(after_commit(self, mail))
        }
    }

    impl Via for Tx {
        fn deliver<'a>(&'a self, mail: Mail) -> BoxFuture<'a, Result> {
            Box::pin(after_commit(self, mail))
        }
    }

    impl Via for dyn Executor + '_ {
        fn deliver<'a>(&'a self, mail: Mail) -> BoxFuture<'a, Result> {
            Box::pin(after_commit(self, mail))
        }
    }
}
