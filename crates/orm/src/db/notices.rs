//! What is said by PostgreSQL's NOTIFY.

use std::{fmt, time::Duration};

use quintet_core::Result;

use super::Db;
use crate::driver::Hearing;

/// Something that a listener hears.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Somebody said `NOTIFY channel, 'payload'`, or `SELECT pg_notify(channel, payload)`, and has committed.
    Said {
        /// On which channel.
        channel: String,
        /// What; empty if nothing.
        payload: String,
        /// The server's process of the one who said it.
        process: i32,
    },
    /// The connection was lost; it is opened again. What is said meanwhile is not heard.
    Lost {
        /// Why.
        why: String,
    },
    /// It listens again: what matters was perhaps missed, and should be read.
    Back,
}

/// Listens to channels of a PostgreSQL, by [`Db::notices`]. Dropping it ends that.
pub struct Notices(Box<dyn Hearing>);

impl Db {
    /// Listens to these channels of PostgreSQL (`LISTEN`), on a connection of its own. From when this is done on, everything is heard
    /// that others say by `NOTIFY` and commit.
    ///
    /// The connection goes to the server that the URL names, and needs it for itself: behind a pooler that gives each transaction
    /// another server (PgBouncer's `pool_mode = transaction`) nothing is heard, so open another `Db` by the server's own address for
    /// this. A payload has less than 8000 bytes; treat notices as a wake-up, and keep what matters in a table.
    ///
    /// ```no_run
    /// # async fn doc(db: quintet_orm::Db) -> quintet_core::Result {
    /// use quintet_orm::Notice;
    ///
    /// let mut notices = db.notices(&["orders"]).await?;
    /// loop {
    ///     match notices.next().await {
    ///         Notice::Said { payload, .. } => println!("order {payload}"),
    ///         Notice::Lost { why } => println!("not heard for a while: {why}"),
    ///         _ => println!("look at all orders"),
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the database is no PostgreSQL, is away, or a channel's name is empty or longer than 63 bytes.
    pub async fn notices(&self, channels: &[&str]) -> Result<Notices> {
        // What copies of the database say is never heard: they can't say anything.
        let driver = self.0.primary.as_ref().unwrap_or(&self.0.driver);
        let channels = channels.iter().map(|channel| (*channel).to_owned()).collect();
        Ok(Notices(driver.listen(channels).await?))
    }
}

impl Notices {
    /// Waits for the next one. May be dropped and called again; nothing is missed by that.
    ///
    /// Whoever listens should go on reading: the server keeps what has not been read by all who listen.
    pub async fn next(&mut self) -> Notice {
        self.0.next().await
    }

    /// How long nothing may come before the server is asked whether it is still there, and how long it has for the answer. 15 seconds
    /// without.
    #[must_use]
    pub fn test_after(mut self, pause: Duration) -> Self {
        self.0.test_after(pause);
        self
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notices").finish_non_exhaustive()
    }
}
