//! A client in the same process, without a socket: for tests.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;

use crate::{
    hub::{connection::Connection, outbox::Next},
    layer::ConnectionId,
    wire::{self, Bye},
};

/// Put into the extensions of a handshake, has it end with a [`LocalClient`] here instead of a socket.
#[derive(Clone, Default)]
pub struct LocalHandshake(Arc<Mutex<Option<LocalClient>>>);

impl LocalHandshake {
    pub(crate) fn put(&self, client: LocalClient) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(client);
    }

    /// The client, if the handshake was answered with one.
    #[must_use]
    pub fn take(&self) -> Option<LocalClient> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A client without a socket. It is gone when it is dropped.
pub struct LocalClient {
    connection: Arc<Connection>,
    heard: VecDeque<Bytes>,
}

impl LocalClient {
    pub(crate) fn new(connection: Arc<Connection>) -> Self {
        LocalClient { connection, heard: VecDeque::new() }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> ConnectionId {
        self.connection.id
    }

    /// Says something: a message of the protocol.
    pub fn say(&self, message: &str) {
        self.connection.said(message);
    }

    /// The next message of the protocol that it hears; none, if the server has ended it.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(message) = self.heard.pop_front() {
                return String::from_utf8(message.into()).ok();
            }
            match self.connection.outbox.next().await {
                Next::Messages(messages) => self.heard = messages,
                Next::Bye(why) => {
                    self.connection.close();
                    return String::from_utf8(wire::bye(why).into()).ok();
                }
                Next::Over => return None,
            }
        }
    }

    /// Has the server end it, as it would end that of a client over the network.
    pub fn end(&self, why: Bye) {
        self.connection.outbox.end(why);
    }
}

impl Drop for LocalClient {
    fn drop(&mut self) {
        self.connection.close();
    }
}

impl std::fmt::Debug for LocalClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalClient").field("id", &self.connection.id).finish_non_exhaustive()
    }
}
