use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use quintet_core::{BoxFuture, Result};

use crate::{Message, Transport};

/// Mails that go nowhere and can be looked at: of `memory://`, which tests have. Its clones are the same outbox.
#[derive(Clone, Default)]
pub struct Outbox(Arc<Mutex<Vec<Message>>>);

/// So many are kept; then the first ones go.
const MOST: usize = 10_000;

impl Outbox {
    /// All mails so far, in the order in which they were sent.
    #[must_use]
    pub fn all(&self) -> Vec<Message> {
        self.lock().clone()
    }

    /// Forgets them.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Message>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outbox({} mails)", self.lock().len())
    }
}

impl Transport for Outbox {
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result> {
        let mut all = self.lock();
        if all.len() >= MOST {
            all.remove(0);
        }
        all.push(message.clone());
        Box::pin(std::future::ready(Ok(())))
    }

    fn is_real(&self) -> bool {
        false
    }
}
