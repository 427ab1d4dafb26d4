use std::{fmt, sync::Arc, time::Duration};

use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};
use quintet_core::{
    Error, Result, Services,
    audit::{SecurityEvent, What},
};
use serde::{Serialize, de::DeserializeOwned};

use super::client::address;
use crate::{
    cookies::Cookies,
    facts::Facts,
    session::{Lasting, SessionInfo, SessionState as State},
};

/// What the site remembers of this browser: values by key, and who has signed in.
///
/// It is loaded where something of it is first read, and written once, before the answer goes out, if something was changed. An answer of
/// status 500 and above changes nothing. A browser of which nothing is remembered has no cookie.
///
/// ```
/// use quintet_core::Result;
/// use quintet_web::{Session, get, post};
///
/// #[post("/cart/{film}/")]
/// async fn add(quintet_web::Path(film): quintet_web::Path<i64>, session: Session) -> Result<String> {
///     let mut cart: Vec<i64> = session.get("cart").await?.unwrap_or_default();
///     cart.push(film);
///     session.set("cart", &cart)?;
///     Ok(format!("{} films", cart.len()))
/// }
/// ```
///
/// Of two requests at the same time that set one key, the one that is written last has its way; what they set under different keys all
/// stays. (In a cookie, the whole session is one value: there the last one has its way with all of it.)
#[derive(Clone)]
pub struct Session {
    state: Arc<State>,
    /// The request, for the token of its forms; none in tests.
    facts: Option<Facts>,
}

impl Session {
    /// The value of a key.
    ///
    /// # Errors
    /// If the store can't be reached (503), or the value is of another type.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.state.load().await?;
        let Some(value) = self.state.value(key) else { return Ok(None) };
        serde_json::from_value(value).map(Some).map_err(|why| {
            let what = std::any::type_name::<T>();
            Error::internal(format!("`{key}` of the session is no `{what}`: {why}")).with_source(why)
        })
    }

    /// Is there a value of this key?
    ///
    /// # Errors
    /// If the store can't be reached (503).
    pub async fn contains(&self, key: &str) -> Result<bool> {
        self.state.load().await?;
        Ok(self.state.value(key).is_some())
    }

    /// All keys, in their order.
    ///
    /// # Errors
    /// If the store can't be reached (503).
    pub async fn keys(&self) -> Result<Vec<String>> {
        self.state.load().await?;
        Ok(self.state.keys())
    }

    /// Sets the value of a key.
    ///
    /// # Errors
    /// If the value can't be JSON.
    pub fn set<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result {
        let value = serde_json::to_value(value).map_err(|why| {
            Error::internal(format!("the value for `{key}` of the session can't be JSON: {why}"))
                .with_source(why)
        })?;
        self.state.put(key, Some(value));
        Ok(())
    }

    /// Removes a key.
    pub fn remove(&self, key: &str) {
        self.state.put(key, None);
    }

    /// The value of a key, which then is gone: for what is shown once.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn take<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let value = self.get(key).await?;
        if value.is_some() {
            self.remove(key);
        }
        Ok(value)
    }

    /// Whose session it is, as [`sign_in`](Self::sign_in) was told.
    ///
    /// # Errors
    /// If the store can't be reached (503).
    pub async fn user(&self) -> Result<Option<String>> {
        self.state.load().await?;
        Ok(self.state.user())
    }

    /// Makes it the session of a user: a label that never changes, such as the user's key. What was remembered before stays, unless it
    /// was another user's.
    ///
    /// The browser gets another token for the session, and other CSRF tokens, so that who knew the ones of before has nothing.
    ///
    /// # Errors
    /// If the store can't be reached (503).
    pub async fn sign_in(&self, user: impl fmt::Display) -> Result {
        let user = user.to_string();
        self.state.load().await?;
        if self.state.user().is_some_and(|other| other != user) {
            self.flush();
        }
        self.state.set_user(Some(user));
        self.rotate_csrf()
    }

    /// Ends the session: nothing that was remembered is left.
    ///
    /// # Errors
    /// If the site has no `secret_key`.
    pub fn sign_out(&self) -> Result {
        self.flush();
        self.rotate_csrf()
    }

    fn rotate_csrf(&self) -> Result {
        self.facts.as_ref().map_or(Ok(()), |facts| facts.csrf().rotate(&facts.asked()))
    }

    /// Forgets everything, whose session it is among it, and ends it; what is set afterwards begins another one.
    pub fn flush(&self) {
        self.state.flush();
    }

    /// Keeps the answer from all caches but the browser's own: for what knows the visitor by other means than the session, a certificate or
    /// a proxy's header.
    pub fn keep_private(&self) {
        self.state.set_alone();
    }

    /// Gives the browser another token for the same session; the one of before is good for nothing. For whenever somebody may do more
    /// than before.
    pub fn cycle(&self) {
        self.state.change(|change| change.cycle = true);
    }

    /// It is over when it is not used for so long; until then the browser keeps it, closed or not.
    pub fn expire_in(&self, time: Duration) {
        self.state.change(|change| change.lasting = Some(Lasting::For(time)));
    }

    /// It is over when the browser is closed, or not used for as long as the settings say.
    pub fn expire_at_close(&self) {
        self.state.change(|change| change.lasting = Some(Lasting::Browser));
    }

    /// It lasts as the settings say, whatever was said before.
    pub fn expire_as_usual(&self) {
        self.state.change(|change| change.lasting = Some(Lasting::Usual));
    }

    /// All sessions of this session's user, the last used first; none if nobody has signed in.
    ///
    /// # Errors
    /// If the store can't be reached (503), or can't list sessions: in cookies.
    pub async fn list(&self) -> Result<Vec<SessionInfo>> {
        let Some(user) = self.user().await? else { return Ok(Vec::new()) };
        self.state.store.of_user(&user, self.state.token().as_deref()).await
    }

    /// Ends all other sessions of this session's user: when the password was changed. Gives how many those were, if that is known.
    ///
    /// # Errors
    /// If the store can't be reached (503), or can't end other sessions: in cookies of a site without users.
    pub async fn end_others(&self) -> Result<Option<u64>> {
        let Some(user) = self.user().await? else { return Ok(Some(0)) };
        let ended = self.state.store.end_all(&user, self.state.token().as_deref()).await?;
        if ended != Some(0) {
            self.state.tell_ended(&user).await;
            if let Some(facts) = &self.facts {
                let event = self.security_event(What::SessionsEnded).user(&user).with("which", "others");
                event.tell(facts.services()).await;
            }
        }
        // In a cookie, this one is written anew to be none of those.
        self.cycle();
        Ok(ended)
    }

    /// Writes it now, rather than before the answer goes out: for what must be so before something else happens.
    ///
    /// # Errors
    /// If the store can't be reached (503).
    pub async fn save(&self) -> Result {
        self.state.commit().await
    }
}

