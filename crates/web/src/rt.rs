//! What the macros expand to. Not for use by hand: it changes with them.
//!
//! The helper functions carry the bounds, so that rustc reports an unfit argument once, with a message of ours. The
//! blanket implementations are not recommended: else it would speak of axum's traits.
#![allow(missing_docs)]

use std::{any::TypeId, fmt::Display, marker::PhantomData};

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use http::request::Parts;
use quintet_core::{BoxFuture, Result, Service, Services};

pub use crate::data::secret::{hide_json, is_secret_field};
pub use crate::errors::{broken, pointer, unread};
pub use crate::{
    data::{
        Given,
        clean::{CleanProbe, Cleaner, HasRules, NoRules},
        probe::{Chosen, Known, Probe, Readable, Unknown},
        typed,
    },
    routing::Declared,
};
pub use quintet_core as core;
pub use serde;

use crate::routing::{Need as NeedFn, Route, Routed, Run};

/// The rules of `#[field(..)]`.
pub mod rules {
    pub use crate::{data::rules::*, upload::rules::*};
}

/// What taking an argument gives: it, or the response that says why not.
pub type Taken<T> = std::result::Result<T, Response>;

#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be taken from a request",
    label = "not an extractor",
    note = "handlers take Path, Query, Json, State, Db, Services, Option<_> of them, and every extractor of axum; at most one \
            reads the body"
)]
pub trait Arg: Sized {
    fn take(parts: &mut Parts) -> impl Future<Output = Taken<Self>> + Send;
}

#[diagnostic::do_not_recommend]
impl<T: FromRequestParts<()>> Arg for T {
    async fn take(parts: &mut Parts) -> Taken<Self> {
        T::from_request_parts(parts, &()).await.map_err(IntoResponse::into_response)
    }
}

#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be taken from a request",
    label = "not an extractor",
    note = "handlers take Path, Query, Json, State, Db, Services, Option<_> of them, and every extractor of axum; at most one \
            reads the body"
)]
pub trait LastArg<M>: Sized {
    fn take(request: Request) -> impl Future<Output = Taken<Self>> + Send;
}

#[diagnostic::do_not_recommend]
impl<M, T: FromRequest<(), M>> LastArg<M> for T {
    async fn take(request: Request) -> Taken<Self> {
        T::from_request(request, &()).await.map_err(IntoResponse::into_response)
    }
}

/// `Query<P>`: mostly it is `P` that is at fault.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be taken from a request: `{P}` is not declared as data",
    label = "add #[data] to `{P}`"
)]
pub trait DataArg<P>: Sized {
    fn take(parts: &mut Parts) -> impl Future<Output = Taken<Self>> + Send;
}

#[diagnostic::do_not_recommend]
impl<P, T: FromRequestParts<()>> DataArg<P> for T {
    async fn take(parts: &mut Parts) -> Taken<Self> {
        T::from_request_parts(parts, &()).await.map_err(IntoResponse::into_response)
    }
}

/// `Json<P>`: mostly it is `P` that is at fault.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be taken from a request: `{P}` is not declared as data",
    label = "add #[data] to `{P}`"
)]
pub trait DataLastArg<P, M>: Sized {
    fn take(request: Request) -> impl Future<Output = Taken<Self>> + Send;
}

#[diagnostic::do_not_recommend]
impl<P, M, T: FromRequest<(), M>> DataLastArg<P, M> for T {
    async fn take(request: Request) -> Taken<Self> {
        T::from_request(request, &()).await.map_err(IntoResponse::into_response)
    }
}

#[diagnostic::on_unimplemented(
    message = "a handler can't answer with `{Self}`",
    label = "not a response",
    note = "answer with Page, Json(data), text, a status, any response of axum, or Result of one"
)]
pub trait Reply {
    fn reply(self) -> Response;
}

#[diagnostic::do_not_recommend]
impl<T: IntoResponse> Reply for T {
    fn reply(self) -> Response {
        self.into_response()
    }
}

pub fn arg<T: Arg>(parts: &mut Parts) -> impl Future<Output = Taken<T>> + Send {
    T::take(parts)
}

pub fn last<T: LastArg<M>, M>(request: Request) -> impl Future<Output = Taken<T>> + Send {
    T::take(request)
}

pub fn arg_data<T: DataArg<P>, P>(parts: &mut Parts) -> impl Future<Output = Taken<T>> + Send {
    T::take(parts)
}

pub fn last_data<T: DataLastArg<P, M>, P, M>(request: Request) -> impl Future<Output = Taken<T>> + Send {
    T::take(request)
}

pub fn answer(reply: impl Reply) -> Response {
    reply.reply()
}

pub fn boxed(
    work: impl Future<Output = Taken<Response>> + Send + 'static,
) -> BoxFuture<'static, Taken<Response>> {
    Box::pin(work)
}

pub fn split(request: Request) -> (Parts, Body) {
    request.into_parts()
}

#[must_use]
pub fn join(parts: Parts, body: Body) -> Request {
    Request::from_parts(parts, body)
}

/// An argument of `url(..)`.
pub fn text(value: &impl Display) -> String {
    value.to_string()
}

#[must_use]
pub fn route<R: Routed>(declared: Declared, run: Run, needs: Vec<Option<NeedFn>>) -> Route {
    Route { key: TypeId::of::<R>(), declared, run, needs: needs.into_iter().flatten().collect(), guard: None }
}

/// The route with the guard of its attribute.
#[must_use]
pub fn guarded<G: crate::RouteGuard>(route: Route, guard: G) -> Route {
    route.guarded(guard)
}

/// An element of `routes![..]`.
#[must_use]
pub fn routed<R: Routed>() -> Route {
    R::route()
}

/// The type of an argument, to be asked what of the site it needs. Method look-up chooses, as with [`Probe`].
pub struct Need<T>(PhantomData<fn() -> T>);

impl<T> Need<T> {
    pub const NEW: Self = Need(PhantomData);
}

pub trait SomeNeed {
    fn need(&self) -> Option<NeedFn>;
}

impl<T: Service> SomeNeed for Need<T> {
    fn need(&self) -> Option<NeedFn> {
        fn check<T: Service>(services: &Services) -> Result {
            T::of(services).map(drop)
        }
        Some(check::<T>)
    }
}

pub trait NoNeed {
    fn need(&self) -> Option<NeedFn>;
}

impl<T> NoNeed for &Need<T> {
    fn need(&self) -> Option<NeedFn> {
        None
    }
}

/// What a type parameter of `#[data]` must be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a part of data",
    label = "add #[data] to `{Self}`"
)]
pub trait Part:
    crate::Payload + serde::Serialize + serde::de::DeserializeOwned + core::TemplateValue + Send + Sync + 'static
{
}

#[diagnostic::do_not_recommend]
impl<T> Part for T where
    T: crate::Payload
        + serde::Serialize
        + serde::de::DeserializeOwned
        + core::TemplateValue
        + Send
        + Sync
        + 'static
{
}

/// The word of a variant beside the fields of what is in it.
pub fn tagged<const N: usize>(
    tag: [(std::borrow::Cow<'static, str>, core::Value); N],
    inner: core::Value,
) -> core::Value {
    match inner {
        core::Value::Map(fields) => core::Value::Map(tag.into_iter().chain(fields).collect()),
        other => other,
    }
}

/// Work as code of an app, by its namespace: names of routes mean the app's own first.
pub fn as_code_of<F: Future>(namespace: std::sync::Arc<str>, work: F) -> impl Future<Output = F::Output> {
    crate::routing::current::scope(namespace, work)
}
