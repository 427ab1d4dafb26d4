//! Catches the classic mistake: the outer handle used inside its own transaction.

use std::{
    panic::Location,
    sync::atomic::{AtomicU64, Ordering},
};

use quintet_core::{Error, Result};

/// Names one handle: a `Db` with its clones, or a level of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HandleId(u64);

impl HandleId {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        HandleId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

#[derive(Clone, Copy)]
struct Shadowed {
    handle: HandleId,
    at: &'static Location<'static>,
}

tokio::task_local! {
    static SHADOWED: Vec<Shadowed>;
}

/// Runs `work`, the body of an `atomic` on `handle`: in it, the handle itself is refused.
pub(crate) async fn shadow<F: Future>(
    handle: HandleId,
    at: &'static Location<'static>,
    work: F,
) -> F::Output {
    let mut shadowed = SHADOWED.try_with(Clone::clone).unwrap_or_default();
    shadowed.push(Shadowed { handle, at });
    SHADOWED.scope(shadowed, work).await
}

/// Is `handle` free to be used here?
///
/// # Errors
/// If the code runs inside an `atomic` of this very handle.
#[inline]
pub(crate) fn check(handle: HandleId, name: &str) -> Result {
    let found = SHADOWED.try_with(|all| all.iter().find(|s| s.handle == handle).copied());
    match found {
        Ok(Some(shadowed)) => Err(misused(name, shadowed.at)),
        _ => Ok(()),
    }
}

#[cold]
fn misused(name: &str, at: &'static Location<'static>) -> Error {
    Error::internal(format!(
        "`{name}` was used inside its own `{name}.atomic(..)` (begun at {at}), where it would run outside of the \
         transaction or wait for it for ever: use the handle that the closure is given, as in \
         `{name}.atomic(async |tx| … .all(tx).await)`"
    ))
}
