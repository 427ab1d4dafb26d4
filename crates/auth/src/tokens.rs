//! Tokens: what a program shows to act for a user.
//!
//! A token is 256 random bits; the table has its hash, so that who reads it has none. It may have fewer permissions than its user, only
//! read, and end.

use std::time::Duration;

use axum_core::extract::FromRequestParts;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header, request::Parts};
use jiff::SignedDuration;
use quintet_core::{
    BoxFuture, Error, Result, Service, Services,
    audit::{SecurityEvent, What},
    clock,
    value::JsonValue,
};
use quintet_orm::{Db, prelude::*};
use quintet_web::{security_event, session::new_token};
use sha2::{Digest as _, Sha256};

use crate::{AuthBackend, Identity, Permissions, challenge, models::Token};

/// What all tokens begin with, so that scanners of code find those that were put there by mistake.
const BEGINNING: &str = "qt_";
/// So much of one is kept to be recognised.
const PREFIX: usize = 11;
/// When it was used is noted no more often.
const NOTED: Duration = Duration::from_secs(300);

fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

/// A token that is to be made.
#[derive(Debug, Clone, Default)]
pub struct NewToken {
    name: String,
    read_only: bool,
    scopes: Option<Vec<String>>,
    lasts: Option<Duration>,
}

impl NewToken {
    /// With this name, which is for people; it may do what its user may, for ever.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        NewToken { name: name.into(), ..NewToken::default() }
    }

    /// It only reads: GET, HEAD, OPTIONS.
    #[must_use]
    pub fn read_only(self) -> Self {
        NewToken { read_only: true, ..self }
    }

    /// It has these permissions of its user's and no others: `cinema.change_film`. It is neither staff nor superuser.
    #[must_use]
    pub fn only<N: Into<String>>(self, permissions: impl IntoIterator<Item = N>) -> Self {
        NewToken { scopes: Some(permissions.into_iter().map(Into::into).collect()), ..self }
    }

    /// It ends after this time.
    #[must_use]
    pub fn lasts(self, time: Duration) -> Self {
        NewToken { lasts: Some(time), ..self }
    }
}

/// The tokens of a site's users: a service, for handlers, tasks and commands.
///
/// ```no_run
/// use quintet_auth::{NewToken, Tokens, User};
/// use quintet_core::Result;
///
/// async fn for_backups(ann: &User, tokens: &Tokens) -> Result<String> {
///     let new = NewToken::named("backups").read_only();
///     tokens.make(ann.id, new).await                          // shown now, and never again
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Tokens {
    db: Db,
    services: Services,
    /// What is known of the request that makes or revokes one.
    event: SecurityEvent,
}

impl Tokens {
    /// Makes a token for the user of this key, and gives it: nobody can find it out later.
    ///
    /// # Errors
    /// If the database fails, or the time is beyond the calendar.
    pub async fn make(&self, user: i64, new: NewToken) -> Result<String> {
        let token = format!("{BEGINNING}{}", new_token()?);
        let now = clock::now();
        let expires = match new.lasts {
            Some(time) => Some(now.checked_add(SignedDuration::try_from(time)?)?),
            None => None,
        };
        let scopes = new.scopes.map(JsonValue::from);
        let made = create!(Token {
            user: user,
            name: new.name,
            prefix: token.get(..PREFIX).unwrap_or_default(),
            hash: hash(&token),
            read_only: new.read_only,
            scopes: scopes,
            created: now,
            expires: expires,
            last_used: None::<quintet_core::value::Timestamp>,
        })
        .insert(&self.db)
        .await?;
        self.tell(What::TokenMade, user, made.id).await;
        Ok(token)
    }

    /// Those of a user, by name.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn of_user(&self, user: i64) -> Result<Vec<Token>> {
        Token.filter(Token.user.eq(user)).order_by((Token.name, Token.id)).all(&self.db.primary()).await
    }

    /// Takes one of a user's away; false if it is none of theirs.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn revoke(&self, user: i64, id: i64) -> Result<bool> {
        let own = Token.filter(Token.id.eq(id) & Token.user.eq(user));
        let revoked = own.delete(&self.db.primary()).await? > 0;
        if revoked {
            self.tell(What::TokenRevoked, user, id).await;
        }
        Ok(revoked)
    }

    async fn tell(&self, what: What, user: i64, token: i64) {
        let mut event = self.event.clone();
        event.what = what;
        event.user(user).with("token", token.to_string()).tell(&self.services).await;
    }
}

