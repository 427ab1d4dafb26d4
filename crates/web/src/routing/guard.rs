use std::fmt;

use axum::response::Response;
use http::request::Parts;
use quintet_core::BoxFuture;

/// What stands before a route and says who may pass: `#[get("/reports/", guard = staff())]`. The room of users has them.
///
/// It is asked before the arguments are taken, before the token of a form is looked at and before a kept answer is given.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no guard",
    label = "not a guard",
    note = "guards are called: `staff()`, `can::change(Film)`, and joined by `&`, `|` and `!`"
)]
pub trait RouteGuard: fmt::Debug + Send + Sync + 'static {
    /// Lets the request pass, or gives the answer to it.
    fn check<'a>(&'a self, parts: &'a mut Parts) -> BoxFuture<'a, Result<(), Response>>;
}
