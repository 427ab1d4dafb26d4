//! Stored passwords: written, and read for what they say of themselves.

use quintet_core::Result;

use super::{argon2, bcrypt, hasher::Hasher, pbkdf2, scrypt, settings::PasswordSettings, tools::wrong};

/// What a stored password says of itself: how it was made.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stored {
    Argon2(argon2::Stored),
    Pbkdf2(Hasher, pbkdf2::Stored),
    Scrypt(scrypt::Stored),
    Bcrypt(Hasher, bcrypt::Stored),
}

impl Stored {
    /// Reads what a stored password says; `None` if it is no such text, or of parameters that no memory holds.
    pub(super) fn read(stored: &str) -> Option<Stored> {
        let hasher = Hasher::of(stored)?;
        let rest = stored.split_once('$')?.1;
        Some(match hasher {
            Hasher::Argon2 => Stored::Argon2(argon2::Stored::read(rest)?),
            Hasher::Pbkdf2Sha256 | Hasher::Pbkdf2Sha1 => {
                Stored::Pbkdf2(hasher, pbkdf2::Stored::read(hasher, rest)?)
            }
            Hasher::Scrypt => Stored::Scrypt(scrypt::Stored::read(rest)?),
            Hasher::BcryptSha256 | Hasher::Bcrypt => Stored::Bcrypt(hasher, bcrypt::Stored::read(rest)?),
        })
    }

    pub(super) fn hasher(&self) -> Hasher {
        match self {
            Stored::Argon2(_) => Hasher::Argon2,
            Stored::Scrypt(_) => Hasher::Scrypt,
            Stored::Pbkdf2(hasher, _) | Stored::Bcrypt(hasher, _) => *hasher,
        }
    }

    /// Is it of this password? Takes its time, as long for a wrong one as for the right one.
    pub(super) fn is_of(&self, password: &str) -> bool {
        match self {
            Stored::Argon2(stored) => stored.is_of(password),
            Stored::Pbkdf2(hasher, stored) => stored.is_of(*hasher, password),
            Stored::Scrypt(stored) => stored.is_of(password),
            Stored::Bcrypt(hasher, stored) => stored.is_of(*hasher, password),
        }
    }

    /// Would it be made otherwise today?
    pub(super) fn is_old(&self, preferred: Hasher, settings: &PasswordSettings) -> bool {
        self.hasher() != preferred
            || match self {
                Stored::Argon2(stored) => stored.is_old(settings),
                Stored::Pbkdf2(_, stored) => stored.is_old(settings),
                Stored::Scrypt(stored) => stored.is_old(settings),
                Stored::Bcrypt(_, stored) => stored.is_old(settings),
            }
    }

    /// After a wrong password: does the work that an old hash saved, so that its age does not show in the time that an answer
    /// takes. Of memory-hard ones it can't be said what would be as long.
    pub(super) fn make_up(&self, password: &str, settings: &PasswordSettings) {
        match self {
            Stored::Pbkdf2(hasher, stored) => stored.make_up(*hasher, password, settings),
            Stored::Bcrypt(hasher, stored) => stored.make_up(*hasher, password, settings),
            Stored::Argon2(_) | Stored::Scrypt(_) => {}
        }
    }
}

/// Can this one hash `password`? Only plain bcrypt can't take any.
pub(super) fn takes(hasher: Hasher, password: &str) -> bool {
    hasher != Hasher::Bcrypt || password.len() <= bcrypt::MOST_BYTES
}

/// Hashes with the settings of today. Takes its time: for threads that may be busy.
pub(super) fn hash(
    hasher: Hasher,
    password: &str,
    salt: &str,
    settings: &PasswordSettings,
) -> Result<String> {
    match hasher {
        Hasher::Argon2 => argon2::hash(password, salt, settings),
        Hasher::Pbkdf2Sha256 | Hasher::Pbkdf2Sha1 => {
            Ok(pbkdf2::hash(hasher, password, salt, settings.pbkdf2_iterations))
        }
        Hasher::Scrypt => scrypt::hash(password, salt, settings),
        Hasher::BcryptSha256 | Hasher::Bcrypt => bcrypt::hash(hasher, password, settings),
    }
}

/// Are the settings such that passwords can be hashed?
pub(super) fn check(settings: &PasswordSettings) -> Result {
    if settings.preferred()? == Hasher::Pbkdf2Sha1 {
        return Err(wrong("hashers", "`pbkdf2_sha1` is there for stored passwords; name another one first"));
    }
    if !(4..=31).contains(&settings.bcrypt_rounds) {
        return Err(wrong("bcrypt_rounds", "from 4 to 31"));
    }
    if settings.pbkdf2_iterations == 0 {
        return Err(wrong("pbkdf2_iterations", "at least 1"));
    }
    if !(0.1..=1.0).contains(&settings.max_similarity) {
        return Err(wrong("max_similarity", "from 0.1 to 1"));
    }
    if settings.at_once == Some(0) {
        return Err(wrong("at_once", "at least 1"));
    }
    scrypt::check(settings)?;
    argon2::params(settings).map(drop)
}
