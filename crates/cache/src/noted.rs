//! Tells a development site's toolbar what was asked of a cache, and how long that took. Around every backend; where nobody watches,
//! it is not in the way.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use quintet_core::{
    BoxFuture, Result,
    debug::{MASK, Note, Panel, Trace, is_secret},
};

use crate::{Backend, Counted};

/// The toolbar's panel: the room of templates notes its pieces of pages to one of the same name and title.
static CACHE: Panel = Panel::new("cache", "Cache", false);

/// A backend that is watched.
pub(crate) struct Noted {
    cache: Option<Arc<str>>,
    inner: Arc<dyn Backend>,
}

impl Noted {
    /// With a name, it is told which cache was asked.
    pub(crate) fn around(cache: Option<&str>, inner: Arc<dyn Backend>) -> Arc<dyn Backend> {
        Arc::new(Noted { cache: cache.map(Arc::from), inner })
    }

    /// Runs what was asked for, and notes it with what `says` makes of the answer, if a request is watched.
    fn note<'a, T: 'a>(
        &'a self,
        doing: &'static str,
        keys: Keys<'a>,
        work: BoxFuture<'a, Result<T>>,
        says: fn(&T) -> Vec<(&'static str, String)>,
    ) -> BoxFuture<'a, Result<T>> {
        let Some(trace) = Trace::current() else { return work };
        Box::pin(async move {
            let begun = Instant::now();
            let answer = work.await;
            let mut note = Note::new(format!("{doing} {}", keys.shown())).took(begun.elapsed());
            if let Some(name) = &self.cache {
                note = note.fact("cache", &**name);
            }
            note = match &answer {
                Ok(answer) => {
                    says(answer).into_iter().fold(note, |note, (name, value)| note.fact(name, value))
                }
                Err(error) => note.failed(Some(error.to_string())),
            };
            trace.note(&CACHE, note);
            answer
        })
    }
}

/// Work that is none of the request's own: pieces of pages, which the room of templates notes by their names.
pub(crate) fn unnoted<T>(work: impl FnOnce() -> T) -> T {
    match Trace::current() {
        Some(_) => Trace::new().scope_blocking(work),
        None => work(),
    }
}

/// What was asked about.
enum Keys<'a> {
    One(&'a str),
    Many(&'a [String]),
    Of(&'a [(String, Bytes)]),
}

impl Keys<'_> {
    /// A key that lets somebody in, as a session's does, is not shown.
    fn shown(&self) -> String {
        let shown = |key: &str| if is_secret(key) { MASK.to_owned() } else { key.to_owned() };
        match self {
            Keys::One(key) => shown(key),
            Keys::Many(keys) => keys.iter().map(|key| shown(key)).collect::<Vec<_>>().join(", "),
            Keys::Of(entries) => entries.iter().map(|(key, _)| shown(key)).collect::<Vec<_>>().join(", "),
        }
    }
}

fn yes(truth: bool) -> String {
    if truth { "yes" } else { "no" }.to_owned()
}

fn none(_: &()) -> Vec<(&'static str, String)> {
    Vec::new()
}

impl Backend for Noted {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Bytes>>> {
        self.note("get", Keys::One(key), self.inner.get(key), |found| {
            let size = found.as_ref().map(|bytes| ("bytes", bytes.len().to_string()));
            [("found", yes(found.is_some()))].into_iter().chain(size).collect()
        })
    }

    fn set<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, Result> {
        self.note("set", Keys::One(key), self.inner.set(key, value, keep), none)
    }

    fn add<'a>(&'a self, key: &'a str, value: Bytes, keep: Option<Duration>) -> BoxFuture<'a, Result<bool>> {
        self.note("add", Keys::One(key), self.inner.add(key, value, keep), |new| vec![("added", yes(*new))])
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        old: Bytes,
        new: Bytes,
        keep: Option<Duration>,
    ) -> BoxFuture<'a, Result<bool>> {
        let work = self.inner.replace(key, old, new, keep);
        self.note("replace if unchanged", Keys::One(key), work, |done| vec![("replaced", yes(*done))])
    }

    fn touch<'a>(&'a self, key: &'a str, keep: Option<Duration>) -> BoxFuture<'a, Result<bool>> {
        self.note("touch", Keys::One(key), self.inner.touch(key, keep), |there| vec![("found", yes(*there))])
    }

    fn count<'a>(&'a self, key: &'a str, by: i64) -> BoxFuture<'a, Result<Counted>> {
        self.note("count", Keys::One(key), self.inner.count(key, by), |counted| match counted {
            Counted::Sum(sum) => vec![("sum", sum.to_string())],
            Counted::Missing => vec![("found", yes(false))],
            Counted::NotANumber => vec![("refused", "it is no number".to_owned())],
            Counted::TooLarge => vec![("refused", "the sum is too large".to_owned())],
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        self.note("delete", Keys::One(key), self.inner.delete(key), |there| vec![("found", yes(*there))])
    }

    fn delete_if<'a>(&'a self, key: &'a str, value: Bytes) -> BoxFuture<'a, Result<bool>> {
        let work = self.inner.delete_if(key, value);
        self.note("delete if unchanged", Keys::One(key), work, |gone| vec![("deleted", yes(*gone))])
    }

    fn clear<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result> {
        self.note("clear", Keys::One(prefix), self.inner.clear(prefix), none)
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<Vec<Option<Bytes>>>> {
        self.note("get many", Keys::Many(keys), self.inner.get_many(keys), |found| {
            let there = found.iter().filter(|found| found.is_some()).count();
            vec![("found", format!("{there} of {}", found.len()))]
        })
    }

    fn set_many<'a>(
        &'a self,
        entries: &'a [(String, Bytes)],
        keep: Option<Duration>,
    ) -> BoxFuture<'a, Result> {
        self.note("set many", Keys::Of(entries), self.inner.set_many(entries, keep), none)
    }

    fn delete_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result> {
        self.note("delete many", Keys::Many(keys), self.inner.delete_many(keys), none)
    }

    fn is_shared(&self) -> bool {
        self.inner.is_shared()
    }

    fn is_immediate(&self) -> bool {
        self.inner.is_immediate()
    }
}

impl fmt::Debug for Noted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
