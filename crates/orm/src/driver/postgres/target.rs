//! A PostgreSQL URL: where to connect, as whom, and how.

use std::{path::PathBuf, sync::Arc, time::Duration};

use percent_encoding::percent_decode_str;
use quintet_core::{Error, Result, near::did_you_mean};

use crate::db::{
    DbOptions,
    url::{DbUrl, masked},
};

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A name or an address.
    Tcp(String),
    /// The directory of a Unix socket.
    Unix(PathBuf),
}

/// What the URL says about TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SslMode {
    /// Never.
    Disable,
    /// If the server offers it, without checking its certificate.
    Prefer,
    /// Always, without checking the certificate.
    Require,
    /// Always, with a certificate that a known authority gave to this host.
    VerifyFull,
}

/// Where and how to connect. Has no `Debug`: it holds the password.
pub(super) struct Target {
    /// The URL as it may be shown.
    pub(super) url: Arc<str>,
    pub(super) place: Place,
    pub(super) port: u16,
    pub(super) user: String,
    pub(super) password: Option<String>,
    pub(super) database: String,
    pub(super) ssl: SslMode,
    pub(super) root_cert: Option<PathBuf>,
    pub(super) application_name: String,
    /// `-c name=value …`
    pub(super) options: Option<String>,
    /// Are statements kept by the server under names? Not behind a pooler that gives each transaction another
    /// server.
    pub(super) prepare: bool,
    pub(super) connect_timeout: Duration,
    pub(super) statement_timeout: Duration,
    pub(super) statement_cache: usize,
}

/// What may stand behind the `?`.
const OPTIONS: [&str; 10] = [
    "application_name",
    "connect_timeout",
    "dbname",
    "host",
    "options",
    "password",
    "port",
    "prepare",
    "sslmode",
    "sslrootcert",
];

impl Target {
    pub(super) fn new(url: &str, parsed: &DbUrl<'_>, options: &DbOptions) -> Result<Target> {
        let shown = masked(url);
        Self::read(parsed, options, &shown)
            .map_err(|why| Error::settings(format!("database URL `{shown}`: {why}")))
    }

    fn read(parsed: &DbUrl<'_>, options: &DbOptions, shown: &str) -> Result<Target, String> {
        let (authority, database) = parsed.rest.split_once('/').unwrap_or((parsed.rest, ""));
        let (login, address) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(decode(password)?)),
            None => (login, None),
        };
        let (host, port) = split_port(address)?;
        let mut target = Target {
            url: shown.into(),
            place: place(decode(host)?),
            port: port.unwrap_or(5432),
            user: decode(user)?,
            password,
            database: decode(database)?,
            ssl: SslMode::Prefer,
            root_cert: None,
            application_name: "quintet".to_owned(),
            options: None,
            prepare: true,
            connect_timeout: Duration::from_secs(10),
            statement_timeout: options.statement_timeout,
            statement_cache: options.statement_cache,
        };
        for (key, value) in &parsed.options {
            target.option(key, decode(value)?, options)?;
        }
        if target.user.is_empty() {
            return Err("it names no user: write `postgres://user:password@host/database`".to_owned());
        }
        if target.database.is_empty() {
            target.database.clone_from(&target.user);
        }
        target.check_tls()?;
        Ok(target)
    }

    fn option(&mut self, key: &str, value: String, options: &DbOptions) -> Result<(), String> {
        let one_of = |all: &str| format!("{key} is {all}, not `{value}`");
        match key {
            "host" => self.place = place(value),
            "port" => self.port = value.parse().map_err(|_| one_of("a number up to 65535"))?,
            "user" => self.user = value,
            "password" => self.password = Some(value),
            "dbname" => self.database = value,
            "application_name" => self.application_name = value,
            "options" => self.options = Some(value),
            "sslrootcert" => self.root_cert = Some(options.root.join(value)),
            "connect_timeout" => {
                let seconds = value.parse().ok().filter(|seconds| *seconds > 0);
                self.connect_timeout =
                    Duration::from_secs(seconds.ok_or_else(|| one_of("a number of seconds"))?);
            }
            "prepare" => {
                self.prepare = match &*value {
                    "on" => true,
                    "off" => false,
                    _ => return Err(one_of("`on`, or `off` behind a pooler in transaction mode")),
                };
            }
            "sslmode" => {
                self.ssl = match &*value {
                    "disable" => SslMode::Disable,
                    "prefer" => SslMode::Prefer,
                    "require" => SslMode::Require,
                    "verify-full" => SslMode::VerifyFull,
                    _ => return Err(one_of("`disable`, `prefer`, `require` or `verify-full`")),
                };
            }
            other => {
                return Err(format!(
                    "PostgreSQL has no option `{other}` here{}; there are: user, {}",
                    did_you_mean(other, OPTIONS),
                    OPTIONS.join(", ")
                ));
            }
        }
        Ok(())
    }

    fn check_tls(&self) -> Result<(), String> {
        let wants = matches!(self.ssl, SslMode::Require | SslMode::VerifyFull);
        if wants && matches!(self.place, Place::Unix(_)) {
            return Err("TLS does not run over a Unix socket: leave `sslmode` out".to_owned());
        }
        if wants && !cfg!(feature = "postgres-tls") {
            return Err("this build has no TLS for PostgreSQL: turn the feature `postgres-tls` on".to_owned());
        }
        if self.root_cert.is_some() && self.ssl != SslMode::VerifyFull {
            return Err("`sslrootcert` is only looked at with `sslmode=verify-full`".to_owned());
        }
        Ok(())
    }

    /// What the server is told at the start. Behind a pooler only what poolers keep for each client.
    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut all = vec![
            ("user", self.user.clone()),
            ("database", self.database.clone()),
            ("application_name", self.application_name.clone()),
            ("client_encoding", "UTF8".to_owned()),
            ("DateStyle", "ISO".to_owned()),
            ("TimeZone", "UTC".to_owned()),
        ];
        if self.prepare {
            all.push(("statement_timeout", self.statement_timeout_millis().to_string()));
        }
        if let Some(options) = &self.options {
            all.push(("options", options.clone()));
        }
        all
    }

    /// As the server counts it. 0 is none.
    pub(super) fn statement_timeout_millis(&self) -> i32 {
        i32::try_from(self.statement_timeout.as_millis()).unwrap_or(i32::MAX)
    }
}

