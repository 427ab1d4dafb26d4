//! A cache that does not work: told in the log, but not once for each request of a busy site.

use std::sync::atomic::{AtomicU64, Ordering};

use quintet_core::{Error, clock::Clock};

/// How many faults there were, and when the last one was told.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// The second that has been told, of the site's clock.
    told: AtomicU64,
    untold: AtomicU64,
}

impl Faults {
    /// Tells of a fault, at most once a second.
    pub(crate) fn tell(&self, clock: &Clock, cache: &str, doing: &str, key: &str, error: &Error) {
        let second = u64::try_from(clock.now().as_second()).unwrap_or_default();
        if self.told.swap(second, Ordering::Relaxed) == second {
            self.untold.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let untold = self.untold.swap(0, Ordering::Relaxed);
        tracing::warn!(cache, doing, key, untold, error = %error, "the cache does not work; going on without it");
    }
}
