//! Who does something to an account.

use std::{fmt, sync::Arc};

use http::request::Parts;
use quintet_web::Session;

use crate::backend::Identified;

/// Asked only when it is to be told: most requests that look into accounts change none.
#[derive(Clone)]
pub(crate) enum Actor {
    /// A command, a page for somebody who is not signed in, or a program.
    Named(&'static str),
    /// Whoever the request is from: by what it shows itself, else by its session.
    Request { shown: Option<Arc<Identified>>, session: Option<Session> },
}

impl Actor {
    pub(crate) fn of(parts: &Parts) -> Self {
        Actor::Request { shown: Identified::of(parts), session: Session::of(parts).ok() }
    }

    /// `user 7`, `command changepassword`, `nobody`.
    pub(crate) async fn name(&self) -> String {
        let (shown, session) = match self {
            Actor::Named(name) => return (*name).to_owned(),
            Actor::Request { shown, session } => (shown, session),
        };
        if let Some(shown) = shown
            && let Some(user) = shown.user().await
        {
            return format!("user {user}");
        }
        // A session that can't be read is told where it is needed.
        let user = match session {
            Some(session) => session.user().await.ok().flatten(),
            None => None,
        };
        user.map_or_else(|| "nobody".to_owned(), |user| format!("user {user}"))
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Named(name) => f.write_str(name),
            Actor::Request { .. } => f.write_str("the request"),
        }
    }
}
