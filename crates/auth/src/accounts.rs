//! Accounts: found by what people type, made, and given passwords.

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use quintet_core::{
    Error, Result, Service, Services, Value,
    audit::{SecurityEvent, What},
    clock,
    meta::ModelMeta,
    settings::Settings,
    signing::Signer,
};
use quintet_orm::{Db, Embed as _, dynamic::DynSet};
use quintet_web::security_event;
use sha2::{Digest as _, Sha256};

use crate::{
    Credentials, LoginBy,
    actor::Actor,
    backend::Backends,
    models::{Account, User},
    names::{normal_email, normal_username},
    own::Users,
    passwords::{Passwords, Verified},
    settings::AuthSettings,
    throttle::counted_name,
};

/// The site's accounts: `accounts: Accounts` in a handler, `&Accounts` in tasks and commands. Cheap to clone.
///
/// ```no_run
/// use quintet_auth::{Account, Accounts};
/// use quintet_core::Result;
///
/// async fn first_users(accounts: &Accounts) -> Result {
///     let ann = Account { email: "ann@example.com".into(), ..Account::named("ann") };
///     let ann = accounts.create(ann, Some("correct horse")).await?;
///     assert!(accounts.authenticate("ann", "Tr0ub4dor&3").await?.is_none());
///     accounts.set_password(&ann, "battery staple").await
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Accounts {
    db: Db,
    passwords: Passwords,
    login_by: LoginBy,
    backends: Backends,
    services: Services,
    /// What is known of the request that makes or changes one.
    event: SecurityEvent,
    /// Who does that.
    actor: Actor,
    /// The site's user model.
    meta: &'static ModelMeta,
}

