//! Users in channels: who a client is, and that it is looked at again when something about them changes.

use std::{any::Any, sync::Arc};

use http::request::Parts;
use quintet_core::{BoxFuture, Error, Result, Services, meta::ModelMeta, settings::Settings, value::Value};
use quintet_orm::{
    Db, Model as _,
    change::{Change, Notice, What},
};
use quintet_realtime::{Channels, Client, Identify, Identity, Topic};

use crate::{
    Access, Permissions,
    backend::identified,
    login::{active, current, permissions_of},
    models::{Group, User},
    own::{Loaded, Users},
    remote_user::RemoteUserSettings,
};

/// Finds users as handlers do.
pub(crate) struct ByAccount;

/// What is known of a client's user.
struct Known {
    loaded: Loaded,
    /// No more than these.
    only: Option<Permissions>,
}

fn identity(known: Option<Known>) -> Identity {
    match known {
        Some(known) => Identity { user: Some(known.loaded.user.id.to_string()), who: Some(Arc::new(known)) },
        None => Identity::default(),
    }
}

impl Identify for ByAccount {
    fn by_request<'a>(&'a self, parts: &'a mut Parts) -> BoxFuture<'a, Result<Identity>> {
        Box::pin(async move {
            let Some(loaded) = current(parts).await? else { return Ok(Identity::default()) };
            let services = Services::of_request(parts)?;
            let only = identified(parts, services).await?.and_then(|identity| identity.only);
            Ok(identity(Some(Known { loaded, only })))
        })
    }

    fn by_ticket<'a>(&'a self, user: &'a str, parts: &'a Parts) -> BoxFuture<'a, Result<Identity>> {
        Box::pin(async move {
            let Ok(id) = user.parse() else { return Ok(Identity::default()) };
            let loaded = active(id, false, Services::of_request(parts)?).await?;
            Ok(identity(loaded.map(|loaded| Known { loaded, only: None })))
        })
    }

    /// A proxy says who its browser is whichever page it comes from.
    fn forget(&self, parts: &mut Parts) {
        let settings = Services::of_request(parts).and_then(|services| services.require::<Settings>());
        if let Ok(remote) = settings.and_then(|settings| settings.get::<RemoteUserSettings>()) {
            parts.headers.remove(remote.header);
        }
    }
}

/// Whom a client of a channel belongs to: `me.user()?`.
pub trait ClientUser {
    /// The user.
    ///
    /// # Errors
    /// 401 if nobody has logged in: it is told to this client alone.
    fn user(&self) -> Result<&User>;

    /// The user, if somebody has logged in.
    fn maybe_user(&self) -> Option<&User>;

    /// The user as the site's own user model.
    ///
    /// # Errors
    /// 401 if nobody has logged in; 500 if the site's users are of another type.
    fn member<M: Any>(&self) -> Result<&M>;

    /// What they may do to all rows; nothing, if nobody has logged in.
    ///
    /// # Errors
    /// If the database can't be read.
    fn permissions(&self) -> impl Future<Output = Result<Permissions>> + Send;

    /// What they may do, also to single rows; nothing, if nobody has logged in.
    ///
    /// # Errors
    /// If the database can't be read.
    fn access(&self) -> impl Future<Output = Result<Access>> + Send;
}

fn nobody() -> Error {
    Error::unauthorized("Log in first.")
}

impl<C: Topic> ClientUser for Client<C> {
    fn user(&self) -> Result<&User> {
        self.maybe_user().ok_or_else(nobody)
    }

    fn maybe_user(&self) -> Option<&User> {
        self.who::<Known>().map(|known| &*known.loaded.user)
    }

    fn member<M: Any>(&self) -> Result<&M> {
        let own = &self.who::<Known>().ok_or_else(nobody)?.loaded.own;
        own.downcast_ref().ok_or_else(|| {
            let wanted = std::any::type_name::<M>();
            Error::internal(format!("the users of this site are no `{wanted}`: see `auth::app_with`"))
        })
    }

    async fn permissions(&self) -> Result<Permissions> {
        let Some(known) = self.who::<Known>() else { return Ok(Permissions::none()) };
        permissions_of(&known.loaded, known.only.as_ref(), self.services()).await
    }

    async fn access(&self) -> Result<Access> {
        let all = self.permissions().await?;
        let known = self.who::<Known>();
        let user = known.map(|known| known.loaded.user.clone());
        let only = known.and_then(|known| known.only.clone());
        Ok(Access::of_client(user, all, only, self.services()))
    }
}

/// Tells the channels, where there are any, whenever something about users changes in this process's database, until that is closed.
pub(crate) fn watch(services: &Services) {
    let (Some(users), Some(db), Some(channels)) =
        (services.get::<Users>(), services.get::<Db>(), services.get::<Channels>())
    else {
        return;
    };
    // Whoever listens makes every write tell which rows it was.
    if channels.is_empty() {
        return;
    }
    let meta = (users.meta)();
    let mut changes = db.changes().of_models([meta, User::meta(), Group::meta()]);
    let channels = channels.clone();
    tokio::spawn(async move {
        while let Some(notice) = changes.next().await {
            let batch = match &notice {
                Notice::Changes(batch) => batch.changes(),
                // Something was lost: who knows what.
                _ => {
                    channels.user_changed(None).await;
                    continue;
                }
            };
            for change in batch {
                match whom(change, meta) {
                    Whom::Nobody => {}
                    Whom::All => channels.user_changed(None).await,
                    Whom::These(keys) => {
                        for key in keys {
                            channels.user_changed(Some(&key)).await;
                        }
                    }
                }
            }
        }
    });
}

enum Whom {
    Nobody,
    These(Vec<String>),
    All,
}

/// Who is to be looked at again.
fn whom(change: &Change, users: &ModelMeta) -> Whom {
    // Everybody who logs in gets another `last_login`, and who is new has no connections.
    let unimportant = match change.what {
        What::Created => true,
        What::Updated => change.fields.len() == 1 && change.field_names().all(|name| name == "last_login"),
        _ => false,
    };
    if unimportant {
        return Whom::Nobody;
    }
    if change.model != users && change.model != User::meta() {
        return Whom::All;
    }
    match change.keys.known() {
        Some(keys) => Whom::These(
            keys.iter()
                .filter_map(|key| match key {
                    Value::Int(id) => Some(id.to_string()),
                    _ => None,
                })
                .collect(),
        ),
        None => Whom::All,
    }
}
