//! Whose connections there are, to look at them again when something about their users changes, and to end them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use super::connection::Connection;
use crate::{layer::ConnectionId, wire::Bye};

/// The connections of this process, and those of each user.
#[derive(Default)]
pub(crate) struct People(Mutex<Known>);

/// Somebody else whom it concerns that something about a user has changed.
#[cfg(feature = "orm")]
pub(crate) trait Concerned: Send + Sync {
    fn user_changed(&self);
}

#[derive(Default)]
struct Known {
    all: HashMap<ConnectionId, Weak<Connection>>,
    of_users: HashMap<Box<str>, Vec<ConnectionId>>,
    #[cfg(feature = "orm")]
    concerned: HashMap<ConnectionId, (Arc<str>, Arc<dyn Concerned>)>,
}

#[cfg(feature = "orm")]
impl Known {
    fn tell_concerned(&self, user: Option<&str>) {
        let concerned = self.concerned.values().filter(|(whose, _)| user.is_none_or(|user| user == &**whose));
        concerned.for_each(|(_, concerned)| concerned.user_changed());
    }
}

impl People {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds it, or its user, who has become known.
    pub(crate) fn add(&self, connection: &Arc<Connection>) {
        let user = connection.identity().user.clone();
        let mut known = self.lock();
        known.all.insert(connection.id, Arc::downgrade(connection));
        if let Some(user) = user {
            known.of_users.entry(user.into()).or_default().push(connection.id);
        }
    }

    pub(crate) fn remove(&self, connection: &Connection) {
        let user = connection.identity().user.clone();
        let mut known = self.lock();
        known.all.remove(&connection.id);
        if let Some(user) = user
            && let Some(theirs) = known.of_users.get_mut(user.as_str())
        {
            theirs.retain(|id| *id != connection.id);
            if theirs.is_empty() {
                known.of_users.remove(user.as_str());
            }
        }
    }

    /// Tells them when something about this user has changed, until it is [told no more](Self::leave_alone).
    #[cfg(feature = "orm")]
    pub(crate) fn concerns(&self, id: ConnectionId, user: Arc<str>, concerned: Arc<dyn Concerned>) {
        self.lock().concerned.insert(id, (user, concerned));
    }

    #[cfg(feature = "orm")]
    pub(crate) fn leave_alone(&self, id: ConnectionId) {
        self.lock().concerned.remove(&id);
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().all.len()
    }

    /// Ends all connections.
    pub(crate) fn end_all(&self, why: Bye) {
        let all: Vec<_> = self.lock().all.values().filter_map(Weak::upgrade).collect();
        for connection in all {
            connection.outbox.end(why);
        }
    }

    /// Looks again at the connections of a user, or of all users.
    pub(crate) fn changed(&self, user: Option<&str>) {
        let found: Vec<Arc<Connection>> = {
            let known = self.lock();
            #[cfg(feature = "orm")]
            known.tell_concerned(user);
            let ids: Vec<ConnectionId> = match user {
                Some(user) => known.of_users.get(user).cloned().unwrap_or_default(),
                None => known.of_users.values().flatten().copied().collect(),
            };
            ids.iter().filter_map(|id| known.all.get(id)?.upgrade()).collect()
        };
        if found.is_empty() {
            return;
        }
        // One after the other: all of a site's are not to ask the database at once.
        tokio::spawn(async move {
            for connection in found {
                connection.look_again(true).await;
            }
        });
    }
}
