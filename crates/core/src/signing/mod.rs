//! Texts and values that nobody can change unseen: cookies, links in mails, tokens.
//!
//! A [`Signer`] puts a signature behind a text, HMAC-SHA256 keyed by the site's `secret_key` and by the purpose, so that what was
//! signed for one thing is nothing for another. What is signed can be read by everybody: it is not a secret.
//!
//! The form is that of Django's `signing` with the purpose as its salt, so that sites that move keep what they have signed.
mod base62;
mod key;

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    clock,
    error::{Error, Result},
    services::{Service, Services},
    settings::{Secret, Settings},
};

/// What stands before the time and before the signature.
const APART: char = ':';

/// Signs for one purpose, by the keys of the site.
///
/// It is a service: a handler or a task takes it as an argument, and a site without a key then does not start.
///
/// ```
/// use std::time::Duration;
/// use quintet_core::{settings::Secret, signing::Signer};
///
/// # fn main() -> quintet_core::Result {
/// let signer = Signer::new(Secret::new("32 or more random bytes")).purpose("newsletter.stop");
/// let token = signer.dumps(&("ann@example.com", 7))?;
/// let (mail, list): (String, i64) = signer.loads(&token, Duration::from_secs(3600))?;
/// assert_eq!((mail.as_str(), list), ("ann@example.com", 7));
///
/// let other = signer.purpose("password.reset");
/// assert!(other.loads::<(String, i64)>(&token, Duration::from_secs(3600)).is_err());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Signer {
    /// The one that signs, then those that are still taken.
    keys: Arc<[Secret]>,
    purpose: Cow<'static, str>,
}

/// Why something signed is not taken: the source of the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureError {
    /// It has no signature, or what is signed can't be read.
    Malformed,
    /// It was changed, signed for another purpose or with another key.
    Wrong,
    /// It was signed too long ago.
    Expired,
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SignatureError::Malformed => "this is not signed",
            SignatureError::Wrong => "the signature does not fit",
            SignatureError::Expired => "this was signed too long ago",
        })
    }
}

impl StdError for SignatureError {}

fn refused(why: SignatureError) -> Error {
    Error::bad_request(why.to_string()).with_source(why)
}

impl Signer {
    /// Signs with this key.
    #[must_use]
    pub fn new(key: Secret) -> Self {
        Signer { keys: Arc::new([key]), purpose: Cow::Borrowed("quintet") }
    }

    /// By the keys of these settings: `secret_key` signs, and what `secret_key_fallbacks` have signed is still taken.
    ///
    /// # Errors
    /// If there is no key.
    pub fn of_settings(settings: &Settings) -> Result<Self> {
        Ok(Signer::new(settings.secret_key()?.clone()).fallbacks(settings.secret_key_fallbacks()))
    }

    /// Takes what these keys have signed, too: the former ones of the site.
    #[must_use]
    pub fn fallbacks(mut self, former: &[Secret]) -> Self {
        self.keys = self.keys.iter().chain(former).cloned().collect();
        self
    }

    /// The same keys for another purpose. Choose a name that no other use of the site has: `"newsletter.stop"`.
    #[must_use]
    pub fn purpose(&self, purpose: impl Into<Cow<'static, str>>) -> Self {
        Signer { keys: self.keys.clone(), purpose: purpose.into() }
    }

    /// The text with its signature behind it.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        let signature = self.keys.first().map(|key| key::sign(key, &self.purpose, text)).unwrap_or_default();
        format!("{text}{APART}{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The text of what [`sign`](Signer::sign) made.
    ///
    /// # Errors
    /// With status 400 and a [`SignatureError`] as source, if it was not signed so.
    pub fn unsign<'a>(&self, signed: &'a str) -> Result<&'a str> {
        self.check(signed).map_err(refused)
    }

    fn check<'a>(&self, signed: &'a str) -> Result<&'a str, SignatureError> {
        let (text, signature) = signed.rsplit_once(APART).ok_or(SignatureError::Malformed)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| SignatureError::Wrong)?;
        let fits = |key: &Secret| key::fits(key, &self.purpose, text, &signature);
        if self.keys.iter().any(fits) { Ok(text) } else { Err(SignatureError::Wrong) }
    }

    /// The text with the time, by the site's clock, and its signature behind it.
    #[must_use]
    pub fn sign_timed(&self, text: &str) -> String {
        self.sign(&format!("{text}{APART}{}", base62::encode(clock::now().as_second())))
    }

    /// The text of what [`sign_timed`](Signer::sign_timed) made, if that is no longer ago than `max_age`.
    ///
    /// # Errors
    /// With status 400 and a [`SignatureError`] as source.
    pub fn unsign_timed<'a>(&self, signed: &'a str, max_age: Duration) -> Result<&'a str> {
        self.check_timed(signed, max_age).map_err(refused)
    }

    fn check_timed<'a>(&self, signed: &'a str, max_age: Duration) -> Result<&'a str, SignatureError> {
        let (text, time) = self.check(signed)?.rsplit_once(APART).ok_or(SignatureError::Malformed)?;
        let made = base62::decode(time).and_then(|seconds| Timestamp::from_second(seconds).ok());
        let age = clock::now().duration_since(made.ok_or(SignatureError::Malformed)?);
        let most = SignedDuration::try_from(max_age).unwrap_or(SignedDuration::MAX);
        if age > most { Err(SignatureError::Expired) } else { Ok(text) }
    }

    /// The value as JSON with the time and a signature, in letters that need no encoding in addresses and cookies.
    ///
    /// # Errors
    /// If the value can't be JSON.
    pub fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<String> {
        let json = serde_json::to_string(value).map_err(|error| {
            Error::internal("a value that is to be signed can't be JSON").with_source(error)
        })?;
        Ok(self.sign_timed(&URL_SAFE_NO_PAD.encode(json)))
    }

    /// The value of what [`dumps`](Signer::dumps) made, if that is no longer ago than `max_age`.
    ///
    /// # Errors
    /// With status 400 and a [`SignatureError`] as source.
    pub fn loads<T: DeserializeOwned>(&self, signed: &str, max_age: Duration) -> Result<T> {
        let text = self.check_timed(signed, max_age).map_err(refused)?;
        let json = URL_SAFE_NO_PAD.decode(text).ok();
        let value = json.and_then(|json| serde_json::from_slice(&json).ok());
        value.ok_or_else(|| refused(SignatureError::Malformed))
    }
}

impl Service for Signer {
    fn of(services: &Services) -> Result<Self> {
        Signer::of_settings(services.require::<Settings>()?)
    }
}

/// No keys.
impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}
