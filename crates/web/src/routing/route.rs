use std::{any::TypeId, fmt, sync::Arc};

use axum::{extract::Request, response::Response};
use quintet_core::{BoxFuture, Result, Services};

use super::RouteGuard;

/// Answers a request: with what the handler gave, or with what says why an argument can't be taken.
pub(crate) type Run = fn(Request) -> BoxFuture<'static, Result<Response, Response>>;
/// Finds out whether a site has what a handler's argument needs.
pub(crate) type Need = fn(&Services) -> Result;

/// What `#[get(..)]` and its kin implement, on a type that has the handler's name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a route",
    label = "needs #[get(\"/…\")], #[post(\"/…\")], #[put], #[patch] or #[delete]"
)]
pub trait Routed: 'static {
    /// The route, for [`routes!`](crate::routes).
    fn route() -> Route;
}

/// What an attribute says about a handler.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    pub methods: &'static [&'static str],
    pub path: &'static str,
    pub name: &'static str,
    pub doc: &'static str,
    pub file: &'static str,
    pub line: u32,
    pub api: bool,
    pub detach: bool,
    pub atomic: Option<bool>,
    pub max_body: Option<u64>,
    pub csrf: Option<bool>,
    /// Milliseconds; 0 is never.
    pub cache: Option<u64>,
    /// Parameters of the path that no log shows.
    pub secret: &'static [&'static str],
}

/// A handler with its methods, path and name: made by `#[get(..)]`, installed by `.routes(routes![..])`.
pub struct Route {
    pub(crate) key: TypeId,
    pub(crate) declared: Declared,
    pub(crate) run: Run,
    pub(crate) needs: Vec<Need>,
    pub(crate) guard: Option<Arc<dyn RouteGuard>>,
}

impl Route {
    /// The same route, with somebody before it who says who may pass.
    #[must_use]
    pub fn guarded(self, guard: impl RouteGuard) -> Route {
        Route { guard: Some(Arc::new(guard)), ..self }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Route({} {})", self.declared.methods.join("|"), self.declared.path)
    }
}

/// The routes of these handlers, for `.routes(..)` on an app or a site.
///
/// A handler that is in no list is dead code, and rustc says so at its name; of a `pub` one a debug build's checks tell.
///
/// ```
/// use quintet_core::App;
/// use quintet_web::{Routing, get, routes};
///
/// #[get("/")]
/// async fn home() -> &'static str {
///     "Hello, world!"
/// }
///
/// let app = App::new("hello").routes(routes![home]);
/// # let _ = app;
/// ```
#[macro_export]
macro_rules! routes {
    // The alias makes rustc say "expected type, found function" of a function that is no route.
    ($($route:path),* $(,)?) => { ::std::vec![$({ type Handler = $route; $crate::rt::routed::<Handler>() }),*] };
}
