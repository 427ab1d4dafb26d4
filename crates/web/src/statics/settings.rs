use quintet_core::{Error, Result};
use quintet_macros::Settings;

/// `[static]` in `quintet.toml`: where static files are served.
#[derive(Debug, Clone, Settings)]
#[settings("static")]
pub struct StaticSettings {
    /// What their addresses begin with.
    #[setting(default = "/static/")]
    pub url: String,
}

impl StaticSettings {
    /// The path with a slash at both ends.
    pub(super) fn prefix(&self) -> Result<String> {
        let inner = self.url.trim_matches('/');
        let plain = inner.split('/').all(|part| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~'))
        });
        let dots = inner.split('/').any(|part| part == "." || part == "..");
        if !self.url.starts_with('/') || !plain || dots {
            return Err(Error::settings(format!(
                "`static.url` is `{}`: it must be a path such as `/static/`, of letters, digits, `-`, `_`, `.` and `~`",
                self.url
            )));
        }
        Ok(format!("/{inner}/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_path_below_the_root() {
        let prefix = |url: &str| StaticSettings { url: url.to_owned() }.prefix();
        for (url, expected) in [("/static/", "/static/"), ("/static", "/static/"), ("/a/b-1.2/", "/a/b-1.2/")]
        {
            assert_eq!(prefix(url).unwrap(), expected);
        }
        for url in ["", "/", "static/", "https://cdn/", "/a//b/", "/../", "/a b/", "/{x}/"] {
            assert!(prefix(url).unwrap_err().to_string().contains("`static.url`"), "{url}");
        }
    }
}
