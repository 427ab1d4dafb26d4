use std::{path::Path, time::Duration};

use quintet_core::{Error, Result, near::did_you_mean};
use quintet_macros::Settings;

use crate::{Local, S3Settings, Storage, local};

/// `[storage]` in `quintet.toml`: where files are kept that people upload.
#[derive(Debug, Clone, Settings)]
#[settings("storage")]
pub struct StorageSettings {
    /// "file://media" is a folder beside quintet.toml, "file:///srv/media" any folder; "s3://bucket/folder" is in S3; "memory://" forgets.
    #[setting(default = "file://media", env = "STORAGE_URL", secret)]
    pub url: String,
    /// What the files' addresses begin with: a path, or another host's address.
    #[setting(default = "/media/")]
    pub address: String,
    /// Does this site itself answer those addresses? Not where they are at another host.
    #[setting(default = true)]
    pub serve: bool,
    /// Folders whose files need an address that was signed for them, `storage.signed_url(..)`, or a handler that sends them.
    #[setting(default = vec!["private/".to_owned()])]
    pub private: Vec<String>,
    /// For how long clients may keep the others without asking again.
    #[setting(default = "1h")]
    pub keep: Duration,
}

impl StorageSettings {
    /// Is the file in one of the folders that [`private`](Self::private) names? In capitals as well: to some file systems that is the
    /// same folder.
    #[must_use]
    pub fn is_private(&self, name: &str) -> bool {
        crate::name::is_below(name, &self.private)
    }

    /// Opens it; relative folders are those below `root`, and what an S3 needs besides is in settings of its own.
    ///
    /// # Errors
    /// If the URL's kind is unknown or it names no folder or bucket, or the address is neither a path nor a web address.
    pub fn open(&self, root: &Path, s3: &S3Settings) -> Result<Storage> {
        let plain =
            self.address.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>?#\\{}".contains(&byte));
        if !plain
            || !(self.address.starts_with('/')
                || self.address.starts_with("https://")
                || self.address.starts_with("http://"))
            || self.address == "/"
        {
            return Err(Error::settings(format!(
                "`storage.address` is `{}`: it must be a path such as `/media/`, or an address such as `https://files.example.com/`",
                self.address
            )));
        }
        let (scheme, rest) = self.url.split_once("://").unwrap_or((self.url.as_str(), ""));
        let storage = match scheme {
            "file" => Storage::from(Local::new(local::folder(rest, root)?)),
            "memory" => Storage::memory(),
            "s3" => in_s3(self, s3)?,
            other => {
                let meant = did_you_mean(other, ["file", "memory", "s3"]);
                return Err(Error::settings(format!(
                    "`storage.url` begins with `{other}`, which is no kind of storage{meant} (there are `file://`, `memory://` and `s3://`)",
                )));
            }
        };
        Ok(storage.at(&self.address))
    }
}

#[cfg(feature = "s3")]
fn in_s3(around: &StorageSettings, settings: &S3Settings) -> Result<Storage> {
    let s3 = crate::S3::new(&around.url, settings)?;
    Ok(Storage::new(s3.keep(around.keep, around.private.clone())))
}

#[cfg(not(feature = "s3"))]
fn in_s3(_: &StorageSettings, _: &S3Settings) -> Result<Storage> {
    Err(Error::settings("`storage.url` is in S3, which this build lacks: add the feature `s3` of `quintet`"))
}

#[cfg(test)]
mod tests {
    use quintet_core::settings::Settings;

    use super::*;

    #[test]
    fn a_folder_is_private_with_or_without_a_slash_behind_its_name() {
        for private in ["papers", "papers/"] {
            let settings: StorageSettings =
                Settings::for_tests("/site", [("storage.private", private)]).get().unwrap();
            assert!(
                settings.is_private("papers/a.pdf")
                    && settings.is_private("Papers/a.pdf")
                    && settings.is_private("papers/deep/a.pdf")
            );
            assert!(!settings.is_private("papers.pdf") && !settings.is_private("open/papers/a.pdf"));
        }
    }

    #[test]
    fn urls_choose_the_place() {
        let open = |url: &str, address: &str| {
            let given = [("storage.url", url), ("storage.address", address)];
            let settings = Settings::for_tests("/site", given);
            settings.get::<StorageSettings>().unwrap().open(Path::new("/site"), &settings.get().unwrap())
        };
        assert!(format!("{:?}", open("file://media", "/media").unwrap()).contains("\"/site/media\""));
        assert!(format!("{:?}", open("file:///srv/files", "/m/").unwrap()).contains("\"/srv/files\""));
        assert_eq!(
            open("memory://", "https://files.example.com").unwrap().url("é"),
            "https://files.example.com/%C3%A9"
        );
        for (url, told) in [
            ("fil://x", "did you mean `file`?"),
            ("ftp://x", "`ftp`"),
            ("file://", "names no folder"),
            ("media", "`media`"),
        ] {
            let error = open(url, "/media/").unwrap_err().to_string();
            assert!(error.contains("storage.url") && error.contains(told), "{error}");
        }
        for address in ["media", "/", "/a b/", "/a?b", "ftp://x/", ""] {
            assert!(
                open("memory://", address).unwrap_err().to_string().contains("storage.address"),
                "{address}"
            );
        }
    }
}
