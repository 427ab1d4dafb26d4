use std::{path::Path, sync::Arc, time::Duration};

use quintet_core::{
    Error, Result, ServicesBuilder,
    clock::Clock,
    near::did_you_mean,
    settings::{ByteSize, Section, SettingsSection as _},
};
use quintet_macros::Settings;

use crate::{Backend, CacheOptions, Dummy, FileCache, Keep, MemoryCache, key};

/// `[cache]` in `quintet.toml`: where values are kept that cost something to make. `[cache.NAME]` is one more, with the same keys.
#[derive(Debug, Clone, Settings)]
#[settings("cache")]
pub struct CacheSettings {
    /// "memory://" is this process; "file://.cache" a folder beside quintet.toml; "database://" a table; "redis://host:6379/0"; "dummy://"
    /// keeps nothing.
    #[setting(default = "memory://", env = "CACHE_URL", secret)]
    pub url: String,
    /// What its keys begin with at that place; the cache's name if not set. Sites that share a place need different ones.
    pub prefix: Option<String>,
    /// The version of keys. Another one finds nothing of what was kept before.
    #[setting(default = 1)]
    pub version: u32,
    /// For how long values are kept where nothing is said: "5m", or "forever".
    #[setting(default = "5m")]
    pub keep: Keep,
    /// Is it an error of the request if the cache does not work? Otherwise nothing is found then, and the log says why.
    #[setting(default = false)]
    pub strict: bool,
    /// How long to wait for another one who computes the same value, before doing so as well.
    #[setting(default = "10s")]
    pub wait: Duration,
    /// Memory and files: most bytes; 64 MiB in memory and 1 GiB in files if not set.
    pub size: Option<ByteSize>,
    /// Memory, files and database: most values.
    #[setting(default = 100_000)]
    pub entries: u64,
    /// Redis: how long a command may take, and to get a connection.
    #[setting(default = "500ms")]
    pub timeout: Duration,
}

/// `[rates]` in `quintet.toml`: where rates of requests and wrong passwords are counted.
#[derive(Debug, Clone, Settings)]
#[settings("rates")]
pub struct RatesSettings {
    /// "memory://" is this process, for itself; "redis://host:6379/0" all that share it; "cache://" the Redis of `[cache]`, and "cache://NAME" that of
    /// `[cache.NAME]`.
    #[setting(default = "memory://", env = "RATES_URL", secret)]
    pub url: String,
    /// What its keys begin with in Redis. Sites that share one need different ones.
    #[setting(default = "rates")]
    pub prefix: String,
    /// How long Redis may take, and to get a connection.
    #[setting(default = "200ms")]
    pub timeout: Duration,
}

/// What `[cache]` says about all others.
#[derive(Debug, Clone, Settings)]
#[settings("cache")]
pub(crate) struct AllCaches {
    /// Are the caches of `[cache.NAME]` in memory, whatever their URLs? So it is in tests.
    #[setting(default = false)]
    pub(crate) named_in_memory: bool,
    /// The cache that whole answers are kept in (`#[get("/…", cache = "5m")]`): `default`, or one of `[cache.NAME]`.
    #[setting(default = "default")]
    pub(crate) pages: String,
    /// The cache that pieces of pages are kept in (`{% cache "5m", "sidebar" %}`): `default`, or one of `[cache.NAME]`.
    #[setting(default = "default")]
    pub(crate) fragments: String,
}

/// `[cache.NAME]`: the keys of `[cache]`, of which `url` has to be given.
pub(crate) fn named() -> Section {
    let mut section = Section::each("cache", CacheSettings::section().keys);
    for key in &mut section.keys {
        if key.name == "url" {
            *key = key.clone().env(&["CACHE_*_URL"]).required();
        }
    }
    section
}

/// All kinds, and the features that they are behind.
const KINDS: [(&str, Option<&str>); 6] = [
    ("memory", None),
    ("file", None),
    ("database", Some("orm")),
    ("redis", Some("redis")),
    ("unix", Some("redis")),
    ("dummy", None),
];

