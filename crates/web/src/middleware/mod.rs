//! What every request passes before the routes and every response after them, in this order:
//! [`request_id`](RequestId) → [`limits`] → the routes → `known` (304) → `compress` → [`headers`] → [`access_log`].
//!
//! One plain function call each, in one future: a chain of boxed layers would cost more than the work. What this costs is in
//! `docs/decisions/0017-the-cost-of-a-request.md`.
pub mod access_log;
#[cfg(feature = "compress")]
mod compress;
pub mod headers;
mod known;
pub mod limits;
mod outgoing;

use std::{
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, Bytes, HttpBody},
    extract::ConnectInfo,
    response::{IntoResponse, Response},
};
use futures_util::future::{Either, FutureExt};
#[cfg(feature = "compress")]
use http::StatusCode;
use http::{Extensions, HeaderMap, HeaderValue, Method, Request, header};
use quintet_core::{BoxFuture, Error, Result, Services, debug::Trace, settings::Settings};
use quintet_storage::Storage;

#[cfg(all(feature = "dev", unix))]
use crate::dev;
pub use crate::request_id::RequestId;
#[cfg(feature = "dev")]
use crate::toolbar;
use crate::{
    body_limit,
    deadline::Deadline,
    facts::{Facts, Head},
    policy::Additions,
    request_id,
    security::{HeaderSettings, hsts},
    service::{Entrance, bodiless, sealed},
    settings::{Etags, ServerSettings},
};
use access_log::{AccessLog, Entry};
use headers::Ready;
use limits::Bounded;
use outgoing::Outgoing;

/// The way into a site: its routes behind the limits, ids, headers and log that every request gets.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    entrance: Entrance,
    headers: Ready,
    max_head: usize,
    max_body: u64,
    /// What the route takes that takes most.
    largest_body: u64,
    body_timeout: Duration,
    request_timeout: Duration,
    trust_request_id: bool,
    etags: Etags,
    #[cfg(feature = "compress")]
    compress: compress::Compress,
    log: Option<AccessLog>,
    #[cfg(feature = "dev")]
    toolbar: Option<Arc<toolbar::Toolbar>>,
}

impl Gate {
    /// Puts the gate before a site's routes. Requests are logged if there is a log.
    ///
    /// # Errors
    /// If the routes can't be put together.
    pub async fn open(
        services: &Services,
        settings: &ServerSettings,
        log: Option<AccessLog>,
    ) -> Result<Gate> {
        Ok(Gate(Arc::new(Inner {
            entrance: Entrance::of(services)?,
            headers: ready(services)?,
            max_head: settings.max_header_size.as_usize(),
            max_body: settings.max_body_size.bytes(),
            largest_body: largest_body(services, settings.max_body_size.bytes()),
            body_timeout: settings.body_timeout,
            request_timeout: settings.request_timeout,
            trust_request_id: settings.trust_request_id,
            etags: settings.etags,
            #[cfg(feature = "compress")]
            compress: compress::Compress::new(settings),
            log,
            #[cfg(feature = "dev")]
            toolbar: toolbar::Toolbar::of(services)?,
        })))
    }

    /// Answers a request.
    pub async fn answer(&self, mut request: Request<Body>) -> Response {
        request.extensions_mut().insert(self.0.entrance.services().clone());
        self.pass(request, None).await.map(Body::new)
    }

