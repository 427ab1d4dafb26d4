//! The names of indexes, constraints and sequences: the same for the same table and columns, so that they are found
//! again to be dropped.

/// Most bytes of a name that every database takes.
pub(crate) const LONGEST: usize = 63;

/// The name of an index: `cinema_film__year_idx`, or with `key` if it is unique.
pub(crate) fn index(table: &str, columns: &[&str], unique: bool) -> String {
    of(table, columns, if unique { "key" } else { "idx" })
}

/// The name of what belongs to columns of a table: `cinema_film__director_id_fkey`.
///
/// Two underscores part table and columns, so that `a_b` + `c` and `a` + `b_c` differ. A name that is too long, or that
/// has two underscores already, is told apart by a hash.
pub(crate) fn of(table: &str, columns: &[&str], suffix: &str) -> String {
    let columns = columns.join("_");
    let parted = if columns.is_empty() { table.to_owned() } else { format!("{table}__{columns}") };
    let plain = format!("{parted}_{suffix}");
    if plain.len() <= LONGEST && !table.contains("__") && !columns.contains("__") {
        return plain;
    }
    let tail = format!("_{}_{suffix}", hash(&format!("{table}\0{columns}")));
    let mut head = plain;
    while head.len() + tail.len() > LONGEST {
        head.pop();
    }
    head + &tail
}

/// A few letters and digits that tell texts apart.
pub(crate) fn hash(text: &str) -> String {
    format!("{:08x}", fnv(text) & 0xffff_ffff)
}

/// FNV-1a: stable between versions and machines, which the standard library's hashes are not.
fn fnv(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stable_short_and_distinct() {
        assert_eq!(index("cinema_film", &["year"], false), "cinema_film__year_idx");
        assert_eq!(index("cinema_film", &["year", "title"], true), "cinema_film__year_title_key");
        assert_ne!(index("a_b", &["c"], false), index("a", &["b_c"], false));
        assert_ne!(index("a__b", &["c"], false), index("a", &["b__c"], false));
        let (one, two) = (index(&"é".repeat(40), &["x"], false), index(&"é".repeat(40), &["y"], false));
        assert!(one != two && one.len() <= LONGEST, "{one} {two}");
    }
}
