//! Numbers that every server computes alike: a random path names a seed, and the keys follow from it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Keys of the table `world`: 1 to this.
const WORLDS: u64 = 10_000;
const MODULUS: u64 = 2_147_483_647;

/// Park and Miller's generator. Its products stay below 2⁵³, so that JavaScript's numbers hold them.
pub struct Series(u64);

impl Series {
    pub fn new(seed: u64) -> Series {
        Series(seed)
    }

    /// The next number: 1 to 2³¹ − 2.
    fn number(&mut self) -> u64 {
        self.0 = self.0 * 48_271 % MODULUS;
        self.0
    }

    /// The next key, or the next value of a row.
    pub fn key(&mut self) -> u64 {
        self.number() % WORLDS + 1
    }
}

/// What the generator asks for next, by SplitMix64. It must not be a [`Series`]: the seeds of one would overlap in the keys
/// that follow from them, and an update that writes what is there already costs SQLite next to nothing.
pub struct Random(u64);

impl Random {
    pub fn from_clock() -> Random {
        Random(SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |passed| passed.as_nanos() as u64))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A seed of a [`Series`].
    pub fn seed(&mut self) -> u64 {
        self.next() % (MODULUS - 1) + 1
    }

    pub fn key(&mut self) -> u64 {
        self.next() % WORLDS + 1
    }
}
