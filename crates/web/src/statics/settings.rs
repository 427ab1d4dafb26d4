use std::{collections::BTreeMap, path::PathBuf};

use http::{Uri, uri::Scheme};
use quintet_core::{Error, Result, settings::ByteSize};
use quintet_macros::Settings;

/// `[static]` in `quintet.toml`: where static files come from and where they are served.
#[derive(Debug, Clone, Settings)]
#[settings("static")]
pub struct StaticSettings {
    /// What their addresses begin with: a path, or the address of a CDN that fetches them from this site.
    #[setting(default = "/static/")]
    pub url: String,
    /// Further folders of static files, before those of the apps; they are read while the site runs.
    #[setting(default)]
    pub dirs: Vec<PathBuf>,
    /// Where `collectstatic` puts all files.
    pub root: Option<PathBuf>,
    /// Are they sent compressed to those who take it?
    #[setting(default = true)]
    pub compress: bool,
    /// Most memory for compressed files.
    #[setting(default = "32 MiB")]
    pub compress_memory: ByteSize,
    /// Names of modules, and the files, folders or addresses that they lead to.
    #[setting(default)]
    pub importmap: BTreeMap<String, String>,
}

/// What the addresses of static files begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    /// The path on this site, with a slash at both ends.
    pub(super) path: String,
    /// All of it, as pages write it: the path, or the CDN's address.
    pub(super) url: String,
    /// The CDN's origin: `https://cdn.example.com`.
    pub(super) origin: Option<String>,
}

/// Where files are served that a CDN has at its root.
const PATH: &str = "/static/";

impl StaticSettings {
    /// `debug`: a CDN has not what is being worked on, so addresses lead to this site.
    pub(super) fn base(&self, debug: bool) -> Result<Base> {
        let wrong = || {
            Error::settings(format!(
                "`static.url` is `{}`: it must be a path such as `/static/`, of letters, digits, `-`, `_`, `.` and \
                 `~`, or such a path at another host, `https://cdn.example.com/static/`",
                self.url
            ))
        };
        if self.url.starts_with('/') {
            let path = path(&self.url).ok_or_else(wrong)?;
            return Ok(Base { url: path.clone(), path, origin: None });
        }
        let uri: Uri = self.url.parse().map_err(|_| wrong())?;
        let web = uri.scheme().is_some_and(|scheme| *scheme == Scheme::HTTPS || *scheme == Scheme::HTTP);
        // What stands in a header must end where an origin ends.
        let host = uri.authority().filter(|host| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':' | b'[' | b']');
            host.as_str().bytes().all(plain)
        });
        let (true, Some(host), None) = (web, host, uri.query()) else { return Err(wrong()) };
        let origin = format!("{}://{host}", uri.scheme_str().unwrap_or("https"));
        let (path, at) = match uri.path() {
            "/" => (PATH.to_owned(), "/".to_owned()),
            other => path(other).map(|path| (path.clone(), path)).ok_or_else(wrong)?,
        };
        if debug {
            return Ok(Base { url: path.clone(), path, origin: None });
        }
        Ok(Base { url: format!("{origin}{at}"), path, origin: Some(origin) })
    }
}

/// With a slash at both ends; `None` if it can't be a prefix.
fn path(given: &str) -> Option<String> {
    let inner = given.trim_matches('/');
    let plain = inner.split('/').all(|part| {
        !matches!(part, "" | "." | "..")
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~'))
    });
    (given.starts_with('/') && plain).then(|| format!("/{inner}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(url: &str, debug: bool) -> Result<Base> {
        StaticSettings {
            url: url.to_owned(),
            dirs: Vec::new(),
            root: None,
            compress: true,
            compress_memory: ByteSize::new(0),
            importmap: BTreeMap::new(),
        }
        .base(debug)
    }

    #[test]
    fn a_prefix_is_a_path_below_the_root() {
        for (url, expected) in [("/static/", "/static/"), ("/static", "/static/"), ("/a/b-1.2/", "/a/b-1.2/")]
        {
            let base = base(url, false).unwrap();
            assert_eq!((base.path.as_str(), base.url.as_str(), base.origin), (expected, expected, None));
        }
        for url in [
            "",
            "/",
            "static/",
            "/a//b/",
            "/../",
            "/a b/",
            "/{x}/",
            "ftp://cdn/",
            "https://user@cdn/",
            "https://cdn/a?b",
            "https://cdn/../",
            "https:/cdn",
            "https://cdn;script-src/x",
        ] {
            assert!(base(url, false).unwrap_err().to_string().contains("`static.url`"), "{url}");
        }
    }

    #[test]
    fn a_cdn_is_another_host() {
        for (url, path, at) in [
            ("https://cdn.example.com", "/static/", "https://cdn.example.com/"),
            ("https://cdn.example.com/a/b", "/a/b/", "https://cdn.example.com/a/b/"),
            ("http://[::1]:9000/static/", "/static/", "http://[::1]:9000/static/"),
        ] {
            let base = base(url, false).unwrap();
            assert_eq!((base.path.as_str(), base.url.as_str()), (path, at));
            assert!(at.starts_with(&base.origin.unwrap()));
        }
        let here = base("https://cdn.example.com/a/", true).unwrap();
        assert_eq!((here.path.as_str(), here.url.as_str(), here.origin), ("/a/", "/a/", None));
    }
}
