//! What went wrong with a server, in words that name it and what it said.

use std::{fmt::Display, time::Duration};

use http::StatusCode;
use lettre::transport::smtp::Error as Cause;
use quintet_core::{Error, ErrorKind};

use crate::Message;

fn away(text: String) -> Error {
    Error::of_kind(ErrorKind::Unavailable, StatusCode::SERVICE_UNAVAILABLE, text)
}

/// The server's words, or the network's.
fn said(cause: &Cause) -> String {
    let mut why = String::new();
    let mut next = std::error::Error::source(cause);
    while let Some(source) = next {
        let text = source.to_string();
        if !why.contains(&text) {
            if !why.is_empty() {
                why.push_str(": ");
            }
            why.push_str(&text);
        }
        next = source.source();
    }
    match cause.status() {
        Some(code) => format!("{code} {why}"),
        None if why.is_empty() => cause.to_string(),
        None => why,
    }
}

pub(super) fn unreached(server: &impl Display, cause: &Cause) -> Error {
    let hint = if cause.is_tls() { " (`ca` of `[mail]` names further certificates to trust)" } else { "" };
    away(format!("the mail server {server} (`[mail] url`) can't be reached: {}{hint}", said(cause)))
}

pub(super) fn no_tls(server: &impl Display) -> Error {
    Error::internal(format!(
        "the mail server {server} offers no TLS, so anybody on the way could read mails and the password: use one that does, or set \
         `tls = \"if-offered\"` in `[mail]`"
    ))
}

pub(super) fn no_login(server: &impl Display, cause: &Cause) -> Error {
    Error::internal(format!(
        "the mail server {server} does not take the user and password of `[mail]`: {}",
        said(cause)
    ))
}

pub(super) fn refused(server: &impl Display, message: &Message, cause: &Cause) -> Error {
    let to = message.recipients().join(", ");
    let text = format!("the mail server {server} did not take the mail to {to}: {}", said(cause));
    if cause.is_permanent() || cause.is_client() { Error::internal(text) } else { away(text) }
}

pub(super) fn too_slow(server: &impl Display, what: &str, limit: Duration) -> Error {
    let text = format!("the mail server {server} took more than {limit:?} {what} (`[mail] timeout`)");
    Error::of_kind(ErrorKind::Timeout, StatusCode::SERVICE_UNAVAILABLE, text)
}

pub(super) fn too_busy(server: &impl Display, limit: Duration) -> Error {
    away(format!(
        "no connection to the mail server {server} was free for {limit:?} (`[mail] connections`, `timeout`)"
    ))
}
