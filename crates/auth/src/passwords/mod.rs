//! Passwords: hashed, compared, renewed, and which ones are taken.
//!
//! How one passes through: a form gives a new password to [`Passwords::check`] (`rules`, with `common` and `similar`), then to
//! [`Passwords::hash`], which waits for a turn (`pool`) and hashes it by the preferred [`Hasher`] (`stored` with `argon2`, `pbkdf2`, `scrypt`,
//! `bcrypt`) with a fresh salt (`random`) into the text that is stored. A login gives the typed one and the stored text to
//! [`Passwords::verify`]; for a name that nobody has, [`Passwords::verify_nobody_like`] does the same work.
//!
//! Stored texts are those of Django, both ways: `argon2$argon2id$v=19$m=65536,t=3,p=4$salt$hash`.
mod argon2;
mod bcrypt;
mod common;
mod hasher;
mod pbkdf2;
mod pool;
mod random;
mod rules;
mod scrypt;
mod settings;
mod similar;
mod stored;
mod tools;

use std::{fmt, sync::Arc};

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use quintet_core::{Error, FieldErrors, Result, Service, Services};

pub use self::{
    hasher::Hasher,
    rules::{About, PasswordRule},
    settings::PasswordSettings,
};
use self::{pool::Pool, stored::Stored};
pub(crate) use random::{bytes as random_bytes, letters as random_letters};

/// The site's passwords: `passwords: Passwords` in a handler, `&Passwords` in tasks and commands. Cheap to clone.
///
/// ```
/// use quintet_auth::passwords::{About, Passwords, PasswordSettings, Verified};
/// use quintet_core::settings::Settings;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> quintet_core::Result {
/// let settings = Settings::for_tests("/", [("auth.passwords.argon2_memory", "1 MiB")]);
/// let passwords = Passwords::new(settings.get::<PasswordSettings>()?)?;
///
/// let stored = passwords.hash("correct horse").await?;
/// assert!(stored.starts_with("argon2$argon2id$v=19$m=1024,t=3,p=4$"));
/// assert_eq!(passwords.verify("correct horse", &stored).await?, Verified::Right);
/// assert_eq!(passwords.verify("Tr0ub4dor&3", &stored).await?, Verified::Wrong);
///
/// let errors = passwords.check("password", "ann1ann", &About::new().with("username", "ann"));
/// assert_eq!(errors.codes("password").collect::<Vec<_>>(), ["password_too_short"]);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

struct Inner {
    settings: PasswordSettings,
    preferred: Hasher,
    rules: Vec<Arc<dyn PasswordRule>>,
    pool: Pool,
}

/// What came of comparing a password with the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Verified {
    /// It is another one, or there is none.
    Wrong,
    /// It is this one.
    Right,
    /// It is this one, and would be stored otherwise today: hash it anew and store that.
    Old,
}

impl Verified {
    /// Is it the right one, however it was stored?
    #[must_use]
    pub fn is_right(self) -> bool {
        self != Verified::Wrong
    }
}

impl Passwords {
    /// Passwords by these settings.
    ///
    /// # Errors
    /// If the settings hold what no hasher takes.
    pub fn new(settings: PasswordSettings) -> Result<Self> {
        Passwords::with_rules(settings, Vec::new())
    }

    /// Passwords by these settings, with further rules for new ones.
    ///
    /// # Errors
    /// If the settings hold what no hasher takes.
    pub fn with_rules(settings: PasswordSettings, rules: Vec<Arc<dyn PasswordRule>>) -> Result<Self> {
        stored::check(&settings)?;
        let pool = Pool::new(settings.at_once, settings.waiting);
        Ok(Passwords(Arc::new(Inner { preferred: settings.preferred()?, settings, rules, pool })))
    }

    /// What is to be stored for this password. Whether it is a good one says [`check`](Self::check).
    ///
    /// # Errors
    /// 422 if it is too long, 503 if too many wait for their turn.
    pub async fn hash(&self, password: &str) -> Result<String> {
        self.refuse_long(password)?;
        let hasher = self.0.preferred;
        if !stored::takes(hasher, password) {
            let mut errors = FieldErrors::new();
            let message = format!("At most {} bytes.", bcrypt::MOST_BYTES);
            errors.push_coded("password", "password_too_long", message);
            return Err(Error::invalid(errors));
        }
        let (all, password, salt) = (Arc::clone(&self.0), password.to_owned(), random::salt()?);
        self.0.pool.run(hasher, move || stored::hash(hasher, &password, &salt, &all.settings)).await?
    }

