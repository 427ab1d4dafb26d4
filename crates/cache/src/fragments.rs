//! Pieces of pages in the site's cache: `{% cache "5m", "sidebar" %}…{% endcache %}`.
//!
//! Rendering does not await. A cache in memory answers at once; any other is waited for in place, on a thread that tokio takes out of
//! its pool meanwhile, never longer than the backend's own limit. Where a runtime has one thread only nobody could be waited for:
//! there every piece is rendered.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use quintet_core::{Result, template::FragmentCache};
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::{Cache, Keep, noted::unnoted};

pub(crate) struct Fragments(pub(crate) Cache);

impl Fragments {
    /// What the cache answers; nothing where it can't be waited for, or does not work.
    fn ask<T: Default>(&self, doing: &str, work: impl Future<Output = Result<T>>) -> T {
        let answer = unnoted(|| if self.0.backend().is_immediate() { at_once(work) } else { in_place(work) });
        answer.unwrap_or_else(|| Ok(T::default())).unwrap_or_else(|error| {
            tracing::warn!(cache = self.0.name(), doing, error = %error, "the cache does not work; going on without it");
            T::default()
        })
    }
}

fn at_once<T>(work: impl Future<Output = T>) -> Option<T> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

fn in_place<T>(work: impl Future<Output = T>) -> Option<T> {
    let runtime = Handle::try_current().ok()?;
    if runtime.runtime_flavor() == RuntimeFlavor::CurrentThread {
        return None;
    }
    Some(tokio::task::block_in_place(|| runtime.block_on(work)))
}

impl FragmentCache for Fragments {
    fn get(&self, key: &str) -> Option<Arc<str>> {
        let bytes = self.ask("get", self.0.get_bytes(key))?;
        std::str::from_utf8(&bytes).ok().map(Arc::from)
    }

    fn set(&self, key: &str, piece: Arc<str>, keep: Option<Duration>) {
        let keep = keep.map_or(Keep::Forever, Keep::For);
        self.ask("set", self.0.set_bytes(key, Bytes::copy_from_slice(piece.as_bytes()), keep));
    }

    fn delete(&self, key: &str) {
        self.ask("delete", self.0.forget(key));
    }
}

#[cfg(test)]
mod tests {
    use quintet_core::clock::Clock;

    use super::*;
    use crate::{CacheOptions, FileCache};

    fn keeps(cache: &Cache) -> bool {
        let fragments = Fragments(cache.clone());
        fragments.set("fragment:a", "<b>é</b>".into(), Some(Duration::from_secs(60)));
        let found = fragments.get("fragment:a");
        assert!(found.is_none() || found.as_deref() == Some("<b>é</b>"));
        fragments.delete("fragment:a");
        assert_eq!(fragments.get("fragment:a"), None);
        found.is_some()
    }

    #[test]
    fn pieces_are_kept_wherever_their_cache_can_be_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let files = FileCache::new(folder.path(), 1 << 20, 100, Clock::system());
        let (memory, files) = (Cache::memory(), Cache::new(files, CacheOptions::default()));
        assert!(keeps(&memory), "memory needs no runtime");
        assert!(!keeps(&files));
        let many =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        many.block_on(async {
            let files = files.clone();
            assert!(tokio::spawn(async move { keeps(&files) }).await.unwrap(), "on a thread of the pool");
        });
        many.block_on(async { assert!(keeps(&files) && keeps(&memory)) });
        let one = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        one.block_on(async { assert!(!keeps(&files) && keeps(&memory)) });
    }
}
