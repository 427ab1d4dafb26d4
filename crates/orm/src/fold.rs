//! Text without regard to case: the one rule that Rust and the databases share.
//!
//! SQLite by itself folds ASCII only. Its driver registers [`fold`] as the SQL function
//! [`FOLD_FUNCTION`], and lookups fold the searched text with the same function before they bind it.
use std::borrow::Cow;

/// The name under which SQLite's driver registers [`fold`].
pub const FOLD_FUNCTION: &str = "quintet_lower";

/// The text in lower case, letter by letter: what `icontains` and `iexact` compare.
///
/// Unlike [`str::to_lowercase`] it does not look at a letter's neighbours, so that a part of a text folds as it
/// does inside the whole: the Greek sigma has one form.
///
/// ```
/// use quintet_orm::fold::fold;
///
/// assert_eq!(fold("äÖ Straße"), "äö straße");
/// assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
/// ```
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_a_part_gives_a_part_of_the_folded_whole() {
        for (whole, part) in [("ÄRGER", "ärg"), ("ΣΙΣΥΦΟΣ", "ΦΟΣ"), ("İstanbul", "İ"), ("plain", "lai")]
        {
            assert!(fold(whole).contains(&*fold(part)), "{whole} {part}");
        }
    }

    #[test]
    fn text_that_needs_no_change_is_not_copied() {
        assert!(matches!(fold("the dark side 2"), Cow::Borrowed(_)));
    }
}
