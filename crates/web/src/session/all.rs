use std::{fmt, sync::Arc};

use quintet_core::{
    Result, Service, Services,
    audit::{SecurityEvent, What},
};

use super::{SessionInfo, SessionStore, SessionWatch};

/// All sessions of the site: a service, for handlers, tasks and commands.
///
/// ```
/// use quintet_core::Result;
/// use quintet_web::session::Sessions;
///
/// /// Somebody's password was stolen.
/// async fn lock_out(user: i64, sessions: &Sessions) -> Result {
///     sessions.end_all(user).await.map(drop)
/// }
/// ```
#[derive(Clone)]
pub struct Sessions {
    store: Arc<dyn SessionStore>,
    watch: Option<Arc<dyn SessionWatch>>,
    services: Services,
    /// What is known of the request that ends some.
    event: SecurityEvent,
}

impl Sessions {
    /// Those of a user, the last used first.
    ///
    /// # Errors
    /// If the store can't be reached (503), or can't list sessions: in cookies.
    pub async fn of_user(&self, user: impl fmt::Display) -> Result<Vec<SessionInfo>> {
        self.store.of_user(&user.to_string(), None).await
    }

    /// Ends one of a user's, by its [id](SessionInfo::id); false if it is none of his.
    ///
    /// # Errors
    /// As [`of_user`](Self::of_user).
    pub async fn end(&self, user: impl fmt::Display, id: &str) -> Result<bool> {
        let user = user.to_string();
        let ended = self.store.end_one(&user, id).await?;
        if ended {
            self.tell(&user, "one").await;
        }
        Ok(ended)
    }

    /// Ends all of a user's. Gives how many those were, if that is known.
    ///
    /// # Errors
    /// If the store can't be reached (503), or can't end sessions: in cookies of a site without users.
    pub async fn end_all(&self, user: impl fmt::Display) -> Result<Option<u64>> {
        let user = user.to_string();
        // A store may ask the site for more, and this may be no request.
        let ended = self.services.clone().scope(self.store.end_all(&user, None)).await?;
        if ended != Some(0) {
            self.tell(&user, "all").await;
        }
        Ok(ended)
    }

    /// Forgets those that are over, as the command `clearsessions` does, and gives how many those were.
    ///
    /// # Errors
    /// If the store can't be reached (503).
    pub async fn clear(&self) -> Result<u64> {
        self.store.clear().await
    }
}

impl Sessions {
    async fn tell(&self, user: &str, which: &str) {
        if let Some(watch) = &self.watch {
            watch.ended(user).await;
        }
        self.event.clone().user(user).with("which", which).tell(&self.services).await;
    }
}

impl Service for Sessions {
    fn of(services: &Services) -> Result<Self> {
        let watch = services.get::<Arc<dyn SessionWatch>>().cloned();
        let store = services.require::<Arc<dyn SessionStore>>()?.clone();
        let event = SecurityEvent::new(What::SessionsEnded);
        Ok(Sessions { store, watch, services: services.clone(), event })
    }
}

impl Sessions {
    /// With what is known of the request that ends some.
    pub(crate) fn told_as(self, event: SecurityEvent) -> Self {
        Sessions { event, ..self }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}
