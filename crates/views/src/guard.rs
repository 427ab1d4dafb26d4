//! Several guards before one page.

use std::sync::Arc;

use axum::response::Response;
use http::request::Parts;
use quintet_core::BoxFuture;
use quintet_web::{RouteGuard, axum};

/// All of them as one, if there is any.
pub(crate) fn all(guards: impl Iterator<Item = Arc<dyn RouteGuard>>) -> Option<Arc<dyn RouteGuard>> {
    let mut guards: Vec<_> = guards.collect();
    match guards.len() {
        0 | 1 => guards.pop(),
        _ => Some(Arc::new(All(guards))),
    }
}

/// Each must let a request pass; the first that does not says why.
#[derive(Debug)]
struct All(Vec<Arc<dyn RouteGuard>>);

impl RouteGuard for All {
    fn check<'a>(&'a self, parts: &'a mut Parts) -> BoxFuture<'a, Result<(), Response>> {
        Box::pin(async move {
            for guard in &self.0 {
                guard.check(parts).await?;
            }
            Ok(())
        })
    }
}
