//! Requests that are one transaction each.

use std::sync::Arc;

use http::Method;
use quintet_core::{Error, Result, Services, atomic::AtomicRequests};

use super::route::Need;

/// Which requests of a route are one transaction each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Atomic {
    /// All, since the route says so.
    All,
    /// Those that may change something, since the app or the site says so.
    Changing,
    /// Those that may change something, if `[database] atomic_requests` says so: nobody else does.
    AsSet,
    /// None.
    Never,
}

impl Atomic {
    /// What the route says counts more than what its app says, and that more than what the site says.
    pub(crate) fn of(route: Option<bool>, around: Option<bool>) -> Atomic {
        match (route, around) {
            (Some(true), _) => Atomic::All,
            (None, Some(true)) => Atomic::Changing,
            (None, None) => Atomic::AsSet,
            (Some(false), _) | (None, Some(false)) => Atomic::Never,
        }
    }

    /// What a site must have for it.
    pub(crate) fn need(self) -> Option<Need> {
        fn check(services: &Services) -> Result {
            services.require::<Arc<dyn AtomicRequests>>().map(drop).map_err(|_| {
                Error::internal("it is atomic, but the site has no database: leave out `atomic`, or use the feature `sqlite`")
            })
        }
        matches!(self, Atomic::All | Atomic::Changing).then_some(check as Need)
    }

    /// Who makes this request a transaction, if it is one.
    pub(crate) fn runner(self, method: &Method, services: &Services) -> Option<Arc<dyn AtomicRequests>> {
        let wanted = match self {
            Atomic::All => true,
            Atomic::Changing | Atomic::AsSet => !method.is_safe(),
            Atomic::Never => false,
        };
        if !wanted {
            return None;
        }
        let runner = services.get::<Arc<dyn AtomicRequests>>()?;
        (self != Atomic::AsSet || runner.by_default()).then(|| runner.clone())
    }
}
