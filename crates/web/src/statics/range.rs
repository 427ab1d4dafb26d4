//! The header `Range`, for one range.

/// Which bytes were asked for.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) enum Wanted {
    /// All: no range, several, or one that makes no sense (which HTTP says to ignore).
    All,
    /// From the first up to and with the last.
    Part { first: u64, last: u64 },
    /// None that the file has.
    Beyond,
}

/// Reads `bytes=0-499`, `bytes=500-`, `bytes=-500` for a file of `length` bytes.
pub(super) fn wanted(header: &str, length: u64) -> Wanted {
    let Some((unit, ranges)) = header.split_once('=') else { return Wanted::All };
    if !unit.trim().eq_ignore_ascii_case("bytes") || ranges.contains(',') {
        return Wanted::All;
    }
    let Some((first, last)) = ranges.trim().split_once('-') else { return Wanted::All };
    let end = length.saturating_sub(1);
    match (number(first), number(last)) {
        // The last so many bytes.
        (Number::None, Number::Some(0)) => Wanted::Beyond,
        (Number::None, Number::Some(_)) if length == 0 => Wanted::Beyond,
        (Number::None, Number::Some(count)) => {
            Wanted::Part { first: length.saturating_sub(count), last: end }
        }
        (Number::Some(first), Number::Some(last)) if last < first => Wanted::All,
        (Number::Some(first), Number::None | Number::Some(_)) if first >= length => Wanted::Beyond,
        (Number::Some(first), Number::None) => Wanted::Part { first, last: end },
        (Number::Some(first), Number::Some(last)) => Wanted::Part { first, last: last.min(end) },
        _ => Wanted::All,
    }
}

enum Number {
    None,
    Some(u64),
    Wrong,
}

fn number(text: &str) -> Number {
    match text {
        "" => Number::None,
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
            // What doesn't fit lies beyond any file.
            Number::Some(digits.parse().unwrap_or(u64::MAX))
        }
        _ => Number::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let part = |first, last| Wanted::Part { first, last };
        for (header, length, expected) in [
            ("bytes=0-0", 10, part(0, 0)),
            ("bytes=0-4", 10, part(0, 4)),
            ("bytes=5-", 10, part(5, 9)),
            ("bytes=5-99", 10, part(5, 9)),
            ("bytes=-3", 10, part(7, 9)),
            ("bytes=-99", 10, part(0, 9)),
            ("BYTES= 0-1 ", 10, part(0, 1)),
            ("bytes=10-", 10, Wanted::Beyond),
            ("bytes=99999999999999999999-", 10, Wanted::Beyond),
            ("bytes=-0", 10, Wanted::Beyond),
            ("bytes=0-", 0, Wanted::Beyond),
            ("bytes=-1", 0, Wanted::Beyond),
            ("bytes=4-2", 10, Wanted::All),
            ("bytes=0-1,3-4", 10, Wanted::All),
            ("bytes=-", 10, Wanted::All),
            ("bytes=a-b", 10, Wanted::All),
            ("bytes=+1-2", 10, Wanted::All),
            ("lines=0-1", 10, Wanted::All),
            ("bytes", 10, Wanted::All),
            ("", 10, Wanted::All),
        ] {
            assert_eq!(wanted(header, length), expected, "{header}");
        }
    }
}