impl Service for Tokens {
    fn of(services: &Services) -> Result<Self> {
        let event = SecurityEvent::new(What::TokenMade);
        Ok(Tokens { db: Db::of(services)?, services: services.clone(), event })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Tokens {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let tokens = Tokens::of(Services::of_request(parts)?)?;
        Ok(Tokens { event: security_event(parts, What::TokenMade), ..tokens })
    }
}

/// Whose token a request shows: `Authorization: Bearer qt_…`. Such a request is that of the token's user or of nobody, whatever its
/// session says.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokenBackend;

fn shown(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (scheme, token) = all.next()?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && token.starts_with(BEGINNING)).then_some(token)
}

/// May it be a browser's form? A program has no need of cookies beside its token.
fn is_form_with_cookies(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    let form = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
    headers.contains_key(header::COOKIE) && form.iter().any(|form| kind.starts_with(form))
}

impl AuthBackend for TokenBackend {
    fn name(&self) -> &'static str {
        "tokens"
    }

    fn identify<'a>(
        &'a self,
        services: &'a Services,
        parts: &'a Parts,
    ) -> BoxFuture<'a, Result<Option<Identity>>> {
        Box::pin(async move {
            let Some(text) = shown(&parts.headers) else { return Ok(None) };
            let safe = parts.method.is_safe();
            if !safe && is_form_with_cookies(&parts.headers) {
                return Err(Error::forbidden("A token is for programs: send no cookies with it."));
            }
            let db = Db::of(services)?;
            let refused = async |of: Option<&Token>, why: &str| {
                let event = security_event(parts, What::TokenRefused).with("why", why);
                let event = match of {
                    Some(token) => event.user(token.user.id()).with("token", token.id.to_string()),
                    None => event,
                };
                event.tell(services).await;
                let error = Error::unauthorized("This token is not good, or not any more.");
                error.with_header(header::WWW_AUTHENTICATE, challenge::INVALID_TOKEN)
            };
            let Some(token) = Token.filter(Token.hash.eq(hash(text))).first(&db.primary()).await? else {
                return Err(refused(None, "unknown").await);
            };
            let now = clock::now();
            if token.expires.is_some_and(|expires| expires <= now) {
                return Err(refused(Some(&token), "expired").await);
            }
            if token.read_only && !safe {
                let event = security_event(parts, What::PermissionDenied).user(token.user.id());
                event.with("token", token.id.to_string()).with("why", "read_only").tell(services).await;
                let error = Error::forbidden("This token only reads.");
                return Err(error.with_header(header::WWW_AUTHENTICATE, challenge::INSUFFICIENT_SCOPE));
            }
            if token.last_used.is_none() {
                let event = security_event(parts, What::TokenUsed).user(token.user.id());
                event.with("token", token.id.to_string()).tell(services).await;
            }
            let noted = now.checked_sub(SignedDuration::try_from(NOTED)?)?;
            if token.last_used.is_none_or(|used| used < noted) {
                Token.filter(Token.id.eq(token.id)).update(Token.last_used.set(Some(now))).exec(&db).await?;
            }
            let identity = Identity::of(*token.user.id()).program();
            Ok(Some(match &token.scopes {
                None => identity,
                Some(scopes) => {
                    let names = scopes.as_array().into_iter().flatten().filter_map(|name| name.as_str());
                    identity.only(Permissions::of_names(names))
                }
            }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_scheme_and_beginning() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            shown(&headers).map(str::to_owned)
        };
        assert_eq!(of("Bearer qt_abc").as_deref(), Some("qt_abc"));
        assert_eq!(of("bearer  qt_abc").as_deref(), Some("qt_abc"));
        for other in ["Bearer eyJhbGciOi", "Basic qt_abc", "qt_abc", "Bearer"] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(hash("qt_abc").len(), 43);
    }
}
