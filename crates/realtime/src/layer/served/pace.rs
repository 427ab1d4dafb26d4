//! How often, and how long.
use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often a process shows that it lives, and how long things are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How often a process shows that it lives, and looks whether others do.
    pub beat: Duration,
    /// After so long without that, nobody is present by a process any more.
    pub dead: Duration,
    /// How often it is looked whether a message was lost on the way.
    pub check: Duration,
    /// The longest wait for an answer of the server.
    pub limit: Duration,
}

impl Default for Pace {
    /// Each second; 5 seconds; each 5 seconds; 5 seconds.
    fn default() -> Self {
        Pace {
            beat: Duration::from_secs(1),
            dead: Duration::from_secs(5),
            check: Duration::from_secs(5),
            limit: Duration::from_secs(5),
        }
    }
}

/// How long to wait before trying again: doubles with each failure, and is between half and all of that.
pub(in crate::layer) fn pause(failures: u32) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST_PAUSE);
    let random = RandomState::new().hash_one(failures) % 1000;
    whole / 2 + whole / 2 * u32::try_from(random).unwrap_or_default() / 1000
}
