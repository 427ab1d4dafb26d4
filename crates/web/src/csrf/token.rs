//! A browser's secret and the tokens that show it.
//!
//! The secret is in a signed cookie, so that nobody makes one up. A page never shows it as it is: each token is the secret under
//! a mask of its own, so that what a page looks like compressed tells nothing about it (BREACH).

use std::hint::black_box;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use quintet_core::{Error, Result, Services, settings::Settings, signing::Signer};

const LENGTH: usize = 16;

/// What the browser keeps in its cookie.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Secret([u8; LENGTH]);

fn random() -> Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(format!("no random numbers: {error}")))?;
    Ok(bytes)
}

fn xor(one: [u8; LENGTH], other: [u8; LENGTH]) -> [u8; LENGTH] {
    let mut out = one;
    out.iter_mut().zip(other).for_each(|(byte, other)| *byte ^= other);
    out
}

/// Signs the cookies.
///
/// # Errors
/// If the site has no `secret_key`.
pub(super) fn signer(services: &Services) -> Result<Signer> {
    let settings = services.get::<Settings>().ok_or_else(|| {
        Error::internal(
            "CSRF tokens are signed with the `secret_key` of the settings, and this site has none",
        )
    })?;
    Ok(Signer::of_settings(settings)?.purpose("quintet.csrf"))
}

impl Secret {
    pub(super) fn new() -> Result<Self> {
        random().map(Secret)
    }

    /// The value of the cookie.
    pub(super) fn signed(self, signer: &Signer) -> String {
        signer.sign(&URL_SAFE_NO_PAD.encode(self.0))
    }

    /// That of a cookie, if the site has made it.
    pub(super) fn unsigned(signer: &Signer, value: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(signer.unsign(value).ok()?).ok()?;
        bytes.try_into().ok().map(Secret)
    }

    /// A token for a page: another one each time.
    pub(super) fn masked(self) -> Result<String> {
        let mask = random()?;
        Ok(URL_SAFE_NO_PAD.encode([mask, xor(self.0, mask)].concat()))
    }

    /// Is this a token of this secret? Takes as long for a wrong one as for a right one.
    pub(super) fn fits(self, token: &str) -> bool {
        let bytes = URL_SAFE_NO_PAD.decode(token.trim()).unwrap_or_default();
        let (mask, masked) = bytes.split_at_checked(LENGTH).unwrap_or_default();
        let (Ok(mask), Ok(masked)) = (mask.try_into(), masked.try_into()) else { return false };
        let apart = xor(xor(masked, mask), self.0);
        apart.iter().fold(0, |all, byte| black_box(all | byte)) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quintet_core::settings::Secret as Key;

    #[test]
    fn tokens_are_masked_and_fit_their_own_secret_only() {
        let (one, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        let tokens = [one.masked().unwrap(), one.masked().unwrap()];
        assert_ne!(tokens[0], tokens[1]);
        for token in &tokens {
            assert!(one.fits(token) && !other.fits(token));
            let mut changed = token.clone().into_bytes();
            changed[25] = if changed[25] == b'A' { b'B' } else { b'A' };
            assert!(!one.fits(std::str::from_utf8(&changed).unwrap()));
        }
        // The secret itself, and nothing, are no tokens.
        for wrong in [URL_SAFE_NO_PAD.encode(one.0), String::new(), "ä".to_owned(), "A".repeat(43)] {
            assert!(!one.fits(&wrong), "{wrong}");
        }
    }

    #[test]
    fn cookies_are_those_that_the_site_has_signed() {
        let signer = Signer::new(Key::new("k")).purpose("quintet.csrf");
        let secret = Secret::new().unwrap();
        let value = secret.signed(&signer);
        assert!(Secret::unsigned(&signer, &value) == Some(secret));
        assert!(Secret::unsigned(&signer, &URL_SAFE_NO_PAD.encode(secret.0)).is_none());
        assert!(Secret::unsigned(&signer.purpose("quintet.messages"), &value).is_none());
        assert!(Secret::unsigned(&signer, &signer.sign("short")).is_none());
    }
}
