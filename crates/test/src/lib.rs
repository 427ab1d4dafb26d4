//! Quintet's test kit.
//!
//! `#[quintet::test(path::to::site)]` starts the site with a database of its own and hands it to the test as a
//! [`TestSite`], on SQLite and on each server that the environment names. Requests go through the whole site without a network ([`TestClient`], with cookies) and come
//! back as a [`TestResponse`], whose methods assert and chain:
//!
//! ```ignore
//! #[quintet::test(cinema::site)]
//! async fn the_home_page_lists_films(site: TestSite) -> Result {
//!     site.get("/").await.ok().template("home.html").contains("Alien");
//!     Ok(())
//! }
//! ```
#![allow(clippy::panic, reason = "an assertion that fails panics: that is what a test kit is for")]
mod ask;
#[cfg(feature = "realtime")]
mod channel;
mod client;
mod cookie;
mod cookies;
mod csrf;
mod database;
#[cfg(feature = "orm")]
pub mod factories;
mod follow;
mod form;
mod html;
mod jar;
mod json;
mod live;
#[cfg(feature = "auth")]
mod login;
#[cfg(feature = "mail")]
mod outbox;
#[cfg(feature = "orm")]
mod repeats;
mod response;
#[cfg(all(feature = "realtime", feature = "orm"))]
mod rows;
pub mod rt;
mod session;
mod site;
mod time;
mod upload;
mod words;

#[cfg(feature = "realtime")]
pub use channel::{Away, Heard, TestRoom};
pub use client::TestClient;
pub use cookie::TestCookie;
#[cfg(feature = "orm")]
pub use factories::{Factory, Nth};
pub use live::LiveSite;
#[cfg(feature = "mail")]
pub use outbox::TestMail;
pub use response::TestResponse;
#[cfg(all(feature = "realtime", feature = "orm"))]
pub use rows::RowsOf;
pub use session::TestSession;
pub use site::TestSite;
pub use upload::TestFile;
