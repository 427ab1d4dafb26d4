//! Codes of six digits that change every half minute: RFC 6238 with HMAC-SHA1, as all apps that show such codes know it.

use hmac::{Hmac, KeyInit as _, Mac as _};
use quintet_core::{Result, value::Timestamp};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

use crate::passwords::random_bytes;

/// Seconds that a code is shown for.
const STEP: i64 = 30;
/// So many steps a clock may be wrong, either way.
const WINDOW: i64 = 1;
/// Bytes of a secret: what RFC 4226 wants.
const SECRET: usize = 20;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A new secret, in base 32.
pub(crate) fn new_secret() -> Result<String> {
    Ok(base32(&random_bytes::<SECRET>()?))
}

/// Letters and digits that people don't mistake for each other, five bits each.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let (mut text, mut rest, mut bits) = (String::new(), 0u32, 0u32);
    for byte in bytes {
        rest = (rest << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(letter(rest >> bits));
        }
        rest &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(letter(rest << (5 - bits)));
    }
    text
}

fn letter(number: u32) -> char {
    BASE32.get((number & 31) as usize).map_or('A', |letter| char::from(*letter))
}

fn bytes(secret: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut rest, mut bits) = (Vec::new(), 0u32, 0u32);
    for letter in secret.bytes() {
        let number = BASE32.iter().position(|known| *known == letter)?;
        rest = (rest << 5) | u32::try_from(number).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((rest >> bits) & 255).ok()?);
        }
        rest &= (1 << bits) - 1;
    }
    Some(bytes)
}

/// The step that a time is in.
pub(crate) fn step(time: Timestamp) -> i64 {
    time.as_second().div_euclid(STEP)
}

/// The code of a secret in a step.
pub(crate) fn code(secret: &str, step: i64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(&bytes(secret)?).ok()?;
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash.last()? & 15);
    let four = hash.get(at..at + 4)?.first_chunk::<4>()?;
    Some(format!("{:06}", (u32::from_be_bytes(*four) & 0x7fff_ffff) % 1_000_000))
}

/// What people type: with blanks between.
pub(crate) fn typed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>().to_ascii_lowercase()
}

/// The step whose code this is, now or a step off; all are compared, whichever fits.
pub(crate) fn step_of(secret: &str, typed: &str, now: Timestamp) -> Option<i64> {
    let now = step(now);
    let mut found = None;
    for step in now - WINDOW..=now + WINDOW {
        let fits = code(secret, step).is_some_and(|code| bool::from(code.as_bytes().ct_eq(typed.as_bytes())));
        if fits {
            found = Some(step);
        }
    }
    found
}

/// What an app reads from the picture.
pub(crate) fn address(secret: &str, issuer: &str, account: &str) -> String {
    let text = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let (issuer, account) = (text(issuer), text(account));
    format!(
        "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238, appendix B, the last six of its eight digits.
        let secret = base32(b"12345678901234567890");
        assert_eq!(secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        for (second, expected) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let time = Timestamp::from_second(second).unwrap();
            assert_eq!(code(&secret, step(time)).unwrap(), expected, "{second}");
            assert_eq!(step_of(&secret, expected, time), Some(step(time)));
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off() {
        let (secret, now) = (new_secret().unwrap(), Timestamp::from_second(1_800_000_000).unwrap());
        let found: Vec<bool> = (-3..=3)
            .map(|off| step_of(&secret, &code(&secret, step(now) + off).unwrap(), now).is_some())
            .collect();
        assert_eq!(found, [false, false, true, true, true, false, false]);
        assert_eq!(step_of(&secret, "", now), None);
        assert_eq!(step_of("no base 32!", "000000", now), None);
    }

    #[test]
    fn base32_is_that_of_the_rfc() {
        for (text, expected) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(text.as_bytes()), expected);
            assert_eq!(bytes(expected).unwrap(), text.as_bytes());
        }
        assert_eq!(typed(" 123 456\n"), "123456");
        assert_eq!(typed("ABCD-efgh"), "abcdefgh");
    }
}
