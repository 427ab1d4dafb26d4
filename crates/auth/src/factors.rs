//! Who needs a second factor.

use quintet_core::{Result, Service as _, Services};
use quintet_orm::Db;

use crate::{
    RequireTotp,
    models::{Totp, User},
};

/// What somebody needs beside their password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Second {
    /// Nothing.
    No,
    /// A code.
    Code,
    /// An app that shows codes, which they don't have yet.
    ToEnroll,
}

/// Does the site want one of this user? Asked in each request of somebody, so the room has read the setting at the start.
pub(crate) fn is_required(services: &Services, user: &User) -> Result<bool> {
    Ok(match services.require::<RequireTotp>()? {
        RequireTotp::Nobody => false,
        RequireTotp::Staff => user.is_staff || user.is_superuser,
        RequireTotp::Everybody => true,
    })
}

/// What this user needs.
pub(crate) async fn second(services: &Services, user: &User) -> Result<Second> {
    if Totp.filter(Totp.user.eq(user.id)).exists(&Db::of(services)?.primary()).await? {
        return Ok(Second::Code);
    }
    Ok(if is_required(services, user)? { Second::ToEnroll } else { Second::No })
}
