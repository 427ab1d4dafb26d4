//! `psql` on a database.

use quintet_core::Result;

use super::target::{Place, SslMode, Target};
use crate::db::{DbOptions, Shell, url::DbUrl};

/// How `psql` is started. Everything goes by the environment, the password among it.
pub(crate) fn shell(url: &str, parsed: &DbUrl<'_>, options: &DbOptions) -> Result<Shell> {
    let target = Target::new(url, parsed, options)?;
    let host = match target.place {
        Place::Tcp(host) => host.into(),
        Place::Unix(directory) => directory.into_os_string(),
    };
    let mode = match target.ssl {
        SslMode::Disable => "disable",
        SslMode::Prefer => "prefer",
        SslMode::Require => "require",
        SslMode::VerifyFull => "verify-full",
    };
    let mut env = vec![
        ("PGHOST", host),
        ("PGPORT", target.port.to_string().into()),
        ("PGUSER", target.user.into()),
        ("PGDATABASE", target.database.into()),
        ("PGSSLMODE", mode.into()),
    ];
    env.extend(target.password.map(|password| ("PGPASSWORD", password.into())));
    env.extend(target.root_cert.map(|file| ("PGSSLROOTCERT", file.into_os_string())));
    env.extend(target.options.map(|options| ("PGOPTIONS", options.into())));
    Ok(Shell { program: "psql", args: Vec::new(), env })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn the_password_is_in_the_environment_only() {
        let url =
            "postgres://ann:hun%2Fter2@db.example:6543/site?sslmode=disable&options=-c%20search_path%3Dshop";
        let shell = shell(url, &DbUrl::parse(url).unwrap(), &DbOptions::default()).unwrap();
        assert_eq!((shell.program, shell.args.as_slice()), ("psql", &[] as &[OsString]));
        let value = |name| {
            shell.env.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_str().unwrap())
        };
        assert_eq!(
            (value("PGHOST"), value("PGPORT"), value("PGUSER")),
            (Some("db.example"), Some("6543"), Some("ann"))
        );
        assert_eq!((value("PGDATABASE"), value("PGPASSWORD")), (Some("site"), Some("hun/ter2")));
        assert_eq!((value("PGSSLMODE"), value("PGOPTIONS")), (Some("disable"), Some("-c search_path=shop")));
        assert!(!format!("{shell:?}").contains("ter2"));
    }
}
