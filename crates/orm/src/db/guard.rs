//! Catches the classic mistake: the outer handle used inside its own transaction.

use std::{
    panic::Location,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use quintet_core::{
    Error, Result,
    atomic::{Begun, Block},
};

use crate::driver::Place;

/// Names one handle: a `Db` with its clones, or a level of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HandleId(u64);

impl HandleId {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        HandleId(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

/// Runs `work`, the body of an `atomic` on `handle`: in it, the handle itself is refused.
pub(crate) async fn shadow<F: Future>(
    (handle, url): (HandleId, Arc<str>),
    at: &'static Location<'static>,
    savepoint: bool,
    work: F,
) -> F::Output {
    let make = if savepoint { Block::savepoint } else { Block::new };
    let block = make(handle.0, url, Begun::At(at));
    block.opened();
    block.scope(work).await
}

/// The block of a request. It is not open yet.
pub(crate) fn of_request(handle: HandleId, url: Arc<str>, route: Begun) -> Block {
    Block::new(handle.0, url, route)
}

/// Is `handle` free to be used here?
///
/// # Errors
/// If the code runs inside an `atomic` of this very handle.
#[inline]
pub(crate) fn check(handle: HandleId, name: &str) -> Result {
    match Block::of(handle.0) {
        Some(block) => Err(misused(name, block.begun())),
        None => Ok(()),
    }
}

/// [`check`], for a transaction that must be the outermost one.
///
/// # Errors
/// If the code runs inside an `atomic` of this very handle.
pub(crate) fn check_durable(handle: HandleId, at: Option<Place>) -> Result {
    match Block::of(handle.0) {
        Some(block) => Err(not_durable(block.begun(), at)),
        None => Ok(()),
    }
}

/// The error of a durable transaction inside of another one.
#[cold]
pub(crate) fn not_durable(outer: &Begun, at: Option<Place>) -> Error {
    let here = at.map(|at| format!(" asked for at {at}")).unwrap_or_default();
    let error = Error::internal(format!(
        "the durable transaction{here} is inside of another one of the same database, begun at {outer}: what it writes would be \
         lost with that one. Call it from outside, or leave out `.durable()`"
    ));
    match at {
        Some(at) => error.at(at),
        None => error,
    }
}

#[cold]
fn misused(name: &str, begun: &Begun) -> Error {
    Error::internal(match begun {
        Begun::At(at) => format!(
            "`{name}` was used inside its own `{name}.atomic(..)` (begun at {at}), where it would run outside of the \
             transaction or wait for it for ever: use the handle that the closure is given, as in \
             `{name}.atomic(async |tx| … .all(tx).await)`"
        ),
        Begun::For(route) => format!(
            "the database itself was used inside of the transaction of a request ({route}), where it would run outside of that \
             or wait for it for ever: take `{name}: Db` as an argument of the handler, or `Db::of(&services)`, which are the \
             request's transaction"
        ),
    })
}
