//! The handle that handlers, tasks and commands take. What it is made of and which cache it means is here; single values are in
//! `values`, several at once in `many`, computed ones in `or`.
mod many;
mod or;
mod values;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use quintet_core::{Error, Result, Service, Services, clock::Clock, near::did_you_mean};

use crate::{Backend, Dummy, Keep, MemoryCache, fault::Faults, flight::Flights, key, noted::Noted};

/// The name of the cache of `[cache]`.
pub(crate) const DEFAULT: &str = "default";

/// A cache: `cache: Cache` in a handler, `&Cache` in tasks, receivers and commands. Cheap to clone.
///
/// Values are anything that serde can write and read.
///
/// ```
/// use quintet_cache::Cache;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> quintet_core::Result {
/// # let cache = Cache::memory();
/// let stars = cache.get_or("film:7:stars", "10m", async || Ok(4.5)).await?;      // computed now, found for ten minutes
/// assert_eq!(cache.get::<f64>("film:7:stars").await?, Some(stars));
/// cache.forget("film:7:stars").await?;
/// assert_eq!(cache.get::<f64>("film:7:stars").await?, None);
///
/// cache.set("visits", &10, "forever").await?;
/// assert_eq!(cache.incr("visits", 5).await?, Some(15));
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
    /// All caches of the site, this one among them.
    all: Arc<BTreeMap<String, Arc<Inner>>>,
    version: u32,
    /// How long a value may be served after its time, while a new one is computed.
    stale: Keep,
}

pub(crate) struct Inner {
    name: String,
    backend: Arc<dyn Backend>,
    options: CacheOptions,
    flights: Arc<Flights>,
    faults: Faults,
}

/// How a cache is used, whatever its backend.
#[derive(Debug, Clone)]
pub struct CacheOptions {
    /// What all its keys begin with where it keeps them: two caches of one place need two prefixes. Up to 40 letters, digits, `-`,
    /// `_` and `.`.
    pub prefix: String,
    /// The version of keys, unless the handle says another one.
    pub version: u32,
    /// For how long values are kept where nothing is said; `None` for ever.
    pub keep: Option<Duration>,
    /// Is it an error if the backend does not work? Otherwise nothing is found then, and nothing kept.
    pub strict: bool,
    /// How long a caller waits for another one to compute the same value, before it does so itself.
    pub wait: Duration,
    /// The clock by which values grow old.
    pub clock: Clock,
}

impl Default for CacheOptions {
    fn default() -> Self {
        CacheOptions {
            prefix: DEFAULT.to_owned(),
            version: 1,
            keep: Some(Duration::from_secs(300)),
            strict: false,
            wait: Duration::from_secs(10),
            clock: Clock::system(),
        }
    }
}

impl Cache {
    /// The default cache on this backend.
    pub fn new(backend: impl Backend, options: CacheOptions) -> Self {
        Cache::of_all([(DEFAULT.to_owned(), Arc::new(backend) as Arc<dyn Backend>, options)])
    }

    /// A cache of its own in memory, of at most 64 MiB: for tests.
    #[must_use]
    pub fn memory() -> Self {
        Cache::new(MemoryCache::new(64 << 20, 100_000, Clock::system()), CacheOptions::default())
    }

    /// Several caches by name; without `default` among them, that one keeps nothing.
    pub(crate) fn of_all(caches: impl IntoIterator<Item = (String, Arc<dyn Backend>, CacheOptions)>) -> Self {
        let inner = |name: String, backend, options| {
            let backend = Noted::around(Some(&*name).filter(|name| *name != DEFAULT), backend);
            Arc::new(Inner { name, backend, options, flights: Arc::default(), faults: Faults::default() })
        };
        let mut all: BTreeMap<String, Arc<Inner>> = caches
            .into_iter()
            .map(|(name, backend, options)| (name.clone(), inner(name, backend, options)))
            .collect();
        let default = all
            .entry(DEFAULT.to_owned())
            .or_insert_with(|| inner(DEFAULT.to_owned(), Arc::new(Dummy), CacheOptions::default()));
        Cache::from_inner(default.clone(), Arc::new(all.clone()))
    }

