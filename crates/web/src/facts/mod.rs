//! What is remembered of a request, so that its page can be rendered and its failure told after the handler has consumed it.
mod accept;
mod concealed;
mod head;
mod heard;
mod later;
mod phase;

use std::{
    borrow::Cow,
    collections::BTreeSet,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts, RawPathParams},
    response::Response,
};
use futures_util::FutureExt;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header, request::Parts};
use http_body::Body as HttpBody;
use quintet_core::{
    Error, Result, Services,
    debug::{DebugFacts, Trace},
    hidden::{self, Conceals},
    settings::Settings,
};

pub(crate) use accept::is_json;
use concealed::Concealed;
pub(crate) use concealed::decoded;
pub(crate) use head::{Head, Name};
use heard::Heard;
pub(crate) use later::Later;
pub(crate) use phase::Found;
#[cfg(feature = "dev")]
pub(crate) use phase::PHASES;

use crate::{
    around::{Around, Providers},
    cookies::Cookies,
    cors,
    csrf::{Asked, CsrfState},
    kept::Kept,
    messages::{Flashed, Notes},
    policy::Wishes,
    request_id::RequestId,
    routing::{self, RouteInfo},
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

/// What is the same for all requests of a site, looked up once.
#[derive(Clone)]
pub(crate) struct Common(Arc<Site>);

struct Site {
    services: Services,
    debug: bool,
    security: Option<Arc<Security>>,
    providers: Option<Arc<Providers>>,
    heard: Heard,
}

impl Common {
    pub(crate) fn of(services: &Services) -> Self {
        Common(Arc::new(Site {
            services: services.clone(),
            debug: services.get::<Settings>().is_some_and(Settings::debug),
            security: Security::of(services).cloned(),
            providers: services.get::<Arc<Providers>>().cloned(),
            heard: Heard::of(services),
        }))
    }

    /// Which signals about requests somebody listens to.
    pub(crate) fn heard(&self) -> Heard {
        self.0.heard
    }

    pub(crate) fn services(&self) -> &Services {
        &self.0.services
    }

    pub(crate) fn security(&self) -> Option<&Arc<Security>> {
        self.0.security.as_ref()
    }

    fn providers(&self) -> Option<&Arc<Providers>> {
        self.0.providers.as_ref()
    }
}

struct Seen {
    common: Common,
    method: Method,
    uri: Uri,
    accept: Option<HeaderValue>,
    content_type: Option<HeaderValue>,
    id: Option<RequestId>,
    /// Did the browser speak https?
    https: bool,
    /// Does the site answer for the host that it meant?
    host_known: bool,
    /// What is said to pages of other origins.
    cors: Option<Box<cors::Grant>>,
    cookies: Cookies,
    /// What no log may show of it.
    concealed: Concealed,
    /// Its session, once somebody asks.
    session: OnceLock<Arc<SessionState>>,
    later: OnceLock<Box<Later>>,
    /// Are the answer's headers on their way?
    left: AtomicBool,
    /// Does its route speak JSON? For its extractors, whose facts know of no route yet.
    speaks_json: AtomicBool,
    /// What it says of parts and of what the client has, if anything.
    conditions: Option<Box<HeaderMap>>,
    /// In debug only, and there always.
    headers: Option<Box<HeaderMap>>,
    /// What rooms note of it, while the toolbar watches.
    trace: Option<Trace>,
    /// When it began, if its end is to be told.
    began: Option<Instant>,
}

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
        head: Head,
        id: Option<RequestId>,
        common: &Common,
        trace: Option<Trace>,
    ) -> Self {
        let headers = request.headers();
        let header =
            |is: Name, name: &HeaderName| if head.has(is) { headers.get(name).cloned() } else { None };
        // What has no body has no type of it.
        let sent = !request.body().is_end_stream();
        let security = common.security();
        let forwarded = head.has(Name::Forwarded);
        let (https, host_known) = security.map_or((false, true), |security| {
            security.arrival(request, forwarded, head.has(Name::SeveralHosts))
        });
        let conditional = head.has(Name::Known) || head.has(Name::Part);
        Facts {
            seen: Arc::new(Seen {
                method: request.method().clone(),
                uri: request.uri().clone(),
                accept: header(Name::Accept, &header::ACCEPT),
                content_type: if sent { header(Name::ContentType, &header::CONTENT_TYPE) } else { None },
                id,
                https,
                host_known,
                cors: security
                    .and_then(|security| security.cors(request.uri().path(), headers))
                    .map(Box::new),
                session: OnceLock::new(),
                later: OnceLock::new(),
                left: AtomicBool::new(false),
                speaks_json: AtomicBool::new(false),
                concealed: Concealed::of(head, headers),
                cookies: if head.has(Name::Cookie) { Cookies::of(headers) } else { Cookies::default() },
                conditions: if conditional { conditions(request.method(), headers) } else { None },
                headers: common.0.debug.then(|| Box::new(headers.clone())),
                trace,
                began: common.heard().began(),
                common: common.clone(),
            }),
            route: None,
            shown: None,
        }
    }

    /// With the route that was found, and in debug the values in its path.
    pub(crate) fn at<B>(mut self, route: Arc<RouteInfo>, request: &mut Request<B>) -> Self {
        if route.api {
            self.seen.speaks_json.store(true, Ordering::Relaxed);
        }
        if self.debug() {
            let params = params(request);
            if self.trace().is_some() {
                // The first is the route; what a router of axum's finds in it is behind that.
                self.later().found.get_or_init(|| Found { route: route.clone(), params: params.clone() });
            }
            self.shown = Some(Box::new(Shown { params, watched: None }));
        }
        if self.seen.began.is_some() {
            // Who tells the end knows the request only as it came.
            self.later().found.get_or_init(|| Found { route: route.clone(), params: Vec::new() });
        }
        self.route = Some(route);
        self
    }

    /// When it began, if its end is to be told.
    pub(crate) fn began(&self) -> Option<Instant> {
        self.seen.began
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

    /// The route that was found, where it is watched or its end is told.
    pub(crate) fn found(&self) -> Option<&Found> {
        self.later_if_made()?.found.get()
    }

    pub(crate) fn method(&self) -> &Method {
        &self.seen.method
    }

    /// Who knows what no log may show of it.
    pub(crate) fn conceals(&self) -> Arc<dyn Conceals> {
        self.seen.clone()
    }

    /// A text for developers, without what is secret of this request.
    pub(crate) fn cover<'a>(&self, text: &'a str) -> Cow<'a, str> {
        hidden::cover_all(text, &self.seen.values())
    }

    /// Its path as logs may tell it.
    pub(crate) fn shown_path(&self) -> Cow<'_, str> {
        routing::shown(self.uri().path(), self.services())
    }

    /// For what asks whether it may be forged.
    pub(crate) fn asked(&self) -> Asked<'_> {
        let seen = &self.seen;
        let (method, uri, cookies) = (&seen.method, &seen.uri, &seen.cookies);
        Asked {
            method,
            uri,
            cookies,
            https: seen.https,
            services: seen.common.services(),
            debug: self.debug(),
        }
    }

    /// What is said to pages of other origins.
    pub(crate) fn cors(&self) -> Option<&cors::Grant> {
        self.seen.cors.as_deref()
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

    fn later(&self) -> &Later {
        let seen = &self.seen;
        seen.later.get_or_init(|| {
            Later::of(seen.common.providers(), &seen.cookies, seen.https, seen.left.load(Ordering::SeqCst))
        })
    }

    /// What was asked for, if anything was.
    pub(crate) fn later_if_made(&self) -> Option<&Later> {
        self.seen.later.get().map(|later| &**later)
    }

    /// The answer's headers are on their way.
    pub(crate) fn leave(&self) {
        self.seen.left.store(true, Ordering::SeqCst);
    }

    pub(crate) fn kept(&self) -> &Kept {
        &self.later().kept
    }

    pub(crate) fn csrf(&self) -> &CsrfState {
        &self.later().csrf
    }

    /// Has the site values around its pages?
    pub(crate) fn has_around(&self) -> bool {
        self.seen.common.providers().is_some()
    }

    pub(crate) fn around(&self) -> &Around {
        &self.later().around
    }

    /// Keeps the request for the values around its page.
    pub(crate) fn remember<B>(&self, request: &Request<B>) {
        self.around().remember(request, |extensions| drop(extensions.remove::<Facts>()));
    }

    /// Makes these values around the page.
    ///
    /// # Errors
    /// Those of [`Around::make`].
    pub(crate) async fn make_around(&self, wanted: &BTreeSet<usize>) -> Result<(), Box<Response>> {
        let complete = |extensions: &mut Extensions| drop(extensions.insert(self.clone()));
        self.around().make(wanted, complete).await
    }

    pub(crate) fn notes(&self) -> &Notes {
        &self.later().notes
    }

    /// Takes the messages that a page or a redirect brings.
    ///
    /// # Errors
    /// If the site has no key to sign them with.
    pub(crate) fn take_messages(&self, response: &mut Response) -> Result {
        if response.extensions().get::<Flashed>().is_none() {
            return Ok(());
        }
        self.notes().take(response, self.services(), self.debug())
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.seen.uri
    }

    pub(crate) fn id(&self) -> Option<&RequestId> {
        self.seen.id.as_ref()
    }

    pub(crate) fn common(&self) -> &Common {
        &self.seen.common
    }

    pub(crate) fn services(&self) -> &Services {
        self.seen.common.services()
    }

    pub(crate) fn wishes(&self) -> &Wishes {
        &self.later().wishes
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

    /// Does the route that was found speak JSON?
    pub(crate) fn speaks_json(&self) -> bool {
        self.seen.speaks_json.load(Ordering::Relaxed)
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
    const NAMES: [HeaderName; 6] = [
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
