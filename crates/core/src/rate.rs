//! How often something may happen: buckets that fill again by themselves, and where they are kept.
//!
//! A bucket is one number, when it will be full again (the generic cell rate algorithm): there are no windows at whose edges twice as much
//! passes, and a store has one value to change in one step. Wrong passwords and rates of requests are counted with it.
use std::time::Duration;

use crate::{boxed::BoxFuture, error::Result, value::Timestamp};

/// How much a bucket holds, and how long it takes for each to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    burst: u32,
    every: Duration,
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

impl Limit {
    /// So many at once, and one more after each `every`, in whole milliseconds, as stores count them: what is between two of them is
    /// the later one, so that never more pass than was said.
    #[must_use]
    pub const fn new(burst: u32, every: Duration) -> Self {
        let nanos = every.as_nanos();
        let millis = if nanos == 0 { 1 } else { nanos.div_ceil(1_000_000) };
        // More milliseconds than this are no instant that could be kept.
        let most = i64::MAX as u128;
        let millis = if millis > most { most } else { millis };
        Limit { burst, every: Duration::from_millis(millis as u64) }
    }

    /// Takes one. All that is to be kept of a bucket is when it will be full again, in milliseconds since 1970; one that is not kept is
    /// full. Gives that instant anew.
    ///
    /// ```
    /// use std::time::Duration;
    /// use quintet_core::rate::Limit;
    ///
    /// let limit = Limit::new(2, Duration::from_secs(60));
    /// let one = limit.take(None, 0).unwrap();
    /// let two = limit.take(Some(one), 0).unwrap();
    /// assert_eq!(limit.take(Some(two), 0), Err(Duration::from_secs(60)));
    /// assert!(limit.take(Some(two), 60_000).is_ok());
    /// ```
    ///
    /// # Errors
    /// How long it takes until there is one.
    pub fn take(&self, full_at: Option<i64>, now: i64) -> Result<i64, Duration> {
        let every = millis(self.every);
        let next = full_at.unwrap_or(now).max(now).saturating_add(every);
        let over = next.saturating_sub(now).saturating_sub(millis(self.whole()));
        if over > 0 { Err(Duration::from_millis(over.unsigned_abs())) } else { Ok(next) }
    }

    /// Puts one back.
    #[must_use]
    pub fn give_back(&self, full_at: i64) -> i64 {
        full_at.saturating_sub(millis(self.every))
    }

    /// How long an empty bucket takes to be full: what was not touched for so long need not be kept.
    #[must_use]
    pub fn whole(&self) -> Duration {
        self.every.saturating_mul(self.burst)
    }

    /// How long it takes for one to come back.
    #[must_use]
    pub fn every(&self) -> Duration {
        self.every
    }

    /// The same rate, with another number at once.
    #[must_use]
    pub fn with_burst(mut self, burst: u32) -> Self {
        self.burst = burst;
        self
    }

    /// How much a full bucket holds.
    #[must_use]
    pub fn burst(&self) -> u32 {
        self.burst
    }

    /// How much is left in a bucket that will be full at this instant.
    #[must_use]
    pub fn left(&self, full_at: i64, now: i64) -> u32 {
        let missing = full_at.saturating_sub(now).max(0);
        let gone = missing.saturating_add(millis(self.every) - 1) / millis(self.every);
        self.burst.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX))
    }
}

/// Where buckets are kept. Each call is one step: two at the same time do not see the same bucket.
pub trait AttemptStore: Send + Sync + 'static {
    /// Takes one out of the bucket of this key; or says how long it takes until there is one, and takes nothing.
    ///
    /// # Errors
    /// If the store can't be reached.
    fn take<'a>(
        &'a self,
        key: &'a str,
        limit: Limit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Option<Duration>>>;

    /// Takes one, and says when the bucket will be full again, in milliseconds since 1970. A store that does not know says what is true of
    /// a bucket from which nothing else was taken.
    ///
    /// # Errors
    /// If the store can't be reached.
    fn take_counted<'a>(
        &'a self,
        key: &'a str,
        limit: Limit,
        now: Timestamp,
    ) -> BoxFuture<'a, Result<Result<i64, Duration>>> {
        Box::pin(async move {
            Ok(match self.take(key, limit, now).await? {
                Some(wait) => Err(wait),
                None => limit.take(None, now.as_millisecond()),
            })
        })
    }

    /// Puts one back.
    ///
    /// # Errors
    /// If the store can't be reached.
    fn give_back<'a>(&'a self, key: &'a str, limit: Limit) -> BoxFuture<'a, Result>;

    /// The bucket is full again.
    ///
    /// # Errors
    /// If the store can't be reached.
    fn forget<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result>;
}

/// Buckets that all processes of a site share, if its settings say so: what counts rates and wrong passwords then takes it instead of its own memory.
/// The room of caches puts it in.
#[derive(Clone)]
pub struct SharedRates(pub std::sync::Arc<dyn AttemptStore>);

impl std::fmt::Debug for SharedRates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedRates")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    #[test]
    fn a_bucket_empties_and_fills_one_by_one() {
        let limit = Limit::new(3, Duration::from_secs(60));
        let mut full_at = None;
        for left in [2, 1, 0] {
            let next = limit.take(full_at, 0).unwrap();
            assert_eq!(limit.left(next, 0), left);
            full_at = Some(next);
        }
        assert_eq!(limit.take(full_at, 0), Err(Duration::from_secs(60)));
        assert_eq!(limit.take(full_at, MINUTE - 1), Err(Duration::from_millis(1)));
        let after = limit.take(full_at, MINUTE).unwrap();
        assert!(limit.take(Some(after), MINUTE).is_err());
        // Long after, it holds no more than at first.
        let mut full_at = Some(after);
        assert_eq!(limit.left(after, 1000 * MINUTE), 3);
        for _ in 0..3 {
            full_at = Some(limit.take(full_at, 1000 * MINUTE).unwrap());
        }
        assert!(limit.take(full_at, 1000 * MINUTE).is_err());
    }

    #[test]
    fn what_is_given_back_can_be_taken() {
        let limit = Limit::new(1, Duration::from_secs(60));
        let full_at = limit.take(None, 7).unwrap();
        assert!(limit.take(Some(full_at), 7).is_err());
        assert!(limit.take(Some(limit.give_back(full_at)), 7).is_ok());
        assert_eq!(limit.whole(), Duration::from_secs(60));
        // No time at all would be no limit.
        assert_eq!(Limit::new(5, Duration::ZERO).whole(), Duration::from_millis(5));
    }

    #[test]
    fn a_part_of_a_millisecond_lets_no_more_pass() {
        // 600 in a second are one each 1⅔ ms.
        let limit = Limit::new(600, Duration::from_secs(1) / 600);
        let mut full_at = None;
        let mut passed = 0;
        for _ in 0..2000 {
            if let Ok(next) = limit.take(full_at, 0) {
                full_at = Some(next);
                passed += 1;
            }
        }
        assert_eq!(passed, 600);
        // In the second after they come back, and no more of them.
        let later = (0..2000).filter(|_| match limit.take(full_at, 1000) {
            Ok(next) => {
                full_at = Some(next);
                true
            }
            Err(_) => false,
        });
        assert!(later.count() <= 600);
        assert_eq!(Limit::new(1, Duration::from_nanos(1)).whole(), Duration::from_millis(1));
        assert_eq!(Limit::new(1, Duration::MAX).whole(), Duration::from_millis(i64::MAX as u64));
    }
}
