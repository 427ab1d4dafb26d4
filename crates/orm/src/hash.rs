//! A hash that is quick rather than hard to forge.

/// For short texts of the program's own.
pub(crate) fn quick(bytes: &[u8]) -> u64 {
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    let (words, rest) = bytes.as_chunks::<8>();
    let mix = |hash: u64, word: u64| (hash.rotate_left(23) ^ word).wrapping_mul(MIX);
    let hash = words.iter().fold(MIX, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let hash = rest.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)));
    hash ^ (hash >> 29)
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
