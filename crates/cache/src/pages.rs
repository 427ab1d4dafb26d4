//! The cache as other rooms know it: a place for whole answers.

use std::time::Duration;

use bytes::Bytes;
use quintet_core::{BoxFuture, Result, kept::KeptBytes};

use crate::{Cache, Keep};

/// Keeps what other rooms have made. A fault is a miss here, also of a strict cache: an answer can be made without it.
pub(crate) struct Pages(pub(crate) Cache);

fn told<T: Default>(cache: &Cache, doing: &str, answer: Result<T>) -> T {
    answer.unwrap_or_else(|error| {
        tracing::warn!(cache = cache.name(), doing, error = %error, "the cache does not work; going on without it");
        T::default()
    })
}

impl KeptBytes for Pages {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<Bytes>> {
        Box::pin(async move { told(&self.0, "get", self.0.get_bytes(key).await) })
    }

    fn set<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, ()> {
        let keep = keep.map_or(Keep::Forever, Keep::For);
        Box::pin(async move { told(&self.0, "set", self.0.set_bytes(key, value, keep).await) })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            told(&self.0, "delete", self.0.forget(key).await);
        })
    }
}
