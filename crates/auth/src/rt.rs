//! What `#[derive(UserModel)]` writes paths to. Not for use by hand; it may change at any time.

use quintet_core::Value;
pub use quintet_orm::relation::{ForeignKey, IntoOptPk, IntoPk};

use crate::own::{self, SiteUser};

/// The key of a user.
pub fn id<M: SiteUser>(user: &M) -> i64 {
    own::id(user)
}

/// The key of a user, as a value.
pub fn key<M: SiteUser>(user: &M) -> Value {
    own::key(user)
}
