//! The ground of Quintet: what every room needs, and no room's knowledge.
//!
//! Data passes through it in three ways:
//!
//! - A site is declared as values: [`Site`] and [`App`] hold slots that rooms fill by methods of their own.
//! - A site is started: settings are read and checked ([`settings`]), each [`Room`] turns its slots into
//!   [`Services`], and [`check`]s look at the result.
//! - A site works: handlers, tasks and commands take services, pass [`value`]s described by [`meta`], tell
//!   [`signal`]s, and end well or with an [`Error`].
//!
//! What leaves the site and comes back is signed ([`signing`]).
//!
//! There is no I/O here, but for an app reading its own directory ([`Folder`]).
pub mod atomic;
pub mod audit;
mod boxed;
pub mod check;
pub mod clock;
pub mod command;
pub mod debug;
pub mod error;
#[cfg(feature = "axum")]
mod extract;
pub mod hidden;
pub mod html;
pub mod kept;
mod local;
pub mod meta;
pub mod near;
mod own_rooms;
pub mod own_writes;
pub mod rate;
mod room;
mod services;
pub mod settings;
pub mod signal;
pub mod signing;
mod site;
mod slots;
pub mod template;
mod uses;
pub mod valid;
pub mod value;
pub mod zone;

pub use boxed::{BoxFuture, on_heap};
pub use error::{Error, ErrorKind, FieldErrors, OrStatus, Result, SourcePlace};
pub use room::{Boot, Room};
pub use services::{Service, Services, ServicesBuilder, WeakServices};
pub use site::{App, EmbeddedFile, Folder, GivenValues, Site, files_below};
pub use slots::Slots;
pub use value::{TemplateValue, Value};
