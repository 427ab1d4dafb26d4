//! Is this text an address, a slug, a name of a file? What columns, forms and data all ask, said once.
//!
//! Each answers yes or no and reads the text once, front to back: no input makes it slow.
mod email;
mod file;
mod host;
mod pattern;
mod url;

pub use email::is_email;
pub use file::{clean_file_name, file_name_problem, fit_file_name};
pub use host::is_domain;
pub use pattern::{fits_pattern, pattern_problem};
pub use url::{URL_SCHEMES, is_url, is_url_of};

/// Letters and digits of ASCII, hyphens and underscores, at least one.
///
/// ```
/// use quintet_core::valid::{is_slug, is_unicode_slug};
/// assert!(is_slug("blade-runner_2049") && !is_slug("cléo") && !is_slug("") && !is_slug("a b"));
/// assert!(is_unicode_slug("cléo-de-5-à-7") && is_unicode_slug("你好") && !is_unicode_slug("你 好"));
/// ```
#[must_use]
pub fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// As [`is_slug`], with letters and digits of every script.
#[must_use]
pub fn is_unicode_slug(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}
