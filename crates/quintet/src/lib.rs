//! Quintet: Django's batteries and Node's strengths in one Rust framework.
//!
//! This crate is the face: it names what the rooms have and has no logic of its own. `use quintet::prelude::*`
//! is enough for everything in the guide.
//!
//! ```no_run
//! use quintet::prelude::*;
//!
//! #[quintet::main]
//! async fn main() -> Result {
//!     Site::new().get("/", async || "Hello, world!").run().await
//! }
//! ```
//!
//! A request passes: listener → limits → request id → router → extractors → handler → response → headers → log.
//! A query passes: builder → AST → SQL → driver → row → struct. Each room's first page tells more.
//!
//! # Features
//! `sqlite` (with `orm`), `templates`, `forms`, `views`, `sessions`, `cache`, `realtime`, `static`, `compress`, `progress` and `dev` are on by default. `postgres` and
//! `postgres-tls` bring PostgreSQL, beside SQLite or instead of it, `auth` users, `mail` mail, `redis` a cache and channels in Redis. `test` is for `[dev-dependencies]`.
#[cfg(doctest)]
mod guide;
mod run;

pub mod prelude;

pub use axum;
#[cfg(feature = "auth")]
pub use quintet_auth as auth;
#[cfg(feature = "cache")]
pub use quintet_cache as cache;
pub use quintet_core as core;
#[cfg(feature = "orm")]
pub use quintet_fixtures as fixtures;
#[cfg(feature = "forms")]
pub use quintet_forms as forms;
#[cfg(feature = "mail")]
pub use quintet_mail as mail;
#[cfg(feature = "orm")]
pub use quintet_migrate as migrate;
#[cfg(feature = "orm")]
pub use quintet_orm as orm;
#[cfg(feature = "realtime")]
pub use quintet_realtime as realtime;
#[cfg(feature = "sessions")]
pub use quintet_sessions as sessions;
pub use quintet_storage as storage;
#[cfg(feature = "templates")]
pub use quintet_templates as templates;
#[cfg(feature = "views")]
pub use quintet_views as views;
pub use quintet_web as web;

pub use quintet_core::{App, Error, OrStatus, Result, Services, Site};
#[cfg(feature = "forms")]
pub use quintet_forms::form;
#[cfg(feature = "realtime")]
pub use quintet_macros::channel;
#[cfg(feature = "mail")]
pub use quintet_macros::email;
#[cfg(feature = "orm")]
pub use quintet_macros::migrations;
#[cfg(feature = "test")]
pub use quintet_macros::test;
#[cfg(feature = "orm")]
pub use quintet_macros::{Choices, model};
pub use quintet_macros::{app, command, data, delete, get, main, page, patch, post, put};
#[cfg(feature = "orm")]
pub use quintet_orm::Shape;
pub use run::{Run, rooms};

/// What the macros write paths to. Not for use by hand; it may change at any time.
#[doc(hidden)]
pub mod __rooms {
    #[cfg(feature = "auth")]
    pub use quintet_auth as auth;
    pub use quintet_cli as cli;
    pub use quintet_core as core;
    #[cfg(feature = "mail")]
    pub use quintet_mail as mail;
    #[cfg(feature = "orm")]
    pub use quintet_orm as orm;
    #[cfg(feature = "realtime")]
    pub use quintet_realtime as realtime;
    #[cfg(feature = "test")]
    pub use quintet_test as test;
    pub use quintet_web as web;
}
