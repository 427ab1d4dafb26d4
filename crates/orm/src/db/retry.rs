//! Running a transaction again when another one got in its way.

use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use quintet_core::{Error, ErrorKind, Result};

use super::{Db, Tx};
use crate::driver::{Begin, Place};

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Why a try failed.
pub(super) struct Failed<E> {
    pub(super) error: E,
    /// Was it, or may it have been, because of another transaction?
    pub(super) clash: bool,
}

impl<E: From<Error>> Failed<E> {
    pub(super) fn of(error: Error) -> Failed<E> {
        let clash = *error.kind() == ErrorKind::Clash;
        Failed { error: error.into(), clash }
    }
}

/// Tries at most `retries` times more. What a failed try wanted done after the commit is dropped with it.
pub(super) async fn run<T, E: From<Error>>(
    db: &Db,
    (how, at): (Begin, Place),
    retries: u32,
    work: impl AsyncFnOnce(&Tx) -> Result<T, E> + Clone,
    tell: fn(E, Tried) -> E,
) -> Result<T, E> {
    let started = Instant::now();
    let mut tries = 0u32;
    loop {
        let failed = match db.attempt(how, at, work.clone()).await {
            Ok(value) => return Ok(value),
            Err(failed) => failed,
        };
        tries += 1;
        if !failed.clash {
            return Err(failed.error);
        }
        if tries > retries {
            return Err(tell(failed.error, Tried { tries, within: started.elapsed(), at }));
        }
        tracing::debug!(%at, tries, "a transaction clashed with another one and is run again");
        tokio::time::sleep(pause(tries)).await;
    }
}

/// How often a transaction was tried in vain.
pub(super) struct Tried {
    tries: u32,
    within: Duration,
    at: Place,
}

impl Tried {
    /// The last try's error, saying so.
    #[cold]
    pub(super) fn tell(self, error: Error) -> Error {
        let times = if self.tries == 1 { "once".to_owned() } else { format!("{} times", self.tries) };
        let text = format!(
            "{error} (the transaction begun at {} was tried {times} within {:.2} s, and each time another one got in its way)",
            self.at,
            self.within.as_secs_f64()
        );
        let mut told = Error::of_kind(error.kind().clone(), error.status(), text).at(error.location());
        for (name, detail) in error.details() {
            told = told.with_detail(name, detail.clone());
        }
        told
    }
}

/// Doubles with each try, and is between half and all of that, so that two that clashed don't meet again.
fn pause(tries: u32) -> Duration {
    let whole = FIRST_PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(10)).min(LONGEST_PAUSE);
    let random = RandomState::new().hash_one(tries) % 1000;
    whole / 2 + whole / 2 * u32::try_from(random).unwrap_or_default() / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_differ() {
        for (tries, whole) in [(1, 5), (2, 10), (5, 80), (9, 1000), (40, 1000)] {
            let whole = Duration::from_millis(whole);
            for _ in 0..50 {
                let pause = pause(tries);
                assert!(pause >= whole / 2 && pause <= whole, "{tries}: {pause:?}");
            }
        }
        let some: std::collections::HashSet<_> = (0..20).map(|_| pause(5)).collect();
        assert!(some.len() > 1);
    }
}
