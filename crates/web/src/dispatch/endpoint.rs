//! What stands around every handler: its app, its panics, its client's leaving, its page.
//!
//! A request passes [`Endpoint`] → the handler → [`finish`](errors::finish): pages are rendered and errors are made into
//! documents here, so that every layer outside sees the response as the client will.

use std::{
    any::Any,
    convert::Infallible,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use futures_util::{
    FutureExt,
    future::{CatchUnwind, Map},
};
use http::StatusCode;
use quintet_core::{BoxFuture, Error, ErrorKind, atomic::AtomicRequests, audit::What};
use tower::{Layer, Service};

use super::{around, atomic, panics, session};
use crate::{
    audit,
    background::Background,
    body_limit,
    cached::Asked,
    csrf::{self, Faults, Verdict, Wanted},
    errors,
    facts::Facts,
    page,
    routing::{RouteInfo, Run, current},
};

/// What a handler gave, or why an argument of it can't be taken.
type Given = Result<Response, Response>;
type Answer = Result<Response, Infallible>;

/// The function of a declared route, as a service.
#[derive(Clone)]
pub(super) struct Handle(pub(super) Run);

impl Service<Request> for Handle {
    type Response = Response;
    type Error = Infallible;
    type Future = Map<BoxFuture<'static, Given>, fn(Given) -> Answer>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        (self.0)(request).map(|given| Ok(given.unwrap_or_else(errors::refused)))
    }
}

#[derive(Clone)]
pub(super) struct EndpointLayer(pub(super) Arc<RouteInfo>);

impl<S> Layer<S> for EndpointLayer {
    type Service = Endpoint<S>;

    fn layer(&self, inner: S) -> Endpoint<S> {
        Endpoint::new(inner, self.0.clone())
    }
}

/// A handler of a site: `inner` runs no code of the user before its future is polled.
#[derive(Clone)]
pub(super) struct Endpoint<S> {
    inner: S,
    route: Arc<RouteInfo>,
}

impl<S> Endpoint<S> {
    pub(super) fn new(inner: S, route: Arc<RouteInfo>) -> Self {
        Endpoint { inner, route }
    }
}

impl<S> Service<Request> for Endpoint<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answering<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Answering<S::Future> {
        let Some(facts) = request.extensions().get::<Facts>().cloned() else {
            let why = "this router of a site needs the site around it: serve `quintet_web::service`";
            let response = Error::internal(why).into_response();
            return Answering::Apart { work: Box::pin(std::future::ready(response)) };
        };
        let facts = facts.at(self.route.clone(), &mut request);
        if facts.has_around() {
            facts.remember(&request);
        }
        if self.route.guard.is_some() {
            let endpoint = self.clone();
            return Answering::Apart { work: Box::pin(endpoint.past_guard(request, facts)) };
        }
        self.judged(request, facts)
    }
}

