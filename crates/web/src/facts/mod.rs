//! What is remembered of a request, so that its page can be rendered and its failure told after the handler has consumed it.
mod accept;
mod phase;

use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, OptionalFromRequestParts, RawPathParams};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, header, request::Parts};
use http_body::Body as HttpBody;
use quintet_core::{
    Error, Result, Services,
    debug::{DebugFacts, Trace},
};

pub(crate) use accept::is_json;
pub(crate) use phase::Found;
#[cfg(feature = "dev")]
pub(crate) use phase::PHASES;

use crate::{
    around::{Around, Providers},
    cookies::Cookies,
    cors,
    csrf::{Asked, CsrfState},
    kept::Kept,
    messages::Notes,
    policy::Wishes,
    request_id::RequestId,
    routing::RouteInfo,
    security::Security,
    session::SessionState,
};

/// A request, seen from its response. Cheap to clone; in debug it knows more.
#[derive(Clone)]
pub(crate) struct Facts {
    seen: Arc<Seen>,
    route: Option<Arc<RouteInfo>>,
    shown: Option<Box<Shown>>,
}

struct Seen {
    method: Method,
    uri: Uri,
    accept: Option<HeaderValue>,
    content_type: Option<HeaderValue>,
    id: Option<RequestId>,
    services: Services,
    /// Did the browser speak https?
    https: bool,
    /// Does the site answer for the host that it meant?
    host_known: bool,
    /// What is said to pages of other origins.
    cors: Option<cors::Grant>,
    cookies: Cookies,
    /// The token that its page asks for.
    csrf: CsrfState,
    /// Its session, once somebody asks.
    session: OnceLock<Arc<SessionState>>,
    /// What was found out in it.
    kept: Kept,
    /// What its page asks for while it is rendered.
    wishes: Wishes,
    /// Messages that came with it or are to leave with its answer.
    notes: Notes,
    /// The values around its page.
    around: Around,
    /// What it says of parts and of what the client has, if anything.
    conditions: Option<Box<HeaderMap>>,
    /// In debug only, and there always.
    headers: Option<Box<HeaderMap>>,
    /// What rooms note of it, while the toolbar watches.
    trace: Option<Trace>,
    /// The route, where the toolbar watches.
    found: OnceLock<Found>,
}

/// Marks a request whose route speaks JSON, for its extractors: these facts know of no route yet there.
#[derive(Clone, Copy)]
pub(crate) struct SpeaksJson;

/// What only the debug page tells.
#[derive(Clone, Default)]
struct Shown {
    /// The values of the path's parameters.
    params: Vec<(String, String)>,
    /// What rooms saw while the handler ran.
    watched: Option<(&'static str, Vec<(String, String)>)>,
}

impl Facts {
    pub(crate) fn of<B: HttpBody>(
        request: &Request<B>,
        id: Option<RequestId>,
        services: &Services,
        debug: bool,
        trace: Option<Trace>,
    ) -> Self {
        let headers = request.headers();
        let header = |name| headers.get::<http::HeaderName>(name).cloned();
        // What has no body has no type of it.
        let sent = !request.body().is_end_stream();
        let security = Security::of(services);
        let way = security.map(|security| security.way(headers, request.uri(), request.extensions()));
        let https = way.is_some_and(|way| way.https);
        let host_known = security.zip(way).is_none_or(|(security, way)| security.answers(way, request));
        let cookies = Cookies::of(headers);
        Facts {
            seen: Arc::new(Seen {
                method: request.method().clone(),
                uri: request.uri().clone(),
                accept: header(header::ACCEPT),
                content_type: sent.then(|| header(header::CONTENT_TYPE)).flatten(),
                id,
                services: services.clone(),
                https,
                host_known,
                cors: security.and_then(|security| security.cors(request.uri().path(), headers)),
                csrf: CsrfState::default(),
                session: OnceLock::new(),
                kept: Kept::default(),
                wishes: Wishes::default(),
                notes: Notes::of(&cookies, https),
                cookies,
                around: Around::new(services.get::<Arc<Providers>>()),
                conditions: conditions(request.method(), headers),
                headers: debug.then(|| Box::new(headers.clone())),
                trace,
                found: OnceLock::new(),
            }),
            route: None,
            shown: None,
        }
    }

    /// With the route that was found, and in debug the values in its path.
    pub(crate) fn at<B>(mut self, route: Arc<RouteInfo>, request: &mut Request<B>) -> Self {
        if route.api {
            request.extensions_mut().insert(SpeaksJson);
        }
        if self.debug() {
            let params = params(request);
            if self.trace().is_some() {
                // The first is the route; what a router of axum's finds in it is behind that.
                self.seen.found.get_or_init(|| Found { route: route.clone(), params: params.clone() });
            }
            self.shown = Some(Box::new(Shown { params, watched: None }));
        }
        self.route = Some(route);
        self
    }

