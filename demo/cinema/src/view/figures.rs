//! Figures for people.

/// An amount in dollars, as short as it can be without lying about its size: `$1.02 bn`, `$185 M`, `$28,606`.
///
/// ```
/// use cinema::view::figures::dollars;
///
/// assert_eq!(dollars(1_022_345_358), "$1.02 bn");
/// assert_eq!(dollars(30_700_000), "$30.7 M");
/// ```
#[must_use]
pub fn dollars(amount: i64) -> String {
    // Rounding decides the unit: 999,999,999 is one billion, not 1000 M.
    let sign = if amount < 0 { "−" } else { "" };
    let n = amount.unsigned_abs();
    match n {
        0..1_000_000 => format!("{sign}${}", grouped(n)),
        1_000_000..999_500_000 => format!("{sign}${} M", three_digits(n, 1_000_000)),
        _ => format!("{sign}${} bn", three_digits(n, 1_000_000_000)),
    }
}

/// `n` in units, rounded to three digits, without zeros at the end: `1.02`, `30.7`, `185`.
fn three_digits(n: u64, unit: u64) -> String {
    let decimals = match n / unit {
        0..10 => 2_u32,
        10..100 => 1,
        _ => 0,
    };
    let scale = 10_u64.pow(decimals);
    let step = unit / scale;
    let rounded = n / step + u64::from(n % step * 2 >= step);
    let (whole, part) = (rounded / scale, rounded % scale);
    let text = if decimals == 0 {
        whole.to_string()
    } else {
        format!("{whole}.{part:0width$}", width = decimals as usize)
    };
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

/// How many of them: `1 film`, `3,201 films`.
///
/// ```
/// use cinema::view::figures::counted;
///
/// assert_eq!(counted(3201, "film"), "3,201 films");
/// ```
#[must_use]
pub fn counted(n: u64, one: &str) -> String {
    format!("{} {one}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// A whole number with its thousands set off: `3,201`.
#[must_use]
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short_and_right() {
        for (amount, text) in [
            (0, "$0"),
            (28_606, "$28,606"),
            (999_999, "$999,999"),
            (1_000_000, "$1 M"),
            (1_250_000, "$1.25 M"),
            (9_999_999, "$10 M"),
            (30_745_000, "$30.7 M"),
            (30_750_000, "$30.8 M"),
            (185_000_000, "$185 M"),
            (999_499_999, "$999 M"),
            (999_999_999, "$1 bn"),
            (1_022_345_358, "$1.02 bn"),
            (2_767_891_499, "$2.77 bn"),
            (-1_500_000, "−$1.5 M"),
        ] {
            assert_eq!(dollars(amount), text);
        }
        assert_eq!([0, 999, 1000, 3201, 1_234_567].map(grouped), ["0", "999", "1,000", "3,201", "1,234,567"]);
    }
}
