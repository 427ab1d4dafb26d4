//! Texts that nobody guesses.

use quintet_core::{Error, Result};

/// The letters of Django's salts.
const LETTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// The shortest salt, in letters of [`LETTERS`], that holds 128 bits.
pub(super) const SALT_LETTERS: usize = 22;

/// What a password begins with that nobody has.
pub(super) const UNUSABLE: char = '!';

/// Random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|why| Error::internal(format!("the system gives no random numbers: {why}")))?;
    Ok(bytes)
}

/// Random letters, each as likely as any other.
pub(crate) fn letters(count: usize) -> Result<String> {
    let mut text = String::with_capacity(count);
    while text.len() < count {
        let bytes: [u8; 64] = bytes()?;
        // 248 is four times 62: what lies above would make some letters likelier.
        let fair =
            bytes.iter().filter(|byte| **byte < 248).filter_map(|byte| LETTERS.get(usize::from(*byte) % 62));
        let missing = count - text.len();
        text.extend(fair.take(missing).map(|letter| char::from(*letter)));
    }
    Ok(text)
}

/// A new salt.
pub(super) fn salt() -> Result<String> {
    letters(SALT_LETTERS)
}

/// The password of an account that nobody can log in to with one: no hash ever looks like this.
pub(super) fn unusable() -> Result<String> {
    Ok(format!("{UNUSABLE}{}", letters(40)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_differ_and_are_letters() {
        let (a, b) = (letters(200).unwrap(), letters(200).unwrap());
        assert!(a != b && a.len() == 200 && a.bytes().all(|byte| LETTERS.contains(&byte)));
        assert_eq!(unusable().unwrap().len(), 41);
    }
}