    fn from_inner(inner: Arc<Inner>, all: Arc<BTreeMap<String, Arc<Inner>>>) -> Self {
        Cache { version: inner.options.version, inner, all, stale: Keep::For(Duration::ZERO) }
    }

    /// The cache of the section `[cache.NAME]`; `default` is that of `[cache]`.
    ///
    /// # Errors
    /// If there is none of that name.
    #[track_caller]
    pub fn named(&self, name: &str) -> Result<Cache> {
        match self.all.get(name) {
            Some(inner) => Ok(Cache::from_inner(inner.clone(), self.all.clone())),
            None => {
                let meant = did_you_mean(name, self.all.keys().map(String::as_str));
                Err(Error::settings(format!(
                    "there is no cache `{name}`{meant}: a section `[cache.{name}]` with a `url` in quintet.toml makes one"
                )))
            }
        }
    }

    /// The names of all caches, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.all.keys().map(String::as_str)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The same cache with keys of another version: what the program kept under other versions is not found. The site's is
    /// `[cache] version`.
    ///
    /// ```
    /// # use quintet_cache::Cache;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> quintet_core::Result {
    /// # let cache = Cache::memory();
    /// cache.set("film", "Alien", "1h").await?;
    /// assert_eq!(cache.version(2).get::<String>("film").await?, None);
    /// cache.incr_version("film").await?;
    /// assert_eq!(cache.version(2).get::<String>("film").await?.as_deref(), Some("Alien"));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn version(&self, version: u32) -> Cache {
        Cache { version, ..self.clone() }
    }

    /// The same cache, which in [`get_or`](Self::get_or) keeps values for so long beyond their time. While one caller computes a
    /// new value, and if that fails, the others get the old one at once.
    ///
    /// [`get`](Self::get) never finds a value whose time is over.
    #[must_use]
    pub fn stale(&self, stale: impl Into<Keep>) -> Cache {
        Cache { stale: stale.into(), ..self.clone() }
    }

    /// Drops all values of this cache, of all versions; those of other caches at the same place stay.
    ///
    /// # Errors
    /// If the backend does not work, whatever the settings say.
    pub async fn clear(&self) -> Result {
        self.inner.backend.clear(&format!("{}:", self.inner.options.prefix)).await
    }

    /// The key as the backend has it, for those who look there.
    ///
    /// # Errors
    /// If it is none: empty, or with control characters.
    pub fn full_key(&self, key: &str) -> Result<String> {
        key::full(&self.inner.options.prefix, self.version, key)
    }

    /// Where it keeps its values.
    #[must_use]
    pub fn backend(&self) -> &Arc<dyn Backend> {
        &self.inner.backend
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.inner.options.clock
    }

    fn span(&self, keep: &Keep) -> Result<Option<Duration>> {
        keep.span(self.inner.options.keep)
    }

    /// What the backend answered, or this in place of its fault.
    fn or_without<T>(&self, doing: &str, key: &str, answer: Result<T>, instead: T) -> Result<T> {
        match answer {
            Err(error) if !self.inner.options.strict => {
                self.inner.faults.tell(self.clock(), &self.inner.name, doing, key, &error);
                Ok(instead)
            }
            answer => answer,
        }
    }

    /// A value that can't be what was written: it is removed.
    async fn broken(&self, full: &str, why: &str) {
        tracing::warn!(cache = self.name(), key = full, why, "a cached value can't be read and is dropped");
        if let Err(error) = self.inner.backend.delete(full).await {
            self.inner.faults.tell(self.clock(), &self.inner.name, "delete", full, &error);
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("name", &self.inner.name)
            .field("backend", &self.inner.backend)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Service for Cache {
    fn of(services: &Services) -> Result<Self> {
        services.require::<Cache>().cloned()
    }
}

#[cfg(feature = "axum")]
impl<S: Sync> axum_core::extract::FromRequestParts<S> for Cache {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self> {
        Cache::of(Services::of_request(parts)?)
    }
}