    /// Answers a request of a connection, whose [`extensions`](Gate::extensions) these are.
    pub(crate) fn answer_on<B>(
        &self,
        mut request: Request<B>,
        extensions: Extensions,
        connection: Arc<Deadline>,
    ) -> impl Future<Output = Response<Outgoing>> + use<B>
    where
        B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        connection.busy(true);
        // Into an empty map, which takes the whole of it as it is.
        request.extensions_mut().extend(extensions);
        // That of most requests is none, and needs no box.
        let request = request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(body) });
        self.pass(request, Some(connection))
    }

    /// What all requests of a connection have in their extensions: to be cloned for each.
    pub(crate) fn extensions(&self, peer: SocketAddr) -> Extensions {
        let mut extensions = roomy();
        extensions.insert(self.0.entrance.services().clone());
        extensions.insert(ConnectInfo(peer));
        extensions
    }

    /// Not `async`: what happens before anybody waits happens here, so that the request is moved only once.
    #[inline]
    fn pass(
        &self,
        request: Request<Body>,
        connection: Option<Arc<Deadline>>,
    ) -> impl Future<Output = Response<Outgoing>> + use<> {
        let gate = &*self.0;
        let mut beside = gate.beside(&request);
        let log = gate.log.as_ref().filter(|_| beside.is_none());
        let entry = log.map(|log| Box::new(Entry::start(log, &request)));
        let head = Head::of(request.headers());
        let id = request_id::choose(request.headers(), gate.trust_request_id);
        let trace = if beside.is_none() { gate.watch(&request) } else { None };
        let facts = gate.entrance.facts(&request, head, id.clone(), trace);
        let conditions = known::conditions(&request, head, gate.etags);
        #[cfg(feature = "compress")]
        let encoding = gate.compress.accepted(request.headers(), head);
        let checked = limits::check_head(request.uri(), head, gate.max_head)
            .and_then(|()| body_limit::check(&request, gate.largest_body));
        let work = match checked {
            Ok(()) => match beside.take() {
                Some(answer) => Either::Right(Either::Left(answer.map(Ok))),
                None => {
                    let mut request = limits::limit_body(request, gate.largest_body, gate.body_timeout);
                    if gate.largest_body > gate.max_body {
                        body_limit::leave_to_routes(&mut request, gate.max_body);
                    }
                    Either::Left(gate.entrance.answer(request, &facts).map(Ok))
                }
            },
            Err(error) => Either::Right(Either::Right(std::future::ready(Err(error)))),
        };
        let work = limits::bounded(work, gate.request_timeout, connection.clone());
        let leaving = Leaving {
            gate: self.0.clone(),
            facts,
            id,
            entry,
            connection,
            conditions,
            #[cfg(feature = "compress")]
            encoding,
        };
        Passing { work, leaving: Some(leaving) }
    }
}

pin_project_lite::pin_project! {
    /// A request on its way through the site.
    struct Passing<W> {
        #[pin]
        work: Bounded<W>,
        leaving: Option<Leaving>,
    }
}

/// What its answer passes.
struct Leaving {
    gate: Arc<Inner>,
    facts: Facts,
    id: RequestId,
    entry: Option<Box<Entry>>,
    connection: Option<Arc<Deadline>>,
    /// What the client has.
    conditions: Option<Box<HeaderMap>>,
    #[cfg(feature = "compress")]
    encoding: Option<crate::encoding::Encoding>,
}

impl<W> Future for Passing<W>
where
    W: Future<Output = Result<Response>>,
{
    type Output = Response<Outgoing>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response<Outgoing>> {
        let this = self.project();
        let answered = ready!(this.work.poll(cx));
        // It is there until the answer is: nobody polls after that.
        let Some(leaving) = this.leaving.take() else { return Poll::Pending };
        Poll::Ready(leaving.leave(answered, cx))
    }
}

