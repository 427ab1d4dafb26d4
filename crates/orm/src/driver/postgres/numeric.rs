//! PostgreSQL's exact numbers: groups of four digits, a weight and a scale.

use bytes::{BufMut, BytesMut};
use quintet_core::value::Decimal;

use super::reader::Reader;

const NEGATIVE: u16 = 0x4000;
/// NaN, Infinity and -Infinity have both upper bits set.
const SPECIAL: u16 = 0xC000;

/// Writes a decimal with all of its places.
pub(super) fn write(number: Decimal, out: &mut BytesMut) {
    let scale = number.scale();
    // Four digits are one group, counted from the point.
    let padding = (4 - scale % 4) % 4;
    let mut rest = number.mantissa().unsigned_abs() * 10u128.pow(padding);
    // 96 bits are 29 digits, 3 more by the padding: 8 groups.
    let mut groups = [0u16; 8];
    let mut count = 0usize;
    for group in groups.iter_mut().rev() {
        if rest == 0 {
            break;
        }
        *group = u16::try_from(rest % 10_000).unwrap_or_default();
        rest /= 10_000;
        count += 1;
    }
    let after_point = i16::try_from(scale.div_ceil(4)).unwrap_or_default();
    let weight = i16::try_from(count).unwrap_or_default() - after_point - 1;
    let used = groups.get(8 - count..).unwrap_or_default();
    let zeros = used.iter().rev().take_while(|group| **group == 0).count();
    let used = used.get(..used.len() - zeros).unwrap_or_default();
    out.put_u16(u16::try_from(used.len()).unwrap_or_default());
    out.put_i16(if used.is_empty() { 0 } else { weight });
    out.put_u16(if number.is_sign_negative() && !used.is_empty() { NEGATIVE } else { 0 });
    out.put_u16(u16::try_from(scale).unwrap_or_default());
    for group in used {
        out.put_u16(*group);
    }
}

/// Reads a number that fits a [`Decimal`] without rounding.
///
/// # Errors
/// Why it does not fit.
pub(super) fn read(bytes: &[u8]) -> Result<Decimal, &'static str> {
    const BROKEN: &str = "is no valid numeric";
    let mut reader = Reader(bytes);
    let mut next = || reader.u16().map_err(|_| BROKEN);
    let (count, weight, sign, scale) = (next()?, next()?.cast_signed(), next()?, next()?);
    if sign & SPECIAL == SPECIAL {
        return Err("is NaN or infinite, which no decimal can be");
    }
    let mut mantissa = 0i128;
    for _ in 0..count {
        mantissa =
            mantissa.checked_mul(10_000).and_then(|m| m.checked_add(next().ok()?.into())).ok_or(TOO_LONG)?;
    }
    // How many places the groups have behind the point, and how many are wanted.
    let have = 4 * (i32::from(count) - 1 - i32::from(weight));
    let mut want = i32::from(scale).min(28);
    mantissa = if mantissa == 0 {
        0
    } else if have > want {
        let too_many = power(have - want)?;
        if mantissa % too_many != 0 {
            return Err(TOO_LONG);
        }
        mantissa / too_many
    } else if let Some(mantissa) = mantissa.checked_mul(power(want - have)?) {
        mantissa
    } else {
        // Too many places, but nothing except zeros in them.
        want = have.max(0);
        mantissa.checked_mul(power(want - have)?).ok_or(TOO_LONG)?
    };
    if sign == NEGATIVE {
        mantissa = -mantissa;
    }
    let mut scale = want.cast_unsigned();
    loop {
        match Decimal::try_from_i128_with_scale(mantissa, scale) {
            Ok(number) => return Ok(number),
            // Zeros at the end may go.
            Err(_) if scale > 0 && mantissa % 10 == 0 => (mantissa, scale) = (mantissa / 10, scale - 1),
            Err(_) => return Err(TOO_LONG),
        }
    }
}

const TOO_LONG: &str = "has more digits than a decimal holds (28): round it in the query, as in round(x, 10)";

fn power(exponent: i32) -> Result<i128, &'static str> {
    10i128.checked_pow(exponent.cast_unsigned()).ok_or(TOO_LONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_come_back_as_they_went() {
        for text in [
            "0",
            "0.00",
            "1",
            "-1",
            "12.50",
            "0.0001",
            "0.00001",
            "10000",
            "100000000",
            "-99999999.99",
            "0.10",
            "1.2345678",
            "79228162514264337593543950335",
            "-79228162514264337593543950335",
            "7.9228162514264337593543950335",
            "0.0000000000000000000000000001",
            "123456789012345678901234.5678",
        ] {
            let number: Decimal = text.parse().unwrap();
            let mut out = BytesMut::new();
            write(number, &mut out);
            assert_eq!(read(&out).unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_server() {
        let mut out = BytesMut::new();
        write("-12345.60".parse().unwrap(), &mut out);
        assert_eq!(&out[..], [0, 3, 0, 1, 0x40, 0, 0, 2, 0, 1, 9, 0x29, 0x17, 0x70]);
    }

    #[test]
    fn what_fits_no_decimal_is_refused_and_never_rounded() {
        assert!(read(&[0, 0, 0, 0, 0xC0, 0, 0, 0]).unwrap_err().contains("NaN"));
        // 10000 to the 8th
        assert!(read(&[0, 1, 0, 8, 0, 0, 0, 0, 0, 1]).unwrap_err().contains("28"));
        // One group at the 32nd place.
        assert!(read(&[0, 1, 0xff, 0xf8, 0, 0, 0, 32, 0, 1]).unwrap_err().contains("round("));
        // Thirty zeros behind the point are no digits.
        assert_eq!(read(&[0, 1, 0, 0, 0, 0, 0, 30, 0, 7]).unwrap(), Decimal::from(7));
        assert!(read(&[0, 2, 0, 0, 0, 0, 0, 0, 0, 1]).is_err(), "shorter than it says");
    }
}
