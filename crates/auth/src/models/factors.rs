//! What people show beside their password, and what their programs show instead.

use quintet_core::value::{JsonValue, Timestamp};
use quintet_macros::model;
use quintet_orm::prelude::*;

use super::User;

/// An app that shows codes to a user.
#[model(table = "auth_totp", default_permissions = [])]
#[derive(Debug, Clone)]
pub struct Totp {
    /// Whose.
    pub user: OneToOne<User>,
    /// The secret, encrypted by the site's keys.
    #[field(max_length = 200, secret, editable = false)]
    pub secret: String,
    /// Since when.
    #[field(editable = false)]
    pub confirmed: Timestamp,
    /// The step of the last code that was taken.
    #[field(editable = false)]
    pub last_step: i64,
}

/// A code on paper, good once: it is deleted then.
#[model(table = "auth_recovery_code", default_permissions = [])]
#[derive(Debug, Clone)]
pub struct RecoveryCode {
    /// Whose.
    pub user: ForeignKey<User>,
    /// What is kept of it.
    #[field(max_length = 43, secret, editable = false)]
    pub hash: String,
}

/// What a program shows to act for a user.
#[model(table = "auth_token", ordering = "name", default_permissions = [])]
#[derive(Debug, Clone)]
pub struct Token {
    /// For whom.
    pub user: ForeignKey<User>,
    /// What the user calls it.
    #[field(max_length = 100)]
    pub name: String,
    /// How it begins, so that one finds it in a configuration.
    #[field(max_length = 20, editable = false)]
    pub prefix: String,
    /// What is kept of it.
    #[field(max_length = 43, unique, secret, editable = false)]
    pub hash: String,
    /// Does it only read?
    #[field(default = false)]
    pub read_only: bool,
    /// The permissions that it has of its user's; none for all.
    pub scopes: Option<JsonValue>,
    /// When it was made.
    #[field(editable = false)]
    pub created: Timestamp,
    /// Until when it is good.
    pub expires: Option<Timestamp>,
    /// When it was last used, within minutes.
    #[field(editable = false)]
    pub last_used: Option<Timestamp>,
}

/// How often all sessions of a user were ended that are kept in cookies.
#[model(table = "auth_session_epoch", default_permissions = [])]
#[derive(Debug, Clone)]
pub struct SessionEpoch {
    /// Whose.
    pub user: OneToOne<User>,
    /// A cookie of another number is nothing.
    pub epoch: i64,
}
