//! The app that the running code answers for, so that names and addresses mean its own routes first.

use std::sync::Arc;

use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static APP: Arc<str>;
}

/// Work that runs as code of a namespace.
pub(crate) type Scoped<F> = TaskLocalFuture<Arc<str>, F>;

/// Runs `work` as code of this namespace.
pub(crate) fn scope<F: Future>(app: Arc<str>, work: F) -> Scoped<F> {
    APP.scope(app, work)
}

/// Runs `work`, which does not wait, as code of this namespace.
pub(crate) fn scope_blocking<T>(app: Arc<str>, work: impl FnOnce() -> T) -> T {
    APP.sync_scope(app, work)
}

/// The namespace that the running code answers for.
pub(crate) fn app() -> Option<Arc<str>> {
    APP.try_with(Arc::clone).ok()
}

/// Work for another task that goes on as code of the caller's namespace.
pub(crate) fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let app = app();
    async move {
        match app {
            Some(app) => scope(app, work).await,
            None => work.await,
        }
    }
}