impl Leaving {
    fn leave(self, answered: Result<Response>, cx: &mut Context<'_>) -> Response<Outgoing> {
        let facts = &self.facts;
        let mut response = sealed(answered.unwrap_or_else(Error::into_response), facts);
        let gate = self.gate;
        #[cfg(feature = "dev")]
        if let Some(scripts) = scripts(facts) {
            response = crate::inject::inject(response, scripts);
        }
        known::tag(&mut response, facts.method(), gate.etags);
        #[cfg(feature = "compress")]
        let offered = gate.compress.offer(&mut response);
        if let Some(conditions) = &self.conditions {
            known::answer(&mut response, conditions);
        }
        let head = facts.method() == Method::HEAD;
        #[cfg(feature = "compress")]
        let response = match self.encoding {
            Some(encoding) if offered && !head && response.status() != StatusCode::NOT_MODIFIED => {
                compress::Compress::compressed(response, encoding)
            }
            _ => response,
        };
        let (mut parts, body) = bodiless(response, facts.method()).into_parts();
        let (id, connection) = (self.id, self.connection);
        gate.headers.dress(&mut parts.headers, &id, facts.https());
        // What becomes another protocol says `Connection: upgrade`.
        let stays_http = parts.status != http::StatusCode::SWITCHING_PROTOCOLS;
        if stays_http && connection.as_ref().is_some_and(|connection| connection.ends()) {
            parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(additions) = parts.extensions.get::<Additions>() {
            additions.apply(&mut parts.headers);
        }
        #[cfg(feature = "dev")]
        if let Some(toolbar) = &gate.toolbar {
            toolbar.keep(facts, &mut parts);
        }
        let line = self.entry.map(|entry| Box::new(entry.line(id, parts.status, facts)));
        Response::from_parts(parts, Outgoing::new(body, head, line, connection, cx))
    }
}

fn largest_body(services: &Services, usual: u64) -> u64 {
    let routes = services.get::<Arc<crate::routing::Routes>>().map(|routes| routes.all()).unwrap_or_default();
    routes.iter().filter_map(|route| route.max_body).fold(usual, u64::max)
}

impl Inner {
    /// The answer of what developers have beside their site: the development loop, the toolbar.
    #[cfg(feature = "dev")]
    fn beside(&self, request: &Request<Body>) -> Option<BoxFuture<'static, Response>> {
        #[cfg(unix)]
        if let Some(response) = dev::current().and_then(|dev| dev.answer(request)) {
            return Some(Box::pin(std::future::ready(response)));
        }
        self.toolbar.as_ref()?.answer(request)
    }

    #[cfg(not(feature = "dev"))]
    fn beside(&self, _: &Request<Body>) -> Option<BoxFuture<'static, Response>> {
        None
    }

    /// Begins to watch what a developer asks for, but for files.
    #[cfg(feature = "dev")]
    fn watch(&self, request: &Request<Body>) -> Option<Trace> {
        let toolbar = self.toolbar.as_ref()?;
        if self.entrance.has_file(request.uri()) { None } else { toolbar.watch(request) }
    }

    #[cfg(not(feature = "dev"))]
    fn watch(&self, _: &Request<Body>) -> Option<Trace> {
        None
    }
}

/// The scripts that a page of this request gets at its end.
#[cfg(feature = "dev")]
fn scripts(facts: &Facts) -> Option<String> {
    let mut scripts = String::new();
    #[cfg(unix)]
    if let Some(dev) = dev::current() {
        scripts += &dev.script();
    }
    if facts.trace().is_some() {
        scripts += &toolbar::Toolbar::script();
    }
    (!scripts.is_empty()).then_some(scripts)
}

/// What all answers say, as the settings have it.
fn ready(services: &Services) -> Result<Ready> {
    let settings = services.require::<Settings>()?;
    let headers: HeaderSettings = settings.get()?;
    let files = services.get::<Storage>().map(Storage::origins).unwrap_or_default();
    Ok(Ready::new(&headers.headers(&hosts(services), &files)?, hsts(&settings.get()?)?.as_ref()))
}

/// Other hosts that pages load from.
#[cfg(feature = "static")]
fn hosts(services: &Services) -> Vec<&str> {
    services.get::<Arc<crate::statics::Statics>>().and_then(|statics| statics.origin()).into_iter().collect()
}

#[cfg(not(feature = "static"))]
fn hosts(_: &Services) -> Vec<&str> {
    Vec::new()
}

/// Extensions that needn't grow on the way: with what axum adds a request has about seven, a site's layers may add
/// some.
fn roomy() -> Extensions {
    #[derive(Clone)]
    struct Place<const N: usize>;
    let mut extensions = Extensions::new();
    macro_rules! places {
        ($($n:literal)*) => {
            $(extensions.insert(Place::<$n>);)*
            $(extensions.remove::<Place<$n>>();)*
        };
    }
    places!(0 1 2 3 4 5 6 7 8 9);
    extensions
}
