//! A number for a text, for tags: the same for the same text on every machine, and another one for another text, unless 2⁶⁴ of them
//! are tried. Nothing secret hangs on it, and it is made of each page that leaves, so it is one multiplication for sixteen bytes.

/// No text in UTF-8 has these bytes: none can undo what came before it.
const KEYS: [u64; 3] = [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53, 0xff9e_3779_b97f_4a15];

pub(crate) fn digest(bytes: &[u8]) -> u64 {
    let [first, second, third] = KEYS;
    let mut state = third;
    let (chunks, rest) = bytes.as_chunks::<16>();
    let mut last = [0; 16];
    // A text and the same with zeros behind it have different lengths.
    if let Some(place) = last.get_mut(..rest.len()) {
        place.copy_from_slice(rest);
    }
    for chunk in chunks.iter().chain([&last]) {
        let both = u128::from_le_bytes(*chunk);
        state = folded(first ^ both as u64, state ^ (both >> 64) as u64);
    }
    folded(state ^ second, third ^ bytes.len() as u64)
}

/// Both halves of the product, so that each bit of either has its say.
fn folded(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn texts_that_differ_a_little_have_different_numbers() {
        let mut seen = HashSet::new();
        let mut count = 0;
        for length in 0..80 {
            let plain = vec![b'x'; length];
            count += 1;
            seen.insert(digest(&plain));
            for at in 0..length {
                for other in [0, b'w', b'y', b'X', 0xff] {
                    let mut text = plain.clone();
                    *text.get_mut(at).unwrap() = other;
                    count += 1;
                    seen.insert(digest(&text));
                }
            }
        }
        assert_eq!(seen.len(), count);
        assert_ne!(digest(b"a"), digest(b"a\0"));
        assert_ne!(digest(b""), digest(&[0; 16]));
        let (one, other) = ([[b'a'; 16], [b'b'; 16]].concat(), [[b'b'; 16], [b'a'; 16]].concat());
        assert_ne!(digest(&one), digest(&other));
    }

    #[test]
    fn a_number_is_the_same_tomorrow() {
        const TEXT: &[u8; 43] = b"The quick brown fox jumps over the lazy dog";
        let base = digest(TEXT);
        assert_eq!(base, 0xebe2_be1d_3e63_a4a3);
        // Half of its bits change with one of the text's.
        let changed: u32 = (0..43)
            .map(|at| {
                let mut text = *TEXT;
                *text.get_mut(at).unwrap() ^= 1;
                (digest(&text) ^ base).count_ones()
            })
            .sum();
        assert!((43 * 28..43 * 36).contains(&changed), "{changed}");
    }
}
