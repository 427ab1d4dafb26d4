//! Sessions in a cache alone.
//!
//! Beside each session stands a list of those of each user: what is not in it is no session of theirs. So all of them end with the list,
//! in one step, and if the cache drops the list to make room, they are logged out rather than never to be ended.

use std::{collections::BTreeSet, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use quintet_cache::Cache;
use quintet_core::{BoxFuture, Error, ErrorKind, Result, clock};
use quintet_web::session::{
    Change, Record, SessionInfo, SessionSettings, SessionStore, new_token, token_hash,
};

use sha2::{Digest as _, Sha256};

use crate::stored::Stored;

/// So often a change is written anew because others were faster.
const TRIES: usize = 20;

/// Sessions in a [`Cache`]: `[session] store = "cache"`.
#[derive(Debug)]
pub struct CacheSessions {
    cache: Cache,
    settings: SessionSettings,
}

/// How long something is kept that is over then.
fn left(expires: Timestamp) -> Duration {
    Duration::try_from(expires.duration_since(clock::now())).unwrap_or_default()
}

/// Short, and with nothing that a key can't have, whatever a site calls its users.
fn digest(user: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(user))
}

impl CacheSessions {
    /// In this cache. Where it does not work, neither do sessions, whether or not the cache is a strict one.
    #[must_use]
    pub fn new(cache: Cache, settings: SessionSettings) -> Self {
        CacheSessions { cache, settings }
    }

    fn key(&self, hash: &str) -> Result<String> {
        self.cache.full_key(&format!("session:{hash}"))
    }

    fn list_key(&self, user: &str) -> Result<String> {
        // A label may be anything.
        self.cache.full_key(&format!("sessions-of:{}", digest(user)))
    }

    async fn bytes(&self, hash: &str) -> Result<Option<(Bytes, Record)>> {
        let Some(bytes) = self.cache.backend().get(&self.key(hash)?).await? else { return Ok(None) };
        let record = Stored::record(&bytes).filter(|record| !record.is_over(clock::now()));
        Ok(record.map(|record| (bytes, record)))
    }

    /// The session of a hash, if its user has it.
    async fn find(&self, hash: &str) -> Result<Option<(Bytes, Record)>> {
        let Some((bytes, record)) = self.bytes(hash).await? else { return Ok(None) };
        if let Some(user) = &record.user
            && !self.of(user).await?.1.contains(hash)
        {
            return Ok(None);
        }
        Ok(Some((bytes, record)))
    }

    async fn keep(&self, hash: &str, record: &Record) -> Result {
        let left = left(record.expires);
        if left.is_zero() {
            return Ok(());
        }
        self.cache.backend().set(&self.key(hash)?, Stored::bytes(record)?, Some(left)).await
    }

    /// The hashes of a user's sessions, and how that is kept.
    async fn of(&self, user: &str) -> Result<(Option<Bytes>, BTreeSet<String>)> {
        let bytes = self.cache.backend().get(&self.list_key(user)?).await?;
        let hashes = bytes.as_ref().and_then(|bytes| serde_json::from_slice(bytes).ok());
        Ok((bytes, hashes.unwrap_or_default()))
    }

    /// Changes which sessions a user has, in one step; false if `change` wants nothing.
    async fn change_list(
        &self,
        user: &str,
        change: impl Fn(&mut BTreeSet<String>) -> bool + Send + Sync,
    ) -> Result<bool> {
        // No session lasts longer.
        let keep = Some(self.settings.absolute_timeout).filter(|keep| !keep.is_zero());
        let (backend, key) = (self.cache.backend(), self.list_key(user)?);
        for _ in 0..TRIES {
            let (old, mut hashes) = self.of(user).await?;
            if !change(&mut hashes) {
                return Ok(false);
            }
            let new = Bytes::from(serde_json::to_vec(&hashes)?);
            let done = match old {
                Some(old) => backend.replace(&key, old, new, keep).await?,
                None => backend.add(&key, new, keep).await?,
            };
            if done {
                return Ok(true);
            }
        }
        Err(busy())
    }

    async fn write(&self, token: &str, change: &Change) -> Result<Option<(String, Record)>> {
        let Some(hash) = token_hash(token) else { return Ok(None) };
        for _ in 0..TRIES {
            let Some((old, before)) = self.find(&hash).await? else { return Ok(None) };
            let mut record = before.clone();
            change.apply(&mut record, &self.settings);
            if change.cycle || record.user != before.user {
                match self.moved(&hash, old, &before, &record).await? {
                    Moved::To(token) => return Ok(Some((token, record))),
                    Moved::Ended => return Ok(None),
                    Moved::Late => continue,
                }
            }
            let (key, new) = (self.key(&hash)?, Stored::bytes(&record)?);
            if self.cache.backend().replace(&key, old, new, Some(left(record.expires))).await? {
                return Ok(Some((token.to_owned(), record)));
            }
        }
        Err(busy())
    }

