//! Who has signed in: logging in and out, and `user: User` in a handler.
//!
//! The session has the user's key (as [`Session::user`]) and a signature of what is stored of the password, so that another password ends
//! all sessions that began with the one of before.

use std::{any::Any, sync::Arc};

use axum::extract::OriginalUri;
use axum_core::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, Method, StatusCode, Uri, header, request::Parts};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quintet_core::{
    Error, Result, Service as _, Services, audit::What, clock, settings::Settings, signing::Signer,
};
use quintet_orm::Db;
use quintet_web::{Session, answers_json, per_request};
use tokio::sync::Mutex;

use crate::{
    backend::{Backends, identified},
    challenge,
    factors::{Second, is_required, second},
    may::Permissions,
    models::User,
    own::{Loaded, SiteUser, Users, id},
    settings::AuthSettings,
};

/// Kept as it is in the address that somebody goes back to: people read it.
pub(crate) const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// The session's key for the signature of the password.
const PROOF: &str = "_auth_proof";

/// That of the second when they last showed a password.
pub(crate) const CONFIRMED: &str = "_auth_confirmed";

/// Did they show a second factor, too?
const SECOND: &str = "_auth_second";

/// Who has shown a password, and not yet a second factor.
const HALF: &str = "_auth_half";

/// So long they may take for that.
const HALF_FOR: i64 = 600;

/// Makes this the session of the user, who has shown that it is them. What was remembered of nobody stays; the session gets another
/// token.
///
/// ```no_run
/// use quintet_auth::{Accounts, login};
/// use quintet_core::{Error, Result};
/// use quintet_web::Session;
///
/// async fn log_in(name: &str, password: &str, accounts: Accounts, session: Session) -> Result {
///     let who = accounts.authenticate(name, password).await?;
///     login(&session, &who.ok_or_else(|| Error::forbidden("Name or password are wrong."))?).await
/// }
/// ```
///
/// Whoever has to show a second factor is not logged in by this: that takes [`begin_login`], as the page for logging in does it.
///
/// # Errors
/// 403 if the user is not active or needs a second factor, 404 if they are gone; if the session or the database can't be written.
pub async fn login<M: SiteUser>(session: &Session, user: &M) -> Result {
    let services = services()?;
    let user = active_user(user, &services).await?;
    if second(&services, &user).await? != Second::No {
        return Err(Error::forbidden("This account needs a second factor: log in by the page."));
    }
    begin(session, &services, &user, false).await
}

/// What came of [`begin_login`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Begun {
    /// They are logged in.
    LoggedIn,
    /// They are nobody yet: the page `auth:code` asks for a code within ten minutes.
    NeedsCode,
    /// They are nobody yet: the page `auth:totp` has them set up an app that shows codes, for the site wants one.
    MustEnroll,
}

/// Makes this the session of the user, who has shown their password, or notes that if they need a second factor. Until they have
/// shown it, nobody is logged in.
///
/// # Errors
/// As [`login`], but for the second factor.
pub async fn begin_login<M: SiteUser>(session: &Session, user: &M) -> Result<Begun> {
    let services = services()?;
    let user = active_user(user, &services).await?;
    let begun = match second(&services, &user).await? {
        Second::No => return begin(session, &services, &user, false).await.map(|()| Begun::LoggedIn),
        Second::Code => Begun::NeedsCode,
        Second::ToEnroll => Begun::MustEnroll,
    };
    if session.user().await?.is_some() {
        session.flush();
    }
    let half = Half { user: user.id, proof: proof(&services, &user)?, at: clock::now().as_second() };
    session.set(HALF, &half)?;
    // Who knows the token of before has no half of a login, either.
    session.cycle();
    Ok(begun)
}

/// The same as [`login`] for who has shown a second factor: a passkey of your own, say.
///
/// # Errors
/// As [`login`].
pub async fn login_fully<M: SiteUser>(session: &Session, user: &M) -> Result {
    let services = services()?;
    let user = active_user(user, &services).await?;
    begin(session, &services, &user, true).await
}

/// As they are now: a password that was just stored anew is another text than when this user was loaded.
async fn active_user<M: SiteUser>(user: &M, services: &Services) -> Result<User> {
    let user = User.get(id(user), &Db::of(services)?.primary()).await?;
    if !user.is_active {
        return Err(Error::forbidden("This account is not active."));
    }
    Ok(user)
}

async fn begin(session: &Session, services: &Services, user: &User, second: bool) -> Result {
    session.sign_in(user.id).await?;
    session.remove(HALF);
    session.set(PROOF, &proof(services, user)?)?;
    session.set(SECOND, &second)?;
    confirmed(session)?;
    let change = User.last_login.set(Some(clock::now()));
    User.filter(User.id.eq(user.id)).update(change).exec(&Db::of(services)?).await?;
    session.security_event(What::LoggedIn).user(user.id).tell(services).await;
    Ok(())
}

