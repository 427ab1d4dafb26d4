use http::{HeaderMap, header};
use quintet_core::Result;
use quintet_web::Session;
use serde::{Serialize, de::DeserializeOwned};

use crate::TestClient;

/// The session of a test's browser: what the site remembers of it.
#[derive(Clone, Debug)]
pub struct TestSession(TestClient);

impl TestClient {
    /// The session that the site has for this browser, to be looked into and changed as a handler would.
    ///
    /// ```no_run
    /// # async fn show(site: quintet_test::TestSite) {
    /// let ann = site.browser();
    /// ann.session().set("cart", &[7]).await;
    /// ann.get("/cart/").await.contains("Alien");
    /// assert_eq!(ann.session().get::<String>("seen").await.as_deref(), Some("/cart/"));
    /// # }
    /// ```
    #[must_use]
    pub fn session(&self) -> TestSession {
        TestSession(self.clone())
    }
}

impl TestSession {
    /// The value of a key.
    ///
    /// # Panics
    /// If it is of another type, or the store can't be reached.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.with(async |session| session.get(key).await).await
    }

    /// All keys.
    ///
    /// # Panics
    /// If the store can't be reached.
    pub async fn keys(&self) -> Vec<String> {
        self.with(async |session| session.keys().await).await
    }

    /// Whose session it is.
    ///
    /// # Panics
    /// If the store can't be reached.
    pub async fn user(&self) -> Option<String> {
        self.with(async |session| session.user().await).await
    }

    /// Sets the value of a key.
    ///
    /// # Panics
    /// If it can't be JSON, or the store can't be reached.
    pub async fn set<T: Serialize + ?Sized>(&self, key: &str, value: &T) {
        self.with(async |session| session.set(key, value)).await;
    }

    /// Removes a key.
    ///
    /// # Panics
    /// If the store can't be reached.
    pub async fn remove(&self, key: &str) {
        self.with(async |session| {
            session.remove(key);
            Ok(())
        })
        .await;
    }

    /// Makes it the session of a user, as [`Session::sign_in`] does.
    ///
    /// # Panics
    /// If the store can't be reached.
    pub async fn sign_in(&self, user: impl std::fmt::Display) {
        self.with(async |session| session.sign_in(user).await).await;
    }

    async fn with<T>(&self, work: impl AsyncFnOnce(&Session) -> Result<T>) -> T {
        let client = &self.0;
        let mut cookies = HeaderMap::new();
        if let Some(cookie) = client.jar().header() {
            cookies.insert(header::COOKIE, cookie);
        }
        let done = async {
            let session = Session::of_cookies(client.services(), &cookies, client.is_https())?;
            let value = work(&session).await?;
            session.save().await?;
            Ok::<_, quintet_core::Error>((value, session.cookie()))
        };
        match client.services().clone().scope(done).await {
            Ok((value, cookie)) => {
                if let Some((name, text)) = cookie {
                    if text.is_empty() {
                        client.jar().remove(&name);
                    } else {
                        client.jar().set(&name, &text);
                    }
                }
                value
            }
            Err(error) => panic!("the session of a test: {error:?}"),
        }
    }
}
