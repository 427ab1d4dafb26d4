//! PBKDF2, in the form `pbkdf2_sha256$1000000$salt$hash`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::Sha256;

use super::{
    hasher::Hasher,
    random::SALT_LETTERS,
    settings::PasswordSettings,
    tools::{number, same},
};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    iterations: u32,
    salt: String,
    hash: Vec<u8>,
}

fn bytes(hasher: Hasher) -> usize {
    if hasher == Hasher::Pbkdf2Sha1 { 20 } else { 32 }
}

fn derive(hasher: Hasher, password: &str, salt: &str, iterations: u32) -> Vec<u8> {
    let mut hash = vec![0; bytes(hasher)];
    if hasher == Hasher::Pbkdf2Sha1 {
        pbkdf2_hmac::<Sha1>(password.as_bytes(), salt.as_bytes(), iterations, &mut hash);
    } else {
        pbkdf2_hmac::<Sha256>(password.as_bytes(), salt.as_bytes(), iterations, &mut hash);
    }
    hash
}

pub(super) fn hash(hasher: Hasher, password: &str, salt: &str, iterations: u32) -> String {
    let hash = STANDARD.encode(derive(hasher, password, salt, iterations));
    format!("{}${iterations}${salt}${hash}", hasher.name())
}

impl Stored {
    pub(super) fn read(hasher: Hasher, rest: &str) -> Option<Stored> {
        let [iterations, salt, hash] = rest.split('$').collect::<Vec<_>>().try_into().ok()?;
        let read = Stored {
            iterations: number(iterations)?,
            salt: salt.to_owned(),
            hash: STANDARD.decode(hash).ok()?,
        };
        (read.iterations > 0 && !salt.is_empty() && read.hash.len() == bytes(hasher)).then_some(read)
    }

    pub(super) fn is_of(&self, hasher: Hasher, password: &str) -> bool {
        same(&derive(hasher, password, &self.salt, self.iterations), &self.hash)
    }

    pub(super) fn is_old(&self, settings: &PasswordSettings) -> bool {
        self.iterations != settings.pbkdf2_iterations || self.salt.len() < SALT_LETTERS
    }

    pub(super) fn make_up(&self, hasher: Hasher, password: &str, settings: &PasswordSettings) {
        let missing = settings.pbkdf2_iterations.saturating_sub(self.iterations);
        if missing > 0 {
            std::hint::black_box(derive(hasher, password, &self.salt, missing));
        }
    }
}
