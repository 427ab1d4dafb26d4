use std::time::Duration;

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
    /// So many at once, and one more after each `every`.
    #[must_use]
    pub const fn new(burst: u32, every: Duration) -> Self {
        Limit { burst, every }
    }

    /// Takes one. All that is to be kept of a bucket is when it will be full again, in milliseconds since 1970; one that is not kept is
    /// full. Gives that instant anew.
    ///
    /// ```
    /// use std::time::Duration;
    /// use quintet_auth::throttle::Limit;
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
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    #[test]
    fn a_bucket_empties_and_fills_one_by_one() {
        let limit = Limit::new(3, Duration::from_secs(60));
        let mut full_at = None;
        for _ in 0..3 {
            full_at = Some(limit.take(full_at, 0).unwrap());
        }
        assert_eq!(limit.take(full_at, 0), Err(Duration::from_secs(60)));
        assert_eq!(limit.take(full_at, MINUTE - 1), Err(Duration::from_millis(1)));
        let after = limit.take(full_at, MINUTE).unwrap();
        assert!(limit.take(Some(after), MINUTE).is_err());
        // Long after, it holds no more than at first.
        let mut full_at = Some(after);
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
    }
}
