//! The number of a row, and values that follow from it.

use std::{
    cell::Cell,
    collections::HashMap,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    ops::{Bound, RangeBounds},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// Mixed into all values where it is set: other values, to see whether a test depends on them.
const SEED: &str = "QUINTET_TEST_SEED";

static SEED_GIVEN: LazyLock<u64> = LazyLock::new(|| {
    let text = std::env::var(SEED).unwrap_or_default();
    let number = text.parse().unwrap_or_else(|_| if text.is_empty() { 0 } else { hash(&text) });
    if number != 0 {
        println!("{SEED}={text}");
    }
    number
});

/// How many rows each factory has made.
#[derive(Default)]
struct Numbers(Mutex<HashMap<&'static str, u64>>);

tokio::task_local! {
    /// Of a test of a site: each begins anew, so that it meets the same values whatever runs beside it.
    static OF_TEST: Arc<Numbers>;
}

/// Of everybody else.
static OF_PROCESS: LazyLock<Numbers> = LazyLock::new(Numbers::default);

/// Runs a test whose factories count from 1.
pub(crate) async fn numbered<F: Future>(work: F) -> F::Output {
    OF_TEST.scope(Arc::default(), work).await
}

impl Numbers {
    fn next(&self, name: &'static str) -> u64 {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = all.entry(name).or_default();
        *number += 1;
        *number
    }
}

fn hash(of: &(impl Hash + ?Sized)) -> u64 {
    // Its keys are fixed: the same in each run.
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The number of a row among those of its factory, from 1; shown as that number.
///
/// Its values look random and are the same in each run; the variable `QUINTET_TEST_SEED` gives others.
#[derive(Debug)]
pub struct Nth {
    number: u64,
    state: Cell<u64>,
}

impl Nth {
    pub(crate) fn next(name: &'static str) -> Nth {
        let number = OF_TEST.try_with(|numbers| numbers.next(name)).unwrap_or_else(|_| OF_PROCESS.next(name));
        Nth { number, state: Cell::new(hash(name) ^ number.rotate_left(32) ^ *SEED_GIVEN) }
    }

    /// The number.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// 64 bits: a seed for generators of other libraries.
    #[must_use]
    pub fn seed(&self) -> u64 {
        // splitmix64
        let state = self.state.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.state.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number out of a range, such as `0..1000` or `1..=5`.
    ///
    /// # Panics
    /// If there is none in it.
    #[track_caller]
    pub fn random<T: Whole>(&self, range: impl RangeBounds<T>) -> T {
        let least = match range.start_bound() {
            Bound::Included(first) => first.wide(),
            Bound::Excluded(before) => before.wide() + 1,
            Bound::Unbounded => T::LEAST,
        };
        let most = match range.end_bound() {
            Bound::Included(last) => last.wide(),
            Bound::Excluded(after) => after.wide() - 1,
            Bound::Unbounded => T::MOST,
        };
        let size = most - least + 1;
        assert!(size > 0, "there is no number from {least} to {most}");
        T::narrow(least + i128::from(self.seed()) % size)
    }

    /// A number from 0 up to 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub fn fraction(&self) -> f64 {
        (self.seed() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True so often: `chance(0.1)` once in ten.
    #[must_use]
    pub fn chance(&self, of: f64) -> bool {
        self.fraction() < of
    }

    /// One of these.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    #[must_use]
    pub fn pick<'a, T>(&self, of: &'a [T]) -> &'a T {
        match of.get(self.random(0..of.len())) {
            Some(one) => one,
            None => panic!("there is nothing to pick from"),
        }
    }

    /// One of these, each in its turn.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    #[must_use]
    pub fn cycle<'a, T>(&self, of: &'a [T]) -> &'a T {
        let turn = usize::try_from(self.number - 1).unwrap_or_default();
        match of.get(turn.checked_rem(of.len()).unwrap_or_default()) {
            Some(one) => one,
            None => panic!("there is nothing to pick from"),
        }
    }

    /// Words that mean nothing, with a capital and no full stop.
    #[must_use]
    pub fn words(&self, count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| *self.pick(WORDS)).collect();
        let text = words.join(" ");
        let mut chars = text.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
    }

    /// An address that no other row of the factory has and nobody reads.
    #[must_use]
    pub fn email(&self) -> String {
        format!("{}{}@example.com", self.pick(WORDS), self.number)
    }
}

impl fmt::Display for Nth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}

const WORDS: &[&str] = &[
    "amber", "anchor", "autumn", "beacon", "bramble", "bridge", "candle", "canyon", "cedar", "cinder",
    "clover", "copper", "coral", "crater", "dapple", "delta", "ember", "falcon", "fathom", "fern", "flint",
    "forest", "garnet", "glacier", "granite", "harbour", "hazel", "heather", "hollow", "indigo", "island",
    "ivory", "juniper", "kestrel", "lantern", "lichen", "lumen", "maple", "marble", "meadow", "meridian",
    "mist", "nectar", "north", "oak", "ochre", "orchard", "otter", "pebble", "pepper", "pine", "quartz",
    "quiet", "raven", "reed", "ripple", "river", "saffron", "sable", "shale", "silver", "sparrow", "summit",
    "thistle", "timber", "umber", "valley", "velvet", "violet", "willow", "winter", "zephyr",
];

/// A type of whole numbers.
pub trait Whole: Copy {
    /// The least number.
    const LEAST: i128;
    /// The greatest number.
    const MOST: i128;
    /// The number, with room for others.
    fn wide(self) -> i128;
    /// The number, which is of this type.
    fn narrow(wide: i128) -> Self;
}

macro_rules! whole {
    ($($t:ty)*) => {$(
        impl Whole for $t {
            const LEAST: i128 = <$t>::MIN as i128;
            const MOST: i128 = <$t>::MAX as i128;
            fn wide(self) -> i128 {
                self as i128
            }
            fn narrow(wide: i128) -> Self {
                wide as $t
            }
        }
    )*};
}
whole!(i8 i16 i32 i64 u8 u16 u32 u64 usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_test_counts_from_one_and_meets_the_same_values() {
        let values = async || {
            let all = (0..3).map(|_| Nth::next("a"));
            all.map(|n| format!("{n} {} {}", n.random(0..1000), n.words(2))).collect::<Vec<_>>()
        };
        let (first, second) = (numbered(values()).await, numbered(values()).await);
        assert_eq!(first, second);
        assert!(first[0].starts_with("1 ") && first[2].starts_with("3 "), "{first:?}");
        assert_ne!(first[0][2..], first[1][2..]);
    }

    #[test]
    fn numbers_stay_in_their_range_and_reach_its_ends() {
        let n = Nth::next("range");
        let seen: std::collections::BTreeSet<i32> = (0..200).map(|_| n.random(-1..=1)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [-1, 0, 1]);
        let wide: Vec<u64> = (0..4).map(|_| n.random(..)).collect();
        assert!(wide.iter().any(|number| *number > u64::MAX / 8));
        assert!(!n.chance(0.0) && n.chance(1.0));
        let turns: Vec<i32> = (0..3).map(|_| *Nth::next("turns").cycle(&[7, 8])).collect();
        assert!(turns == [7, 8, 7] || turns == [8, 7, 8]);
    }
}
