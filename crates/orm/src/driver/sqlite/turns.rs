//! Waiting for other processes that write to the file.
//!
//! SQLite has no queue for them: whoever looks when the file is free has it. SQLite's own way of waiting looks ever more
//! seldom, up to a tenth of a second apart; beside a process that writes without a pause, and lets go for microseconds only,
//! it comes too late for seconds. Here it looks about once in a millisecond.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rusqlite::Connection;

/// How long a connection waits.
#[derive(Debug, Clone)]
pub(super) struct Turns(Arc<AtomicU64>);

const FIRST: Duration = Duration::from_micros(100);
const USUAL: Duration = Duration::from_millis(1);
/// Whoever has it for so long is no process that writes much, but one that writes slowly.
const SLOW: Duration = Duration::from_millis(500);
const SELDOM: Duration = Duration::from_millis(5);

impl Turns {
    /// Has a connection wait like this, for so long if nothing else is said.
    pub(super) fn install(connection: &mut Connection, patience: Duration) -> rusqlite::Result<Turns> {
        let turns = Turns(Arc::new(AtomicU64::new(0)));
        turns.set(patience);
        let (patience, random) = (turns.0.clone(), RandomState::new());
        let mut since = Instant::now();
        connection.busy_handler(Some(move |tries: i32| {
            let now = Instant::now();
            if tries == 0 {
                since = now;
            }
            let waited = now - since;
            let left = Duration::from_nanos(patience.load(Ordering::Relaxed)).saturating_sub(waited);
            if left.is_zero() {
                return false;
            }
            thread::sleep(pause(tries, waited, random.hash_one(now)).min(left));
            true
        }))?;
        Ok(turns)
    }

    /// How long it may wait from now on.
    pub(super) fn set(&self, patience: Duration) {
        let nanos = u64::try_from(patience.as_nanos()).unwrap_or(u64::MAX);
        self.0.store(nanos, Ordering::Relaxed);
    }
}

/// Between half of it and all, so that two that wait don't look at the same moments as the one that writes.
fn pause(tries: i32, waited: Duration, random: u64) -> Duration {
    let whole = match tries {
        ..5 => FIRST,
        _ if waited < SLOW => USUAL,
        _ => SELDOM,
    };
    whole / 2 + whole / 2 * u32::try_from(random % 1000).unwrap_or_default() / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_short_at_first_and_never_long() {
        for (tries, waited, whole) in [(0, 0, FIRST), (20, 10, USUAL), (9, 900, SELDOM)] {
            for random in [0, 499, 999, u64::MAX] {
                let pause = pause(tries, Duration::from_millis(waited), random);
                assert!(pause >= whole / 2 && pause <= whole, "{pause:?}");
            }
        }
    }
}
