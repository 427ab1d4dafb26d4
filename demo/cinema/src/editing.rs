//! Whether films may be changed here. The cinema has no logins yet, so whoever may change films, everybody may: only a site in debug,
//! which none but its own machine reaches, lets it without being told to.

use quintet::axum::extract::FromRequestParts;
use quintet::axum::http::request::Parts;
use quintet::prelude::*;

/// `[cinema]` in quintet.toml.
#[derive(Debug, Clone, Settings)]
#[settings("cinema")]
pub struct Cinema {
    /// May everybody add, change and delete films? Without a word only in debug.
    pub editing: Option<bool>,
}

/// May films be changed on this site?
///
/// # Errors
/// If the site does not have the settings of this app.
pub fn is_on(services: &Services) -> Result<bool> {
    let settings = services.require::<Settings>()?;
    let cinema: Cinema = settings.get()?;
    Ok(cinema.editing.unwrap_or_else(|| settings.debug()))
}

/// Looks whether the site has what editing needs: forms and messages are signed.
///
/// # Errors
/// If films may be changed and there is no `secret_key`.
pub fn check(services: &Services) -> Result {
    if is_on(services)? {
        services.require::<Settings>()?.secret_key()?;
    }
    Ok(())
}

/// Lets a request in where films may be changed. Elsewhere there is no such page, and its body is not read.
#[derive(Debug, Clone, Copy)]
pub struct Editing;

impl<S: Send + Sync> FromRequestParts<S> for Editing {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        if is_on(Services::of_request(parts)?)? { Ok(Editing) } else { Err(Error::not_found("")) }
    }
}
