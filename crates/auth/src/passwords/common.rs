//! The passwords that everybody tries first.

use std::{io::Read as _, sync::OnceLock};

use flate2::read::GzDecoder;

static PACKED: &[u8] = include_bytes!("../../vendor/common-passwords/common-passwords.txt.gz");

/// All of them in one text, and where each lies in it, sorted.
struct Common {
    text: String,
    places: Box<[(u32, u32)]>,
}

impl Common {
    fn unpack() -> Common {
        let mut text = String::new();
        // The file is part of the binary, and a test reads it; were it broken, no password would be common.
        if GzDecoder::new(PACKED).read_to_string(&mut text).is_err() {
            text.clear();
        }
        let start = text.as_ptr().addr();
        let mut places: Vec<(u32, u32)> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .filter_map(|line| {
                let from = u32::try_from(line.as_ptr().addr() - start).ok()?;
                Some((from, from + u32::try_from(line.len()).ok()?))
            })
            .collect();
        places.sort_unstable_by_key(|place| at(&text, *place));
        Common { text, places: places.into() }
    }
}

fn at(text: &str, (from, to): (u32, u32)) -> &str {
    text.get(from as usize..to as usize).unwrap_or_default()
}

/// Is it one of them? As Django compares: in lower case, without blanks around it.
pub(super) fn is_common(password: &str) -> bool {
    static COMMON: OnceLock<Common> = OnceLock::new();
    let common = COMMON.get_or_init(Common::unpack);
    let password = password.to_lowercase();
    let password = password.trim();
    common.places.binary_search_by(|place| at(&common.text, *place).cmp(password)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole() {
        assert_eq!(Common::unpack().places.len(), 19_640);
        for common in ["123456", "password", "PassWord ", "qwerty123", "letmein"] {
            assert!(is_common(common), "{common}");
        }
        for other in ["", "correct horse battery staple", "passwordy"] {
            assert!(!is_common(other), "{other}");
        }
    }
}
