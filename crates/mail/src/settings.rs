use std::{path::PathBuf, time::Duration};

use quintet_core::{Error, Result, settings::Secret};
use quintet_macros::Settings;

use crate::address::Address;

/// `[mail]` in `quintet.toml`: how mails leave.
#[derive(Debug, Clone, Settings)]
#[settings("mail")]
pub struct MailSettings {
    /// "smtp://user:password@mail.example.com", "smtps://…", "console://", "file://mail", "memory://", "dummy://". In debug it is the console
    /// where nothing is set.
    #[setting(env = "MAIL_URL", secret)]
    pub url: Option<String>,
    /// The name to log in with at the server, if it is not in the URL.
    pub user: Option<String>,
    /// The password to it: here signs need no encoding.
    #[setting(env = "MAIL_PASSWORD")]
    pub password: Option<Secret>,
    /// Who sends mails that say nothing else: "Cinema <no-reply@example.com>".
    pub from: Option<String>,
    /// Who sends mails to admins and managers; as `from`, if not set.
    pub server_from: Option<String>,
    /// What stands before the subjects of mails to admins and managers; "[the site's name] " if not set.
    pub subject_prefix: Option<String>,
    /// Who reads what goes wrong: a list, of "Ann <ann@example.com>".
    #[setting(default)]
    pub admins: Vec<String>,
    /// So long admins are written to only once of requests that fail at one place of the program; "0s" for never. Nobody is in debug.
    #[setting(default = "15m")]
    pub failures_every: Duration,
    /// Who reads what people report.
    #[setting(default)]
    pub managers: Vec<String>,
    /// SMTP: "required" refuses a server without TLS, "if-offered" does not, "off" speaks none. Required, but on this machine.
    pub tls: Option<Tls>,
    /// SMTP: a file of further certificates (PEM) to trust, for a server with one of its own.
    pub ca: Option<PathBuf>,
    /// SMTP: how long it may take to connect, and to send a mail.
    #[setting(default = "30s")]
    pub timeout: Duration,
    /// SMTP: how many connections there may be at once.
    #[setting(default = 4)]
    pub connections: u32,
    /// SMTP: how long a connection is kept that nobody uses.
    #[setting(default = "30s")]
    pub idle: Duration,
    /// SMTP: by what name this machine greets the server; the host of `[site] url`, if not set.
    pub hello: Option<String>,
}

/// How a connection to a mail server is kept from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Settings)]
pub enum Tls {
    /// TLS, or no mail.
    Required,
    /// TLS, if the server offers it: whoever sits between can take the offer away.
    IfOffered,
    /// No TLS.
    Off,
}

impl MailSettings {
    /// Addresses of a key.
    pub(crate) fn addresses<'a>(
        key: &str,
        given: impl IntoIterator<Item = &'a String>,
    ) -> Result<Vec<Address>> {
        let read = |text: &String| {
            text.parse::<Address>().map_err(|why| Error::settings(format!("`{key}` of `[mail]`: {why}")))
        };
        given.into_iter().map(read).collect()
    }
}