    /// Does the work; in debug, rooms watch it.
    pub(crate) async fn watch<T: Send>(&mut self, work: impl Future<Output = T> + Send) -> T {
        let watcher = self.services().get::<Arc<dyn DebugFacts>>().filter(|_| self.debug()).cloned();
        let Some(watcher) = watcher else { return work.await };
        // Two ways to the same future, so the work runs inside the watcher and leaves its result here.
        let mut out = None;
        let rows = watcher.watch(Box::pin(async { out = Some(work.await) })).await;
        self.shown.get_or_insert_default().watched = Some((watcher.title(), rows));
        match out {
            Some(out) => out,
            None => unreachable!("`DebugFacts::watch` of {} did not do the work", watcher.title()),
        }
    }

    /// Who watches it.
    pub(crate) fn trace(&self) -> Option<&Trace> {
        self.seen.trace.as_ref()
    }

    /// The route that was found, where it is watched.
    #[cfg(feature = "dev")]
    pub(crate) fn found(&self) -> Option<&Found> {
        self.seen.found.get()
    }

    pub(crate) fn method(&self) -> &Method {
        &self.seen.method
    }

    /// For what asks whether it may be forged.
    pub(crate) fn asked(&self) -> Asked<'_> {
        let seen = &self.seen;
        let (method, uri, cookies) = (&seen.method, &seen.uri, &seen.cookies);
        Asked { method, uri, cookies, https: seen.https, services: &seen.services, debug: self.debug() }
    }

    /// What is said to pages of other origins.
    pub(crate) fn cors(&self) -> Option<&cors::Grant> {
        self.seen.cors.as_ref()
    }

    /// Did the browser speak https?
    pub(crate) fn https(&self) -> bool {
        self.seen.https
    }

    /// Does the site answer for the host that the request meant?
    pub(crate) fn host_known(&self) -> bool {
        self.seen.host_known
    }

    pub(crate) fn session(&self) -> &OnceLock<Arc<SessionState>> {
        &self.seen.session
    }

    pub(crate) fn kept(&self) -> &Kept {
        &self.seen.kept
    }

    pub(crate) fn csrf(&self) -> &CsrfState {
        &self.seen.csrf
    }

    pub(crate) fn around(&self) -> &Around {
        &self.seen.around
    }

    pub(crate) fn notes(&self) -> &Notes {
        &self.seen.notes
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.seen.uri
    }

    pub(crate) fn id(&self) -> Option<&RequestId> {
        self.seen.id.as_ref()
    }

    pub(crate) fn services(&self) -> &Services {
        &self.seen.services
    }

    pub(crate) fn wishes(&self) -> &Wishes {
        &self.seen.wishes
    }

    pub(crate) fn route(&self) -> Option<&Arc<RouteInfo>> {
        self.route.as_ref()
    }

    /// Is this a development site?
    pub(crate) fn debug(&self) -> bool {
        self.seen.headers.is_some()
    }

    /// What a request for a file says of parts and of what the client has.
    pub(crate) fn conditions(&self) -> Option<&HeaderMap> {
        self.seen.conditions.as_deref()
    }

    /// The request's headers; in debug only.
    pub(crate) fn headers(&self) -> Option<&HeaderMap> {
        self.seen.headers.as_deref()
    }

    /// The values of the path's parameters; in debug only.
    pub(crate) fn params(&self) -> &[(String, String)] {
        self.shown.as_ref().map(|shown| shown.params.as_slice()).unwrap_or_default()
    }

    /// What rooms saw while the handler ran; in debug only.
    pub(crate) fn watched(&self) -> Option<&(&'static str, Vec<(String, String)>)> {
        self.shown.as_ref()?.watched.as_ref()
    }

    pub(crate) fn wants_json(&self) -> bool {
        accept::prefers_json(self.seen.accept.as_ref(), is_json(self.seen.content_type.as_ref()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let id = parts.extensions.get::<Facts>().and_then(|facts| facts.id().cloned());
        id.ok_or_else(|| Error::internal("this request has no id: it did not come through the server"))
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for RequestId {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>> {
        Ok(parts.extensions.get::<Facts>().and_then(|facts| facts.id().cloned()))
    }
}

/// The headers that are about a part of the answer, or what the client has of it; of HEAD, which gets the same, too.
fn conditions(method: &Method, headers: &HeaderMap) -> Option<Box<HeaderMap>> {
    const NAMES: [http::HeaderName; 6] = [
        header::RANGE,
        header::IF_NONE_MATCH,
        header::IF_MODIFIED_SINCE,
        header::IF_MATCH,
        header::IF_UNMODIFIED_SINCE,
        header::IF_RANGE,
    ];
    if !matches!(*method, Method::GET | Method::HEAD) || !NAMES.iter().any(|name| headers.contains_key(name))
    {
        return None;
    }
    let mut kept = HeaderMap::with_capacity(2);
    for name in NAMES {
        for value in headers.get_all(&name) {
            kept.append(&name, value.clone());
        }
    }
    Some(Box::new(kept))
}

/// axum keeps them in a type of its own, for extractors only; this one waits for nothing.
fn params<B>(request: &mut Request<B>) -> Vec<(String, String)> {
    let (mut parts, ()) = Request::new(()).into_parts();
    std::mem::swap(&mut parts.extensions, request.extensions_mut());
    let found = RawPathParams::from_request_parts(&mut parts, &()).now_or_never();
    std::mem::swap(&mut parts.extensions, request.extensions_mut());
    let owned = |params: RawPathParams| params.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    found.and_then(Result::ok).map(owned).unwrap_or_default()
}
