//! Single values.

use bytes::Bytes;
use quintet_core::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};

use super::Cache;
use crate::{
    Counted, Keep,
    packed::{self, Found},
};

impl Cache {
    /// The value of a key; `None` if there is none, it is too old, or it can't be read as a `T` (then it is dropped).
    ///
    /// # Errors
    /// If that is no key, or in a strict cache if the backend does not work.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let full = self.full_key(key)?;
        let Some(found) = self.find(&full).await?.filter(|found| !found.stale) else { return Ok(None) };
        match packed::value(&found.json) {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                self.broken(&full, &error.to_string()).await;
                Ok(None)
            }
        }
    }

    /// Keeps a value, in place of another one of this key.
    ///
    /// # Errors
    /// If that is no key or the value can't be written as JSON, or in a strict cache if the backend does not work.
    pub async fn set<T: Serialize + ?Sized>(&self, key: &str, value: &T, keep: impl Into<Keep>) -> Result {
        let json = packed::json(key, value)?;
        self.set_bytes(key, json, keep.into()).await
    }

    /// Keeps a value if the key has none, and says whether it did. Of several at once, one does.
    ///
    /// # Errors
    /// As [`set`](Self::set). A backend that does not work has added nothing.
    pub async fn add<T: Serialize + ?Sized>(
        &self,
        key: &str,
        value: &T,
        keep: impl Into<Keep>,
    ) -> Result<bool> {
        let json = packed::json(key, value)?;
        self.add_bytes(key, json, keep.into()).await
    }

    /// Bytes as they are, without JSON.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn get_bytes(&self, key: &str) -> Result<Option<Bytes>> {
        let full = self.full_key(key)?;
        let answer = self.inner.backend.get(&full).await;
        self.or_without("get", &full, answer, None)
    }

    /// Keeps bytes as they are.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub async fn set_bytes(&self, key: &str, value: Bytes, keep: Keep) -> Result {
        let (full, keep) = (self.full_key(key)?, self.span(&keep)?);
        let answer = match keep {
            Some(none) if none.is_zero() => self.inner.backend.delete(&full).await.map(drop),
            _ => self.inner.backend.set(&full, value, keep).await,
        };
        self.or_without("set", &full, answer, ())
    }

    async fn add_bytes(&self, key: &str, value: Bytes, keep: Keep) -> Result<bool> {
        let (full, keep) = (self.full_key(key)?, self.span(&keep)?);
        if keep.is_some_and(|keep| keep.is_zero()) {
            return Ok(false);
        }
        let answer = self.inner.backend.add(&full, value, keep).await;
        self.or_without("add", &full, answer, false)
    }

    /// Drops a value, and says whether there was one.
    ///
    /// # Errors
    /// If that is no key, or in a strict cache if the backend does not work. (In any other the old value may be found again when it
    /// works again.)
    pub async fn forget(&self, key: &str) -> Result<bool> {
        let full = self.full_key(key)?;
        let answer = self.inner.backend.delete(&full).await;
        self.or_without("delete", &full, answer, false)
    }

    /// Is there a value?
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn contains(&self, key: &str) -> Result<bool> {
        let full = self.full_key(key)?;
        Ok(self.find(&full).await?.is_some_and(|found| !found.stale))
    }

    /// Keeps what is there for so long from now on, and says whether there is something. What [`stale`](Self::stale) made grow old
    /// stays as old as it is.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub async fn touch(&self, key: &str, keep: impl Into<Keep>) -> Result<bool> {
        let (full, keep) = (self.full_key(key)?, self.span(&keep.into())?);
        let answer = match keep {
            Some(none) if none.is_zero() => self.inner.backend.delete(&full).await,
            _ => self.inner.backend.touch(&full, keep).await,
        };
        self.or_without("touch", &full, answer, false)
    }

    /// Adds to a whole number at once, whoever else does, and gives the sum; `None` if the key has no value. For how long it is kept
    /// does not change.
    ///
    /// ```
    /// # use quintet_cache::Cache;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> quintet_core::Result {
    /// # let cache = Cache::memory();
    /// cache.add("tries:10.0.0.1", &0, "1m").await?;
    /// let tries = cache.incr("tries:10.0.0.1", 1).await?.unwrap_or(1);
    /// # assert_eq!(tries, 1);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the value is no whole number or would be too large, if that is no key, or in a strict cache if the backend does not work.
    pub async fn incr(&self, key: &str, by: i64) -> Result<Option<i64>> {
        let full = self.full_key(key)?;
        let answer = self.inner.backend.count(&full, by).await;
        match self.or_without("incr", &full, answer, Counted::Missing)? {
            Counted::Sum(sum) => Ok(Some(sum)),
            Counted::Missing => Ok(None),
            Counted::NotANumber => Err(Error::internal(format!(
                "the cached value of `{key}` is no whole number that could be counted up"
            ))),
            Counted::TooLarge => Err(too_large(key)),
        }
    }

    /// Takes from a whole number; as [`incr`](Self::incr).
    ///
    /// # Errors
    /// As [`incr`](Self::incr).
    pub async fn decr(&self, key: &str, by: i64) -> Result<Option<i64>> {
        let less = by.checked_neg().ok_or_else(|| too_large(key))?;
        self.incr(key, less).await
    }

    /// Moves a value to the next version of its key, as old as it is, and gives that version; `None` if there is no value. It is
    /// kept for as long as the cache does by default.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub async fn incr_version(&self, key: &str) -> Result<Option<u32>> {
        let Some(value) = self.get_bytes(key).await? else { return Ok(None) };
        let next = self.version.checked_add(1).ok_or_else(|| too_large(key))?;
        self.version(next).set_bytes(key, value, Keep::Default).await?;
        self.forget(key).await?;
        Ok(Some(next))
    }

    /// The JSON of a full key, and whether its time is over.
    pub(super) async fn find(&self, full: &str) -> Result<Option<Found>> {
        let answer = self.inner.backend.get(full).await;
        let Some(bytes) = self.or_without("get", full, answer, None)? else { return Ok(None) };
        let found = packed::unpack(bytes, self.clock().now());
        if found.is_none() {
            self.broken(full, "its time can't be read").await;
        }
        Ok(found)
    }
}

fn too_large(key: &str) -> Error {
    Error::internal(format!("the cached number `{key}` would be too large"))
}
