//! The cookie as it is written.

use std::borrow::Cow;

use quintet_core::{Error, Result};

use super::{Lasting, SameSite, SecureCookie, SessionSettings};

fn secure(settings: &SessionSettings, https: bool) -> bool {
    https || settings.secure == SecureCookie::Always
}

/// The name with what browsers take for a promise: `__Host-` is set by this host alone, over https.
pub(super) fn name(settings: &SessionSettings, https: bool) -> String {
    let prefix = match (secure(settings, https), settings.domain.is_empty()) {
        (false, _) => "",
        (true, true) => "__Host-",
        (true, false) => "__Secure-",
    };
    format!("{prefix}{}", settings.cookie)
}

fn flags(settings: &SessionSettings, https: bool) -> String {
    let same_site = match settings.same_site {
        SameSite::Lax => "Lax",
        SameSite::Strict => "Strict",
        SameSite::None => "None",
    };
    let domain: Cow<'_, str> =
        if settings.domain.is_empty() { "".into() } else { format!("; Domain={}", settings.domain).into() };
    let http_only = if settings.http_only { "; HttpOnly" } else { "" };
    let secure = if secure(settings, https) { "; Secure" } else { "" };
    format!("; Path=/{domain}{http_only}; SameSite={same_site}{secure}")
}

/// Has the browser keep it.
pub(super) fn keep(settings: &SessionSettings, https: bool, value: &str, lasting: Lasting) -> String {
    let age = match lasting {
        Lasting::For(time) => Some(time),
        Lasting::Usual if settings.persistent => Some(settings.idle_timeout),
        Lasting::Usual | Lasting::Browser => None,
    };
    let age = age.map(|time| format!("; Max-Age={}", time.as_secs())).unwrap_or_default();
    format!("{}={value}{age}{}", name(settings, https), flags(settings, https))
}

/// Has the browser forget it.
pub(super) fn forget(settings: &SessionSettings, https: bool) -> String {
    format!("{}=; Max-Age=0{}", name(settings, https), flags(settings, https))
}

impl SessionSettings {
    /// Could a browser take such a cookie?
    pub(super) fn check(&self) -> Result {
        let word = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if self.cookie.is_empty() || !self.cookie.bytes().all(word) {
            return Err(Error::settings(format!(
                "[session] cookie: `{}` can't be the name of a cookie: use letters, digits, `-` and `_`",
                self.cookie
            )));
        }
        let host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
        if !self.domain.bytes().all(host) {
            return Err(Error::settings(format!(
                "[session] domain: `{}` is no domain: write it as in \"example.com\"",
                self.domain
            )));
        }
        if self.idle_timeout.is_zero() {
            return Err(Error::settings(
                "[session] idle_timeout: a session must last longer than 0".to_owned(),
            ));
        }
        Ok(())
    }
}