/// What a place may need of the site.
pub(crate) struct Around<'a> {
    pub(crate) root: &'a Path,
    pub(crate) clock: &'a Clock,
    #[cfg_attr(not(feature = "database"), expect(dead_code, reason = "the database is found there"))]
    pub(crate) services: &'a ServicesBuilder,
}

impl CacheSettings {
    /// What they say about the cache of this name, whatever its place.
    ///
    /// # Errors
    /// If the prefix is none.
    pub fn options(&self, name: &str, clock: &Clock) -> Result<CacheOptions> {
        let prefix = self.prefix.clone().unwrap_or_else(|| name.to_owned());
        key::check_prefix(&prefix).map_err(|why| {
            Error::settings(format!("`prefix` of `[{}]` is `{prefix}`: it {why}", section(name)))
        })?;
        Ok(CacheOptions {
            prefix,
            version: self.version,
            keep: self.keep.span(None)?,
            strict: self.strict,
            wait: self.wait,
            clock: clock.clone(),
        })
    }

    /// Opens the place; relative folders are those below the root.
    ///
    /// # Errors
    /// If the URL's kind is unknown, or something in it is wrong.
    pub(crate) fn open(&self, name: &str, around: &Around<'_>) -> Result<Arc<dyn Backend>> {
        let section = section(name);
        let wrong = |why: String| Error::settings(format!("`url` of `[{section}]` {why}"));
        let size = |default| self.size.map_or(default, ByteSize::bytes);
        let (scheme, rest) = self.url.split_once("://").unwrap_or((self.url.as_str(), ""));
        let clock = around.clock.clone();
        match scheme {
            "memory" => Ok(Arc::new(MemoryCache::new(size(64 << 20), self.entries, clock))),
            "dummy" => Ok(Arc::new(Dummy)),
            "file" if rest.trim_matches('/').is_empty() => Err(wrong(
                "names no folder: write `file://.cache`, or `file:///var/cache/site` for an absolute one"
                    .to_owned(),
            )),
            "file" => {
                Ok(Arc::new(FileCache::new(around.root.join(rest), size(1 << 30), self.entries, clock)))
            }
            #[cfg(feature = "database")]
            "database" => {
                let Some(db) = around.services.get::<quintet_orm::Db>() else {
                    return Err(wrong("is the site's database, and it has none".to_owned()));
                };
                let named = if rest.is_empty() { Ok(db.clone()) } else { db.using(rest) };
                let db = named.map_err(|error| wrong(format!("names a database: {error}")))?;
                Ok(Arc::new(crate::DatabaseCache::new(db, self.entries, clock)))
            }
            #[cfg(feature = "redis")]
            "redis" | "unix" => {
                let redis = crate::RedisCache::new(&self.url, self.timeout);
                Ok(Arc::new(redis.map_err(|error| wrong(format!("is wrong: {error}")))?))
            }
            "rediss" => Err(wrong("is a Redis behind TLS, which is not there yet".to_owned())),
            other => match KINDS.iter().find(|(kind, _)| *kind == other) {
                Some((_, feature)) => Err(wrong(format!(
                    "begins with `{other}`, which this build lacks: add the feature `{}` of `quintet`",
                    feature.unwrap_or("cache")
                ))),
                None => {
                    let kinds = KINDS.map(|(kind, _)| kind);
                    Err(wrong(format!(
                        "begins with `{other}`, which is no kind of cache{} (there are {})",
                        did_you_mean(other, kinds),
                        kinds.map(|kind| format!("`{kind}://`")).join(", "),
                    )))
                }
            },
        }
    }
}

/// The section of the cache of this name.
fn section(name: &str) -> String {
    if name == crate::cache::DEFAULT { "cache".to_owned() } else { format!("cache.{name}") }
}
