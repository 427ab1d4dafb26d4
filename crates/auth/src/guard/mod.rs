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
//! The same stand before a route: `#[get("/reports/", guard = staff())]`.
//!
//! Who has not logged in is sent to the login page (a program gets 401); who has, and may not, gets 403.

pub mod can;
mod layer;
mod row;

use std::{
    fmt,
    ops::{BitAnd, BitOr, Not},
    sync::Arc,
    time::Duration,
};

use axum_core::response::{IntoResponse as _, Response};
use http::{header, request::Parts};
pub use layer::Guarded;
use quintet_core::{BoxFuture, Error, Result, Services, audit::What, meta::ModelMeta};
use quintet_orm::{Db, dynamic::DynSet};
use quintet_web::{RouteGuard, security_event};
use row::Row;

use crate::{
    Access, Object, challenge,
    fresh::{confirm, is_fresh, is_program},
    login::{current_user, needed, permissions},
};

/// A rule about who may pass: for `guard = ..` of a route, and a tower layer, for `.layer(..)` of apps, sites and axum routers. `&`, `|` and `!` make one of several.
#[derive(Clone)]
pub struct Guard(Arc<Rule>);

enum Rule {
    LoggedIn,
    Staff,
    Superuser,
    ReadOnly,
    Fresh(Duration),
    Named(String),
    Can(&'static str, &'static ModelMeta),
    /// The rows of a user, of which the path says one.
    Own(Row, Box<dyn Fn(i64) -> DynSet + Send + Sync>),
    This(&'static str, Row),
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

/// Who has shown their password within this time; others are asked for it: `staff() & fresh(Duration::from_secs(600))`. As an argument
/// it is [`Fresh`](crate::Fresh).
#[must_use]
pub fn fresh(within: Duration) -> Guard {
    Guard(Arc::new(Rule::Fresh(within)))
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

/// What a rule says about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Yes,
    No,
    /// Once they have shown their password again.
    Stale,
}

impl Guard {
    /// What is not needed for the answer is not asked for: `superuser() | can::change(Film)` asks no permissions of a superuser.
    fn says<'a>(&'a self, parts: &'a mut Parts) -> BoxFuture<'a, Result<Said>> {
        Box::pin(async move {
            let yes = match &*self.0 {
                Rule::LoggedIn => current_user(parts).await?.is_some(),
                Rule::Staff => current_user(parts).await?.is_some_and(|user| user.is_staff),
                Rule::Superuser => current_user(parts).await?.is_some_and(|user| user.is_superuser),
                Rule::ReadOnly => parts.method.is_safe(),
                Rule::Named(name) => permissions(parts).await?.has(name),
                Rule::Can(what, meta) => permissions(parts).await?.has_all_of(what, meta),
                Rule::Fresh(within) => {
                    if current_user(parts).await?.is_some() && !is_fresh(parts, *within).await? {
                        return Ok(Said::Stale);
                    }
                    current_user(parts).await?.is_some()
                }
                Rule::Own(row, of) => match current_user(parts).await? {
                    Some(user) => {
                        let key = row.key(parts).await?;
                        let services = Services::of_request(parts)?;
                        let db = services.require::<Db>()?;
                        let own = of(user.id).having_key(key.as_str())?.exists(db).await?;
                        if !own {
                            row.must_be(&key, db).await?;
                        }
                        own
                    }
                    None => false,
                },
                Rule::This(what, row) => match current_user(parts).await? {
                    Some(_) => {
                        let key = row.key(parts).await?;
                        let services = Services::of_request(parts)?;
                        row.must_be(&key, services.require::<Db>()?).await?;
                        let object = Object { meta: row.meta, key: row.meta.parse_key(&key)? };
                        Access::of(parts).await?.to(what, &object).await?
                    }
                    None => false,
                },
                Rule::Both(a, b) => match a.says(parts).await? {
                    Said::Yes => return b.says(parts).await,
                    other => return Ok(other),
                },
                Rule::Either(a, b) => match a.says(parts).await? {
                    Said::Yes => true,
                    one => {
                        let other = b.says(parts).await?;
                        return Ok(if other == Said::No { one } else { other });
                    }
                },
                Rule::No(rule) => rule.says(parts).await? != Said::Yes,
            };
            Ok(if yes { Said::Yes } else { Said::No })
        })
    }

    async fn answer(&self, parts: &mut Parts) -> Result<Option<Response>> {
        match self.says(parts).await? {
            Said::Yes => Ok(None),
            Said::Stale => confirm(parts).map(Some),
            Said::No => match current_user(parts).await? {
                Some(user) => {
                    let event = security_event(parts, What::PermissionDenied).user(user.id);
                    event.with("guard", format!("{self:?}")).tell(Services::of_request(parts)?).await;
                    let error = Error::forbidden("You may not do this.");
                    Err(match is_program(parts).await? {
                        true => error.with_header(header::WWW_AUTHENTICATE, challenge::INSUFFICIENT_SCOPE),
                        false => error,
                    })
                }
                None => needed(parts).map(Some),
            },
        }
    }
}

impl RouteGuard for Guard {
    fn check<'a>(&'a self, parts: &'a mut Parts) -> BoxFuture<'a, Result<(), Response>> {
        Box::pin(async move {
            match self.answer(parts).await {
                Ok(None) => Ok(()),
                Ok(Some(answer)) => Err(answer),
                Err(error) => Err(error.into_response()),
            }
        })
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Rule::LoggedIn => f.write_str("login()"),
            Rule::Staff => f.write_str("staff()"),
            Rule::Superuser => f.write_str("superuser()"),
            Rule::ReadOnly => f.write_str("read_only()"),
            Rule::Fresh(within) => write!(f, "fresh({within:?})"),
            Rule::Named(name) => write!(f, "can::named({name:?})"),
            Rule::Can(what, meta) => write!(f, "can::{what}({})", meta.name),
            Rule::Own(row, _) => write!(f, "can::own({})", row.meta.name),
            Rule::This(what, row) => write!(f, "can::this({what:?}, {})", row.meta.name),
            Rule::Both(a, b) => write!(f, "({a:?} & {b:?})"),
            Rule::Either(a, b) => write!(f, "({a:?} | {b:?})"),
            Rule::No(rule) => write!(f, "!{rule:?}"),
        }
    }
}