/// Nothing of what it holds.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}

impl Session {
    /// The session of a request. It costs nothing until it is asked for something.
    ///
    /// # Errors
    /// If the request did not come through a site.
    pub fn of(parts: &Parts) -> Result<Self> {
        let facts = parts.extensions.get::<Facts>().cloned();
        let facts = facts
            .ok_or_else(|| Error::internal("this request has no session: it did not come through a site"))?;
        if let Some(state) = facts.session().get() {
            return Ok(Session { state: state.clone(), facts: Some(facts) });
        }
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let address = address(parts, facts.services());
        let state = State::new(facts.services(), facts.asked().cookies, facts.asked().https, address, agent)?;
        let state = facts.session().get_or_init(|| Arc::new(state)).clone();
        Ok(Session { state, facts: Some(facts) })
    }

    /// A security event of the request that this session is of: with the network that it comes from, its id, method and path.
    #[must_use]
    pub fn security_event(&self, what: What) -> SecurityEvent {
        let event = SecurityEvent::new(what).from(self.state.address());
        let Some(facts) = &self.facts else { return event };
        let event = event.at(facts.method().as_str(), &facts.shown_path());
        match facts.id() {
            Some(id) => event.request(id.as_str()),
            None => event,
        }
    }

    /// The session of a browser's cookies, apart from any request: for the test kit.
    ///
    /// # Errors
    /// If the site has no sessions.
    #[doc(hidden)]
    pub fn of_cookies(services: &Services, cookies: &HeaderMap, https: bool) -> Result<Self> {
        let state = State::new(services, &Cookies::of(cookies), https, None, None)?;
        Ok(Session { state: Arc::new(state), facts: None })
    }

    /// Name and value of the cookie that the browser is to have now; empty if it is to have none.
    #[doc(hidden)]
    #[must_use]
    pub fn cookie(&self) -> Option<(String, String)> {
        self.state.cookie().map(|(name, value, _)| (name, value))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Session::of(parts)
    }
}
