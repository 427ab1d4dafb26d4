//! Sessions in the site's database, in a cache, or in both.
//!
//! A site installs [`app`], with the table of [`SessionRow`](struct@SessionRow); the room then puts [`DatabaseSessions`] among the services as the store of
//! the web room's sessions. A session is found by the hash of its browser's token, in one query by an index; it is written only when
//! something changed, and by its revision, so that two requests at the same time keep each other's keys.
//!
//! `[session] store` may say `cache` ([`CacheSessions`], no table) or `cached_db` ([`CachedSessions`], the table with copies in a cache).
mod app;
#[cfg(feature = "cache")]
mod cached;
#[cfg(feature = "cache")]
mod in_cache;
mod row;
mod store;
#[cfg(feature = "cache")]
mod stored;

pub use app::{SessionsRoom, app};
#[cfg(feature = "cache")]
pub use cached::CachedSessions;
#[cfg(feature = "cache")]
pub use in_cache::CacheSessions;
pub use row::SessionRow;
pub use store::DatabaseSessions;
