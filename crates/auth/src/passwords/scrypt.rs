//! scrypt, in the form `scrypt$16384$salt$8$5$hash`: the work, the size of a block, the lanes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use quintet_core::Result;
use scrypt::Params;

use super::{
    settings::PasswordSettings,
    tools::{number, same, wrong},
};

const BYTES: usize = 64;
/// 1 GiB, as for Argon2.
const MOST_BYTES: u64 = 1 << 30;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    work: u32,
    block: u32,
    lanes: u32,
    salt: String,
    hash: Vec<u8>,
}

/// `None` if these are none, or would take more memory than anybody gives them.
fn params(work: u32, block: u32, lanes: u32) -> Option<Params> {
    let memory = 128 * u64::from(work.max(lanes)).checked_mul(u64::from(block))?;
    if work < 2 || !work.is_power_of_two() || memory > MOST_BYTES || block > 1 << 16 || lanes > 1 << 10 {
        return None;
    }
    Params::new(u8::try_from(work.ilog2()).ok()?, block, lanes).ok()
}

pub(super) fn check(settings: &PasswordSettings) -> Result<Params> {
    params(settings.scrypt_work, settings.scrypt_block, settings.scrypt_lanes).ok_or_else(|| {
        wrong(
            "scrypt_work, scrypt_block, scrypt_lanes",
            "the work must be a power of two, and 128 times the work times the block at most 1 GiB",
        )
    })
}

fn derive(password: &str, salt: &str, params: &Params) -> Option<[u8; BYTES]> {
    let mut hash = [0; BYTES];
    scrypt::scrypt(password.as_bytes(), salt.as_bytes(), params, &mut hash).ok()?;
    Some(hash)
}

pub(super) fn hash(password: &str, salt: &str, settings: &PasswordSettings) -> Result<String> {
    let params = check(settings)?;
    let hash =
        derive(password, salt, &params).ok_or_else(|| wrong("scrypt", "the length of its result is none"))?;
    let (work, block, lanes) = (params.n(), params.r(), params.p());
    Ok(format!("scrypt${work}${salt}${block}${lanes}${}", STANDARD.encode(hash)))
}

impl Stored {
    pub(super) fn read(rest: &str) -> Option<Stored> {
        let [work, salt, block, lanes, hash] = rest.split('$').collect::<Vec<_>>().try_into().ok()?;
        let read = Stored {
            work: number(work)?,
            block: number(block)?,
            lanes: number(lanes)?,
            salt: salt.to_owned(),
            hash: STANDARD.decode(hash).ok()?,
        };
        let whole = !salt.is_empty() && read.hash.len() == BYTES;
        (whole && params(read.work, read.block, read.lanes).is_some()).then_some(read)
    }

    pub(super) fn is_of(&self, password: &str) -> bool {
        let derived = params(self.work, self.block, self.lanes)
            .and_then(|params| derive(password, &self.salt, &params));
        derived.is_some_and(|hash| same(&hash, &self.hash))
    }

    pub(super) fn is_old(&self, settings: &PasswordSettings) -> bool {
        (self.work, self.block, self.lanes)
            != (settings.scrypt_work, settings.scrypt_block, settings.scrypt_lanes)
    }
}
