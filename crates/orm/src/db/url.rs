//! Database URLs: which driver they name, and how they may be shown.

use quintet_core::{Error, Result, near::did_you_mean};

/// A database URL, taken apart as far as all drivers agree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DbUrl<'a> {
    pub(crate) scheme: &'a str,
    /// What follows `scheme:`, without the slashes of an authority.
    pub(crate) rest: &'a str,
    /// What follows `?`, as pairs.
    pub(crate) options: Vec<(&'a str, &'a str)>,
}

impl<'a> DbUrl<'a> {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// If there is no scheme.
    pub(crate) fn parse(url: &'a str) -> Result<DbUrl<'a>> {
        let Some((scheme, rest)) = url.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
            return Err(Error::settings(format!(
                "`{}` is no database URL: write `sqlite://site.db` for a file beside quintet.toml, \
                 `sqlite:///var/lib/site.db` for an absolute path, or `sqlite::memory:`",
                masked(url)
            )));
        };
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let options = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect();
        Ok(DbUrl { scheme, rest, options })
    }

    /// The error for a scheme that no driver in this build takes.
    pub(crate) fn unknown_scheme(&self, url: &str, known: &[&'static str]) -> Error {
        Error::settings(format!(
            "database URL `{}`: no driver for `{}` in this build (it has: {}){}",
            masked(url),
            self.scheme,
            if known.is_empty() { "none".to_owned() } else { known.join(", ") },
            did_you_mean(self.scheme, known.iter().copied()),
        ))
    }
}

fn is_scheme(text: &str) -> bool {
    // A single letter is the drive of a Windows path.
    text.len() > 1 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// The URL as it may stand in messages and logs: a password becomes `***`.
pub(crate) fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        // Mistyped, and so more than ever not to be shown.
        return url.rsplit_once('@').map_or_else(|| url.to_owned(), |(_, host)| format!("***@{host}"));
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    // A password may hold an unescaped `@` or `/`, so the last `@` of all decides if the authority has none.
    let (user, host) = match (authority.rsplit_once('@'), rest.rsplit_once('@')) {
        (Some((user, host)), _) => (user, format!("{host}{path}")),
        (None, Some((user, host))) if user.contains(':') => (user, host.to_owned()),
        _ => return mask_query(url),
    };
    let name = user.split_once(':').map_or(user, |(name, _)| name);
    let secret = if user.contains(':') { ":***" } else { "" };
    mask_query(&format!("{scheme}://{name}{secret}@{host}"))
}

/// `?password=…` is as secret as `user:password@`.
fn mask_query(url: &str) -> String {
    let Some((front, query)) = url.split_once('?') else { return url.to_owned() };
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((key, _)) if key.to_ascii_lowercase().contains("pass") => format!("{key}=***"),
            _ => pair.to_owned(),
        })
        .collect();
    format!("{front}?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        for (url, rest) in [
            ("sqlite://site.db", "site.db"),
            ("sqlite:///var/site.db", "/var/site.db"),
            ("sqlite::memory:", ":memory:"),
            ("sqlite://:memory:", ":memory:"),
            ("sqlite:site.db", "site.db"),
        ] {
            let parsed = DbUrl::parse(url).unwrap();
            assert_eq!((parsed.scheme, parsed.rest), ("sqlite", rest), "{url}");
        }
        assert_eq!(DbUrl::parse("sqlite://a.db?mode=ro&x").unwrap().options, [("mode", "ro"), ("x", "")]);
        for url in ["site.db", "", "C:\\site.db", "a b://x"] {
            assert!(DbUrl::parse(url).unwrap_err().to_string().contains("sqlite://site.db"), "{url}");
        }
    }

    #[test]
    fn passwords_are_never_shown() {
        for (url, shown) in [
            ("postgres://ann:hunter2@db:5432/site", "postgres://ann:***@db:5432/site"),
            ("postgres://ann:hun@ter2@db/site", "postgres://ann:***@db/site"),
            ("postgres://ann:hun/ter2@db/site", "postgres://ann:***@db/site"),
            ("postgres://ann@db/site", "postgres://ann@db/site"),
            ("postgres://db/site?user=a&password=hunter2", "postgres://db/site?user=a&password=***"),
            ("sqlite://a@b.db", "sqlite://a@b.db"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("postgres:ann:hunter2@db/site", "***@db/site"),
        ] {
            assert_eq!(masked(url), shown);
        }
    }

    #[test]
    fn a_misspelt_scheme_is_answered_with_the_near_one() {
        let url = "sqlit://a.db";
        let error = DbUrl::parse(url).unwrap().unknown_scheme(url, &["sqlite"]).to_string();
        assert!(error.contains("did you mean `sqlite`?"), "{error}");
    }
}
