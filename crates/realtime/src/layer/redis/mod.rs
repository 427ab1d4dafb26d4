//! Topics in Redis (or Valkey), for a site of several processes.
//!
//! A log is a stream, beside a hash that has its epoch, its last offset and the version of who is present ([`names`]). Everything that
//! changes them is a script that Redis runs at once ([`scripts`]), and that publishes what has happened on the topic's channel. A process
//! has two connections ([`link`]): one for commands, one that hears the channels of the topics that it listens to.
mod link;
mod names;
mod scripts;
mod server;

use quintet_core::{Error, Result};

pub use super::served::Pace;
use super::{
    Retention,
    served::{Served, by_server},
};

/// Topics in Redis.
///
/// ```
/// use quintet_realtime::layer::{Layer, redis::{Redis, RedisOptions}};
///
/// let layer = Redis::new("redis://127.0.0.1:6379/0", RedisOptions::default())?;
/// assert_eq!(layer.name(), "redis");
/// # Ok::<_, quintet_core::Error>(())
/// ```
pub struct Redis {
    served: Served<server::RedisServer>,
}

/// How topics are kept in Redis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisOptions {
    /// What keys and channels begin with; sites that share a Redis have different ones.
    pub prefix: String,
    /// For how long logs are kept.
    pub retention: Retention,
    /// How often and how long.
    pub pace: Pace,
}

impl Default for RedisOptions {
    /// `quintet`, and the defaults of the others.
    fn default() -> Self {
        RedisOptions { prefix: "quintet".to_owned(), retention: Retention::default(), pace: Pace::default() }
    }
}

impl Redis {
    /// A Redis by its URL, `redis://user:password@host:6379/0` or `unix:///run/redis.sock`. It is connected to when the layer is started.
    ///
    /// # Errors
    /// If that is no URL of a Redis, or the prefix is empty or has braces, which mark what a cluster keeps together.
    pub fn new(url: &str, options: RedisOptions) -> Result<Self> {
        let RedisOptions { prefix, retention, pace } = options;
        if prefix.is_empty() || prefix.contains(['{', '}']) {
            return Err(Error::settings("a prefix of keys in Redis is not empty and has no braces"));
        }
        let server = server::RedisServer::new(url, prefix, retention, pace)?;
        Ok(Redis { served: Served::new(server, pace) })
    }
}

by_server!(Redis);

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redis").finish_non_exhaustive()
    }
}
