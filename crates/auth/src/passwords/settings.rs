use quintet_core::{Result, settings::ByteSize};
use quintet_macros::Settings;

use super::{hasher::Hasher, tools::wrong};

/// `[auth.passwords]` in `quintet.toml`: how passwords are kept, and which ones are taken.
#[derive(Debug, Clone, Settings)]
#[settings("auth.passwords")]
pub struct PasswordSettings {
    /// The first one hashes new passwords; what one of the others has made is still taken, and made anew by the first at the
    /// next login.
    #[setting(default = "argon2, pbkdf2_sha256, scrypt, bcrypt_sha256, bcrypt, pbkdf2_sha1")]
    pub hashers: Vec<Hasher>,
    /// The memory that an argon2 hash fills.
    #[setting(default = "64 MiB")]
    pub argon2_memory: ByteSize,
    /// How many times argon2 goes over it.
    #[setting(default = 3)]
    pub argon2_passes: u32,
    /// Into how many lanes argon2 divides it.
    #[setting(default = 4)]
    pub argon2_lanes: u32,
    /// The rounds of pbkdf2.
    #[setting(default = 1_000_000)]
    pub pbkdf2_iterations: u32,
    /// The work of scrypt: a power of two.
    #[setting(default = 16384)]
    pub scrypt_work: u32,
    /// The size of a block of scrypt, in 128 bytes.
    #[setting(default = 8)]
    pub scrypt_block: u32,
    /// How many times scrypt does it all.
    #[setting(default = 5)]
    pub scrypt_lanes: u32,
    /// The work of bcrypt: one more doubles it.
    #[setting(default = 12)]
    pub bcrypt_rounds: u32,
    /// How many hashes are computed at once; half of the processors if it is not set.
    pub at_once: Option<usize>,
    /// How many may wait for their turn; more are answered 503.
    #[setting(default = 64)]
    pub waiting: usize,
    /// The longest password, in bytes; longer ones are refused before they cost anything.
    #[setting(default = "4 KiB")]
    pub max_size: ByteSize,
    /// The shortest password, in characters.
    #[setting(default = 8)]
    pub min_length: usize,
    /// May a new password be one of the 20,000 that everybody tries first?
    #[setting(default = false)]
    pub allow_common: bool,
    /// May it be nothing but digits?
    #[setting(default = false)]
    pub allow_numeric: bool,
    /// How like the name, the username or the e-mail address it may be: 0.1 is hardly at all, 1 is the same.
    #[setting(default = 0.7)]
    pub max_similarity: f64,
}

impl PasswordSettings {
    /// The one that hashes new passwords.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn preferred(&self) -> Result<Hasher> {
        self.hashers.first().copied().ok_or_else(|| wrong("hashers", "name at least one"))
    }
}
