//! The tokens of stores that keep records.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use quintet_core::{Error, Result};
use sha2::{Digest, Sha256};

/// 256 random bits in letters that need no encoding.
///
/// # Errors
/// If the system has no random numbers.
pub fn new_token() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What a store keeps of a token; none of what can't be one, which need not be looked for.
#[must_use]
pub fn token_hash(token: &str) -> Option<String> {
    let is_one = token.len() == 43 && URL_SAFE_NO_PAD.decode(token).is_ok();
    is_one.then(|| URL_SAFE_NO_PAD.encode(Sha256::digest(token)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_random_and_hashed() {
        let (one, other) = (new_token().unwrap(), new_token().unwrap());
        assert_ne!(one, other);
        assert_eq!(token_hash(&one), token_hash(&one));
        assert_ne!(token_hash(&one).unwrap(), token_hash(&other).unwrap());
        assert_ne!(token_hash(&one).unwrap(), one);
        for wrong in ["", "x", &one[1..], &format!("{}!", &one[1..]), &"é".repeat(22)] {
            assert_eq!(token_hash(wrong), None, "{wrong}");
        }
    }
}
