//! Bytes that are kept for a while under a key: what rooms need of a cache without knowing one.

use std::time::Duration;

use bytes::Bytes;

use crate::boxed::BoxFuture;

/// Where a room keeps what it has made, until it is too old or the place is needed. The site's is in its services as
/// `Arc<dyn KeptBytes>`, if a room brings one.
///
/// It never fails: what can't be reached is not there, and what can't be kept is not kept.
pub trait KeptBytes: Send + Sync {
    /// What is kept under this key.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<Bytes>>;

    /// Keeps bytes for so long; `None` is for ever.
    fn set<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, ()>;

    /// Drops what is kept under this key.
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, ()>;
}
