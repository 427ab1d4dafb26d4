//! A cookie as it is sent.

/// A cookie as a response sets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TestCookie {
    /// Its name.
    pub name: String,
    /// Its value, as it was sent.
    pub value: String,
    /// Can scripts not read it?
    pub http_only: bool,
    /// Is it sent over TLS only?
    pub secure: bool,
    /// `Strict`, `Lax` or `None`.
    pub same_site: Option<String>,
    /// The path below which it is sent.
    pub path: Option<String>,
    /// The domain that it is sent to.
    pub domain: Option<String>,
    /// How long it lives, in seconds; without, as long as the browser's window.
    pub max_age: Option<i64>,
    /// When it ends, as it was sent.
    pub expires: Option<String>,
}

impl TestCookie {
    /// Is this its end: does the response delete it?
    #[must_use]
    pub fn is_deletion(&self) -> bool {
        self.max_age.is_some_and(|age| age <= 0)
            || (self.max_age.is_none() && self.expires.as_deref().is_some_and(|day| day.contains("1970")))
    }

    pub(crate) fn parse(header: &str) -> Option<TestCookie> {
        let mut parts = header.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let mut cookie =
            TestCookie { name: name.to_owned(), value: value.to_owned(), ..TestCookie::default() };
        for attribute in parts {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "httponly" => cookie.http_only = true,
                "secure" => cookie.secure = true,
                "samesite" => cookie.same_site = Some(value.to_owned()),
                "path" => cookie.path = Some(value.to_owned()),
                "domain" => cookie.domain = Some(value.to_owned()),
                "max-age" => cookie.max_age = value.parse().ok(),
                "expires" => cookie.expires = Some(value.to_owned()),
                _ => {}
            }
        }
        Some(cookie)
    }
}

#[cfg(test)]
mod tests {
    use super::TestCookie;

    #[test]
    fn attributes_are_read_and_ends_are_seen() {
        let cookie = TestCookie::parse("a=b=c; Path=/; HttpOnly; secure; SameSite=Lax; Max-Age=60").unwrap();
        assert_eq!((cookie.name.as_str(), cookie.value.as_str(), cookie.max_age), ("a", "b=c", Some(60)));
        assert!(cookie.http_only && cookie.secure && !cookie.is_deletion());
        assert_eq!((cookie.path.as_deref(), cookie.same_site.as_deref()), (Some("/"), Some("Lax")));
        assert!(TestCookie::parse("a=; Max-Age=0").unwrap().is_deletion());
        assert!(TestCookie::parse("a=; expires=Thu, 01 Jan 1970 00:00:00 GMT").unwrap().is_deletion());
        assert_eq!(TestCookie::parse("broken"), None);
    }
}
