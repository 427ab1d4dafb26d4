//! The users of a site.
//!
//! A site installs [`app`]. [`models`] are the tables: users, groups, permissions, with the names and columns of Django's; `own` is how a
//! site has a user model with further columns; `permissions` keeps a row for each permission that the site's models have.
//! [`login()`] and [`logout`] begin and end a session, `user: User` in a handler asks for one, [`guard`]s stand before
//! routes and whole apps, [`Access`] says what they may do to single rows.
//! `backend` is who is asked about users, [`Accounts`] finds and makes users and compares their passwords; [`Permissions`] are what one of them may do.
//! `pages` are those for logging in and out and for what belongs to an account, `by_mail` those that need mail (signing up,
//! another password, another address); `totp` is the second factor (`factors` says who needs
//! one, `sealed` keeps its secret), [`Fresh`] who has just shown a password, [`Tokens`] are for programs, `epochs` ends sessions in cookies;
//! [`throttle`] bounds how often somebody may guess, and [`mod@audit`] stores what happens to a site's safety.
//!
//! [`passwords`] keeps what people log in with: hashed by argon2id in the form in which Django stores them, compared off the event
//! loop, renewed when the parameters change.
mod access;
mod accounts;
mod actor;
mod app;
pub mod audit;
mod backend;
#[cfg(feature = "mail")]
mod by_mail;
mod challenge;
#[cfg(feature = "realtime")]
mod channels;
mod commands;
mod deploy;
mod epochs;
mod factors;
mod fresh;
pub mod guard;
mod login;
mod may;
mod model_backend;
pub mod models;
mod names;
mod own;
mod pages;
pub mod passwords;
mod permissions;
mod remote_user;
mod room;
#[doc(hidden)]
pub mod rt;
mod sealed;
mod settings;
pub mod throttle;
mod tokens;
#[doc(hidden)]
pub mod totp;
#[cfg(feature = "realtime")]
mod viewers;

pub use access::Access;
pub use accounts::Accounts;
pub use app::{app, app_with};
pub use backend::{AuthBackend, AuthBackends, Credentials, Identity, Object};
#[cfg(feature = "realtime")]
pub use channels::ClientUser;
pub use fresh::Fresh;
pub use login::{Begun, begin_login, login, login_fully, logout, safe_next, stay_logged_in};
pub use may::Permissions;
pub use model_backend::ModelBackend;
pub use models::{Account, ContentType, Group, Permission, Token, User};
pub use names::{normal_email, normal_username};
pub use own::SiteUser;
pub use quintet_macros::UserModel;
pub use remote_user::{RemoteUserBackend, RemoteUserSettings};
pub use room::AuthRoom;
pub use settings::{AuditSettings, AuthSettings, LoginBy, RequireTotp};
pub use tokens::{NewToken, TokenBackend, Tokens};
#[cfg(feature = "realtime")]
pub use viewers::AllowByAccess;
