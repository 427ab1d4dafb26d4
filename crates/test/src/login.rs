//! Browsers that somebody has logged in with.

use std::panic::Location;

use http::HeaderMap;
use quintet_auth::{Account, Accounts, SiteUser, User};
use quintet_core::{Result, Service as _};
use quintet_web::Session;

use crate::{TestClient, TestSite};

impl TestSite {
    /// A browser in which the user of this name has logged in. If there is none of that name, one is made, who has no password.
    ///
    /// # Panics
    /// If the site has no users, or that one may not log in.
    #[track_caller]
    pub fn login<'a>(&'a self, username: &'a str) -> impl Future<Output = TestClient> + 'a {
        let at = Location::caller();
        async move {
            let found = self.user(username).await;
            let logged_in = match &found {
                Ok(user) => self.with_session_of(user).await,
                Err(error) => panic!("{at}: {error}"),
            };
            logged_in.unwrap_or_else(|error| panic!("{at}: {error}"))
        }
    }

    /// A browser in which this user has logged in: one of `auth::User`, or of the site's own user model.
    ///
    /// # Panics
    /// If they may not log in.
    #[track_caller]
    pub fn login_as<'a, M: SiteUser>(&'a self, user: &'a M) -> impl Future<Output = TestClient> + 'a {
        let at = Location::caller();
        async move { self.with_session_of(user).await.unwrap_or_else(|error| panic!("{at}: {error}")) }
    }

    async fn user(&self, username: &str) -> Result<User> {
        if let Some(user) = User.filter(User.username.eq(username)).first(&self.db).await? {
            return Ok(user);
        }
        Accounts::of(self.services())?.create(Account::named(username), None).await
    }

    async fn with_session_of<M: SiteUser>(&self, user: &M) -> Result<TestClient> {
        let session = Session::of_cookies(self.services(), &HeaderMap::new(), false)?;
        let begun = async {
            quintet_auth::login_fully(&session, user).await?;
            session.save().await
        };
        self.services().clone().scope(begun).await?;
        let browser = self.browser();
        Ok(match session.cookie() {
            Some((name, value)) => browser.with_cookie(&name, &value),
            None => browser,
        })
    }
}
