//! Which statements took too long where they were asked for, so that they are not tried there again and again.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::hash::quick;

const SLOTS: usize = 256;
/// A slot's lowest bits count turns, those above them strikes; the others are of the statement's hash.
const TURNS: u64 = 0xFF;
const STRIKE: u64 = 0x100;
const STRIKES: u64 = 0xF00;
const COUNTS: u64 = TURNS | STRIKES;

/// So often a statement that takes many steps goes straight to a thread, before it is tried again.
const FOR_STEPS: u64 = 255;
/// The same for one that took much time: the disk may have been slow for a moment.
const FOR_TIME: u64 = 15;
/// A busy machine interrupts any statement now and then. Only from the third time on is the statement blamed for it.
const MOST_STRIKES: u64 = 3 * STRIKE;

/// A small table that forgets: where two statements meet, the later one stays.
#[derive(Debug)]
pub(super) struct Long([AtomicU64; SLOTS]);

impl Default for Long {
    fn default() -> Self {
        Long([const { AtomicU64::new(0) }; SLOTS])
    }
}

impl Long {
    /// Is it known to take long?
    pub(super) fn has(&self, sql: &str) -> bool {
        let hash = quick(sql.as_bytes());
        let Some(slot) = self.slot(hash) else { return false };
        let kept = slot.load(Ordering::Relaxed);
        if !is_of(kept, hash) || kept & TURNS == 0 {
            return false;
        }
        slot.store(kept - 1, Ordering::Relaxed);
        true
    }

    /// Remembers that it takes many steps.
    pub(super) fn of_steps(&self, sql: &str) {
        let hash = quick(sql.as_bytes());
        if let Some(slot) = self.slot(hash) {
            slot.store(hash & !COUNTS | FOR_STEPS, Ordering::Relaxed);
        }
    }

    /// Remembers that it took much time.
    pub(super) fn of_time(&self, sql: &str) {
        let hash = quick(sql.as_bytes());
        let Some(slot) = self.slot(hash) else { return };
        let kept = slot.load(Ordering::Relaxed);
        let strikes = if is_of(kept, hash) { kept & STRIKES } else { 0 };
        let strikes = (strikes + STRIKE).min(MOST_STRIKES);
        let turns = if strikes == MOST_STRIKES { FOR_TIME } else { 0 };
        slot.store(hash & !COUNTS | strikes | turns, Ordering::Relaxed);
    }

    fn slot(&self, hash: u64) -> Option<&AtomicU64> {
        // The upper bits, for the lower ones count.
        self.0.get((hash >> 56) as usize % SLOTS)
    }
}

fn is_of(kept: u64, hash: u64) -> bool {
    kept & !COUNTS == hash & !COUNTS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(long: &Long) -> usize {
        (0..1000).take_while(|_| long.has("SELECT 1")).count()
    }

    #[test]
    fn it_is_tried_again_after_a_while() {
        let long = Long::default();
        assert!(!long.has("SELECT 1") && !long.has(""));
        long.of_steps("SELECT 1");
        assert!(!long.has("SELECT 2"));
        assert_eq!(turns(&long), 255);
        long.of_steps("SELECT 1");
        assert_eq!(turns(&long), 255);
    }

    #[test]
    fn once_or_twice_slow_is_not_slow() {
        let long = Long::default();
        for (strike, expected) in [(1, 0), (2, 0), (3, 15), (4, 15), (40, 15)] {
            long.of_time("SELECT 1");
            assert_eq!(turns(&long), expected, "strike {strike}");
        }
    }
}
