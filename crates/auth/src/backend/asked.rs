//! The backends of a running site, asked one after the other.

use std::sync::Arc;

use http::request::Parts;
use quintet_core::{Error, Result, Services, Site, near::did_you_mean};
use quintet_web::per_request;
use tokio::sync::Mutex;

use super::{AuthBackend, Brought, Credentials, Identity, Object};
use crate::{Permissions, models::User};

/// Those that `[auth] backends` names, in their order.
#[derive(Debug, Clone)]
pub(crate) struct Backends(Arc<[Arc<dyn AuthBackend>]>);

impl Backends {
    /// `known` are there in every site.
    ///
    /// # Errors
    /// If a name is nobody's, or two backends have one.
    pub(crate) fn of_site(
        mut known: Vec<Arc<dyn AuthBackend>>,
        site: &Site,
        names: &[String],
    ) -> Result<Self> {
        for brought in site.slots::<Brought>().map(|(_, brought)| brought) {
            for backend in &brought.0 {
                if known.iter().any(|other| other.name() == backend.name()) {
                    let name = backend.name();
                    return Err(Error::internal(format!("two backends of users are called `{name}`")));
                }
                known.push(backend.clone());
            }
        }
        let chosen = names.iter().map(|name| {
            let found = known.iter().find(|backend| backend.name() == name);
            found.cloned().ok_or_else(|| {
                let near = did_you_mean(name, known.iter().map(|backend| backend.name()));
                let known: Vec<&str> = known.iter().map(|backend| backend.name()).collect();
                Error::settings(format!(
                    "auth.backends: no backend is called `{name}`{near} (there are: {}); an app brings one by `.auth_backend(..)`",
                    known.join(", ")
                ))
            })
        });
        Ok(Backends(chosen.collect::<Result<Vec<_>>>()?.into()))
    }

    /// Is this one of them?
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|backend| backend.name() == name)
    }

    /// The first that knows the name and the password.
    pub(crate) async fn authenticate(
        &self,
        services: &Services,
        given: &Credentials,
    ) -> Result<Option<User>> {
        for backend in self.0.iter() {
            if let Some(user) = backend.authenticate(services, given).await? {
                return Ok(Some(user).filter(|user| user.is_active));
            }
        }
        Ok(None)
    }

    /// What all of them together let the user do.
    pub(crate) async fn permissions(&self, services: &Services, user: &User) -> Result<Permissions> {
        if !user.is_active {
            return Ok(Permissions::none());
        }
        if user.is_superuser {
            return Ok(Permissions::all());
        }
        let mut may = Permissions::none();
        for backend in self.0.iter() {
            may = may.and_those(backend.permissions(services, user).await?);
        }
        Ok(may)
    }

    /// The first that says yes or no; `all` are the permissions on all rows, which decide in the end.
    pub(crate) async fn may(
        &self,
        services: &Services,
        user: &User,
        all: &Permissions,
        what: &str,
        object: &Object,
    ) -> Result<bool> {
        if !user.is_active || user.is_superuser {
            return Ok(user.is_active && all.has_all_of(what, object.meta));
        }
        for backend in self.0.iter() {
            if let Some(says) = backend.may(services, user, what, object).await? {
                return Ok(says);
            }
        }
        Ok(all.has_all_of(what, object.meta))
    }
}

/// What was found of a request itself.
#[derive(Default, Debug)]
pub(crate) struct Identified(Mutex<Option<Option<Identity>>>);

impl Identified {
    /// That of a request.
    pub(crate) fn of(parts: &Parts) -> Option<Arc<Self>> {
        per_request(parts).ok()
    }

    /// Whom the request has shown, as far as anybody has asked.
    pub(crate) async fn user(&self) -> Option<i64> {
        self.0.lock().await.as_ref()?.as_ref().map(|identity| identity.user)
    }
}

/// Whom the request itself shows, without its session.
pub(crate) async fn identified(parts: &Parts, services: &Services) -> Result<Option<Identity>> {
    let Some(backends) = services.get::<Backends>() else { return Ok(None) };
    let found = per_request::<Identified>(parts)?;
    let mut found = found.0.lock().await;
    if let Some(known) = &*found {
        return Ok(known.clone());
    }
    let mut who = None;
    for backend in backends.0.iter() {
        who = backend.identify(services, parts).await?;
        if who.is_some() {
            break;
        }
    }
    *found = Some(who.clone());
    Ok(who)
}

/// May the user do this to this row, who has these permissions on all rows?
pub(crate) async fn access(
    services: &Services,
    user: &User,
    all: &Permissions,
    what: &str,
    object: &Object,
) -> Result<bool> {
    services.require::<Backends>()?.may(services, user, all, what, object).await
}
