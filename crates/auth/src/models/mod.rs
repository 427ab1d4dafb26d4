//! Who there is: users, groups and permissions, in tables with the names and columns of Django's.
//!
//! [`User`](struct@crate::User) is the table as this crate sees it. A site's own user model may stand in its place and have more columns;
//! [`Account`] is what both have.
//! `factors` are what people show beside a password, and tokens: tables that Django does not have.
mod account;
mod factors;
mod tables;

pub use account::Account;
pub use factors::{RecoveryCode, SessionEpoch, Token, Totp};
pub use tables::{ContentType, Group, Permission, User};
