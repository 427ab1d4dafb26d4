//! What is to happen after a transaction has committed, and never otherwise.

use quintet_core::{BoxFuture, Result, Services, own_writes};
use tokio::{runtime::Handle, task::JoinHandle};

use crate::change::Publication;

/// A hook, ready to run.
pub(crate) type Hook = Box<dyn FnOnce() -> BoxFuture<'static, Result> + Send>;

/// Wraps a closure, so that it runs for the same request, task or command as the code that gave it.
pub(crate) fn hook<F, R>(f: F) -> Hook
where
    F: FnOnce() -> R + Send + 'static,
    R: Future<Output = Result> + Send + 'static,
{
    let services = Services::current();
    Box::new(move || match services {
        // What it reads is what was committed.
        Some(services) => Box::pin(own_writes::after_all(services.scope(async move { f().await }))),
        None => Box::pin(own_writes::after_all(async move { f().await })),
    })
}

/// The hooks of a transaction on their way to the owner of its connection.
pub(crate) struct Hooks {
    pub(crate) list: Vec<Hook>,
    /// Where they run: the runtime that began the transaction.
    pub(crate) runtime: Handle,
    /// What the transaction has changed, for whoever is subscribed.
    pub(crate) changes: Option<Publication>,
}

impl Hooks {
    /// Starts them, one after the other. A hook that fails or panics is logged and the next one runs: the
    /// transaction is committed, whatever a hook says.
    pub(crate) fn start(self) -> Option<JoinHandle<()>> {
        if let Some(changes) = self.changes {
            changes.publish();
        }
        if self.list.is_empty() {
            return None;
        }
        Some(self.runtime.spawn(async move {
            for hook in self.list {
                match tokio::spawn(hook()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::error!(?error, "an on_commit hook failed"),
                    Err(end) if end.is_panic() => tracing::error!(error = %end, "an on_commit hook panicked"),
                    Err(_) => tracing::warn!("the runtime ended before an on_commit hook did"),
                }
            }
        }))
    }
}