/// They have shown their password just now.
pub(crate) fn confirmed(session: &Session) -> Result {
    session.set(CONFIRMED, &clock::now().as_second())
}

/// They have a second factor now, and have shown it; or none any more.
pub(crate) fn has_second(session: &Session, second: bool) -> Result {
    session.cycle();
    session.set(SECOND, &second)
}

/// Half of a login.
#[derive(serde::Serialize, serde::Deserialize)]
struct Half {
    user: i64,
    proof: String,
    at: i64,
}

/// Who has shown a password here, and not yet a second factor.
pub(crate) async fn half(session: &Session, services: &Services) -> Result<Option<User>> {
    let Some(half) = session.get::<Half>(HALF).await? else { return Ok(None) };
    let age = clock::now().as_second().saturating_sub(half.at);
    let user = User.filter(User.id.eq(half.user) & User.is_active.eq(true));
    if (0..HALF_FOR).contains(&age)
        && let Some(user) = user.first(&Db::of(services)?.primary()).await?
        && proves(services, &user, &half.proof)?
    {
        return Ok(Some(user));
    }
    session.remove(HALF);
    Ok(None)
}

/// Ends the session: nothing that it remembered is left.
///
/// # Errors
/// If the site has no `secret_key`.
pub fn logout(session: &Session) -> Result {
    session.sign_out()
}

/// After the user of this session has got another password: this session stays, while all others have ended with the password.
///
/// # Errors
/// If the session or the database can't be read.
pub async fn stay_logged_in(session: &Session) -> Result {
    let services = services()?;
    let Some(id) = id_of(session).await? else { return Ok(()) };
    let user = User.get(id, &Db::of(&services)?.primary()).await?;
    session.cycle();
    session.set(PROOF, &proof(&services, &user)?)
}

fn services() -> Result<Services> {
    Services::current()
        .ok_or_else(|| Error::internal("outside of a request, task or command there are no users"))
}

async fn id_of(session: &Session) -> Result<Option<i64>> {
    Ok(session.user().await?.and_then(|label| label.parse().ok()))
}

fn signer(services: &Services) -> Result<Signer> {
    Ok(Signer::of(services)?.purpose("quintet.auth.session"))
}

/// What is stored of the password, signed; without it.
fn proof(services: &Services, user: &User) -> Result<String> {
    let signed = signer(services)?.sign(&user.password);
    Ok(signed.get(user.password.len()..).unwrap_or_default().to_owned())
}

fn proves(services: &Services, user: &User, proof: &str) -> Result<bool> {
    Ok(signer(services)?.unsign(&format!("{}{proof}", user.password)).is_ok())
}

/// Who was found in this request, by the session's user.
#[derive(Default)]
struct Found(Mutex<Option<(i64, Option<Loaded>)>>);

/// Who is there, in one query a request: whom a backend finds in the request itself, or who has signed in; nobody who is not active, or has another password since.
pub(crate) async fn current(parts: &Parts) -> Result<Option<Loaded>> {
    let services = Services::of_request(parts)?;
    // What the request itself says counts more than what its browser remembers.
    let said = identified(parts, services).await?;
    let session = Session::of(parts)?;
    if said.is_some() {
        // What names them may be no header that caches look at.
        session.keep_private();
    }
    let id = match &said {
        Some(identity) => identity.user,
        None => match id_of(&session).await? {
            Some(id) => id,
            None => return Ok(None),
        },
    };
    let found = per_request::<Found>(parts)?;
    let mut found = found.0.lock().await;
    if let Some((of, loaded)) = &*found
        && *of == id
    {
        return Ok(loaded.clone());
    }
    let loaded = match said {
        Some(identity) => active(id, identity.only.is_some(), services).await?,
        None => load(id, &session, services).await?,
    };
    *found = Some((id, loaded.clone()));
    Ok(loaded)
}

/// Who has signed in, if somebody has.
pub(crate) async fn current_user(parts: &Parts) -> Result<Option<Arc<User>>> {
    Ok(current(parts).await?.map(|loaded| loaded.user))
}

/// What was found of the user's permissions.
#[derive(Default)]
struct FoundPermissions(Mutex<Option<(i64, Permissions)>>);

/// What the user may do who has signed in, in one query a request; nothing, if nobody has.
pub(crate) async fn permissions(parts: &Parts) -> Result<Permissions> {
    let Some(loaded) = current(parts).await? else { return Ok(Permissions::none()) };
    let found = per_request::<FoundPermissions>(parts)?;
    let mut found = found.0.lock().await;
    if let Some((of, may)) = &*found
        && *of == loaded.user.id
    {
        return Ok(may.clone());
    }
    let services = Services::of_request(parts)?;
    let only = identified(parts, services).await?.and_then(|identity| identity.only);
    let may = permissions_of(&loaded, only.as_ref(), services).await?;
    *found = Some((loaded.user.id, may.clone()));
    Ok(may)
}