impl<S> Endpoint<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    /// The answer to a request that the route's guard lets pass, or the guard's.
    async fn past_guard(mut self, request: Request, facts: Facts) -> Response {
        let (mut parts, body) = request.into_parts();
        if let Some(guard) = self.route.guard.clone() {
            let app = self.route.app.clone();
            if let Err(answer) = current::scope(app, guard.check(&mut parts)).await {
                return around::finish(answer, &facts).await;
            }
        }
        match self.judged(Request::from_parts(parts, body), facts).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// What is too large or comes from elsewhere is refused, the rest answered.
    fn judged(&mut self, mut request: Request, facts: Facts) -> Answering<S::Future> {
        if let Err(error) = body_limit::of_route(&mut request, self.route.max_body) {
            return Answering::Apart { work: Box::pin(std::future::ready(error.into_response())) };
        }
        if !self.route.csrf || csrf::is_harmless(&request, facts.method()) {
            return self.answer(request, facts);
        }
        match csrf::judge(&request, &facts.asked()) {
            Verdict::Fine => self.answer(request, facts),
            Verdict::Refused(error) => {
                let event = audit::refused(What::CsrfRefused, &facts, &request);
                audit::tell(csrf::with_reason(event, &error), facts.services());
                Answering::Apart { work: Box::pin(refused(error, facts)) }
            }
            Verdict::Field(wanted) => {
                let endpoint = self.clone();
                Answering::Apart { work: Box::pin(endpoint.with_field(request, wanted, facts)) }
            }
        }
    }

    /// The answer to a form, whose token is in its body.
    async fn with_field(mut self, request: Request, wanted: Wanted, facts: Facts) -> Response {
        let event = audit::refused(What::CsrfRefused, &facts, &request);
        let request = match csrf::with_field(request, wanted, &facts.asked(), FAULTS).await {
            Ok(request) => request,
            Err(error) => {
                // Others could not be read to their end.
                if error.status() == StatusCode::FORBIDDEN {
                    audit::tell(csrf::with_reason(event, &error), facts.services());
                }
                return refused(error, facts).await;
            }
        };
        match self.answer(request, facts).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    fn answer(&mut self, request: Request, facts: Facts) -> Answering<S::Future> {
        let detach = self.route.detach && !request.method().is_safe();
        let atomic = self.route.atomic.runner(request.method(), facts.services());
        let asked = Asked::of(&request, &facts, &self.route);
        let work = self.inner.call(request);
        if let Some(asked) = asked {
            let work = watched(work, facts.clone(), atomic);
            return Answering::Apart { work: Box::pin(asked.answer(facts, work)) };
        }
        if detach {
            Answering::Apart { work: Box::pin(detached(work, facts, atomic)) }
        } else if facts.debug() || atomic.is_some() || facts.has_around() {
            Answering::Apart { work: Box::pin(watched(work, facts, atomic)) }
        } else {
            let work = current::scope(self.route.app.clone(), AssertUnwindSafe(work).catch_unwind());
            Answering::Here { work, facts }
        }
    }
}

pin_project_lite::pin_project! {
    /// A handler at work.
    #[project = Project]
    pub(super) enum Answering<F> {
        /// In the task of its connection, without a box of its own: most requests of most sites.
        Here {
            #[pin]
            work: current::Scoped<CatchUnwind<AssertUnwindSafe<F>>>,
            facts: Facts,
        },
        Apart { work: BoxFuture<'static, Response> },
    }
}

impl<F: Future<Output = Answer>> Future for Answering<F> {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        match self.as_mut().project() {
            Project::Here { work, facts } => {
                let response = settle(ready!(work.poll(cx)));
                if !page::is_streamed(&response) {
                    return Poll::Ready(Ok(errors::finish(response, facts)));
                }
                // Its first piece is waited for.
                let facts = facts.clone();
                let app = facts.route().map(|route| route.app.clone()).unwrap_or_default();
                let work = current::scope(app, async move { around::finish(response, &facts).await });
                self.set(Answering::Apart { work: Box::pin(work) });
                self.poll(cx)
            }
            Project::Apart { work } => work.poll_unpin(cx).map(Ok),
        }
    }
}

const FAULTS: Faults = Faults { unread: errors::unread, broken: errors::broken };

/// The page or document of a request that no handler gets to see.
async fn refused(error: Error, facts: Facts) -> Response {
    around::finish(error.into_response(), &facts).await
}

/// Who makes a request one transaction, if it is one.
type Transaction = Option<Arc<dyn AtomicRequests>>;

/// A dropped connection drops the future that waits here; the handler's own goes on.
async fn detached<F>(work: F, facts: Facts, atomic: Transaction) -> Response
where
    F: Future<Output = Answer> + Send + 'static,
{
    let background = facts.services().get::<Background>().cloned().unwrap_or_default();
    match background.spawn(watched(work, facts, atomic)).await {
        Ok(response) => response,
        Err(error) => Error::of_kind(ErrorKind::Panic, StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
            .into_response(),
    }
}

async fn watched<F>(work: F, mut facts: Facts, atomic: Transaction) -> Response
where
    F: Future<Output = Answer> + Send,
{
    let route = facts.route().cloned();
    let app = route.as_ref().map(|route| route.app.clone()).unwrap_or_default();
    let trace = facts.trace().cloned();
    let work = current::scope(app, async move {
        let (Some(runner), Some(route)) = (atomic, route) else {
            let response = answered(work, &mut facts).await;
            return session::keep(response, &facts).await;
        };
        // The page is rendered inside of the transaction: one that can't be keeps nothing.
        let mut inside = facts.clone();
        let answer = async { answered(work, &mut inside).await };
        let response = atomic::run(&*runner, route, answer).await;
        let response = around::finish(response, &facts).await;
        session::keep(response, &facts).await
    });
    // A handler that is cut loose from its client runs in a task of its own.
    match trace {
        Some(trace) => trace.scope(work).await,
        None => work.await,
    }
}

/// The handler's answer, its page rendered.
async fn answered<F>(work: F, facts: &mut Facts) -> Response
where
    F: Future<Output = Answer> + Send,
{
    let began = Instant::now();
    let response = facts.watch(caught(work)).await;
    facts.phase("handler", began);
    let began = Instant::now();
    let response = around::finish(response, facts).await;
    facts.phase("answer", began);
    response
}

/// The response of `work`, or an error in place of its panic.
pub(crate) fn caught<F: Future<Output = Answer>>(work: F) -> impl Future<Output = Response> {
    AssertUnwindSafe(work).catch_unwind().map(settle)
}

fn settle(caught: Result<Answer, Box<dyn Any + Send>>) -> Response {
    match caught {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(panic) => broken(&*panic),
    }
}

#[cold]
fn broken(panic: &(dyn Any + Send)) -> Response {
    let text = panic.downcast_ref::<&str>().copied();
    let why = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no text)");
    let text = format!("the handler panicked: {why}");
    let error = Error::of_kind(ErrorKind::Panic, StatusCode::INTERNAL_SERVER_ERROR, text);
    match panics::place(why) {
        Some(place) => error.in_file(place).into_response(),
        None => error.into_response(),
    }
}