fn decode(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|_| "it is not UTF-8 after decoding its `%`".to_owned())
}

fn place(host: String) -> Place {
    match host {
        host if host.starts_with('/') => Place::Unix(host.into()),
        host if host.is_empty() => Place::Tcp("localhost".to_owned()),
        host => Place::Tcp(host),
    }
}

/// `[::1]:5432` and `db:5432`.
fn split_port(address: &str) -> Result<(&str, Option<u16>), String> {
    let (host, rest) = match address.strip_prefix('[') {
        Some(inner) => {
            let (host, rest) = inner.split_once(']').ok_or("an IPv6 address ends with `]`")?;
            (host, rest.strip_prefix(':').unwrap_or(rest))
        }
        None => address.split_once(':').unwrap_or((address, "")),
    };
    if rest.is_empty() {
        return Ok((host, None));
    }
    let port = rest.parse().map_err(|_| {
        // It may be a part of a password with an unescaped `@` or `/`.
        "the port is no number up to 65535; `:`, `/`, `?` and `@` in a user or password are written %3A, %2F, %3F and %40"
    })?;
    Ok((host, Some(port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Result<Target, String> {
        let parsed = DbUrl::parse(url).unwrap();
        Target::new(url, &parsed, &DbOptions::default()).map_err(|e| e.to_string())
    }

    #[test]
    fn urls_say_where_and_as_whom() {
        let full = target(
            "postgres://ann:h%40x@db.example:6000/site?application_name=shop&prepare=off&sslmode=disable",
        )
        .unwrap();
        assert_eq!(full.place, Place::Tcp("db.example".into()));
        assert_eq!(
            (full.port, &*full.user, full.password.as_deref(), &*full.database),
            (6000, "ann", Some("h@x"), "site")
        );
        assert_eq!((&*full.application_name, full.prepare, full.ssl), ("shop", false, SslMode::Disable));
        let short = target("postgres://ann@").unwrap();
        assert_eq!(
            (short.place, short.port, &*short.database),
            (Place::Tcp("localhost".into()), 5432, "ann")
        );
        let six = target("postgresql://ann@[::1]:5433/site").unwrap();
        assert_eq!((six.place, six.port), (Place::Tcp("::1".into()), 5433));
        let socket = target("postgres:///site?host=/run/postgresql&user=ann").unwrap();
        assert_eq!((socket.place, &*socket.user), (Place::Unix("/run/postgresql".into()), "ann"));
    }

    #[test]
    fn what_is_wrong_is_named_and_the_password_is_not() {
        for (url, words) in [
            ("postgres://db/site", "names no user"),
            ("postgres://ann:hunter2@db/site?sslmod=disable", "did you mean `sslmode`"),
            ("postgres://ann:hunter2@db/site?sslmode=on", "`verify-full`, not `on`"),
            ("postgres://ann:hunter2@db/site?prepare=no", "pooler"),
            ("postgres://ann:hunter2@db:x/site", "no number"),
            ("postgres://ann:hun/ter2@db/site", "%2F"),
            ("postgres://ann@db/site?sslmode=require&host=/run", "Unix socket"),
            ("postgres://ann:hunter2@db/site?sslrootcert=ca.pem", "verify-full"),
            ("postgres://ann@[::1/site", "ends with `]`"),
            ("postgres://ann@db/site?connect_timeout=0", "seconds"),
        ] {
            let error = target(url).err().unwrap();
            assert!(error.contains(words), "{error}");
            assert!(!error.contains("hunter2") && !error.contains("ter2"), "{error}");
        }
    }

    #[test]
    fn a_pooler_is_told_only_what_it_keeps_for_each_client() {
        let told = |url| target(url).unwrap().parameters().iter().map(|(name, _)| *name).collect::<Vec<_>>();
        assert!(told("postgres://ann@db/site").contains(&"statement_timeout"));
        let pooled = ["user", "database", "application_name", "client_encoding", "DateStyle", "TimeZone"];
        assert_eq!(told("postgres://ann@db/site?prepare=off"), pooled);
    }
}