/// What a user may do who is here by a token that may do no more than `only`, if there is one.
pub(crate) async fn permissions_of(
    loaded: &Loaded,
    only: Option<&Permissions>,
    services: &Services,
) -> Result<Permissions> {
    let may = match loaded.superuser {
        true => Permissions::all(),
        false => services.require::<Backends>()?.permissions(services, &loaded.user).await?,
    };
    Ok(match only {
        Some(only) => may.within(only),
        None => may,
    })
}

/// What the user may do who has signed in; nothing, if nobody has.
impl<S: Send + Sync> FromRequestParts<S> for Permissions {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        permissions(parts).await
    }
}

pub(crate) async fn active(id: i64, plain: bool, services: &Services) -> Result<Option<Loaded>> {
    let users = services.require::<Users>()?;
    Ok((users.load)(id, plain, &Db::of(services)?).await?.filter(|loaded| loaded.user.is_active))
}

async fn load(id: i64, session: &Session, services: &Services) -> Result<Option<Loaded>> {
    // Who has signed in otherwise is nobody's account.
    let Some(proof) = session.get::<String>(PROOF).await? else { return Ok(None) };
    let Some(loaded) = active(id, false, services).await? else { return Ok(None) };
    if !proves(services, &loaded.user, &proof)? {
        session.flush();
        return Ok(None);
    }
    // One that began before the site wanted a second factor.
    if is_required(services, &loaded.user)? && session.get::<bool>(SECOND).await? != Some(true) {
        return Ok(None);
    }
    Ok(Some(loaded))
}

/// The address as the client said it: a router that is mounted somewhere sees the rest of it only.
pub(crate) fn original(parts: &Parts) -> &Uri {
    parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri)
}

/// Sends somebody to log in: a person to the page for that and back, a program 401.
pub(crate) fn needed(parts: &Parts) -> Result<Response> {
    if answers_json(parts)? {
        let mut answer = Error::unauthorized("Log in first.").into_response();
        challenge::wanted(parts, &mut answer)?;
        return Ok(answer);
    }
    let settings: AuthSettings = Services::of_request(parts)?.require::<Settings>()?.get()?;
    let mut address = settings.login_url;
    if matches!(parts.method, Method::GET | Method::HEAD)
        && let Some(here) = original(parts).path_and_query()
    {
        let apart = if address.contains('?') { '&' } else { '?' };
        address = format!("{address}{apart}next={}", utf8_percent_encode(here.as_str(), PLAIN));
    }
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, HeaderValue::try_from(address)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

fn or_error(result: Result<Response>) -> Response {
    result.unwrap_or_else(axum_core::response::IntoResponse::into_response)
}

/// The user of a request, as the site's own type.
pub(crate) async fn own<M: Clone + Any + Send + Sync>(parts: &Parts) -> Result<Option<M>> {
    let Some(loaded) = current(parts).await? else { return Ok(None) };
    let other = || {
        Error::internal(format!(
            "the user model of this site is no `{}`: install `auth::app_with` with it",
            std::any::type_name::<M>()
        ))
    };
    Arc::clone(&loaded.own).downcast::<M>().map(|own| Some(M::clone(&own))).map_err(|_| other())
}

/// The same, or the answer to who has to log in first.
pub(crate) async fn own_or_answer<M: Clone + Any + Send + Sync>(parts: &Parts) -> Result<M, Response> {
    match own(parts).await {
        Ok(Some(user)) => Ok(user),
        Ok(None) => Err(or_error(needed(parts))),
        Err(error) => Err(error.into_response()),
    }
}

/// Who has signed in. Where nobody has, a person is sent to the login page and a program gets 401: the argument is the guard.
impl<S: Send + Sync> FromRequestParts<S> for User {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        match current(parts).await {
            Ok(Some(loaded)) => Ok(User::clone(&loaded.user)),
            Ok(None) => Err(or_error(needed(parts))),
            Err(error) => Err(error.into_response()),
        }
    }
}

/// Who has signed in, if somebody has: no guard.
impl<S: Send + Sync> OptionalFromRequestParts<S> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>> {
        Ok(current(parts).await?.map(|loaded| User::clone(&loaded.user)))
    }
}

/// The address that somebody came from, if it is one of this site: what a login page may send them back to.
///
/// ```
/// use quintet_auth::safe_next;
///
/// assert_eq!(safe_next("/films/?page=2"), Some("/films/?page=2"));
/// for elsewhere in ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "", "/a\nb", "/\t/evil.example"] {
///     assert_eq!(safe_next(elsewhere), None);
/// }
/// ```
#[must_use]
pub fn safe_next(address: &str) -> Option<&str> {
    let plain = |c: char| !c.is_control() && c != '\\' && !c.is_whitespace();
    let here = address.starts_with('/') && !address.starts_with("//");
    (here && address.len() <= 2000 && address.chars().all(plain)).then_some(address)
}
