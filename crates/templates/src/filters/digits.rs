//! Numbers as a page shows them, written without a text of their own: a page of rows is half numbers, and the formatter of the
//! standard library is most of what they cost.

use std::fmt;

use minijinja::value::Value;

use super::number_shown;

/// Writes a number: a whole one as it is, another one with all its digits.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write<W: fmt::Write + ?Sized>(out: &mut W, number: &Value) -> fmt::Result {
    if number.is_integer() {
        // Cheaper to ask for, as the language itself does so all the time.
        if let Some(whole) = number.as_usize() {
            return out.write_str(itoa::Buffer::new().format(whole));
        }
        if let Some(whole) = number.as_i64() {
            return out.write_str(itoa::Buffer::new().format(whole));
        }
    } else if let Ok(float) = f64::try_from(number.clone())
        && let Some(text) = plain(&mut zmij::Buffer::new(), float)
    {
        return out.write_str(text);
    }
    match number_shown(number) {
        Some(text) => out.write_str(&text),
        None => write!(out, "{number}"),
    }
}

/// The shortest text that reads back, as `repr` of Python has it: of two that are as near the one with the even digit. `None` for
/// numbers so small or so large that there might be an exponent.
pub(super) fn plain(buffer: &mut zmij::Buffer, float: f64) -> Option<&str> {
    (float == 0.0 || (1e-3..1e16).contains(&float.abs())).then(|| buffer.format_finite(float))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: Value) -> String {
        let mut out = String::new();
        write(&mut out, &value).unwrap();
        out
    }

    #[test]
    fn numbers_are_written_short_and_read_back() {
        let mut seed = 7u64;
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed ^ seed >> 29
        };
        for round in 0..200_000u64 {
            let bits = random();
            // Floats of all sizes, then such as prices and rates are.
            let float =
                if round % 2 == 0 { f64::from_bits(bits) } else { (bits % 100_000_000) as f64 / 1000.0 };
            let (text, slow) = (shown(Value::from(float)), format!("{float:?}"));
            if float.is_finite() {
                assert_eq!(text.parse(), Ok(float), "{text}");
                assert!(!text.contains('e'), "{text}");
                // Between two texts that are as near, the standard library takes the upper one.
                assert!(slow.contains('e') || slow.len() == text.len(), "{text} {slow}");
            }
            let whole = Value::from(bits as i64 >> (round % 64));
            assert_eq!(shown(whole.clone()), whole.to_string());
        }
        for (value, text) in [
            (Value::from(0), "0"),
            (Value::from(-7), "-7"),
            (Value::from(i64::MIN), "-9223372036854775808"),
            (Value::from(u64::MAX), "18446744073709551615"),
            (Value::from(i128::MIN), "-170141183460469231731687303715884105728"),
            (Value::from(u128::MAX), "340282366920938463463374607431768211455"),
            (Value::from(0.0), "0.0"),
            (Value::from(-0.0), "-0.0"),
            (Value::from(12.5), "12.5"),
            (Value::from(12.0), "12.0"),
            (Value::from(1e-4), "0.0001"),
            (Value::from(1e-7), "0.0000001"),
            (Value::from(1e15), "1000000000000000.0"),
            (Value::from(1e16), "10000000000000000"),
            (Value::from(1_107_748_088_813_366.0 + 0.25), "1107748088813366.2"),
            (Value::from(9_819_325_010_936.0 + 0.5625), "9819325010936.562"),
            (Value::from(f64::NAN), "nan"),
            (Value::from(f64::INFINITY), "inf"),
            (Value::from(f64::NEG_INFINITY), "-inf"),
        ] {
            assert_eq!(shown(value), text);
        }
    }
}