    /// Is this the password that was stored? Costs one hash, whatever is stored.
    ///
    /// # Errors
    /// 422 if it is too long, 503 if too many wait for their turn.
    pub async fn verify(&self, password: &str, stored: &str) -> Result<Verified> {
        self.compare(password, stored, true).await
    }

    /// The answer for a name that nobody has: always wrong, after the work of comparing with this stored password of somebody else.
    /// Where stored passwords are of several kinds, as those that came from elsewhere are until their users log in, names that
    /// nobody has must be, too, or the kind tells that a name is somebody's.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_nobody_like(&self, password: &str, stored: &str) -> Result<Verified> {
        self.compare(password, stored, false).await
    }

    /// Compares; `counts` says whether the right password is right.
    async fn compare(&self, password: &str, stored: &str, counts: bool) -> Result<Verified> {
        let read = match Stored::read(stored) {
            Some(read) if self.0.settings.hashers.contains(&read.hasher()) => read,
            other => {
                if let Some(other) = other {
                    let hasher = other.hasher().name();
                    tracing::warn!(
                        hasher,
                        "a stored password's hasher is not in [auth.passwords] hashers: nobody can log in with it"
                    );
                }
                return self.verify_nobody(password).await;
            }
        };
        self.refuse_long(password)?;
        let (all, password) = (Arc::clone(&self.0), password.to_owned());
        self.0
            .pool
            .run(read.hasher(), move || {
                // In this order: what does not count takes as long.
                let right = read.is_of(&password) && counts;
                let old = read.is_old(all.preferred, &all.settings);
                if !right && read.hasher() == all.preferred {
                    read.make_up(&password, &all.settings);
                }
                match (right, old) {
                    (false, _) => Verified::Wrong,
                    (true, false) => Verified::Right,
                    (true, true) => Verified::Old,
                }
            })
            .await
    }

    /// The answer for a name that nobody has: always wrong, after the work that a comparison with a password of today is, so that the
    /// time it takes does not tell which names there are. Where some are stored in other ways,
    /// [`verify_nobody_like`](Self::verify_nobody_like) is what does not tell it.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_nobody(&self, password: &str) -> Result<Verified> {
        self.refuse_long(password)?;
        let (all, password, salt) = (Arc::clone(&self.0), password.to_owned(), random::salt()?);
        let hasher = all.preferred;
        self.0.pool.run(hasher, move || stored::hash(hasher, &password, &salt, &all.settings)).await??;
        Ok(Verified::Wrong)
    }

    /// What is stored for somebody who has no password: it begins with `!`, as in Django, and no password is ever it.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn unusable() -> Result<String> {
        random::unusable()
    }

    /// Is it the stored text of a password, rather than of [none](Self::unusable)?
    #[must_use]
    pub fn is_usable(stored: &str) -> bool {
        !stored.starts_with(random::UNUSABLE)
    }

    /// What is wrong with a new password, by the rules of the settings and of the site: messages for `field`, none if it is good.
    #[must_use]
    pub fn check(&self, field: &'static str, password: &str, about: &About) -> FieldErrors {
        match self.refuse_long(password) {
            Ok(()) => rules::check(field, password, about, &self.0.settings, &self.0.rules),
            // What costs too much to look at is not looked at.
            Err(_) => {
                let mut errors = FieldErrors::new();
                errors.push_coded(field, "password_too_long", self.too_long());
                errors
            }
        }
    }

    /// What people read before they choose one: a sentence for each rule.
    #[must_use]
    pub fn help(&self) -> Vec<String> {
        rules::help(&self.0.settings, &self.0.rules)
    }

    /// How many hashes were computed since the start.
    #[must_use]
    pub fn hashes(&self) -> u64 {
        hasher::ALL.iter().map(|hasher| self.hashes_of(*hasher)).sum()
    }

    /// How many of them by this one.
    #[must_use]
    pub fn hashes_of(&self, hasher: Hasher) -> u64 {
        self.0.pool.done(hasher)
    }

    fn too_long(&self) -> String {
        format!("At most {} bytes.", self.0.settings.max_size.bytes())
    }

    fn refuse_long(&self, password: &str) -> Result {
        if password.len() <= self.0.settings.max_size.as_usize() {
            return Ok(());
        }
        let mut errors = FieldErrors::new();
        errors.push_coded("password", "password_too_long", self.too_long());
        Err(Error::invalid(errors))
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").field("preferred", &self.0.preferred).finish_non_exhaustive()
    }
}

impl Service for Passwords {
    fn of(services: &Services) -> Result<Self> {
        services.require::<Passwords>().cloned()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Passwords {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Passwords::of(Services::of_request(parts)?)
    }
}
