//! A hash that is quick rather than hard to forge.

use std::hash::Hasher;

/// For short texts of the program's own.
pub(crate) fn quick(bytes: &[u8]) -> u64 {
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    let (words, rest) = bytes.as_chunks::<8>();
    let mix = |hash: u64, word: u64| (hash.rotate_left(23) ^ word).wrapping_mul(MIX);
    let hash = words.iter().fold(MIX, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let hash = rest.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)));
    hash ^ (hash >> 29)
}

/// [`quick`] for maps whose keys come from the program: shapes of statements, and their texts.
#[derive(Default)]
pub(crate) struct Quick(u64);

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 ^= quick(bytes);
    }

    /// The end of a text, whose bytes were all there is to tell it by.
    fn write_u8(&mut self, _: u8) {}

    fn write_usize(&mut self, length: usize) {
        self.0 = self.0.rotate_left(7) ^ length as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_texts_have_different_hashes() {
        let mut all: Vec<u64> =
            (0..1000).map(|i| quick(format!("SELECT a FROM t WHERE id = {i}").as_bytes())).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 1000);
        let upper: std::collections::HashSet<u64> = all.iter().map(|hash| hash >> 56).collect();
        assert!(upper.len() > 200, "{} of 256 values of the upper bits", upper.len());
    }
}
