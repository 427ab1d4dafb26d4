use std::fmt;

/// Text that no log, page or error may show: a key, a password.
///
/// ```
/// use quintet_core::settings::Secret;
///
/// let secret = Secret::new("hunter2");
/// assert_eq!(format!("{secret} {secret:?}"), "*** ***");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` from view.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What may be shown of a secret value: of an address all but its password and query, of anything else nothing.
pub(super) fn masked(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return "***".to_owned() };
    let plain_scheme =
        !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c));
    if !plain_scheme {
        return "***".to_owned();
    }
    let (address, query) = match rest.split_once('?') {
        Some((address, _)) => (address, "?***"),
        None => (rest, ""),
    };
    // The last `@`: an unescaped one in a password must not push the password's rest into view.
    match address.rsplit_once('@') {
        None => format!("{scheme}://{address}{query}"),
        Some((who, host)) => {
            let user = who.split_once(':').map_or("***", |(user, _)| user);
            format!("{scheme}://{user}:***@{host}{query}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_only_the_password_and_the_query_are_hidden() {
        for (text, shown) in [
            ("hunter2", "***"),
            ("sqlite://site.db", "sqlite://site.db"),
            ("sqlite:site.db", "***"),
            ("postgres://ann:p@ss:word@db/cinema", "postgres://ann:***@db/cinema"),
            ("redis://token@cache", "redis://***:***@cache"),
            ("postgres://db/x?password=1", "postgres://db/x?***"),
            ("key with ://", "***"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }
}