impl Accounts {
    /// The one whose account people mean by this name: what `[auth] login_by` says. Also one who is not active.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn find(&self, name: &str) -> Result<Option<User>> {
        // Longer than any: the database is not asked, and a zero is in nobody's name.
        if name.len() > 1024 || name.contains('\0') {
            return Ok(None);
        }
        if self.login_by != LoginBy::Email {
            let found = User.filter(User.username.eq(normal_username(name))).first(&self.db).await?;
            if found.is_some() || self.login_by == LoginBy::Username {
                return Ok(found);
            }
        }
        if !name.contains('@') {
            return Ok(None);
        }
        // An address that two people have says nothing of who is there.
        let address = normal_email(name);
        let found =
            User.filter(User.email.iexact(&address) & User.is_active.eq(true)).limit(2).all(&self.db).await?;
        let only = <[User; 1]>::try_from(found).ok();
        Ok(only.map(|[user]| user))
    }

    /// The user who has this name and this password, and is active: the first whom one of `[auth] backends` knows. In the site's own
    /// table, nobody can tell from the time it takes whether there is such a name, and a password that was stored in an older way is
    /// stored anew.
    ///
    /// # Errors
    /// 422 if the password is too long, 503 if too many are being hashed, and if the database or a backend fails.
    pub async fn authenticate(&self, name: &str, password: &str) -> Result<Option<User>> {
        let services = Services::current();
        let services = services.as_ref().unwrap_or(&self.services);
        self.backends.authenticate(services, &Credentials::new(name, password)).await
    }

    /// The user of the site's own table who has this name and this password, and is active.
    pub(crate) async fn known(&self, name: &str, password: &str) -> Result<Option<User>> {
        let found = self.find(name).await?;
        // Asked for everybody: a query more or less can be measured, too.
        let like = self.stand_in(name).await?;
        let Some(user) = found else {
            let _ = self.passwords.verify_nobody_like(password, &like).await?;
            return Ok(None);
        };
        let right = self.check_password(&user, password).await?;
        Ok(Some(user).filter(|user| right && user.is_active))
    }

    /// The stored password with which one for this name is compared if nobody has it: that of some user, always the same one for a
    /// name while users stay as they are. So names that nobody has are of old and new kinds of passwords in the same shares as those that
    /// somebody has, and the time of an answer does not tell them apart.
    async fn stand_in(&self, name: &str) -> Result<String> {
        let last = User.query().aggregate(User.id.max(), &self.db).await?.unwrap_or(0);
        // Without the site's key somebody could reckon out whose kind a name would have.
        let signed = match Signer::of(&self.services) {
            Ok(signer) => signer.purpose("quintet.auth.stand_in").sign(&counted_name(name)),
            Err(_) => counted_name(name),
        };
        let digest = Sha256::digest(signed).first_chunk().copied().unwrap_or_default();
        let part = u128::from(u64::from_be_bytes(digest)) * u128::from(last.unsigned_abs());
        let place = i64::try_from(part >> 64).unwrap_or(0).saturating_add(1);
        let there = User.filter(User.id.ge(place)).order_by(User.id).select(User.password);
        Ok(there.first(&self.db).await?.unwrap_or_default())
    }

    /// Is this the user's password? One that was stored in an older way is stored anew.
    ///
    /// # Errors
    /// As [`authenticate`](Self::authenticate).
    pub async fn check_password(&self, user: &User, password: &str) -> Result<bool> {
        let verified = self.passwords.verify(password, &user.password).await?;
        if verified == Verified::Old {
            let stored = self.passwords.hash(password).await?;
            // Unless somebody has changed it meanwhile.
            let same = User.filter(User.id.eq(user.id) & User.password.eq(&user.password));
            same.update(User.password.set(stored)).exec(&self.db).await?;
        }
        Ok(verified.is_right())
    }

    /// Is this the password of a user who is there? Of one who has none here, another backend may know it.
    pub(crate) async fn confirms(&self, user: &User, password: &str) -> Result<bool> {
        let here = self.check_password(user, password).await?;
        if here || Passwords::is_usable(&user.password) {
            return Ok(here);
        }
        Ok(self.authenticate(&user.username, password).await?.is_some_and(|found| found.id == user.id))
    }

    /// Gives the user another password. Whether it is a good one says [`Passwords::check`]. It is told as
    /// [`PasswordChanged`](What::PasswordChanged), with who did it.
    ///
    /// # Errors
    /// As [`authenticate`](Self::authenticate); 404 if the user is gone.
    pub async fn set_password(&self, user: &User, password: &str) -> Result {
        let stored = self.passwords.hash(password).await?;
        self.store(user, stored).await
    }

    /// Gives the user another password, if it still is the one of this row: of two at once, one does. Says whether it did.
    #[cfg(feature = "mail")]
    pub(crate) async fn replace_password(&self, user: &User, password: &str) -> Result<bool> {
        let stored = self.passwords.hash(password).await?;
        let same = User.id.eq(user.id) & User.password.eq(&user.password) & User.is_active.eq(true);
        let did = User.filter(same).update(User.password.set(stored)).exec(&self.db).await? == 1;
        if did {
            self.tell_changed(user).await;
        }
        Ok(did)
    }

    /// Takes the user's password away: they can't log in with one any more.
    ///
    /// # Errors
    /// If the database fails; 404 if the user is gone.
    pub async fn remove_password(&self, user: &User) -> Result {
        self.store(user, Passwords::unusable()?).await
    }

    async fn store(&self, user: &User, stored: String) -> Result {
        match User.filter(User.id.eq(user.id)).update(User.password.set(stored)).exec(&self.db).await? {
            0 => Err(Error::not_found(format!("User {} not found", user.id))),
            _ => {
                self.tell_changed(user).await;
                Ok(())
            }
        }
    }

    /// The one place where it is told, whoever gives somebody another password.
    async fn tell_changed(&self, user: &User) {
        let mut event = self.event.clone();
        (event.what, event.at) = (What::PasswordChanged, clock::now());
        event.user(user.id).with("by", self.actor.name().await).tell(&self.services).await;
    }

    /// The same, for who acts in place of the user of the request.
    pub(crate) fn acting(self, who: &'static str) -> Self {
        Accounts { actor: Actor::Named(who), ..self }
    }

    /// Makes an account, with a password or with none. Name and address are brought into the form in which they are looked up; what
    /// else a user model of the site's own has gets its defaults.
    ///
    /// # Errors
    /// 422 if a value is none, 409 if the username is taken, and as [`authenticate`](Self::authenticate).
    pub async fn create(&self, account: Account, password: Option<&str>) -> Result<User> {
        let password = match password {
            Some(password) => self.passwords.hash(password).await?,
            None => Passwords::unusable()?,
        };
        let account = Account {
            username: normal_username(&account.username),
            email: normal_email(&account.email),
            password,
            ..account
        };
        let values = Account::FIELDS
            .iter()
            .zip(0u16..)
            .filter_map(|(field, index)| Some((field.name, account.value_at(index)?)));
        let values: Vec<(&str, Value)> = values.collect();
        let row = DynSet::new(self.meta).unrestricted().create(values, &self.db).await?;
        let Some(Value::Int(key)) = row.get("id") else {
            return Err(Error::internal("the key of a user is a whole number"));
        };
        let user = User.get(*key, &self.db.primary()).await?;
        self.event.clone().user(user.id).tell(&self.services).await;
        Ok(user)
    }
}

impl Service for Accounts {
    fn of(services: &Services) -> Result<Self> {
        let users = services.get::<Users>().ok_or_else(|| {
            Error::internal("this site has no users: install them, `Site::new().install(auth::app())`")
        })?;
        Ok(Accounts {
            db: Db::of(services)?,
            passwords: services.require::<Passwords>()?.clone(),
            login_by: services.require::<Settings>()?.get::<AuthSettings>()?.login_by,
            backends: services.require::<Backends>()?.clone(),
            services: services.clone(),
            event: SecurityEvent::new(What::AccountCreated),
            actor: Actor::Named("program"),
            meta: (users.meta)(),
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Accounts {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let accounts = Accounts::of(Services::of_request(parts)?)?;
        Ok(Accounts {
            event: security_event(parts, What::AccountCreated),
            actor: Actor::of(parts),
            ..accounts
        })
    }
}
