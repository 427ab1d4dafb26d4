//! Several values at once: one way to the backend.

use std::collections::HashMap;

use quintet_core::Result;
use serde::{Serialize, de::DeserializeOwned};

use super::Cache;
use crate::{Keep, packed};

impl Cache {
    /// The values of those of these keys that have one.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn get_many<T, K>(&self, keys: impl IntoIterator<Item = K>) -> Result<HashMap<String, T>>
    where
        T: DeserializeOwned,
        K: Into<String>,
    {
        let keys: Vec<String> = keys.into_iter().map(Into::into).collect();
        let full = keys.iter().map(|key| self.full_key(key)).collect::<Result<Vec<String>>>()?;
        let answer = self.inner.backend.get_many(&full).await;
        let first = full.first().map(String::as_str).unwrap_or_default();
        let values = self.or_without("get many", first, answer, Vec::new())?;
        let mut found = HashMap::with_capacity(values.len());
        for ((key, full), bytes) in keys.into_iter().zip(&full).zip(values) {
            let Some(bytes) = bytes else { continue };
            match packed::unpack(bytes, self.clock().now()).map(|f| (f.stale, packed::value(&f.json))) {
                Some((true, _)) => {}
                Some((false, Ok(value))) => {
                    found.insert(key, value);
                }
                Some((false, Err(error))) => self.broken(full, &error.to_string()).await,
                None => self.broken(full, "its time can't be read").await,
            }
        }
        Ok(found)
    }

    /// Keeps all of these values.
    ///
    /// ```
    /// # use quintet_cache::Cache;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> quintet_core::Result {
    /// # let cache = Cache::memory();
    /// cache.set_many([("a", 1), ("b", 2)], "1h").await?;
    /// let found = cache.get_many::<i32, _>(["a", "b", "c"]).await?;
    /// assert_eq!((found.len(), found["b"]), (2, 2));
    /// cache.forget_many(["a", "b"]).await?;
    /// # assert!(!cache.contains("a").await?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub async fn set_many<T, K>(
        &self,
        entries: impl IntoIterator<Item = (K, T)>,
        keep: impl Into<Keep>,
    ) -> Result
    where
        T: Serialize,
        K: AsRef<str>,
    {
        let keep = self.span(&keep.into())?;
        let mut full = Vec::new();
        for (key, value) in entries {
            full.push((self.full_key(key.as_ref())?, packed::json(key.as_ref(), &value)?));
        }
        let answer = match keep {
            Some(none) if none.is_zero() => {
                let keys: Vec<String> = full.iter().map(|(key, _)| key.clone()).collect();
                self.inner.backend.delete_many(&keys).await
            }
            _ => self.inner.backend.set_many(&full, keep).await,
        };
        let first = full.first().map(|(key, _)| key.as_str()).unwrap_or_default();
        self.or_without("set many", first, answer, ())
    }

    /// Drops the values of these keys.
    ///
    /// # Errors
    /// As [`forget`](Self::forget).
    pub async fn forget_many<K: AsRef<str>>(&self, keys: impl IntoIterator<Item = K>) -> Result {
        let full =
            keys.into_iter().map(|key| self.full_key(key.as_ref())).collect::<Result<Vec<String>>>()?;
        let answer = self.inner.backend.delete_many(&full).await;
        let first = full.first().map(String::as_str).unwrap_or_default();
        self.or_without("delete many", first, answer, ())
    }
}
