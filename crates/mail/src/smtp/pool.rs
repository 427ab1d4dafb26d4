//! Connections that are kept for the next mail.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use lettre::transport::smtp::client::AsyncSmtpConnection;
use quintet_core::{Error, Result};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{server::Server, told};

pub(super) struct Pool {
    server: Arc<Server>,
    turns: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Idle>>>,
    keep: Duration,
    limit: Duration,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

/// A connection for one mail. It is closed when it is dropped, unless it was said to be [kept](Lent::keep): after a mail that was given
/// up halfway, the server would take the next one's commands for its text.
pub(super) struct Lent {
    connection: AsyncSmtpConnection,
    idle: Arc<Mutex<Vec<Idle>>>,
    _turn: OwnedSemaphorePermit,
}

impl Pool {
    pub(super) fn new(server: Arc<Server>, most: u32, keep: Duration, limit: Duration) -> Self {
        let most = usize::try_from(most).unwrap_or(1).clamp(1, 1000);
        Pool { server, turns: Arc::new(Semaphore::new(most)), idle: Arc::default(), keep, limit }
    }

    /// A connection that answers.
    pub(super) async fn get(&self) -> Result<Lent> {
        let turn = match timeout(self.limit, self.turns.clone().acquire_owned()).await {
            Ok(turn) => turn.map_err(|_| Error::internal("the pool of mail connections is closed"))?,
            Err(_) => return Err(told::too_busy(&self.server, self.limit)),
        };
        while let Some(mut connection) = self.take() {
            // The server may have closed it.
            if timeout(self.limit, connection.test_connected()).await.unwrap_or(false) {
                return Ok(self.lend(connection, turn));
            }
        }
        Ok(self.lend(self.server.connect(self.limit).await?, turn))
    }

    fn take(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|one| one.since.elapsed() < self.keep);
        idle.pop().map(|one| one.connection)
    }

    fn lend(&self, connection: AsyncSmtpConnection, turn: OwnedSemaphorePermit) -> Lent {
        Lent { connection, idle: self.idle.clone(), _turn: turn }
    }
}

impl Lent {
    /// The mail was taken: the next one may have it.
    pub(super) fn keep(self) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(Idle { connection: self.connection, since: Instant::now() });
    }
}

impl Deref for Lent {
    type Target = AsyncSmtpConnection;

    fn deref(&self) -> &AsyncSmtpConnection {
        &self.connection
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut AsyncSmtpConnection {
        &mut self.connection
    }
}
