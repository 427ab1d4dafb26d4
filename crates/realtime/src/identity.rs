use std::{any::Any, fmt, sync::Arc};

use http::request::Parts;
use quintet_core::{BoxFuture, Result};

/// Who a connection belongs to.
#[derive(Clone, Default)]
pub struct Identity {
    /// The label of the user, as sessions have it; none of nobody.
    pub user: Option<String>,
    /// What whoever has found them knows of them.
    pub who: Option<Arc<dyn Any + Send + Sync>>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("user", &self.user).finish_non_exhaustive()
    }
}

/// How it is found who a connection belongs to: the room of users puts one among the services, as `Arc<dyn Identify>`.
pub trait Identify: Send + Sync + 'static {
    /// Whom the session, or what else a request has, names now.
    fn by_request<'a>(&'a self, parts: &'a mut Parts) -> BoxFuture<'a, Result<Identity>>;

    /// A user by the label that a ticket has; nobody, if they are gone or locked.
    fn by_ticket<'a>(&'a self, user: &'a str, parts: &'a Parts) -> BoxFuture<'a, Result<Identity>>;

    /// Takes out of a request of another origin's page what says whose browser it is, beside `Cookie` and `Authorization`, which are
    /// gone: a header of a proxy, say.
    fn forget(&self, parts: &mut Parts) {
        let _ = parts;
    }
}
