//! What the ways to hash share.

use quintet_core::Error;
use subtle::ConstantTimeEq;

/// Compares without telling by the time it takes where two differ.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    bool::from(a.ct_eq(b))
}

/// Numbers as Django writes them: digits and nothing else, no zero in front.
pub(super) fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

/// Parameters of the settings that a hasher does not take.
pub(super) fn wrong(what: impl std::fmt::Display, why: impl std::fmt::Display) -> Error {
    Error::settings(format!("[auth.passwords] {what}: {why}"))
}
