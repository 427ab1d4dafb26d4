//! Texts that the database keeps and that who reads it can't: encrypted by the site's keys.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use quintet_core::{
    Error, Result, Services,
    settings::{Secret, Settings},
};
use sha2::{Digest as _, Sha256};

use crate::passwords::random_bytes;

/// Encrypts by `secret_key`, and reads what former ones (`secret_key_fallbacks`) have encrypted.
pub(crate) struct Sealer(Vec<XChaCha20Poly1305>);

/// The length of a nonce: long enough that random ones never meet.
const NONCE: usize = 24;

fn cipher(key: &Secret, purpose: &str) -> Result<XChaCha20Poly1305> {
    // So that nothing else that is made of the site's key is this one.
    let key =
        Sha256::new().chain_update(purpose).chain_update(":sealed:").chain_update(key.expose()).finalize();
    XChaCha20Poly1305::new_from_slice(&key)
        .map_err(|error| Error::internal(format!("a key is none: {error}")))
}

impl Sealer {
    /// # Errors
    /// If the site has no `secret_key`.
    pub(crate) fn of(services: &Services, purpose: &str) -> Result<Self> {
        let settings = services.require::<Settings>()?;
        let keys = std::iter::once(settings.secret_key()?).chain(settings.secret_key_fallbacks());
        Ok(Sealer(keys.map(|key| cipher(key, purpose)).collect::<Result<_>>()?))
    }

    /// The text, encrypted. It opens for the same `whose` alone: a row's text is nothing in another row.
    pub(crate) fn seal(&self, text: &str, whose: &str) -> Result<String> {
        let nonce: [u8; NONCE] = random_bytes()?;
        let cipher = self.0.first().ok_or_else(|| Error::internal("there is no key"))?;
        let payload = Payload { msg: text.as_bytes(), aad: whose.as_bytes() };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Error::internal("a text can't be encrypted"))?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// The text again; none if it was not sealed so, or by a key that the site has no more.
    pub(crate) fn open(&self, sealed: &str, whose: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, text) = bytes.split_first_chunk::<NONCE>()?;
        let payload = || Payload { msg: text, aad: whose.as_bytes() };
        let opened = self.0.iter().find_map(|cipher| cipher.decrypt(&XNonce::from(*nonce), payload()).ok());
        String::from_utf8(opened?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(keys: &[&str]) -> Sealer {
        Sealer(keys.iter().map(|key| cipher(&Secret::new(*key), "tests").unwrap()).collect())
    }

    #[test]
    fn what_is_sealed_opens_for_whom_it_was_sealed() {
        let (old, new, both) = (sealer(&["old"]), sealer(&["new"]), sealer(&["new", "old"]));
        let sealed = old.seal("a secret", "7").unwrap();
        assert_ne!(sealed, old.seal("a secret", "7").unwrap());
        assert_eq!(
            (old.open(&sealed, "7").as_deref(), both.open(&sealed, "7").as_deref()),
            (Some("a secret"), Some("a secret"))
        );
        assert_eq!(
            (old.open(&sealed, "8"), new.open(&sealed, "7"), old.open("", "7"), old.open("AAAA", "7")),
            (None, None, None, None)
        );
        let mut changed = URL_SAFE_NO_PAD.decode(&sealed).unwrap();
        changed[30] ^= 1;
        assert_eq!(old.open(&URL_SAFE_NO_PAD.encode(changed), "7"), None);
        assert_eq!(new.open(&both.seal("x", "").unwrap(), "").as_deref(), Some("x"));
    }
}
