//! `sqlite3` on a database.

use quintet_core::{Error, Result};

use super::connect::Target;
use crate::db::{DbOptions, Shell, url::DbUrl};

/// How `sqlite3` is started.
pub(crate) fn shell(url: &str, parsed: &DbUrl<'_>, options: &DbOptions) -> Result<Shell> {
    let target = Target::new(url, parsed, options)?;
    let Some(path) = target.path else {
        return Err(Error::settings("a database in memory can't be opened by another program"));
    };
    let mut args = Vec::new();
    if target.read_only {
        args.push("-readonly".into());
    }
    args.push(path.into_os_string());
    Ok(Shell { program: "sqlite3", args, env: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_where_the_site_has_it() {
        let options = DbOptions { root: "/srv/site".into(), ..DbOptions::default() };
        let of = |url: &str| shell(url, &DbUrl::parse(url).unwrap(), &options);
        assert_eq!(of("sqlite://my%20site.db").unwrap().args, ["/srv/site/my site.db"]);
        assert_eq!(of("sqlite:///var/a.db?mode=ro").unwrap().args, ["-readonly", "/var/a.db"]);
        assert!(of("sqlite::memory:").unwrap_err().to_string().contains("in memory"));
    }
}
