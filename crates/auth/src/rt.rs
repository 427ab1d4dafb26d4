//! What `#[derive(UserModel)]` writes paths to. Not for use by hand; it may change at any time.

use std::any::Any;

pub use axum_core::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::Response,
};
pub use http::request::Parts;
use quintet_core::{Result, Value};
pub use quintet_orm::relation::{ForeignKey, IntoOptPk, IntoPk};

use crate::{
    login,
    own::{self, SiteUser},
};

/// The key of a user.
pub fn id<M: SiteUser>(user: &M) -> i64 {
    own::id(user)
}

/// The key of a user, as a value.
pub fn key<M: SiteUser>(user: &M) -> Value {
    own::key(user)
}

/// The user of a request, if somebody has signed in.
///
/// # Errors
/// If the session or the database can't be read.
pub async fn signed_in<M: Clone + Any + Send + Sync>(parts: &Parts) -> Result<Option<M>> {
    login::own(parts).await
}

/// The same, or the answer to who has to log in first.
///
/// # Errors
/// That answer.
pub async fn must_be_signed_in<M: Clone + Any + Send + Sync>(parts: &Parts) -> Result<M, Response> {
    login::own_or_answer(parts).await
}
