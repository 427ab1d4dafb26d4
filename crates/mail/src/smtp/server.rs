use std::{fmt, net::IpAddr, path::Path, time::Duration};

use lettre::transport::smtp::{
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    extension::ClientId,
};
use percent_encoding::percent_decode_str;
use quintet_core::{Error, Result, settings::SiteSettings};
use tokio::time::timeout;

use super::told;
use crate::{MailSettings, Tls};

/// A mail server, and how one logs in.
pub(super) struct Server {
    host: String,
    port: u16,
    /// From the start, rather than by STARTTLS.
    implicit: bool,
    tls: Tls,
    parameters: TlsParameters,
    login: Option<Credentials>,
    hello: ClientId,
}

fn wrong(why: impl fmt::Display) -> Error {
    Error::settings(format!("`url` of `[mail]` {why}, as in `smtp://user:password@mail.example.com:587`"))
}

fn decoded(text: &str) -> Result<String> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(std::borrow::Cow::into_owned).map_err(|_| wrong("has a name or password that is no text"))
}

/// Is it on this machine?
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Server {
    pub(super) fn of(settings: &MailSettings, url: &str, root: &Path, info: &SiteSettings) -> Result<Self> {
        let (scheme, rest) = url.split_once("://").unwrap_or((url, ""));
        let implicit = scheme == "smtps";
        let rest = rest.trim_end_matches('/');
        if rest.contains(['?', '#', '/']) {
            return Err(wrong(
                "has something behind its host: options stand in the section itself (`tls`, `timeout`, …)",
            ));
        }
        let (login, place) =
            rest.rsplit_once('@').map_or((None, rest), |(login, place)| (Some(login), place));
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (
                host,
                Some(
                    port.parse::<u16>()
                        .map_err(|_| wrong(format_args!("has a port that is none: `{port}`")))?,
                ),
            ),
            _ => (place, None),
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        if host.is_empty() || !host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:".contains(&b)) {
            return Err(wrong("names no server"));
        }
        let (mut user, mut password) =
            (settings.user.clone(), settings.password.as_ref().map(|p| p.expose().to_owned()));
        if let Some((name, word)) = login.map(|login| login.split_once(':').unwrap_or((login, ""))) {
            user = Some(decoded(name)?);
            password = if word.is_empty() { password } else { Some(decoded(word)?) };
        }
        let login = match (user, password) {
            (Some(user), Some(password)) => Some(Credentials::new(user, password)),
            (Some(user), None) => {
                return Err(Error::settings(format!(
                    "`[mail]` has the user `{user}` and no password: set `password`, MAIL_PASSWORD in the environment, or both in the \
                     URL"
                )));
            }
            (None, Some(_)) => {
                return Err(Error::settings("`[mail]` has a password and no user: set `user`"));
            }
            (None, None) => None,
        };
        let tls = settings.tls.unwrap_or(if is_here(&host) { Tls::IfOffered } else { Tls::Required });
        if implicit && tls != Tls::Required && settings.tls.is_some() {
            return Err(Error::settings(
                "`tls` of `[mail]`: `smtps://` always speaks TLS; leave it out, or write `smtp://`",
            ));
        }
        let port = port.unwrap_or(if implicit {
            465
        } else if login.is_some() {
            587
        } else {
            25
        });
        let hello = settings.hello.clone().or_else(|| info.url.as_ref().map(|url| url.host().to_owned()));
        Ok(Server {
            parameters: parameters(settings, &host, root)?,
            host,
            port,
            implicit,
            tls,
            login,
            hello: greeting(hello)?,
        })
    }

    /// A connection over which mails can be sent.
    pub(super) async fn connect(&self, limit: Duration) -> Result<AsyncSmtpConnection> {
        match timeout(limit, self.greet()).await {
            Ok(connected) => connected,
            Err(_) => Err(told::too_slow(self, "to connect and log in", limit)),
        }
    }

    async fn greet(&self) -> Result<AsyncSmtpConnection> {
        let tls = self.implicit.then(|| self.parameters.clone());
        let place = (self.host.as_str(), self.port);
        let connected = AsyncSmtpConnection::connect_tokio1(place, None, &self.hello, tls, None).await;
        let mut connection = connected.map_err(|error| told::unreached(self, &error))?;
        let encrypts = !self.implicit && self.tls != Tls::Off;
        if encrypts && connection.can_starttls() {
            let upgraded = connection.starttls(self.parameters.clone(), &self.hello).await;
            upgraded.map_err(|error| told::unreached(self, &error))?;
        } else if encrypts && self.tls == Tls::Required {
            connection.abort().await;
            return Err(told::no_tls(self));
        }
        if let Some(login) = &self.login {
            let logged_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], login).await;
            logged_in.map_err(|error| told::no_login(self, &error))?;
        }
        Ok(connection)
    }
}

fn parameters(settings: &MailSettings, host: &str, root: &Path) -> Result<TlsParameters> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = &settings.ca {
        let path = root.join(file);
        let failed = |why: String| Error::settings(format!("`ca` of `[mail]`: {}: {why}", path.display()));
        let pem = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| failed(error.to_string()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| Error::settings(format!("`[mail]`: TLS can't be set up: {error}")))
}

fn greeting(name: Option<String>) -> Result<ClientId> {
    let Some(name) = name else { return Ok(ClientId::default()) };
    let inner = name.trim_matches(['[', ']']);
    match inner.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => Ok(ClientId::Ipv4(address)),
        Ok(IpAddr::V6(address)) => Ok(ClientId::Ipv6(address)),
        Err(_)
            if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)) =>
        {
            Ok(ClientId::Domain(name))
        }
        Err(_) => {
            Err(Error::settings(format!("`hello` of `[mail]` is `{name}`, which is no name of a host")))
        }
    }
}

/// As it may be shown: without the login.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.implicit { "smtps" } else { "smtp" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "{scheme}://{host}:{}", self.port)
    }
}
