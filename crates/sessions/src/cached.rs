//! Sessions in the database, with copies in a cache that are read instead.
//!
//! What has ended leaves a mark in the cache, which a request that has read the row before can't write over: copies are put where nothing
//! is, or over an older one, never over a mark. So is an older copy never put over a newer one.

use std::time::Duration;

use bytes::Bytes;
use quintet_cache::Cache;
use quintet_core::{BoxFuture, Result, clock};
use quintet_web::session::{Change, Record, SessionInfo, SessionStore, token_hash};

use crate::{DatabaseSessions, stored::Stored};

/// A copy is good for so long: what the cache has dropped at a bad moment is forgotten by then, too.
const COPIED: Duration = Duration::from_secs(600);

/// Stands in the place of a session that has ended, longer than any request takes.
const ENDED: Bytes = Bytes::from_static(b"ended");

/// So often a copy is put in the place of one that others have changed.
const TRIES: usize = 20;

/// Sessions in the table of [`SessionRow`](struct@crate::SessionRow), read from a [`Cache`]: `[session] store = "cached_db"`.
///
/// Where the cache does not work, sessions are read from the table, and can't be changed (503): a copy that nobody can take away
/// would say that it goes on.
#[derive(Debug)]
pub struct CachedSessions {
    table: DatabaseSessions,
    cache: Cache,
}

impl CachedSessions {
    /// This table, with copies in this cache.
    #[must_use]
    pub fn new(table: DatabaseSessions, cache: Cache) -> Self {
        CachedSessions { table, cache }
    }

    fn key(&self, hash: &str) -> Result<String> {
        self.cache.full_key(&format!("session-copy:{hash}"))
    }

    async fn find(&self, token: &str) -> Result<Option<Record>> {
        let Some(hash) = token_hash(token) else { return Ok(None) };
        let key = self.key(&hash)?;
        match self.cache.backend().get(&key).await {
            Ok(Some(bytes)) if bytes == ENDED => return Ok(None),
            Ok(Some(bytes)) => {
                if let Some(record) = Stored::record(&bytes) {
                    return Ok(Some(record).filter(|record| !record.is_over(clock::now())));
                }
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "the cache of sessions does not work; reading the database");
                return self.table.load(token).await;
            }
        }
        let found = self.table.load(token).await?;
        if let Some(record) = &found
            && let Err(error) = self.copy(&key, record).await
        {
            tracing::warn!(%error, "the cache of sessions does not work");
        }
        Ok(found)
    }

    /// Puts a copy where none is, or over an older one.
    async fn copy(&self, key: &str, record: &Record) -> Result {
        let backend = self.cache.backend();
        let left = Duration::try_from(record.expires.duration_since(clock::now())).unwrap_or_default();
        let keep = left.min(COPIED);
        if keep.is_zero() {
            return Ok(());
        }
        let new = Stored::bytes(record)?;
        for _ in 0..TRIES {
            let done = match backend.get(key).await? {
                None => backend.add(key, new.clone(), Some(keep)).await?,
                Some(old) if old == ENDED => return Ok(()),
                Some(old) => match Stored::record(&old) {
                    Some(known) if known.version >= record.version => return Ok(()),
                    _ => backend.replace(key, old, new.clone(), Some(keep)).await?,
                },
            };
            if done {
                return Ok(());
            }
        }
        // Others are newer, or about to be.
        Ok(())
    }

    /// Leaves the mark, before the row goes.
    async fn mark(&self, hash: &str) -> Result {
        self.cache.backend().set(&self.key(hash)?, ENDED, Some(COPIED)).await
    }

    async fn write(&self, token: &str, known: &Record, change: &Change) -> Result<Option<(String, Record)>> {
        let Some(hash) = token_hash(token) else { return Ok(None) };
        let (backend, key) = (self.cache.backend(), self.key(&hash)?);
        // Where this fails nothing is written: the copy would be older than the row.
        match backend.get(&key).await? {
            Some(copy) if copy == ENDED => return Ok(None),
            Some(copy) => drop(backend.delete_if(&key, copy).await?),
            None => {}
        }
        let updated = self.table.update(token, known, change).await?;
        let Some((token, record)) = &updated else {
            self.mark(&hash).await?;
            return Ok(None);
        };
        match token_hash(token) {
            Some(new) if new != hash => {
                self.mark(&hash).await?;
                self.copy(&self.key(&new)?, record).await?;
            }
            _ => self.copy(&key, record).await?,
        }
        Ok(updated)
    }
}

impl SessionStore for CachedSessions {
    fn load<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Option<Record>>> {
        Box::pin(self.find(token))
    }

    fn insert<'a>(&'a self, record: &'a Record) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let token = self.table.insert(record).await?;
            if let Some(hash) = token_hash(&token)
                && let Err(error) = self.copy(&self.key(&hash)?, record).await
            {
                // There is no older copy that could be taken for it.
                tracing::warn!(%error, "the cache of sessions does not work");
            }
            Ok(token)
        })
    }

    fn update<'a>(
        &'a self,
        token: &'a str,
        known: &'a Record,
        change: &'a Change,
    ) -> BoxFuture<'a, Result<Option<(String, Record)>>> {
        Box::pin(self.write(token, known, change))
    }

    fn end<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            if let Some(hash) = token_hash(token) {
                self.mark(&hash).await?;
            }
            self.table.end(token).await
        })
    }

    fn of_user<'a>(
        &'a self,
        user: &'a str,
        current: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Vec<SessionInfo>>> {
        self.table.of_user(user, current)
    }

    fn end_one<'a>(&'a self, user: &'a str, id: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            if let Some(hash) = self.table.hash_of(user, id).await? {
                self.mark(&hash).await?;
            }
            self.table.end_one(user, id).await
        })
    }

    fn end_all<'a>(&'a self, user: &'a str, except: Option<&'a str>) -> BoxFuture<'a, Result<Option<u64>>> {
        Box::pin(async move {
            let except = except.and_then(token_hash);
            let mut hashes = self.table.hashes_of(user).await?;
            hashes.retain(|hash| Some(hash) != except.as_ref());
            for hash in &hashes {
                self.mark(hash).await?;
            }
            self.table.end_these(&hashes).await.map(Some)
        })
    }

    fn clear<'a>(&'a self) -> BoxFuture<'a, Result<u64>> {
        self.table.clear()
    }
}