    /// The session under another token. The one of before is taken away in one step: of several who try, one does.
    async fn moved(&self, hash: &str, old: Bytes, before: &Record, record: &Record) -> Result<Moved> {
        let token = new_token()?;
        let new = token_hash(&token).unwrap_or_default();
        if !self.cache.backend().delete_if(&self.key(hash)?, old).await? {
            return Ok(Moved::Late);
        }
        self.keep(&new, record).await?;
        let stays = before.user.is_some() && before.user == record.user;
        if let Some(user) = &before.user {
            let changed = self.change_list(user, |hashes| {
                let was = hashes.remove(hash);
                if was && stays {
                    hashes.insert(new.clone());
                }
                was
            });
            if !changed.await? && stays {
                // All of them have ended meanwhile.
                self.cache.backend().delete(&self.key(&new)?).await?;
                return Ok(Moved::Ended);
            }
        }
        if let Some(user) = record.user.as_ref().filter(|_| !stays) {
            self.change_list(user, |hashes| hashes.insert(new.clone())).await?;
        }
        Ok(Moved::To(token))
    }

    async fn list(&self, user: &str, current: Option<&str>) -> Result<Vec<SessionInfo>> {
        let (_, hashes) = self.of(user).await?;
        let hashes: Vec<String> = hashes.into_iter().collect();
        let keys = hashes.iter().map(|hash| self.key(hash)).collect::<Result<Vec<_>>>()?;
        let found = self.cache.backend().get_many(&keys).await?;
        let current = current.and_then(token_hash);
        let (mut gone, mut all) = (Vec::new(), Vec::new());
        for (hash, bytes) in hashes.into_iter().zip(found) {
            let record = bytes.and_then(|bytes| Stored::record(&bytes));
            match record
                .filter(|record| !record.is_over(clock::now()) && record.user.as_deref() == Some(user))
            {
                Some(record) => {
                    let is_current = Some(&hash) == current.as_ref();
                    all.push(SessionInfo::new(hash, &record, is_current));
                }
                None => gone.push(hash),
            }
        }
        if !gone.is_empty() {
            self.change_list(user, |hashes| gone.iter().filter(|hash| hashes.remove(*hash)).count() > 0)
                .await?;
        }
        all.sort_by(|one, other| other.used.cmp(&one.used).then(one.id.cmp(&other.id)));
        Ok(all)
    }

    async fn end_by_hash(&self, hash: &str, user: Option<&str>) -> Result<bool> {
        let known = match self.bytes(hash).await? {
            Some((_, record)) => record.user,
            None => None,
        };
        let listed = match user.or(known.as_deref()) {
            Some(user) => self.change_list(user, |hashes| hashes.remove(hash)).await?,
            None => false,
        };
        if listed || user.is_none() {
            self.cache.backend().delete(&self.key(hash)?).await?;
        }
        Ok(listed)
    }

    async fn end_list(&self, user: &str, except: Option<&str>) -> Result<u64> {
        let except = except.and_then(token_hash);
        let (_, hashes) = self.of(user).await?;
        self.change_list(user, |hashes| {
            hashes.retain(|hash| Some(hash) == except.as_ref());
            true
        })
        .await?;
        let ended: Vec<&String> = hashes.iter().filter(|hash| Some(*hash) != except.as_ref()).collect();
        let keys = ended.iter().map(|hash| self.key(hash)).collect::<Result<Vec<_>>>()?;
        self.cache.backend().delete_many(&keys).await?;
        Ok(ended.len() as u64)
    }
}

enum Moved {
    To(String),
    /// Somebody has ended it.
    Ended,
    /// Somebody has changed it.
    Late,
}

fn busy() -> Error {
    let text = "a session is changed by so many requests at once that this one did not get its turn";
    Error::of_kind(ErrorKind::Unavailable, StatusCode::SERVICE_UNAVAILABLE, text)
}

impl SessionStore for CacheSessions {
    fn load<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Record>>> {
        Box::pin(async move {
            let Some(hash) = token_hash(token) else { return Ok(None) };
            Ok(self.find(&hash).await?.map(|(_, record)| record))
        })
    }

    fn insert<'a>(&'a self, record: &'a Record) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let token = new_token()?;
            let hash = token_hash(&token).unwrap_or_default();
            self.keep(&hash, record).await?;
            if let Some(user) = &record.user {
                self.change_list(user, |hashes| hashes.insert(hash.clone())).await?;
            }
            Ok(token)
        })
    }

    fn update<'a>(
        &'a self,
        token: &'a str,
        _: &'a Record,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<Option<(String, Record)>>> {
        Box::pin(self.write(token, change))
    }

    fn end<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let Some(hash) = token_hash(token) else { return Ok(()) };
            self.end_by_hash(&hash, None).await.map(drop)
        })
    }

    fn of_user<'a>(
        &'a self,
        user: &'a str,
        current: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<SessionInfo>>> {
        Box::pin(self.list(user, current))
    }

    fn end_one<'a>(&'a self, user: &'a str, id: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(self.end_by_hash(id, Some(user)))
    }

    fn end_all<'a>(&'a self, user: &'a str, except: Option<&'a str>) -> BoxFuture<'a, Result<Option<u64>>> {
        Box::pin(async move { self.end_list(user, except).await.map(Some) })
    }

    /// The cache forgets them by itself.
    fn clear<'a>(&'a self) -> BoxFuture<'a, Result<u64>> {
        Box::pin(async { Ok(0) })
    }
}
