//! Mails to a server, by SMTP.
//!
//! `server` is where it is and how one logs in there, read from the settings; `pool` keeps connections; `told` says what went wrong, with
//! the server's own words.
mod pool;
mod server;
mod told;

use std::{fmt, path::Path, sync::Arc, time::Duration};

use quintet_core::{BoxFuture, Result, settings::SiteSettings};
use tokio::time::timeout;

use self::{pool::Pool, server::Server};
use crate::{MailSettings, Message, Transport};

/// Sends to a mail server: `smtp://` with STARTTLS, `smtps://` with TLS from the start. Connections are kept for a while and used
/// again; a mail whose sending is given up takes its connection with it.
pub struct Smtp {
    server: Arc<Server>,
    pool: Pool,
    timeout: Duration,
}

impl Smtp {
    /// The server of these settings; nothing is asked of it yet.
    ///
    /// # Errors
    /// If the URL or the file of certificates is wrong.
    pub(crate) fn of(settings: &MailSettings, url: &str, root: &Path, info: &SiteSettings) -> Result<Self> {
        let server = Arc::new(Server::of(settings, url, root, info)?);
        let pool = Pool::new(server.clone(), settings.connections, settings.idle, settings.timeout);
        Ok(Smtp { server, pool, timeout: settings.timeout })
    }

    async fn send_one(&self, message: &Message) -> Result {
        let envelope = crate::mime::envelope(message.parts())?;
        let mut connection = self.pool.get().await?;
        let sent = timeout(self.timeout, connection.send(&envelope, message.bytes())).await;
        match sent {
            Ok(Ok(_)) => {
                connection.keep();
                Ok(())
            }
            Ok(Err(error)) => Err(told::refused(&self.server, message, &error)),
            // The connection goes: nobody knows what it is in the middle of.
            Err(_) => Err(told::too_slow(&self.server, "to take a mail", self.timeout)),
        }
    }
}

impl Transport for Smtp {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result> {
        Box::pin(self.send_one(message))
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp({})", self.server)
    }
}
