use quintet_core::{BoxFuture, Result, Service as _, Services};
use quintet_orm::Db;

use crate::{Accounts, AuthBackend, Credentials, Permissions, models::User};

/// The site's own table of users: its passwords, and the permissions of users and groups.
#[derive(Debug, Clone, Copy, Default)]
pub struct ModelBackend;

impl AuthBackend for ModelBackend {
    fn name(&self) -> &'static str {
        "model"
    }

    fn authenticate<'a>(
        &'a self,
        services: &'a Services,
        given: &'a Credentials,
    ) -> BoxFuture<'a, Result<Option<User>>> {
        Box::pin(async move { Accounts::of(services)?.known(&given.name, given.password.expose()).await })
    }

    fn permissions<'a>(
        &'a self,
        services: &'a Services,
        user: &'a User,
    ) -> BoxFuture<'a, Result<Permissions>> {
        Box::pin(async move { Permissions::of(user, &Db::of(services)?).await })
    }
}
