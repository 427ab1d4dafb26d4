//! Names and addresses of hosts.

use std::net::Ipv6Addr;

/// The longest name of a host.
const LONGEST: usize = 253;

/// A name of at least two labels whose last is no number: `example.com`, `bücher.example`, `xn--bcher-kva.example`.
///
/// Names in other scripts are taken as people write them; whether a registry has them is not asked.
#[must_use]
pub fn is_domain(name: &str) -> bool {
    if name.len() > LONGEST {
        return false;
    }
    let mut labels = name.split('.').rev();
    let Some(last) = labels.next() else { return false };
    let mut more = labels.peekable();
    more.peek().is_some() && is_top(last) && more.all(is_label)
}

/// Letters, digits and hyphens between; at most 63.
fn is_label(label: &str) -> bool {
    let ends = |end: Option<char>| end.is_some_and(|c| c != '-');
    label.chars().count() <= 63
        && ends(label.chars().next())
        && ends(label.chars().next_back())
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || is_foreign(c))
}

/// A letter, digit or mark beyond ASCII. What browsers read as a dot, and symbols, are none.
fn is_foreign(c: char) -> bool {
    match c {
        _ if c.is_ascii() => false,
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => false,
        _ if c.is_alphanumeric() => true,
        // Marks that stand with letters: accents, vowel signs and joiners of Indic and Southeast Asian scripts.
        '\u{00b7}' | '\u{0300}'..='\u{036f}' | '\u{0900}'..='\u{0fff}' | '\u{1000}'..='\u{109f}' => true,
        '\u{1780}'..='\u{17ff}' | '\u{200c}' | '\u{200d}' | '\u{3099}' | '\u{309a}' => true,
        _ => false,
    }
}

/// The last label: no number, and not a single letter.
fn is_top(label: &str) -> bool {
    is_label(label) && label.chars().count() > 1 && !label.bytes().all(|byte| byte.is_ascii_digit())
}

/// An IPv6 address (without a zone), as it stands in brackets.
pub(super) fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_have_labels_and_a_top_that_is_no_number() {
        let long = "a".repeat(63);
        for good in [
            "example.com",
            "a-b.c0",
            "bücher.example",
            "例え.テスト",
            "उदाहरण.परीक्षा",
            "xn--bcher-kva.example",
            "1.2.c3",
        ] {
            assert!(is_domain(good), "{good}");
        }
        assert!(is_domain(&format!("{long}.{long}.us")));
        for bad in [
            "",
            "com",
            ".com",
            "a..com",
            "-a.com",
            "a-.com",
            "a.c",
            "127.0.0.1",
            "a.com.",
            "a b.com",
            "a_b.com",
            "💩.com",
            "a。com",
        ] {
            assert!(!is_domain(bad), "{bad}");
        }
        assert!(!is_domain(&format!("a{long}.us")));
        assert!(!is_domain(&format!("{}us", format!("{long}.").repeat(4))));
    }
}
