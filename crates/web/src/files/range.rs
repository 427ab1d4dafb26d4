//! The header `Range` (RFC 9110, 14.2).

/// More ranges than this are not sent one by one: who asks for more wants to make work.
const MOST: usize = 16;
/// A gap that is shorter than what stands between two parts is sent along.
const GAP: u64 = 80;

/// Which bytes were asked for.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) enum Wanted {
    /// All: no range, too many, or one that makes no sense (which HTTP says to ignore).
    All,
    /// These: never none.
    Parts(Vec<Part>),
    /// None that the file has.
    Beyond,
}

/// From the first byte up to and with the last.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Part {
    pub(crate) fn length(self) -> u64 {
        self.last - self.first + 1
    }
}

/// Reads `bytes=0-499`, `bytes=500-`, `bytes=-500` and lists of them for a file of `length` bytes.
pub(crate) fn wanted(header: &str, length: u64) -> Wanted {
    let Some((unit, ranges)) = header.split_once('=') else { return Wanted::All };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Wanted::All;
    }
    let (mut parts, mut named) = (Vec::new(), 0);
    for range in ranges.split(',').map(str::trim).filter(|range| !range.is_empty()) {
        named += 1;
        match one(range, length) {
            One::Part(part) => parts.push(part),
            One::Beyond => {}
            One::Wrong => return Wanted::All,
        }
    }
    match named {
        0 => Wanted::All,
        _ if named > MOST => Wanted::All,
        _ if parts.is_empty() => Wanted::Beyond,
        _ => Wanted::Parts(joined(parts)),
    }
}

enum One {
    Part(Part),
    Beyond,
    Wrong,
}

fn one(range: &str, length: u64) -> One {
    let Some((first, last)) = range.split_once('-') else { return One::Wrong };
    let end = length.saturating_sub(1);
    match (number(first), number(last)) {
        // The last so many bytes.
        (Number::None, Number::Some(0)) => One::Beyond,
        (Number::None, Number::Some(_)) if length == 0 => One::Beyond,
        (Number::None, Number::Some(count)) => {
            One::Part(Part { first: length.saturating_sub(count), last: end })
        }
        (Number::Some(first), Number::Some(last)) if last < first => One::Wrong,
        (Number::Some(first), Number::None | Number::Some(_)) if first >= length => One::Beyond,
        (Number::Some(first), Number::None) => One::Part(Part { first, last: end }),
        (Number::Some(first), Number::Some(last)) => One::Part(Part { first, last: last.min(end) }),
        _ => One::Wrong,
    }
}

/// Parts that overlap, or nearly touch, become one; without any they stay in the order in which they were asked for.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut sorted = parts.clone();
    sorted.sort_unstable_by_key(|part| part.first);
    let mut out: Vec<Part> = Vec::with_capacity(sorted.len());
    for part in sorted {
        match out.last_mut().filter(|before| part.first <= before.last.saturating_add(GAP)) {
            Some(before) => before.last = before.last.max(part.last),
            None => out.push(part),
        }
    }
    if out.len() == parts.len() { parts } else { out }
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

    fn parts(of: &[(u64, u64)]) -> Wanted {
        Wanted::Parts(of.iter().map(|(first, last)| Part { first: *first, last: *last }).collect())
    }

    #[test]
    fn one_range() {
        let part = |first, last| parts(&[(first, last)]);
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
            ("bytes=-", 10, Wanted::All),
            ("bytes=a-b", 10, Wanted::All),
            ("bytes=+1-2", 10, Wanted::All),
            ("lines=0-1", 10, Wanted::All),
            ("bytes=", 10, Wanted::All),
            ("bytes=,", 10, Wanted::All),
            ("bytes", 10, Wanted::All),
            ("", 10, Wanted::All),
        ] {
            assert_eq!(wanted(header, length), expected, "{header}");
        }
    }

    #[test]
    fn several_ranges() {
        for (header, expected) in [
            ("bytes=0-9,500-509", parts(&[(0, 9), (500, 509)])),
            ("bytes=500-509, 0-9", parts(&[(500, 509), (0, 9)])),
            ("bytes=500-509,-10", parts(&[(500, 509), (990, 999)])),
            ("bytes=0-9,5-20", parts(&[(0, 20)])),
            ("bytes=0-9,10-20", parts(&[(0, 20)])),
            ("bytes=0-9,50-60", parts(&[(0, 60)])),
            ("bytes=500-600,0-9,550-700", parts(&[(0, 9), (500, 700)])),
            ("bytes=0-9,5000-", parts(&[(0, 9)])),
            ("bytes=0-9,,", parts(&[(0, 9)])),
            ("bytes=5000-,6000-", Wanted::Beyond),
            ("bytes=0-9,x", Wanted::All),
            ("bytes=0-9,20-10", Wanted::All),
        ] {
            assert_eq!(wanted(header, 1000), expected, "{header}");
        }
        let many = |n: u64| {
            format!("bytes={}", (0..n).map(|i| format!("{0}-{0}", i * 100)).collect::<Vec<_>>().join(","))
        };
        assert!(matches!(wanted(&many(16), 10_000), Wanted::Parts(parts) if parts.len() == 16));
        assert_eq!(wanted(&many(17), 10_000), Wanted::All);
    }
}
