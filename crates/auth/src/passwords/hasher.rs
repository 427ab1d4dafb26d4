//! The ways to hash a password, by name.

use quintet_core::settings::{Given, SettingValue, Wrong, choice};

/// A way to hash passwords, named as in the stored text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hasher {
    /// Argon2id, the winner of the Password Hashing Competition.
    Argon2,
    /// PBKDF2 with HMAC-SHA256.
    Pbkdf2Sha256,
    /// PBKDF2 with HMAC-SHA1: stored ones are taken, none is made.
    Pbkdf2Sha1,
    /// scrypt.
    Scrypt,
    /// bcrypt over the SHA-256 of the password, which may so be of any length.
    BcryptSha256,
    /// bcrypt alone: it sees 72 bytes, so longer new passwords are refused.
    Bcrypt,
}

/// All there are.
pub(super) const ALL: [Hasher; 6] = [
    Hasher::Argon2,
    Hasher::Pbkdf2Sha256,
    Hasher::Scrypt,
    Hasher::BcryptSha256,
    Hasher::Bcrypt,
    Hasher::Pbkdf2Sha1,
];

impl SettingValue for Hasher {
    fn read(given: &Given) -> Result<Self, Wrong> {
        let which = choice(given, &ALL.map(Hasher::name))?;
        ALL.get(which).copied().ok_or_else(|| Wrong::new("a hasher", given))
    }
    fn show(&self) -> String {
        self.name().to_owned()
    }
}

impl Hasher {
    /// Its name at the beginning of stored passwords and in the settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Hasher::Argon2 => "argon2",
            Hasher::Pbkdf2Sha256 => "pbkdf2_sha256",
            Hasher::Pbkdf2Sha1 => "pbkdf2_sha1",
            Hasher::Scrypt => "scrypt",
            Hasher::BcryptSha256 => "bcrypt_sha256",
            Hasher::Bcrypt => "bcrypt",
        }
    }

    /// The one that made a stored password.
    #[must_use]
    pub fn of(stored: &str) -> Option<Hasher> {
        let (name, _) = stored.split_once('$')?;
        ALL.into_iter().find(|hasher| hasher.name() == name)
    }
}
