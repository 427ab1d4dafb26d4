//! Rows that a page reads while it is rendered.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::Bytes;
use futures_util::{StreamExt, future, stream::BoxStream};
use quintet_core::{Error, Result, Value, template::Rows};
use tokio::{runtime::Handle, sync::mpsc::WeakSender};

/// Rows and their name. Copies of a page share them, and the first that is rendered takes them.
pub(crate) struct Source {
    pub(super) name: Cow<'static, str>,
    rows: Mutex<Option<BoxStream<'static, Result<Value>>>>,
}

impl Source {
    pub(super) fn new(name: Cow<'static, str>, rows: BoxStream<'static, Result<Value>>) -> Self {
        Source { name, rows: Mutex::new(Some(rows)) }
    }
}

/// The rows of the page that is being rendered, for as long as its client is there.
pub(super) struct Flow {
    pub(super) sources: Vec<Arc<Source>>,
    pub(super) handle: Handle,
    /// Weak: an error may hold what was in reach, and so this, and its response waits until nobody sends any more.
    pub(super) client: WeakSender<Bytes>,
}

impl Flow {
    pub(super) fn rows(&self, name: &str) -> Option<Rows> {
        let source = self.sources.iter().find(|source| source.name == name)?;
        let rows = source.rows.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let (handle, client) = (self.handle.clone(), self.client.clone());
        Some(Box::new(Taking { rows: Mutex::new(Some(rows)), handle, client }))
    }
}

/// Takes rows on a thread that may wait.
struct Taking {
    rows: Mutex<Option<BoxStream<'static, Result<Value>>>>,
    handle: Handle,
    client: WeakSender<Bytes>,
}

impl Iterator for Taking {
    type Item = Result<Value>;

    fn next(&mut self) -> Option<Result<Value>> {
        let rows = self.rows.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Nobody sends: the rendering has ended, and this is somebody who looks at what is left of it.
        let client = self.client.upgrade()?;
        let next = self.handle.block_on(async {
            let gone = std::pin::pin!(client.closed());
            match future::select(rows.as_mut()?.next(), gone).await {
                future::Either::Left((row, _)) => row,
                future::Either::Right(_) => Some(Err(Error::internal("the client went away"))),
            }
        });
        if !matches!(next, Some(Ok(_))) {
            // What they hold, a connection to the database for one, is free again.
            *rows = None;
        }
        next
    }
}
