//! What every place for values has to do, written once: `contract!(name, open)` makes a test of each of them for a place.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    unused_imports
)]

mod computing;
mod keeping;
mod several;

use std::{any::Any, sync::Arc, time::Duration};

use jiff::SignedDuration;
use quintet_cache::{Backend, Cache, CacheOptions};
use quintet_core::{BoxFuture, Result, clock::Clock};

pub(crate) use computing::*;
pub(crate) use keeping::*;
pub(crate) use several::*;

/// A backend under test.
pub(crate) struct Place {
    pub(crate) backend: Arc<dyn Backend>,
    /// The clock by which it forgets; without one, it has its own.
    pub(crate) clock: Option<Clock>,
    pub(crate) prefix: String,
    /// What is to live as long.
    pub(crate) hold: Box<dyn Any + Send + Sync>,
}

/// The same place for several handles, as several processes would have it.
#[derive(Debug)]
struct Shared(Arc<dyn Backend>);

macro_rules! forward {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*) => {
        impl Backend for Shared {
            $(fn $name<'a>(&'a self, $($arg: $ty),*) -> BoxFuture<'a, Result<$out>> {
                self.0.$name($($arg),*)
            })*
            fn is_shared(&self) -> bool {
                self.0.is_shared()
            }
        }
    };
}
forward! {
    get(key: &'a str) -> Option<bytes::Bytes>;
    set(key: &'a str, value: bytes::Bytes, keep: Option<Duration>) -> ();
    add(key: &'a str, value: bytes::Bytes, keep: Option<Duration>) -> bool;
    replace(key: &'a str, old: bytes::Bytes, new: bytes::Bytes, keep: Option<Duration>) -> bool;
    touch(key: &'a str, keep: Option<Duration>) -> bool;
    count(key: &'a str, by: i64) -> quintet_cache::Counted;
    delete(key: &'a str) -> bool;
    delete_if(key: &'a str, value: bytes::Bytes) -> bool;
    clear(prefix: &'a str) -> ();
    get_many(keys: &'a [String]) -> Vec<Option<bytes::Bytes>>;
    set_many(entries: &'a [(String, bytes::Bytes)], keep: Option<Duration>) -> ();
    delete_many(keys: &'a [String]) -> ();
}

impl Place {
    /// A handle of its own, as a process would have: strict, so that no fault is taken for a miss.
    pub(crate) fn cache(&self) -> Cache {
        self.with(|_| {})
    }

    pub(crate) fn with(&self, change: impl FnOnce(&mut CacheOptions)) -> Cache {
        let clock = self.clock.clone().unwrap_or_default();
        let prefix = self.prefix.clone();
        let mut options = CacheOptions { prefix, strict: true, clock, ..CacheOptions::default() };
        change(&mut options);
        Cache::new(Shared(self.backend.clone()), options)
    }

    /// A span of so many milliseconds; where time passes in fact a longer one, so that a busy machine does not outrun it.
    pub(crate) fn span(&self, milliseconds: u64) -> Duration {
        Duration::from_millis(if self.clock.is_some() { milliseconds } else { milliseconds * 5 })
    }

    /// Lets such a span pass, by the clock or in fact.
    pub(crate) async fn pass(&self, milliseconds: u64) {
        match &self.clock {
            Some(clock) => clock.advance(SignedDuration::from_millis(milliseconds as i64)),
            None => tokio::time::sleep(self.span(milliseconds)).await,
        }
    }
}

pub(crate) const FIXED: &str = "2026-11-20T12:00:00Z";

/// Makes a test of each check for a place.
#[macro_export]
macro_rules! contract {
    ($place:ident, $open:path) => {
        contract!($place, $open;
            values_are_what_was_kept
            time_ends_values
            one_of_many_adds
            numbers_are_counted_at_once
            touching_keeps_longer
            keys_of_all_kinds
            large_and_empty_values
            what_is_broken_is_dropped
            many_at_once
            versions_and_prefixes_are_apart
            readers_see_whole_values
            deleting_only_what_is_meant
            replacing_only_what_is_meant
            of_many_that_replace_none_is_lost
            one_caller_computes
            errors_are_told_to_all_who_wait_and_not_kept
            who_gives_up_hands_over
            processes_compute_once
            stale_values_are_served_meanwhile
            a_caller_waits_only_so_long
        );
    };
    ($place:ident, $open:path; $($check:ident)*) => {
        mod $place {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                let Some(place) = $open().await else { return };
                $crate::support::$check(&place).await;
                place.cache().clear().await.unwrap();
            })*
        }
    };
}
