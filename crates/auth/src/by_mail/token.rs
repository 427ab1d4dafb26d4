//! What the links of mails say: signed, for one thing, for a while, and void once it was done.
//!
//! A link's signature is over what the account was when the mail was written, as in Django's `PasswordResetTokenGenerator`: another
//! password, another address or a login makes another text, which the signature does not fit. Nothing is kept anywhere.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use quintet_core::{Result, Service as _, Services, clock, signing::Signer};
use quintet_orm::Db;

use crate::{models::User, names::normal_email};

fn signer(services: &Services, purpose: &'static str) -> Result<Signer> {
    Ok(Signer::of(services)?.purpose(purpose))
}

/// All of it stands or falls with the signature; no part has a zero (a name can have none), so that what is apart stays apart.
fn state(user: &User, time: i64, more: &str) -> String {
    let last_login = user.last_login.map(|at| at.as_microsecond().to_string()).unwrap_or_default();
    format!("{}\0{}\0{last_login}\0{}\0{time}\0{more}", user.id, user.password, user.email)
}

/// `TIME-SIGNATURE`
fn sign(signer: &Signer, user: &User, more: &str) -> String {
    let time = clock::now().as_second();
    let text = state(user, time, more);
    let signed = signer.sign(&text);
    format!("{time}-{}", signed.get(text.len() + 1..).unwrap_or_default())
}

fn fits(signer: &Signer, user: &User, more: &str, token: &str, max_age: Duration) -> bool {
    let Some((time, signature)) = token.split_once('-') else { return false };
    let Ok(made) = time.parse::<i64>() else { return false };
    if made.to_string() != time || signer.unsign(&format!("{}:{signature}", state(user, made, more))).is_err()
    {
        return false;
    }
    let age = clock::now().as_second().saturating_sub(made);
    u64::try_from(age).unwrap_or_default() <= max_age.as_secs()
}

async fn active(id: i64, db: &Db) -> Result<Option<User>> {
    match User.get(id, &db.primary()).await {
        Ok(user) => Ok(Some(user).filter(|user| user.is_active)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

const RESET: &str = "quintet.auth.reset";
const EMAIL: &str = "quintet.auth.email";
const SIGNUP: &str = "quintet.auth.signup";

/// Lets whoever has it set another password for the user.
pub(super) fn for_reset(user: &User, services: &Services) -> Result<String> {
    Ok(sign(&signer(services, RESET)?, user, ""))
}

/// The user for whom it is, if it is still good.
pub(super) async fn of_reset(
    id: i64,
    token: &str,
    max_age: Duration,
    services: &Services,
) -> Result<Option<User>> {
    let user = active(id, &Db::of(services)?).await?;
    let signer = signer(services, RESET)?;
    Ok(user.filter(|user| fits(&signer, user, "", token, max_age)))
}

/// Makes the user's address this one, for whoever has it, and so reads what arrives there: `USER.ADDRESS.TIME-SIGNATURE`.
pub(super) fn for_email(user: &User, email: &str, services: &Services) -> Result<String> {
    let signed = sign(&signer(services, EMAIL)?, user, email);
    Ok(format!("{}.{}.{signed}", user.id, URL_SAFE_NO_PAD.encode(email)))
}

/// The user and the new address, if it is still good.
pub(super) async fn of_email(
    token: &str,
    max_age: Duration,
    services: &Services,
) -> Result<Option<(User, String)>> {
    let mut parts = token.splitn(3, '.');
    let id = parts.next().and_then(|id| id.parse::<i64>().ok());
    let email = parts.next().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let email = email.and_then(|bytes| String::from_utf8(bytes).ok());
    let (Some(id), Some(email), Some(signed)) = (id, email, parts.next()) else { return Ok(None) };
    let signer = signer(services, EMAIL)?;
    let user = active(id, &Db::of(services)?).await?;
    Ok(user.filter(|user| fits(&signer, user, &email, signed, max_age)).map(|user| (user, email)))
}

/// Makes an account with this address, for whoever has it.
pub(super) fn for_signup(email: &str, services: &Services) -> Result<String> {
    signer(services, SIGNUP)?.dumps(&normal_email(email))
}

/// The address, if it is still good: when there is an account with it, it was used.
pub(super) async fn of_signup(token: &str, max_age: Duration, services: &Services) -> Result<Option<String>> {
    let Ok(email) = signer(services, SIGNUP)?.loads::<String>(token, max_age) else { return Ok(None) };
    let taken = is_taken(&email, services).await?;
    Ok(Some(email).filter(|_| !taken))
}

/// Has somebody this address, active or not?
pub(super) async fn is_taken(email: &str, services: &Services) -> Result<bool> {
    let db = Db::of(services)?.primary();
    User.filter(User.email.iexact(normal_email(email))).exists(&db).await
}
