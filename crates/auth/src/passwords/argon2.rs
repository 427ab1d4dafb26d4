//! Argon2, in the form `argon2$argon2id$v=19$m=65536,t=3,p=4$salt$hash`.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use quintet_core::Result;

use super::{
    random::SALT_LETTERS,
    settings::PasswordSettings,
    tools::{number, same, wrong},
};

const BYTES: usize = 32;
/// Parameters of a stored password above this would be a way to take all memory: 1 GiB.
const MOST_KIB: u32 = 1 << 20;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    algorithm: Algorithm,
    version: Version,
    kib: u32,
    passes: u32,
    lanes: u32,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// Memory in KiB, passes and lanes of the settings, checked.
pub(super) fn params(settings: &PasswordSettings) -> Result<Params> {
    let kib = u32::try_from(settings.argon2_memory.bytes() / 1024).unwrap_or(u32::MAX);
    if kib > MOST_KIB {
        return Err(wrong("argon2_memory", "at most 1 GiB"));
    }
    let lanes = settings.argon2_lanes;
    if !(1..=255).contains(&lanes) {
        return Err(wrong("argon2_lanes", "from 1 to 255"));
    }
    Params::new(kib, settings.argon2_passes, lanes, Some(BYTES))
        .map_err(|why| wrong("argon2_memory, argon2_passes, argon2_lanes", why))
}

pub(super) fn hash(password: &str, salt: &str, settings: &PasswordSettings) -> Result<String> {
    let params = params(settings)?;
    let (kib, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
    let mut hash = [0; BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt.as_bytes(), &mut hash)
        .map_err(|why| wrong("argon2", why))?;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    Ok(format!("argon2$argon2id$v=19$m={kib},t={passes},p={lanes}${salt}${hash}"))
}

impl Stored {
    pub(super) fn read(rest: &str) -> Option<Stored> {
        let (algorithm, rest) = rest.split_once('$')?;
        let algorithm = match algorithm {
            "argon2id" => Algorithm::Argon2id,
            "argon2i" => Algorithm::Argon2i,
            "argon2d" => Algorithm::Argon2d,
            _ => return None,
        };
        // Version 16 was written without saying so.
        let (version, rest) = match rest.strip_prefix("v=") {
            Some(rest) => {
                let (version, rest) = rest.split_once('$')?;
                (Version::try_from(number::<u32>(version)?).ok()?, rest)
            }
            None => (Version::V0x10, rest),
        };
        let [costs, salt, hash] = rest.split('$').collect::<Vec<_>>().try_into().ok()?;
        let [kib, passes, lanes] = costs.split(',').collect::<Vec<_>>().try_into().ok()?;
        let read = Stored {
            algorithm,
            version,
            kib: number(kib.strip_prefix("m=")?)?,
            passes: number(passes.strip_prefix("t=")?)?,
            lanes: number(lanes.strip_prefix("p=")?)?,
            salt: STANDARD_NO_PAD.decode(salt).ok()?,
            hash: STANDARD_NO_PAD.decode(hash).ok()?,
        };
        (read.kib <= MOST_KIB && read.lanes <= 255 && read.params().is_some()).then_some(read)
    }

    fn params(&self) -> Option<Params> {
        Params::new(self.kib, self.passes, self.lanes, Some(self.hash.len())).ok()
    }

    pub(super) fn is_of(&self, password: &str) -> bool {
        let Some(params) = self.params() else { return false };
        let mut hash = vec![0; self.hash.len()];
        let made = Argon2::new(self.algorithm, self.version, params);
        made.hash_password_into(password.as_bytes(), &self.salt, &mut hash).is_ok() && same(&hash, &self.hash)
    }

    pub(super) fn is_old(&self, settings: &PasswordSettings) -> bool {
        let Ok(now) = params(settings) else { return false };
        (self.algorithm, self.version) != (Algorithm::Argon2id, Version::V0x13)
            || (self.kib, self.passes, self.lanes) != (now.m_cost(), now.t_cost(), now.p_cost())
            || self.hash.len() != BYTES
            || self.salt.len() < SALT_LETTERS
    }
}
