//! Names of people in one form, so that two that look the same are the same.

use unicode_normalization::UnicodeNormalization as _;

/// A username in the form in which it is stored and looked up: NFKC, as in Django, so that `ﬁ` and `fi` are one name.
///
/// ```
/// assert_eq!(quintet_auth::normal_username("ﬁnn②"), "finn2");
/// ```
#[must_use]
pub fn normal_username(name: &str) -> String {
    name.nfkc().collect()
}

/// An e-mail address in the form in which it is stored: its domain in lower case, as in Django.
///
/// ```
/// assert_eq!(quintet_auth::normal_email("Ann@Example.COM"), "Ann@example.com");
/// ```
#[must_use]
pub fn normal_email(address: &str) -> String {
    match address.trim().rsplit_once('@') {
        Some((name, domain)) => format!("{name}@{}", domain.to_lowercase()),
        None => address.to_owned(),
    }
}
