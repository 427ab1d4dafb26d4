//! How many requests somebody may send: [`RateLimit`], a layer for apps, sites and routers.
//!
//! A request takes one out of a bucket of its client's network, of who has signed in, or of a key of your own; see [`Limit`] for how it fills
//! again. Where nothing is left the answer is 429, says how long to wait, and costs nothing of the handler.
//!
//! ```
//! use std::time::Duration;
//! use quintet_core::App;
//! use quintet_web::{RateLimit, Routing};
//!
//! let api = App::new("api")
//!     .get("/search/", async || "…")
//!     .layer(RateLimit::new("search", 30, Duration::from_secs(60)));
//! # let _ = api;
//! ```
//!
//! Answers say what is left, in the headers of
//! [draft-ietf-httpapi-ratelimit-headers-10](https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/): `RateLimit-Policy:
//! "search";q=30;w=60` and `RateLimit: "search";r=29;t=2`.
//!
//! `store` keeps buckets in this process's memory; a [`RateStore`] among the services keeps them elsewhere.
mod layer;
mod store;

use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderValue, request::Parts};
use quintet_core::{BoxFuture, Result, rate::AttemptStore};

pub use layer::RateLimited;
pub(crate) use store::MemoryRates;

pub use quintet_core::rate::Limit;

/// Where the buckets of [`RateLimit`] are kept, if not in this process's memory: put one into the site by `.with(RateStore(..))`.
#[derive(Clone)]
pub struct RateStore(pub Arc<dyn AttemptStore>);

impl fmt::Debug for RateStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RateStore")
    }
}

type KeyOf = Arc<dyn Fn(&Parts) -> Option<String> + Send + Sync>;

/// By what requests are counted.
#[derive(Clone)]
enum By {
    Network,
    User,
    Key(KeyOf),
}

/// So many requests in so much time; a tower layer, for `.layer(..)` of apps and sites, for axum's routers, and for single routes in such.
#[derive(Clone)]
pub struct RateLimit {
    name: Arc<str>,
    limit: Limit,
    by: By,
    /// `RateLimit-Policy`.
    policy: HeaderValue,
}

impl RateLimit {
    /// So many requests in this time from one network: all at once, if somebody likes, and then one by one as time passes. Those of one name
    /// count together, wherever they stand; the name is letters, digits, `-` and `_`, and clients read it. Of none at all, all are refused.
    #[must_use]
    pub fn new(name: &str, requests: u32, time: Duration) -> Self {
        let name: String =
            name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
        let limit = Limit::new(requests, time.checked_div(requests).unwrap_or(time));
        let text = format!("\"{name}\";q={requests};w={}", time.as_secs().max(1));
        let policy = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
        RateLimit { name: name.into(), limit, by: By::Network, policy }
    }

    /// At most so many at once; in the long run the same, so of none at all it is none.
    #[must_use]
    pub fn burst(mut self, most: u32) -> Self {
        if self.limit.burst() > 0 {
            self.limit = self.limit.with_burst(most);
        }
        self
    }

    /// Counts who has signed in, wherever they are; and those who have not by their networks.
    #[must_use]
    pub fn by_user(mut self) -> Self {
        self.by = By::User;
        self
    }

    /// Counts by a key that is made of the request, such as a key of an API. What has none is counted by its network: else whoever leaves
    /// it out would not be counted. Give keys that you have handed out only: one that anybody may make up has a bucket of its own each
    /// time, which is no limit.
    ///
    /// ```
    /// use std::time::Duration;
    /// use quintet_web::RateLimit;
    ///
    /// /// Whose key this is.
    /// fn customer(key: &str) -> Option<String> {
    ///     ["c-17", "c-18"].contains(&key).then(|| key.to_owned())
    /// }
    /// let by_key = RateLimit::new("api", 1000, Duration::from_secs(3600))
    ///     .by(|parts| customer(parts.headers.get("x-api-key")?.to_str().ok()?));
    /// # let _ = by_key;
    /// ```
    #[must_use]
    pub fn by(mut self, key: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        self.by = By::Key(Arc::new(key));
        self
    }

    /// Takes one for a request outside of the layer: for handlers that count what is dear only. `Err` is how long to wait.
    ///
    /// # Errors
    /// If the request did not come through a site, or the store can't be reached.
    pub fn take<'a>(&'a self, parts: &'a Parts) -> BoxFuture<'a, Result<Result<(), Duration>>> {
        Box::pin(async move { Ok(layer::take(self, parts).await?.map(|_| ())) })
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit")
            .field("name", &self.name)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
