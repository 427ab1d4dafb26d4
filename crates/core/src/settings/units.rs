//! Durations and sizes as people write them: `"1h30m"`, `"10 MB"`.

use std::{fmt, time::Duration};

/// Reads a span of time: numbers with units, largest first or not, with or without blanks.
///
/// Units: `ms`, `s`, `m`, `h`, `d`, `w` and their English names. A bare number is refused (of what?), but
/// for 0.
///
/// # Errors
/// With what is wrong, for a message.
///
/// ```
/// use quintet_core::settings::parse_duration;
///
/// assert_eq!(parse_duration("1h 30m").unwrap().as_secs(), 5400);
/// assert_eq!(parse_duration("250ms").unwrap().as_millis(), 250);
/// assert!(parse_duration("90").unwrap_err().contains("unit"));
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    if text.trim() == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("is empty".to_owned());
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let (number, after) = number(rest).ok_or_else(|| format!("`{rest}` does not start with a number"))?;
        let end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end).unwrap_or((after, ""));
        let milliseconds: u64 = match unit.to_lowercase().as_str() {
            "ms" | "millisecond" | "milliseconds" => 1,
            "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
            "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
            "h" | "hour" | "hours" => 3_600_000,
            "d" | "day" | "days" => 86_400_000,
            "w" | "week" | "weeks" => 604_800_000,
            "" => return Err(format!("the number {number} needs a unit: ms, s, m, h, d or w")),
            _ => return Err(format!("`{unit}` is no unit of time: use ms, s, m, h, d or w")),
        };
        let part = Duration::from_millis(milliseconds);
        let part = Duration::try_from_secs_f64(part.as_secs_f64() * number).map_err(|_| "is too long")?;
        total = total.checked_add(part).ok_or("is too long")?;
        rest = after.trim_start();
    }
    Ok(total)
}

/// Splits `12.5 MB` into the number and what follows it.
fn number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    Some((digits.parse().ok()?, rest.trim_start()))
}

/// A duration, in the form that [`parse_duration`] reads.
pub(super) fn show_duration(duration: Duration) -> String {
    let mut left = duration.as_millis();
    let mut text = String::new();
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        if left >= size {
            text.push_str(&format!("{}{unit}", left / size));
            left %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// A number of bytes, written `"10 MB"` (1000 × 1000) or `"10 MiB"` (1024 × 1024).
///
/// ```
/// use quintet_core::settings::ByteSize;
///
/// let limit: ByteSize = "10 MB".parse().unwrap();
/// assert_eq!((limit.bytes(), limit.to_string().as_str()), (10_000_000, "10 MB"));
/// assert_eq!("2 KiB".parse::<ByteSize>().unwrap(), ByteSize::new(2048));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(u64);

const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

impl ByteSize {
    /// This many bytes.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        ByteSize(bytes)
    }

    /// The number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// The number of bytes as a size in memory: the largest there is where it does not fit.
    #[must_use]
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl std::str::FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, unit) = number(text.trim()).ok_or("does not start with a number")?;
        let size = match UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)) {
            Some((_, size)) => *size,
            None if unit.is_empty() => 1,
            None => return Err(format!("`{unit}` is no unit of size: use B, KB, MB, GB or KiB, MiB, GiB")),
        };
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, and refused far below u64's end")]
        let bytes = number * size as f64;
        if bytes > 9.0e15 {
            return Err("is too large".to_owned());
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 ≤ bytes ≤ 9e15")]
        Ok(ByteSize(bytes as u64))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The unit that leaves the shortest number: 10 MB rather than 10000 KB, 64 KiB rather than 65536 B.
        let whole = UNITS.iter().filter(|(_, size)| self.0 > 0 && self.0.is_multiple_of(*size));
        let (unit, size) = whole.max_by_key(|(_, size)| *size).copied().unwrap_or(("B", 1));
        write!(f, "{} {unit}", self.0 / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_shown() {
        for (text, milliseconds, shown) in [
            ("5s", 5_000, "5s"),
            ("1h30m", 5_400_000, "1h30m"),
            ("1.5 hours", 5_400_000, "1h30m"),
            ("2 weeks", 1_209_600_000, "14d"),
            ("0", 0, "0s"),
            ("1s 250ms", 1_250, "1s250ms"),
        ] {
            let duration = parse_duration(text).unwrap();
            assert_eq!(
                (duration.as_millis(), show_duration(duration).as_str()),
                (milliseconds, shown),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_the_reason() {
        for (text, why) in [
            ("", "empty"),
            ("90", "unit"),
            ("5 parsecs", "parsecs"),
            ("s", "number"),
            ("-1s", "number"),
            ("1.2.3s", "number"),
            ("9999999999999999999999w", "long"),
        ] {
            let error = parse_duration(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn sizes_are_read_and_shown() {
        for (text, bytes, shown) in [
            ("10 MB", 10_000_000, "10 MB"),
            ("64kib", 65_536, "64 KiB"),
            ("1.5 GB", 1_500_000_000, "1500 MB"),
            ("12", 12, "12 B"),
            ("0 MB", 0, "0 B"),
        ] {
            let size: ByteSize = text.parse().unwrap();
            assert_eq!((size.bytes(), size.to_string().as_str()), (bytes, shown), "{text}");
        }
        for text in ["MB", "5 lightyears", "", "99999999 TB"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }
}
