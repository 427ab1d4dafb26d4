//! Whole numbers in digits and letters.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

pub(super) fn encode(number: i64) -> String {
    let mut left = number.unsigned_abs();
    let mut out = Vec::new();
    loop {
        let digit = usize::try_from(left % 62).ok().and_then(|at| DIGITS.get(at)).copied().unwrap_or(b'0');
        out.push(char::from(digit));
        left /= 62;
        if left == 0 {
            break;
        }
    }
    if number < 0 {
        out.push('-');
    }
    out.into_iter().rev().collect()
}

pub(super) fn decode(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    if digits.is_empty() {
        return None;
    }
    let value = digits.bytes().try_fold(0i64, |value, byte| {
        let digit = DIGITS.iter().position(|known| *known == byte)?;
        value.checked_mul(62)?.checked_add(i64::try_from(digit).ok()?)
    })?;
    Some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_django() {
        for (number, text) in
            [(0, "0"), (1, "1"), (61, "z"), (62, "10"), (1_763_640_000, "1vM3KS"), (-5, "-5")]
        {
            assert_eq!(encode(number), text);
            assert_eq!(decode(text), Some(number));
        }
        assert_eq!(decode(&encode(i64::MAX)), Some(i64::MAX));
        for wrong in ["", "-", "1 ", "é", "zzzzzzzzzzzzzzzz"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}
