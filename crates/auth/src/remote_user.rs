use http::{StatusCode, request::Parts};
use quintet_core::{BoxFuture, Error, Result, Service as _, Services, settings::Settings as Given};
use quintet_macros::Settings;
use quintet_orm::Db;
use quintet_web::{Client, csrf};

use crate::{Account, Accounts, AuthBackend, Identity, models::User, names::normal_username};

/// `[auth.remote_user]` in `quintet.toml`: a proxy before the site lets people in, and says who they are.
#[derive(Debug, Clone, Settings)]
#[settings("auth.remote_user")]
pub struct RemoteUserSettings {
    /// The header that has the username. The proxy must take it away from what clients send.
    #[setting(default = "x-remote-user")]
    pub header: String,
    /// Is an account made for a name that nobody has?
    #[setting(default = true)]
    pub create: bool,
}

/// Who a proxy says is there, at every request; without the header it is whom the session says. The header is believed of
/// `[security] trusted_proxies` alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct RemoteUserBackend;

impl AuthBackend for RemoteUserBackend {
    fn name(&self) -> &'static str {
        "remote_user"
    }

    fn identify<'a>(
        &'a self,
        services: &'a Services,
        parts: &'a Parts,
    ) -> BoxFuture<'a, Result<Option<Identity>>> {
        Box::pin(async move {
            let settings = services.require::<Given>()?.get::<RemoteUserSettings>()?;
            let mut said = parts.headers.get_all(&settings.header).iter();
            let Some(name) = said.next() else { return Ok(None) };
            if !Client::of(parts)?.is_proxied() {
                return Ok(None);
            }
            // Whom the proxy knows has not asked for what a page of another origin does without credentials.
            if !parts.method.is_safe() && csrf::acts_for_nobody(parts) {
                return Ok(None);
            }
            let name = name.to_str().ok().map(|name| normal_username(name.trim()));
            let (Some(name), None) = (name, said.next()) else {
                return Err(Error::bad_request("The proxy says two names, or one that can't be read."));
            };
            if name.is_empty() {
                return Ok(None);
            }
            let db = &Db::of(services)?;
            let find = async || User.filter(User.username.eq(&name)).first(db).await;
            if let Some(user) = find().await? {
                return Ok(Some(Identity::of(user.id)));
            }
            if !settings.create {
                return Ok(None);
            }
            match Accounts::of(services)?.create(Account::named(&name), None).await {
                Ok(user) => Ok(Some(Identity::of(user.id))),
                // Another request of theirs was faster.
                Err(error) if error.status() == StatusCode::CONFLICT => {
                    Ok(find().await?.map(|user| Identity::of(user.id)))
                }
                Err(error) => Err(error),
            }
        })
    }
}
