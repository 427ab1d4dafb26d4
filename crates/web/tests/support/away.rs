//! A store of sessions that is away, or that knows nothing and counts how often it is asked.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use quintet_core::{BoxFuture, Error, Result};
use quintet_web::session::{Change, Record, SessionStore};

/// Answers nothing but errors; one that counts answers that there is no session.
#[derive(Clone, Default)]
pub(crate) struct Away(Option<Arc<AtomicUsize>>);

impl Away {
    pub(crate) fn counting() -> Away {
        Away(Some(Arc::default()))
    }

    /// How often it was asked for a session.
    pub(crate) fn loads(&self) -> usize {
        self.0.as_ref().unwrap().load(Ordering::SeqCst)
    }
}

fn away<'a, T: Send + 'a>() -> BoxFuture<'a, Result<T>> {
    Box::pin(async { Err(Error::new(http::StatusCode::SERVICE_UNAVAILABLE, "the store is away")) })
}

impl SessionStore for Away {
    fn load<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Record>>> {
        let Some(loads) = &self.0 else { return away() };
        loads.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(None) })
    }
    fn insert<'a>(&'a self, _: &'a Record) -> BoxFuture<'a, Result<String>> {
        away()
    }
    fn update<'a>(
        &'a self,
        _: &'a str,
        _: &'a Record,
        _: &'a Change,
    ) -> BoxFuture<'a, Result<Option<(String, Record)>>> {
        away()
    }
    fn end<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result> {
        away()
    }
    fn end_all<'a>(&'a self, _: &'a str, _: Option<&'a str>) -> BoxFuture<'a, Result<Option<u64>>> {
        away()
    }
    fn clear<'a>(&'a self) -> BoxFuture<'a, Result<u64>> {
        away()
    }
}
