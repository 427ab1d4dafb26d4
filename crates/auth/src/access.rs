//! What the user of a request may do to single rows.

use std::sync::Arc;

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use quintet_core::{
    Error, Result, Services,
    audit::{SecurityEvent, What},
};
use quintet_orm::Model;
use quintet_web::security_event;

#[cfg(feature = "realtime")]
use crate::login::{active, permissions_of};
use crate::{
    Object, Permissions,
    backend::{access, identified},
    login::{current_user, permissions},
    models::User,
};

/// What the user of a request may do, also to single rows: `access: Access` in a handler.
///
/// ```no_run
/// use quintet_auth::Access;
/// use quintet_core::Result;
/// # use quintet_orm::prelude::*;
/// # #[model(app = "cinema")] #[derive(Clone, Debug)] pub struct Review { pub text: String }
///
/// async fn edit(review: &Review, access: Access) -> Result {
///     access.must("change", review).await             // else 403
/// }
/// ```
///
/// The [backends](crate::AuthBackend) are asked in their order about the row; where none says anything, whoever may do this to all rows
/// may do it to this one. Who comes with fewer permissions than their own (a [token](crate::NewToken::only)) gets no more by a backend.
#[derive(Debug, Clone)]
pub struct Access {
    user: Option<Arc<User>>,
    all: Permissions,
    /// More than these nobody has in this request, whatever a backend says of a row.
    only: Option<Permissions>,
    services: Services,
    /// What is known of the request that asks.
    event: SecurityEvent,
    /// Who asks, to find it again later.
    #[cfg(feature = "realtime")]
    caller: Option<Arc<quintet_web::Caller>>,
}

impl Access {
    /// That of a request.
    pub(crate) async fn of(parts: &Parts) -> Result<Self> {
        let (user, all) = (current_user(parts).await?, permissions(parts).await?);
        let services = Services::of_request(parts)?;
        let only = identified(parts, services).await?.and_then(|identity| identity.only);
        let event = security_event(parts, What::PermissionDenied);
        // Nobody is found again.
        #[cfg(feature = "realtime")]
        let caller = user.as_ref().and_then(|_| quintet_web::Caller::of(parts).ok()).map(Arc::new);
        Ok(Access {
            user,
            all,
            only,
            services: services.clone(),
            event,
            #[cfg(feature = "realtime")]
            caller,
        })
    }

    /// That of a client of a channel.
    #[cfg(feature = "realtime")]
    pub(crate) fn of_client(
        user: Option<Arc<User>>,
        all: Permissions,
        only: Option<Permissions>,
        services: &Services,
    ) -> Self {
        let event = SecurityEvent::new(What::PermissionDenied);
        Access { user, all, only, services: services.clone(), event, caller: None }
    }

    /// Whose it is.
    #[cfg(feature = "realtime")]
    pub(crate) fn user_key(&self) -> Option<i64> {
        self.user.as_ref().map(|user| user.id)
    }

    /// What is true now of who has asked then.
    #[cfg(feature = "realtime")]
    pub(crate) async fn again(&self) -> Result<Access> {
        if let Some(caller) = &self.caller {
            return Access::of(&caller.parts()?).await;
        }
        let Some(user) = &self.user else { return Ok(self.clone()) };
        let (user, all) = match active(user.id, self.only.is_some(), &self.services).await? {
            Some(loaded) => {
                let all = permissions_of(&loaded, self.only.as_ref(), &self.services).await?;
                (Some(loaded.user.clone()), all)
            }
            None => (None, Permissions::none()),
        };
        Ok(Access::of_client(user, all, self.only.clone(), &self.services))
    }

    /// What the user may do to all rows.
    #[must_use]
    pub fn to_all(&self) -> &Permissions {
        &self.all
    }

    /// May they do this to this row? `may("change", &review)`; nobody may nothing.
    ///
    /// # Errors
    /// If a backend fails.
    pub async fn may<M: Model>(&self, what: &str, row: &M) -> Result<bool> {
        self.to(what, &Object::of(row)).await
    }

    /// The same of a row by its model and key.
    ///
    /// # Errors
    /// If a backend fails.
    pub async fn to(&self, what: &str, object: &Object) -> Result<bool> {
        let Some(user) = &self.user else { return Ok(false) };
        if self.only.as_ref().is_some_and(|only| !only.has_all_of(what, object.meta)) {
            return Ok(false);
        }
        access(&self.services, user, &self.all, what, object).await
    }

    /// They may, or the answer is 403.
    ///
    /// # Errors
    /// 403 if they may not, and if a backend fails.
    pub async fn must<M: Model>(&self, what: &str, row: &M) -> Result {
        if self.may(what, row).await? {
            return Ok(());
        }
        if let Some(user) = &self.user {
            let event = self.event.clone().user(user.id).with("what", what).with("row", M::meta().label());
            event.tell(&self.services).await;
        }
        Err(Error::forbidden("You may not do this."))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Access {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Access::of(parts).await
    }
}
