//! What stands around every handler: its app, its panics, its client's leaving, its page.
//!
//! A request passes [`EndpointLayer`] → the handler → [`finish`]: pages are rendered and errors are made into
//! documents here, so that every layer outside sees the response as the client will.

use std::{
    any::Any,
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use futures_util::{FutureExt, future::Map};
use http::StatusCode;
use quintet_core::{BoxFuture, Error, ErrorKind, Services};
use tower::{Layer, Service};

use super::{current, panics, route::Run, table::RouteInfo};
use crate::{
    background::Background,
    errors::{self, Facts},
};

/// What a handler gave, or why an argument of it can't be taken.
type Given = Result<Response, Response>;
type Answer = BoxFuture<'static, Result<Response, Infallible>>;

/// The function of a declared route, as a service.
#[derive(Clone)]
pub(super) struct Handle(pub(super) Run);

impl Service<Request> for Handle {
    type Response = Response;
    type Error = Infallible;
    type Future = Map<BoxFuture<'static, Given>, fn(Given) -> Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        (self.0)(request).map(|given| Ok(given.unwrap_or_else(|refusal| refusal)))
    }
}

#[derive(Clone)]
pub(super) struct EndpointLayer(pub(super) Arc<RouteInfo>);

impl<S> Layer<S> for EndpointLayer {
    type Service = Endpoint<S>;

    fn layer(&self, inner: S) -> Endpoint<S> {
        Endpoint { inner, route: self.0.clone() }
    }
}

#[derive(Clone)]
pub(super) struct Endpoint<S> {
    inner: S,
    route: Arc<RouteInfo>,
}

impl<S> Service<Request> for Endpoint<S>
where
    S: Service<Request, Error = Infallible> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Answer {
        // The service that was polled ready is the one to be called.
        let next = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, next);
        let route = self.route.clone();
        Box::pin(async move { Ok(answer(inner, route, request).await) })
    }
}

async fn answer<S>(mut inner: S, route: Arc<RouteInfo>, mut request: Request) -> Response
where
    S: Service<Request, Error = Infallible> + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
{
    let site =
        (request.extensions().get::<Services>().cloned(), request.extensions().get::<Facts>().cloned());
    let (Some(services), Some(facts)) = site else {
        return Error::internal(
            "this router of a site needs the site around it: serve `quintet_web::service`",
        )
        .into_response();
    };
    request.extensions_mut().insert(route.clone());
    let mut facts = facts.at(&route, &mut request).await;
    let detach = route.detach && !request.method().is_safe();
    let (inside, known) = (services.clone(), route.clone());
    let work = current::scope(route.app.clone(), async move {
        let work = caught(async move { inner.call(request).await.into_response() });
        let response = facts.watch(&inside, work).await;
        let mut response = errors::finish(response, &facts, &inside);
        response.extensions_mut().insert(known);
        response
    });
    if !detach {
        return work.await;
    }
    // A dropped connection drops this future; the handler's own goes on.
    let background = services.get::<Background>().cloned().unwrap_or_default();
    match background.spawn(work).await {
        Ok(response) => response,
        Err(error) => Error::of_kind(ErrorKind::Panic, StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
            .into_response(),
    }
}

/// The response of `work`, or an error in place of its panic.
pub(crate) async fn caught(work: impl Future<Output = Response>) -> Response {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            let why = message(&*panic);
            let text = format!("the handler panicked: {why}");
            let error = Error::of_kind(ErrorKind::Panic, StatusCode::INTERNAL_SERVER_ERROR, text);
            match panics::place(why) {
                Some(place) => error.in_file(place).into_response(),
                None => error.into_response(),
            }
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no text)")
}
