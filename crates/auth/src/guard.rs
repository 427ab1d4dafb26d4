//! Guards: who may come to the routes of an app, or of the whole site.
//!
//! ```
//! use quintet_auth::guard::{can, staff, superuser};
//! use quintet_core::App;
//! use quintet_web::Routing;
//!
//! let app = App::new("reports").layer(staff() & can::named("reports.read_all") | superuser());
//! # let _ = app;
//! ```
//!
//! Who has not logged in is sent to the login page (a program gets 401); who has, and may not, gets 403.

use std::{
    convert::Infallible,
    fmt,
    ops::{BitAnd, BitOr, Not},
    sync::Arc,
    task::{Context, Poll},
};

use axum::{extract::Request, response::Response};
use axum_core::response::IntoResponse as _;
use quintet_core::{BoxFuture, Error, Result, meta::ModelMeta};
use tower::{Layer, Service};

use crate::{
    login::{current_user, needed, permissions},
    may::{Permissions, permission},
    models::User,
};

/// A rule about who may pass: a tower layer, for `.layer(..)` of apps, sites and axum routers. `&`, `|` and `!` make one of several.
#[derive(Clone)]
pub struct Guard(Arc<Rule>);

enum Rule {
    LoggedIn,
    Staff,
    Superuser,
    ReadOnly,
    Named(String),
    Can(&'static str, &'static ModelMeta),
    Both(Guard, Guard),
    Either(Guard, Guard),
    No(Guard),
}

/// Whoever has logged in.
#[must_use]
pub fn login() -> Guard {
    Guard(Arc::new(Rule::LoggedIn))
}

/// Who may enter the administration: `is_staff`.
#[must_use]
pub fn staff() -> Guard {
    Guard(Arc::new(Rule::Staff))
}

/// Who may do everything: `is_superuser`.
#[must_use]
pub fn superuser() -> Guard {
    Guard(Arc::new(Rule::Superuser))
}

/// Whoever only reads: GET, HEAD, OPTIONS. `read_only() | can::change(Film)`.
#[must_use]
pub fn read_only() -> Guard {
    Guard(Arc::new(Rule::ReadOnly))
}

/// Guards by permission.
pub mod can {
    use std::sync::Arc;

    use quintet_orm::{Model, Table};

    use super::{Guard, Rule};

    fn can<M: Model>(what: &'static str, model: Table<M>) -> Guard {
        Guard(Arc::new(Rule::Can(what, model.meta())))
    }

    /// Who may add rows of the model.
    #[must_use]
    pub fn add<M: Model>(model: Table<M>) -> Guard {
        can("add", model)
    }

    /// Who may change them.
    #[must_use]
    pub fn change<M: Model>(model: Table<M>) -> Guard {
        can("change", model)
    }

    /// Who may delete them.
    #[must_use]
    pub fn delete<M: Model>(model: Table<M>) -> Guard {
        can("delete", model)
    }

    /// Who may see them.
    #[must_use]
    pub fn view<M: Model>(model: Table<M>) -> Guard {
        can("view", model)
    }

    /// Who has the permission of this name: `cinema.publish`.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Guard {
        Guard(Arc::new(Rule::Named(name.into())))
    }
}

impl BitAnd for Guard {
    type Output = Guard;

    fn bitand(self, other: Guard) -> Guard {
        Guard(Arc::new(Rule::Both(self, other)))
    }
}

impl BitOr for Guard {
    type Output = Guard;

    fn bitor(self, other: Guard) -> Guard {
        Guard(Arc::new(Rule::Either(self, other)))
    }
}

impl Not for Guard {
    type Output = Guard;

    fn not(self) -> Guard {
        Guard(Arc::new(Rule::No(self)))
    }
}

impl Guard {
    /// Does it ask for permissions, which are a query?
    fn asks_permissions(&self) -> bool {
        match &*self.0 {
            Rule::LoggedIn | Rule::Staff | Rule::Superuser | Rule::ReadOnly => false,
            Rule::Named(_) | Rule::Can(..) => true,
            Rule::Both(a, b) | Rule::Either(a, b) => a.asks_permissions() || b.asks_permissions(),
            Rule::No(rule) => rule.asks_permissions(),
        }
    }

    fn lets(&self, user: Option<&User>, may: &Permissions, reads: bool) -> bool {
        match &*self.0 {
            Rule::LoggedIn => user.is_some(),
            Rule::Staff => user.is_some_and(|user| user.is_staff),
            Rule::Superuser => user.is_some_and(|user| user.is_superuser),
            Rule::ReadOnly => reads,
            Rule::Named(name) => may.has(name),
            Rule::Can(what, meta) => permission(what, meta).is_some_and(|name| may.has(&name)),
            Rule::Both(a, b) => a.lets(user, may, reads) && b.lets(user, may, reads),
            Rule::Either(a, b) => a.lets(user, may, reads) || b.lets(user, may, reads),
            Rule::No(rule) => !rule.lets(user, may, reads),
        }
    }

    /// The request, if it may pass, else the answer to it.
    async fn check(&self, request: Request) -> Result<Request, Response> {
        let (parts, body) = request.into_parts();
        let reads = parts.method.is_safe();
        let looked = async {
            let user = current_user(&parts).await?;
            let may = if self.asks_permissions() { permissions(&parts).await? } else { Permissions::none() };
            if self.lets(user.as_deref(), &may, reads) {
                return Ok(None);
            }
            match user {
                Some(_) => Err(Error::forbidden("You may not do this.")),
                None => needed(&parts).map(Some),
            }
        };
        match looked.await {
            Ok(None) => Ok(Request::from_parts(parts, body)),
            Ok(Some(answer)) => Err(answer),
            Err(error) => Err(error.into_response()),
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Rule::LoggedIn => f.write_str("login()"),
            Rule::Staff => f.write_str("staff()"),
            Rule::Superuser => f.write_str("superuser()"),
            Rule::ReadOnly => f.write_str("read_only()"),
            Rule::Named(name) => write!(f, "can::named({name:?})"),
            Rule::Can(what, meta) => write!(f, "can::{what}({})", meta.name),
            Rule::Both(a, b) => write!(f, "({a:?} & {b:?})"),
            Rule::Either(a, b) => write!(f, "({a:?} | {b:?})"),
            Rule::No(rule) => write!(f, "!{rule:?}"),
        }
    }
}

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { guard: self.clone(), inner }
    }
}

/// What a [`Guard`] stands before.
#[derive(Clone, Debug)]
pub struct Guarded<S> {
    guard: Guard,
    inner: S,
}

impl<S> Service<Request> for Guarded<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The one that is ready is used, and a clone waits for the next request.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let guard = self.guard.clone();
        Box::pin(async move {
            match guard.check(request).await {
                Ok(request) => inner.call(request).await,
                Err(answer) => Ok(answer),
            }
        })
    }
}
