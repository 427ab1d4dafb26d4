//! HMAC-SHA256 with a key made of the site's and of a purpose.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::settings::Secret;

fn mac(key: &Secret, purpose: &str, text: &str) -> Option<Hmac<Sha256>> {
    // As Django makes it, so that nothing else is a key for this purpose.
    let derived =
        Sha256::new().chain_update(purpose).chain_update("signer").chain_update(key.expose()).finalize();
    // A key of any length will do.
    let mut mac = Hmac::<Sha256>::new_from_slice(&derived).ok()?;
    mac.update(text.as_bytes());
    Some(mac)
}

pub(super) fn sign(key: &Secret, purpose: &str, text: &str) -> Vec<u8> {
    mac(key, purpose, text).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default()
}

/// Takes as long for a wrong signature as for a right one.
pub(super) fn fits(key: &Secret, purpose: &str, text: &str, signature: &[u8]) -> bool {
    mac(key, purpose, text).is_some_and(|mac| mac.verify_slice(signature).is_ok())
}
