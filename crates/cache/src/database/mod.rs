//! Values in a table of the site's database: every process sees them, and there is nothing else to run.
//!
//! The table is that of an app with a migration ([`app`]). Each change is one statement that the database decides, or a savepoint of
//! them, so that two processes can't both add a value or lose a count.
//!
//! In an atomic request its statements are a part of the request's transaction, as those of every handle: what is rolled back
//! was not cached.
mod entry;

use std::{
    collections::HashMap,
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;
use quintet_core::{App, BoxFuture, Error, Result, Service as _, Services, clock::Clock};
use quintet_macros::app;
use quintet_orm::{Db, prelude::*};

pub use entry::CacheEntry;

use crate::{Backend, Counted};

/// The app with the table of cached values: `.install(quintet::cache::app())`, then `migrate`.
#[must_use]
pub fn app() -> App {
    app!("cache").models((CacheEntry,))
}

/// Counts rows, and makes room, after so many writes.
const RECOUNT: u64 = 500;
/// How often to try to add to a number that others change as well.
const TRIES: u32 = 100;
/// Keys in one statement.
const BATCH: usize = 500;

/// Values in a table.
pub struct DatabaseCache {
    db: Db,
    entries: u64,
    clock: Clock,
    /// Writes since the rows were counted.
    writes: AtomicU64,
}

impl DatabaseCache {
    /// At most about `entries` values in the table of this database.
    #[must_use]
    pub fn new(db: Db, entries: u64, clock: Clock) -> Self {
        DatabaseCache { db, entries, clock, writes: AtomicU64::new(0) }
    }

    /// The database, or the transaction of the request that this runs for.
    fn db(&self) -> Db {
        let of_request = || Db::of(&Services::current()?).ok()?.using(self.db.name()).ok();
        match of_request() {
            // Another site in this process has databases of the same names.
            Some(db) if db.url() == self.db.url() => db,
            _ => self.db.clone(),
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn draft(&self, key: &str, value: &Bytes, keep: Option<Duration>) -> Draft<CacheEntry> {
        let now = self.now();
        let until = keep.and_then(|keep| now.checked_add(keep).ok());
        create!(CacheEntry { key: key, value: value.to_vec(), until: until, written: now })
    }

    fn alive(&self) -> Cond<CacheEntry> {
        CacheEntry.until.is_null() | CacheEntry.until.gt(self.now())
    }

    async fn put(&self, db: &dyn Executor, draft: Draft<CacheEntry>) -> Result {
        let all = (CacheEntry.value, CacheEntry.until, CacheEntry.written);
        draft.or_update(CacheEntry.key, all, db).await.map(drop)
    }

    /// Counts writes, and every now and then rows.
    async fn written(&self, writes: u64) -> Result {
        // A small table is counted more often: it may be full after a few.
        let often = RECOUNT.min(self.entries.div_ceil(10)).max(1);
        if self.writes.fetch_add(writes, Ordering::Relaxed) % often + writes < often {
            return Ok(());
        }
        let db = self.db();
        if CacheEntry.count(&db).await? <= self.entries {
            return Ok(());
        }
        CacheEntry.filter(CacheEntry.until.le(self.now())).delete(&db).await?;
        let keep = self.entries - self.entries / 5;
        let too_many = CacheEntry.count(&db).await?.saturating_sub(keep);
        if too_many == 0 {
            return Ok(());
        }
        let oldest = CacheEntry.order_by((CacheEntry.written, CacheEntry.key)).limit(too_many);
        let keys: Vec<String> = oldest.select(CacheEntry.key).all(&db).await?;
        for keys in keys.chunks(BATCH) {
            CacheEntry.filter(CacheEntry.key.is_in(keys)).delete(&db).await?;
        }
        tracing::debug!(dropped = keys.len(), "the cache was full");
        Ok(())
    }
}

impl fmt::Debug for DatabaseCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DatabaseCache").field(&self.db).finish()
    }
}

impl Backend for DatabaseCache {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        Box::pin(async move {
            let found = CacheEntry.filter(CacheEntry.key.eq(key) & self.alive());
            Ok(found.first(&self.db()).await?.map(|entry| entry.value.into()))
        })
    }

    fn set<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            self.put(&self.db(), self.draft(key, &value, keep)).await?;
            self.written(1).await
        })
    }

    fn add<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let db = self.db();
            let draft = self.draft(key, &value, keep);
            let (until, written) = (keep.and_then(|keep| self.now().checked_add(keep).ok()), self.now());
            let (_, new) = draft.or_get(CacheEntry.key, &db).await?;
            if new {
                self.written(1).await?;
                return Ok(true);
            }
            // What is too old is none: of several who take its place, one finds it old.
            let old = CacheEntry.filter(CacheEntry.key.eq(key) & CacheEntry.until.le(self.now()));
            let sets = (
                CacheEntry.value.set(value.to_vec()),
                CacheEntry.until.set(until),
                CacheEntry.written.set(written),
            );
            Ok(old.update(sets).exec(&db).await? == 1)
        })
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        old: Bytes,
        new: Bytes,
        keep: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let until = keep.and_then(|keep| self.now().checked_add(keep).ok());
            let same = CacheEntry.key.eq(key) & CacheEntry.value.eq(old.to_vec());
            let sets = (
                CacheEntry.value.set(new.to_vec()),
                CacheEntry.until.set(until),
                CacheEntry.written.set(self.now()),
            );
            Ok(CacheEntry.filter(same & self.alive()).update(sets).exec(&self.db()).await? == 1)
        })
    }

    fn touch<'a>(&'a self, key: &'a str, keep: Option<Duration>) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let until = keep.and_then(|keep| self.now().checked_add(keep).ok());
            let there = CacheEntry.filter(CacheEntry.key.eq(key) & self.alive());
            Ok(there.update(CacheEntry.until.set(until)).exec(&self.db()).await? == 1)
        })
    }

    fn count<'a>(&'a self, key: &'a str, by: i64) -> BoxFuture<'a, Result<Counted>> {
        Box::pin(async move {
            let db = self.db();
            for _ in 0..TRIES {
                let there = CacheEntry.filter(CacheEntry.key.eq(key) & self.alive());
                let Some(entry) = there.first(&db).await? else { return Ok(Counted::Missing) };
                let counted = Counted::of(&entry.value, by);
                let Counted::Sum(sum) = counted else { return Ok(counted) };
                // Only if nobody was faster.
                let same = CacheEntry.filter(CacheEntry.key.eq(key) & CacheEntry.value.eq(&entry.value));
                let sum = CacheEntry.value.set(sum.to_string().into_bytes());
                if same.update(sum).exec(&db).await? == 1 {
                    return Ok(counted);
                }
            }
            Err(Error::internal(format!(
                "the cached number `{key}` was changed by others {TRIES} times while this one tried to"
            )))
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let there = CacheEntry.filter(CacheEntry.key.eq(key) & self.alive());
            Ok(there.delete(&self.db()).await? == 1)
        })
    }

    fn delete_if<'a>(&'a self, key: &'a str, value: Bytes) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let same = CacheEntry.key.eq(key) & CacheEntry.value.eq(value.to_vec());
            Ok(CacheEntry.filter(same & self.alive()).delete(&self.db()).await? == 1)
        })
    }

    fn clear<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            CacheEntry.filter(CacheEntry.key.starts_with(prefix)).delete(&self.db()).await.map(drop)
        })
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>>> {
        Box::pin(async move {
            let db = self.db();
            let mut found: HashMap<String, Bytes> = HashMap::new();
            for keys in keys.chunks(BATCH) {
                let those = CacheEntry.filter(CacheEntry.key.is_in(keys) & self.alive()).all(&db).await?;
                found.extend(those.into_iter().map(|entry| (entry.key, entry.value.into())));
            }
            Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
        })
    }

    fn set_many<'a>(
        &'a self,
        entries: &'a [(String, Bytes)],
        keep: Option<Duration>,
    ) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let drafts: Vec<_> = entries.iter().map(|(key, value)| self.draft(key, value, keep)).collect();
            let db = self.db();
            let tx = db.begin().await?;
            for draft in drafts {
                self.put(&tx, draft).await?;
            }
            tx.commit().await?;
            self.written(entries.len() as u64).await
        })
    }

    fn delete_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            let db = self.db();
            for keys in keys.chunks(BATCH) {
                CacheEntry.filter(CacheEntry.key.is_in(keys)).delete(&db).await?;
            }
            Ok(())
        })
    }
}
