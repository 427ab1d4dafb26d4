//! Backends: where it is known who somebody is and what they may do.
//!
//! `[auth] backends` names those that a site asks, in their order. `"model"` is the site's own table of users ([`ModelBackend`](crate::ModelBackend)),
//! `"remote_user"` a proxy before the site that has let somebody in ([`RemoteUserBackend`](crate::RemoteUserBackend)), and apps bring others
//! ([`AuthBackends::auth_backend`]).
mod asked;

use std::{fmt, sync::Arc};

use http::request::Parts;
use quintet_core::{App, BoxFuture, Result, Services, Site, Value, meta::ModelMeta, settings::Secret};

pub(crate) use asked::{Backends, Identified, access, identified};

use crate::{Permissions, models::User};

/// Who knows users: a directory, another site, a table of permissions for single rows. Each answer may be left to the next backend.
///
/// ```
/// use quintet_auth::{AuthBackend, AuthBackends, Object, User};
/// use quintet_core::{App, BoxFuture, Result, Services};
///
/// /// Whoever has written something may change it for ever.
/// #[derive(Debug)]
/// struct Authors;
///
/// impl AuthBackend for Authors {
///     fn name(&self) -> &'static str {
///         "authors"
///     }
///
///     fn may<'a>(
///         &'a self,
///         _: &'a Services,
///         user: &'a User,
///         what: &'a str,
///         object: &'a Object,
///     ) -> BoxFuture<'a, Result<Option<bool>>> {
///         Box::pin(async move { Ok((what == "change" && object.is("cinema.Review") && user.is_staff).then_some(true)) })
///     }
/// }
///
/// let app = App::new("cinema").auth_backend(Authors);                 // and `[auth] backends = ["model", "authors"]`
/// # let _ = app;
/// ```
pub trait AuthBackend: fmt::Debug + Send + Sync + 'static {
    /// What `[auth] backends` calls it.
    fn name(&self) -> &'static str;

    /// The user whose name and password these are. None leaves it to the next backend; an error (403, say) ends it.
    fn authenticate<'a>(
        &'a self,
        services: &'a Services,
        given: &'a Credentials,
    ) -> BoxFuture<'a, Result<Option<User>>> {
        let _ = (services, given);
        Box::pin(async { Ok(None) })
    }

    /// Whom a request itself shows, without any session: a header of a proxy, say. It is asked once in a request. An error is the
    /// answer where somebody is asked for.
    fn identify<'a>(
        &'a self,
        services: &'a Services,
        parts: &'a Parts,
    ) -> BoxFuture<'a, Result<Option<Identity>>> {
        let _ = (services, parts);
        Box::pin(async { Ok(None) })
    }

    /// What an active user may do to all rows of models, beside what other backends say. Superusers may everything, and are not asked for.
    fn permissions<'a>(
        &'a self,
        services: &'a Services,
        user: &'a User,
    ) -> BoxFuture<'a, Result<Permissions>> {
        let _ = (services, user);
        Box::pin(async { Ok(Permissions::none()) })
    }

    /// May the user do this to this row? `None` leaves it to the next backend, and in the end to what they may do to all rows.
    fn may<'a>(
        &'a self,
        services: &'a Services,
        user: &'a User,
        what: &'a str,
        object: &'a Object,
    ) -> BoxFuture<'a, Result<Option<bool>>> {
        let _ = (services, user, what, object);
        Box::pin(async { Ok(None) })
    }
}

/// Whom a request itself shows.
#[derive(Debug, Clone)]
pub struct Identity {
    pub(crate) user: i64,
    pub(crate) only: Option<Permissions>,
    program: bool,
}

impl Identity {
    /// The user of this key.
    #[must_use]
    pub fn of(user: i64) -> Self {
        Identity { user, only: None, program: false }
    }

    /// With no more than these permissions, and neither staff nor superuser.
    #[must_use]
    pub fn only(self, permissions: Permissions) -> Self {
        Identity { only: Some(permissions), ..self }
    }

    /// A program acts for the user, who is not there: nothing is [fresh](crate::Fresh) then.
    #[must_use]
    pub fn program(self) -> Self {
        Identity { program: true, ..self }
    }

    pub(crate) fn is_program(&self) -> bool {
        self.program
    }
}

/// What somebody has typed to log in.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Credentials {
    /// The name, as it was typed.
    pub name: String,
    /// The password.
    pub password: Secret,
}

impl Credentials {
    /// A name and its password.
    #[must_use]
    pub fn new(name: impl Into<String>, password: impl Into<String>) -> Self {
        Credentials { name: name.into(), password: Secret::new(password) }
    }
}

/// A row that somebody wants to do something to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Object {
    /// Its model.
    pub meta: &'static ModelMeta,
    /// Its key.
    pub key: Value,
}

impl Object {
    /// This row.
    #[must_use]
    pub fn of<M: quintet_orm::Model>(row: &M) -> Self {
        Object { meta: M::meta(), key: quintet_orm::relation::IntoPk::<M>::into_pk(row) }
    }

    /// Is it of the model of this label? `cinema.Review`.
    #[must_use]
    pub fn is(&self, label: &str) -> bool {
        self.meta.standing().identity().is_ok_and(|identity| identity.label == label)
    }
}

/// The backends that a part of a site brings.
#[derive(Default)]
pub(crate) struct Brought(pub(crate) Vec<Arc<dyn AuthBackend>>);

/// `.auth_backend(..)`, on apps and sites.
pub trait AuthBackends: Sized {
    /// Brings a backend. It is asked where `[auth] backends` has its name.
    #[must_use]
    fn auth_backend(self, backend: impl AuthBackend) -> Self;
}

impl AuthBackends for App {
    fn auth_backend(mut self, backend: impl AuthBackend) -> Self {
        self.slot_mut::<Brought>().0.push(Arc::new(backend));
        self
    }
}

impl AuthBackends for Site {
    fn auth_backend(mut self, backend: impl AuthBackend) -> Self {
        self.slot_mut::<Brought>().0.push(Arc::new(backend));
        self
    }
}
