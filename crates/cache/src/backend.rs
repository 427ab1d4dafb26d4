//! What a place for cached values must be able to do.

use std::{fmt, time::Duration};

use bytes::Bytes;
use quintet_core::{BoxFuture, Result};

/// A place for values. [`Cache`](crate::Cache) checks keys before it asks: they have no control characters, are at most 300 bytes
/// long, and begin with the prefix of their cache. `keep` is for how long, `None` for ever; what is older is not found.
///
/// An error says that the place can't be reached or does not work, never that a key is missing. A value that is there but can't
/// be what was written (half a file) is missing, and removed.
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// The value of a key.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>>;

    /// Keeps a value in place of another one of this key.
    fn set<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, Result>;

    /// Keeps a value if the key has none, and says whether it did; of several at once, one does.
    fn add<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, Result<bool>>;

    /// Keeps a value in place of this one (`old`), if that is what is there, and says whether it did; of several at once, one does.
    fn replace<'a>(
        &'a self,
        key: &'a str,
        old: Bytes,
        new: Bytes,
        keep: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>>;

    /// Keeps the value that is there for so long from now on, and says whether there is one.
    fn touch<'a>(&'a self, key: &'a str, keep: Option<Duration>) -> BoxFuture<'a, Result<bool>>;

    /// Adds to a number, which is kept as decimal digits, at once and without changing for how long it is kept.
    fn count<'a>(&'a self, key: &'a str, by: i64) -> BoxFuture<'a, Result<Counted>>;

    /// Drops a value, and says whether there was one.
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>>;

    /// Drops a value if it is this one, and says whether it was.
    fn delete_if<'a>(&'a self, key: &'a str, value: Bytes) -> BoxFuture<'a, Result<bool>>;

    /// Drops all values whose keys begin with this text.
    fn clear<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result>;

    /// The values of these keys, in their order.
    fn get_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>>> {
        Box::pin(async move {
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                found.push(self.get(key).await?);
            }
            Ok(found)
        })
    }

    /// Keeps all of these.
    fn set_many<'a>(
        &'a self,
        entries: &'a [(String, Bytes)],
        keep: Option<Duration>,
    ) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            for (key, value) in entries {
                self.set(key, value.clone(), keep).await?;
            }
            Ok(())
        })
    }

    /// Drops the values of these keys.
    fn delete_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result> {
        Box::pin(async move {
            for key in keys {
                self.delete(key).await?;
            }
            Ok(())
        })
    }

    /// Do other processes see its values? Then they share the work of computing one, too.
    fn is_shared(&self) -> bool {
        true
    }

    /// Are its answers there at once, without waiting for a disk, a network or a lock that is held for long? Then they are had
    /// also where nothing can be waited for.
    fn is_immediate(&self) -> bool {
        false
    }
}

/// What came of adding to a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The new number.
    Sum(i64),
    /// There is no value.
    Missing,
    /// The value is no whole number of 64 bits; it stays as it is.
    NotANumber,
    /// The sum has more than 64 bits; the number stays as it is.
    TooLarge,
}

impl Counted {
    /// The number in a value, with this added.
    #[must_use]
    pub fn of(value: &[u8], by: i64) -> Self {
        let number = std::str::from_utf8(value).ok().and_then(|text| text.parse::<i64>().ok());
        match number.map(|number| number.checked_add(by)) {
            None => Counted::NotANumber,
            Some(None) => Counted::TooLarge,
            Some(Some(sum)) => Counted::Sum(sum),
        }
    }
}
