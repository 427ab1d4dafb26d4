use quintet_core::{BoxFuture, Error, Result, Services};

use crate::{Channels, layer::Event};

/// Something that is to be told in a topic.
#[derive(Debug, Clone)]
pub struct Message {
    pub(crate) topic: String,
    pub(crate) event: Event,
    pub(crate) kept: bool,
}

/// By what something is sent: [`Channels`], or with the feature `orm` a handle of the database, whose transaction it waits for.
#[diagnostic::on_unimplemented(
    message = "an event can't be sent by `{Self}`",
    label = "expected `&Db`, `&Tx` or `&Channels`"
)]
pub trait Via: Send + Sync {
    /// Tells it, or has it told later.
    fn deliver<'a>(&'a self, message: Message) -> BoxFuture<'a, Result>;

    /// The channels of the site.
    ///
    /// # Errors
    /// If they are not known here.
    fn channels(&self) -> Result<Channels> {
        here()
    }
}

impl Channels {
    async fn tell(&self, message: Message) -> Result {
        self.0.publish(&message.topic, message.event, message.kept).await
    }
}

impl Via for Channels {
    fn deliver<'a>(&'a self, message: Message) -> BoxFuture<'a, Result> {
        Box::pin(self.tell(message))
    }

    fn channels(&self) -> Result<Channels> {
        Ok(self.clone())
    }
}

fn here() -> Result<Channels> {
    let services = Services::current().ok_or_else(|| {
        Error::internal(
            "outside of a request, task or command no channels are known: send it by the site's, `.send(event, &channels)`",
        )
    })?;
    services.require::<Channels>().cloned()
}

#[cfg(feature = "orm")]
mod of_database {
    use quintet_core::{BoxFuture, Result};
    use quintet_orm::{Db, Executor, Tx};

    use super::{Message, Via, here};

    async fn after_commit(db: &dyn Executor, message: Message) -> Result {
        let channels = here()?;
        if !db.waits_for_commit() {
            return channels.tell(message).await;
        }
        db.on_commit(move || async move { channels.tell(message).await }).await
    }

    impl Via for Db {
        fn deliver<'a>(&'a self, message: Message) -> BoxFuture<'a, Result> {
            Box::pin(after_commit(self, message))
        }
    }

    impl Via for Tx {
        fn deliver<'a>(&'a self, message: Message) -> BoxFuture<'a, Result> {
            Box::pin(after_commit(self, message))
        }
    }

    impl Via for dyn Executor + '_ {
        fn deliver<'a>(&'a self, message: Message) -> BoxFuture<'a, Result> {
            Box::pin(after_commit(self, message))
        }
    }
}
