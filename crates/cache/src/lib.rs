//! The cache of a site: values that cost something to make, kept for a while under a key.
//!
//! `CACHE_URL` chooses where: `memory://` in this process, `file://…` in a folder, `database://` in a table of the site's (feature
//! `database`), `redis://…` in Redis (feature `redis`), `dummy://` nowhere. [`Cache`] is the handle that
//! handlers take; behind it stands a [`Backend`], which you may write yourself.
//!
//! How a value passes through: its key is checked and made a full one, with the cache's prefix and version (`key`); the value
//! becomes JSON (`packed`); the backend keeps the bytes. [`Cache::get_or`] lets one caller at a time compute what is missing
//! (`flight`), of all processes where the backend has them all.
//!
//! Rates of requests and wrong passwords may be counted in Redis as well (`rates`), so that all processes share them.
//!
//! A cache may forget at any time, so what a backend can't do is not an error of the request: a value is not found, or not kept,
//! and the log says why (`fault`). `[cache] strict` makes it an error.
mod backend;
mod cache;
mod command;
#[cfg(feature = "database")]
mod database;
mod dummy;
mod fault;
mod file;
mod flight;
mod fragments;
#[cfg(feature = "redis")]
mod in_redis;
mod keep;
mod key;
mod memory;
mod noted;
mod packed;
mod pages;
#[cfg(feature = "redis")]
mod rates;
mod room;
mod settings;

pub use backend::{Backend, Counted};
pub use cache::{Cache, CacheOptions};
#[cfg(feature = "database")]
pub use database::{CacheEntry, DatabaseCache, app};
pub use dummy::Dummy;
pub use file::FileCache;
#[cfg(feature = "redis")]
pub use in_redis::RedisCache;
pub use keep::Keep;
pub use memory::MemoryCache;
#[cfg(feature = "redis")]
pub use rates::RedisRates;
pub use room::CacheRoom;
pub use settings::{CacheSettings, RatesSettings};
