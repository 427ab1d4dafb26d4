//! The session of one request: what was loaded, and what has become of it.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::SignedDuration;
use quintet_core::{Error, Result, Services, clock};
use serde_json::Value;

use super::{Change, Lasting, Record, SessionSettings, SessionStore, SessionWatch, set_cookie};
use crate::cookies::Cookies;

/// Of what a browser says of itself so much is kept.
const LONGEST_AGENT: usize = 300;

pub(crate) struct State {
    pub(crate) store: Arc<dyn SessionStore>,
    pub(crate) settings: Arc<SessionSettings>,
    https: bool,
    address: Option<IpAddr>,
    agent: Option<String>,
    watch: Option<Arc<dyn SessionWatch>>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// What the browser has.
    token: Option<String>,
    /// What the store had, once it was asked.
    loaded: Option<Option<Record>>,
    change: Change,
    /// The token of a session that is to end, and whose it was, if that is known.
    ending: Option<(String, Option<String>)>,
    /// Did the answer depend on the session?
    read: bool,
    /// Is the answer for this visitor alone, whatever the session says?
    alone: bool,
    cookie: Option<Cookie>,
}

/// What the browser is to be told.
#[derive(Clone)]
enum Cookie {
    Keep(String, Lasting),
    Forget,
}

impl State {
    pub(crate) fn new(
        services: &Services,
        cookies: &Cookies,
        https: bool,
        address: Option<IpAddr>,
        agent: Option<&str>,
    ) -> Result<Self> {
        let missing = || Error::internal("this site has no sessions: the web room has not been started");
        let settings = services.get::<Arc<SessionSettings>>().ok_or_else(missing)?.clone();
        let store = services.get::<Arc<dyn SessionStore>>().ok_or_else(missing)?.clone();
        let token = cookies.get(&set_cookie::name(&settings, https)).map(str::to_owned);
        let agent = agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect());
        let inner = Mutex::new(Inner { token, ..Inner::default() });
        let watch = services.get::<Arc<dyn SessionWatch>>().cloned();
        Ok(State { store, settings, https, address, agent, watch, inner })
    }

    /// Where the browser is.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the store, unless that was done.
    pub(crate) async fn load(&self) -> Result {
        let token = {
            let mut inner = self.inner();
            inner.read = true;
            if inner.loaded.is_some() {
                return Ok(());
            }
            inner.token.clone()
        };
        let found = match &token {
            Some(token) => self.store.load(token).await?,
            None => None,
        };
        let found = found.filter(|record| !record.is_over(clock::now()));
        let mut inner = self.inner();
        // Somebody else in this request may have been faster, or have ended it.
        if inner.loaded.is_none() {
            if found.is_none() && inner.token.take().is_some() {
                inner.cookie = Some(Cookie::Forget);
            }
            inner.loaded = Some(found);
        }
        Ok(())
    }

    /// The value of a key as it is now; to be asked once it is [loaded](Self::load).
    pub(crate) fn value(&self, key: &str) -> Option<Value> {
        let inner = self.inner();
        match inner.change.data.get(key) {
            Some(changed) => changed.clone(),
            None => inner.record()?.data.get(key).cloned(),
        }
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        let inner = self.inner();
        let mut keys: Vec<String> =
            inner.record().map(|record| record.data.keys().cloned().collect()).unwrap_or_default();
        for (key, value) in &inner.change.data {
            keys.retain(|known| known != key);
            if value.is_some() {
                keys.push(key.clone());
            }
        }
        keys.sort_unstable();
        keys
    }

    pub(crate) fn user(&self) -> Option<String> {
        let inner = self.inner();
        match &inner.change.user {
            Some(user) => user.clone(),
            None => inner.record()?.user.clone(),
        }
    }

    pub(crate) fn token(&self) -> Option<String> {
        self.inner().token.clone()
    }

    pub(crate) fn put(&self, key: &str, value: Option<Value>) {
        self.inner().change.data.insert(key.to_owned(), value);
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Change)) {
        change(&mut self.inner().change);
    }

    pub(crate) fn set_user(&self, user: Option<String>) {
        self.change(|change| {
            change.user = Some(user);
            change.cycle = true;
            change.address = self.address;
            change.agent.clone_from(&self.agent);
        });
    }

    /// Nothing is left of it.
    pub(crate) fn flush(&self) {
        let mut inner = self.inner();
        inner.change = Change::default();
        let loaded = inner.loaded.replace(None).flatten();
        if let Some(token) = inner.token.take() {
            inner.ending = Some((token, loaded.and_then(|record| record.user)));
            inner.cookie = Some(Cookie::Forget);
        }
    }

    /// Forgets what this request has changed.
    pub(crate) fn forget_changes(&self) {
        let mut inner = self.inner();
        inner.change = Change::default();
        inner.ending = None;
        inner.cookie = None;
    }

    /// Tells whoever wants to know that sessions of this user have ended.
    pub(crate) async fn tell_ended(&self, user: &str) {
        if let Some(watch) = &self.watch {
            watch.ended(user).await;
        }
    }

    /// Writes what was changed, if something was.
    pub(crate) async fn commit(&self) -> Result {
        let ending = self.inner().ending.take();
        if let Some((token, user)) = ending {
            let user = match (&self.watch, user) {
                (Some(_), None) => self.store.load(&token).await?.and_then(|record| record.user),
                (_, user) => user,
            };
            self.store.end(&token).await?;
            if let Some(user) = user {
                self.tell_ended(&user).await;
            }
        }
        let now = clock::now();
        let (unread, changed) = {
            let inner = self.inner();
            (inner.loaded.is_none(), !inner.change.is_empty())
        };
        if unread && changed {
            // What is set without being read belongs to the session that is there, if it is.
            let read = self.inner().read;
            self.load().await?;
            self.inner().read = read;
        }
        let (mut change, token, record) = {
            let mut inner = self.inner();
            let change = std::mem::take(&mut inner.change);
            (change, inner.token.clone(), inner.record().cloned())
        };
        change.used = now;
        match (token, record) {
            (Some(token), Some(record)) => {
                if !changed && !self.is_stale(&record, now) {
                    return Ok(());
                }
                let updated = self.store.update(&token, &record, &change).await?;
                self.keep(updated);
            }
            _ if changed => self.begin(&change, now).await?,
            _ => {}
        }
        Ok(())
    }

    async fn begin(&self, change: &Change, now: jiff::Timestamp) -> Result {
        let mut record = Record::begin(&self.settings, now);
        record.address = self.address;
        record.agent.clone_from(&self.agent);
        change.apply(&mut record, &self.settings);
        // Nothing to remember: nobody needs a cookie for it.
        if record.data.is_empty() && record.user.is_none() {
            return Ok(());
        }
        let token = self.store.insert(&record).await?;
        self.keep(Some((token, record)));
        Ok(())
    }

    fn keep(&self, updated: Option<(String, Record)>) {
        let mut inner = self.inner();
        match updated {
            Some((token, record)) => {
                inner.cookie = Some(Cookie::Keep(token.clone(), record.lasting));
                inner.token = Some(token);
                inner.loaded = Some(Some(record));
            }
            None => {
                inner.cookie = Some(Cookie::Forget);
                inner.token = None;
                inner.loaded = Some(None);
            }
        }
    }

    /// Is it time to note that it is used?
    fn is_stale(&self, record: &Record, now: jiff::Timestamp) -> bool {
        let interval = SignedDuration::try_from(self.settings.touch_interval).unwrap_or(SignedDuration::MAX);
        now.duration_since(record.used) >= interval
    }

    /// The cookie that the browser is to be told: name, value, and the whole of it.
    pub(crate) fn cookie(&self) -> Option<(String, String, String)> {
        let cookie = self.inner().cookie.clone()?;
        let (value, text) = match &cookie {
            Cookie::Keep(token, lasting) => {
                (token.clone(), set_cookie::keep(&self.settings, self.https, token, *lasting))
            }
            Cookie::Forget => (String::new(), set_cookie::forget(&self.settings, self.https)),
        };
        Some((set_cookie::name(&self.settings, self.https), value, text))
    }

    /// The answer is for this visitor alone.
    pub(crate) fn set_alone(&self) {
        self.inner().alone = true;
    }

    pub(crate) fn is_alone(&self) -> bool {
        self.inner().alone
    }

    /// Did the answer depend on it?
    pub(crate) fn was_read(&self) -> bool {
        self.inner().read
    }
}

impl Inner {
    fn record(&self) -> Option<&Record> {
        self.loaded.as_ref()?.as_ref()
    }
}
