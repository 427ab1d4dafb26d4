//! bcrypt, in the form `bcrypt_sha256$$2b$12$` and 53 letters, of which the first 22 are the salt.

use base64::{
    Engine as _,
    alphabet::BCRYPT,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use quintet_core::Result;
use sha2::{Digest as _, Sha256};

use super::{
    hasher::Hasher,
    random,
    settings::PasswordSettings,
    tools::{number, same},
};

/// What bcrypt sees of a password.
pub(super) const MOST_BYTES: usize = 72;
/// Of the 24 bytes that it makes, this many are kept.
const KEPT: usize = 23;
// The last letter of a salt has bits that nothing reads; other programs set them as they like.
const LETTERS: GeneralPurpose = GeneralPurpose::new(
    &BCRYPT,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    rounds: u32,
    salt: [u8; 16],
    hash: Vec<u8>,
}

fn derive(hasher: Hasher, password: &str, rounds: u32, salt: [u8; 16]) -> Vec<u8> {
    let mut bytes = match hasher {
        Hasher::BcryptSha256 => hex(&Sha256::digest(password)),
        _ => password.as_bytes().to_vec(),
    };
    // The end of a text in C counts, where there is room for it.
    bytes.push(0);
    bytes.truncate(MOST_BYTES);
    let mut hash = bcrypt::bcrypt(rounds, salt, &bytes).to_vec();
    hash.truncate(KEPT);
    hash
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    let digit = |n: u8| char::from_digit(u32::from(n), 16).map_or(b'0', |c| c as u8);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

pub(super) fn hash(hasher: Hasher, password: &str, settings: &PasswordSettings) -> Result<String> {
    let salt = random::bytes()?;
    let rounds = settings.bcrypt_rounds;
    let hash = LETTERS.encode(derive(hasher, password, rounds, salt));
    Ok(format!("{}$$2b${rounds:02}${}{hash}", hasher.name(), LETTERS.encode(salt)))
}

impl Stored {
    pub(super) fn read(rest: &str) -> Option<Stored> {
        let [empty, version, rounds, data] = rest.split('$').collect::<Vec<_>>().try_into().ok()?;
        let known = empty.is_empty() && matches!(version, "2a" | "2b" | "2y") && rounds.len() == 2;
        let rounds: u32 = number(rounds.strip_prefix('0').unwrap_or(rounds))?;
        if !known || !(4..=31).contains(&rounds) || data.len() != 53 {
            return None;
        }
        let (salt, hash) = data.split_at_checked(22)?;
        let salt = LETTERS.decode(salt).ok()?.try_into().ok()?;
        let hash = LETTERS.decode(hash).ok()?;
        Some(Stored { rounds, salt, hash })
    }

    pub(super) fn is_of(&self, hasher: Hasher, password: &str) -> bool {
        same(&derive(hasher, password, self.rounds, self.salt), &self.hash)
    }

    pub(super) fn is_old(&self, settings: &PasswordSettings) -> bool {
        self.rounds != settings.bcrypt_rounds
    }

    /// A round more doubles the work.
    pub(super) fn make_up(&self, hasher: Hasher, password: &str, settings: &PasswordSettings) {
        for rounds in self.rounds..settings.bcrypt_rounds {
            std::hint::black_box(derive(hasher, password, rounds, self.salt));
        }
    }
}
