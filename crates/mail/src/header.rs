//! What may stand in the head of a mail: one line, and nothing that begins another one.

/// Those that the mail itself makes.
const OWN: [&str; 12] = [
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
];

/// Why this text can't stand in a header.
pub(crate) fn value_problem(text: &str) -> Option<String> {
    let bad = text.chars().find(|c| c.is_control() && *c != '\t')?;
    Some(match bad {
        '\r' | '\n' => format!("{text:?} has a line break, behind which other headers could follow"),
        other => format!("{text:?} has the control character {other:?}"),
    })
}

/// Why there can't be a header of this name.
pub(crate) fn name_problem(name: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b':';
    if name.is_empty() || name.len() > 76 || !name.bytes().all(plain) {
        return Some(format!("{name:?} is no name of a header"));
    }
    OWN.iter().find(|own| name.eq_ignore_ascii_case(own)).map(|own| {
        format!(
            "`{name}` is a header that the mail makes itself: there is a method for what belongs into `{own}`"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_begins_another_line() {
        for bad in ["a\nBcc: all@example.com", "a\r\n\r\nbody", "a\0b", "a\u{85}b"] {
            assert!(value_problem(bad).is_some(), "{bad:?}");
        }
        assert_eq!(value_problem("Größe\t5 — “ok”"), None);
        for bad in ["", "A B", "A:", "Ä", "A\n", "bcc", "Subject", "Content-Type"] {
            assert!(name_problem(bad).is_some(), "{bad:?}");
        }
        assert_eq!(name_problem("List-Unsubscribe"), None);
    }
}
