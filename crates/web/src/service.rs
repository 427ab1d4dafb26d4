//! The way into a site's routes: [`service`].

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, HttpBody},
    response::{IntoResponse, Response},
};
use futures_util::future::{Either, ready};
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use quintet_core::{BoxFuture, Error, Result, Services, audit::What, debug::Trace};
use tower::Service;

#[cfg(feature = "static")]
use crate::statics::Statics;
use crate::{
    audit, cached, cors,
    dispatch::{around, caught, session},
    errors::finish,
    facts::{Common, Facts, Head},
    files::media::Media,
    known,
    request_id::RequestId,
    routing::Routes,
    told,
};

/// A started site as an axum router and tower service, which the server serves and tests call in-process.
///
/// From outside to inside a request passes
/// 1. the entry: its path is checked, it is given the [`Services`], and errors of all that follows become pages or
///    problem documents; `OPTIONS`, `HEAD` and 405 are answered as HTTP wants it;
/// 2. the site's layers, the last added first;
/// 3. the router, which finds the route, or the one with a slash at the end;
/// 4. the app's layers;
/// 5. the endpoint: the app is known, a panic is caught, a handler of an unsafe method is cut loose from its client,
///    the page is rendered and errors get their documents;
/// 6. the handler.
///
/// Limits, request ids, security headers and the access log stand before it, in the server.
///
/// # Errors
/// If the web room has not been started, or a route takes something that the site does not have: a
/// `State<T>` that nobody gave.
pub async fn service(services: &Services) -> Result<Router> {
    // Not `router.layer(..)`: axum puts layers inside of its tables of methods, where `Allow` is not yet known.
    Ok(Router::new().fallback_service(Entered(Arc::new(Entrance::of(services)?))))
}

/// For each route that takes what the site does not have, an error at the route.
pub(crate) fn unmet(services: &Services) -> Vec<Error> {
    let routes = services.get::<Arc<Routes>>().map(|routes| routes.all()).unwrap_or_default();
    let failing = routes.iter().flat_map(|route| {
        let why = route.needs.iter().filter_map(|need| need(services).err());
        why.map(move |why| {
            Error::internal(format!("the route {}: {why}", route.describe())).in_file(route.place())
        })
    });
    failing.collect()
}

/// A started site's routes, with what is the same for all requests looked up once.
#[derive(Clone)]
pub(crate) struct Entrance {
    router: Router,
    common: Common,
    #[cfg(feature = "static")]
    statics: Option<Arc<Statics>>,
    media: Option<Arc<Media>>,
}

impl Entrance {
    /// # Errors
    /// As [`service`].
    pub(crate) fn of(services: &Services) -> Result<Self> {
        let router = services.require::<Router>()?.clone();
        let mut unmet = unmet(services);
        if unmet.len() > 1 {
            let all: Vec<String> = unmet.iter().map(ToString::to_string).collect();
            return Err(Error::internal(all.join("\n")));
        }
        if let Some(error) = unmet.pop() {
            return Err(error);
        }
        Ok(Entrance {
            router,
            common: Common::of(services),
            #[cfg(feature = "static")]
            statics: services.get::<Arc<Statics>>().cloned(),
            media: Media::of(services)?.map(Arc::new),
        })
    }

    pub(crate) fn services(&self) -> &Services {
        self.common.services()
    }

    /// Is this the address of a file?
    #[cfg(feature = "dev")]
    pub(crate) fn has_file(&self, uri: &Uri) -> bool {
        self.files(uri).is_some()
    }

    /// What is to be remembered of the request.
    pub(crate) fn facts<B: HttpBody>(
        &self,
        request: &Request<B>,
        head: Head,
        id: RequestId,
        trace: Option<Trace>,
    ) -> Facts {
        Facts::of(request, head, Some(id), &self.common, trace)
    }

    /// What the routes answer to a request whose extensions hold the services; to be [`sealed`]. No code of the user runs
    /// before it is polled.
    #[inline]
    pub(crate) fn answer(
        &self,
        mut request: Request<Body>,
        facts: &Facts,
    ) -> impl Future<Output = Response> + use<> {
        let heard = self.common.heard().started;
        if let Some(response) = self.at_the_door(&mut request, facts) {
            if !heard {
                return Either::Left(ready(response));
            }
            let told = facts.clone();
            let work = async move {
                told::started(&told).await;
                response
            };
            return Either::Right(Either::Right(self.apart(work, facts)));
        }
        request.extensions_mut().insert(facts.clone());
        if !facts.has_around() && facts.trace().is_none() && !heard {
            let work = session::kept(self.routed(request), facts.clone());
            let work = self.services().clone().scope_request(facts.conceals(), work);
            return Either::Right(Either::Left(work));
        }
        // What no route answers has a page as well.
        if facts.has_around() {
            facts.remember(&request);
        }
        let (work, known) = (self.routed(request), facts);
        let (facts, trace) = (facts.clone(), facts.trace().cloned());
        let work = async move {
            if heard {
                told::started(&facts).await;
            }
            let response = around::finish(work.await, &facts).await;
            session::keep(response, &facts).await
        };
        let work = async move {
            match trace {
                Some(trace) => trace.scope(work).await,
                None => work.await,
            }
        };
        Either::Right(Either::Right(self.apart(work, known)))
    }

    /// In a box of its own, with what a request's work finds around it.
    fn apart(
        &self,
        work: impl Future<Output = Response> + Send + 'static,
        facts: &Facts,
    ) -> BoxFuture<'static, Response> {
        Box::pin(self.services().clone().scope_request(facts.conceals(), work))
    }

    /// The answer to what needs no route, or gets to none.
    fn at_the_door(&self, request: &mut Request<Body>, facts: &Facts) -> Option<Response> {
        if let Err(error) = check(request, facts) {
            return Some(error.into_response());
        }
        let security = self.common.security()?;
        let answer = security.answer(request, facts.cors());
        if answer.is_none()
            && let Some(granted) = facts.cors().and_then(cors::Grant::granted)
        {
            request.extensions_mut().insert(granted);
        }
        answer
    }

    #[inline]
    fn routed(&self, request: Request<Body>) -> impl Future<Output = Response> + use<> {
        match self.files(request.uri()) {
            Some(files) => Either::Left(Box::pin(caught(async { Ok(files.serve(request).await) }))),
            None => Either::Right(caught(self.router.clone().call(request))),
        }
    }

    /// Whose files have this address, if any.
    fn files(&self, uri: &Uri) -> Option<Files> {
        #[cfg(feature = "static")]
        if let Some(statics) = self.statics.as_ref().filter(|statics| statics.has(uri)) {
            return Some(Files::Statics(statics.clone()));
        }
        self.media.as_ref().filter(|media| media.has(uri)).cloned().map(Files::Media)
    }
}

/// Files that have addresses beside the routes.
enum Files {
    #[cfg(feature = "static")]
    Statics(Arc<Statics>),
    Media(Arc<Media>),
}

impl Files {
    async fn serve(self, request: Request<Body>) -> Response {
        match self {
            #[cfg(feature = "static")]
            Files::Statics(statics) => statics.serve(request).await,
            Files::Media(media) => media.serve(request).await,
        }
    }
}

/// [`Entrance`] as a service.
#[derive(Clone)]
struct Entered(Arc<Entrance>);

impl Service<Request<Body>> for Entered {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let entrance = self.0.clone();
        Box::pin(async move {
            let facts = Facts::of(&request, Head::of(request.headers()), None, &entrance.common, None);
            request.extensions_mut().insert(entrance.services().clone());
            let response = entrance.answer(request, &facts).await;
            Ok(bodiless(sealed(response, &facts), facts.method()))
        })
    }
}

/// The response as HTTP wants it, its error written; to be made [`bodiless`].
pub(crate) fn sealed(response: Response, facts: &Facts) -> Response {
    let response = options(response, facts.method());
    let mut response = finish(response, facts);
    let later = facts.later_if_made();
    if let Some(later) = later {
        later.wishes.grant(&mut response);
        known::tell(&mut response, &later.kept);
    }
    // A page that was only asked for its head has shown nothing.
    if facts.method() != Method::HEAD {
        facts.leave();
        if let Some(later) = later {
            later.notes.keep(&mut response, facts.services());
        }
        session::note(&mut response, facts);
        if let Some(later) = later {
            later.csrf.keep(&mut response, &facts.asked());
        }
    }
    if let Some(grant) = facts.cors() {
        grant.dress(response.headers_mut());
    }
    // Last: now it is known for whom the answer is.
    cached::sealed(&mut response, facts.services());
    told::finished(facts, &response);
    response
}

/// May this request be anybody's?
fn check(request: &Request<Body>, facts: &Facts) -> Result {
    if !facts.host_known() {
        return Err(host_unknown(request, facts));
    }
    check_path(request.uri().path()).inspect_err(|_| {
        audit::tell(audit::refused(What::SuspiciousPath, facts, request), facts.services());
    })
}

/// Says nothing of the host itself: an answer that repeats what somebody made up may be kept and shown to others.
#[cold]
fn host_unknown(request: &Request<Body>, facts: &Facts) -> Error {
    let said =
        request.headers().get_all(header::HOST).iter().map(|host| String::from_utf8_lossy(host.as_bytes()));
    let host = request.uri().authority().map(|authority| authority.as_str().into()).into_iter().chain(said);
    let host = host.collect::<Vec<_>>().join(", ");
    let event = audit::refused(What::HostRefused, facts, request).with("host", host);
    audit::tell(event.with("hint", "name it in `url` of [site] or `hosts` of [security]"), facts.services());
    let hint = if facts.debug() { " Name it in `hosts` of [security] in quintet.toml." } else { "" };
    Error::bad_request(format!("This site does not answer for the host of this address.{hint}"))
}

/// Percent signs must encode bytes, and the bytes must be UTF-8.
fn check_path(path: &str) -> Result {
    if !path.contains('%') {
        return Ok(());
    }
    let digits = |rest: &str| rest.get(..2).is_some_and(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
    if !path.split('%').skip(1).all(digits) {
        return Err(Error::bad_request("The address has a `%` that encodes nothing."));
    }
    match percent_encoding::percent_decode_str(path).decode_utf8() {
        Ok(path) if path.contains('\0') => Err(Error::bad_request("The address has the character U+0000.")),
        Ok(_) => Ok(()),
        Err(_) => Err(Error::bad_request("The address is not valid UTF-8.")),
    }
}

/// `Allow` lists OPTIONS too, and OPTIONS is answered with it.
fn options(mut response: Response, method: &Method) -> Response {
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return response;
    }
    let Some(allowed) = response.headers().get(header::ALLOW).and_then(|v| v.to_str().ok()) else {
        return response;
    };
    let mut methods: Vec<&str> = allowed.split(',').map(str::trim).filter(|m| !m.is_empty()).collect();
    if !methods.contains(&"OPTIONS") {
        methods.push("OPTIONS");
    }
    let Ok(allowed) = HeaderValue::from_str(&methods.join(", ")) else { return response };
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, allowed)]).into_response();
    }
    response.headers_mut().insert(header::ALLOW, allowed);
    response
}

/// HEAD gets what GET would, without the body; of an error page too.
pub(crate) fn bodiless(mut response: Response, method: &Method) -> Response {
    if method == Method::HEAD {
        let length = response.body().size_hint().exact().filter(|n| *n > 0);
        *response.body_mut() = Body::empty();
        if let Some(length) = length {
            response.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length.into());
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_must_decode() {
        for good in ["/", "/a%20b/", "/%C3%BC", "/a-b_c~d"] {
            assert!(check_path(good).is_ok(), "{good}");
        }
        for bad in ["/%", "/%2", "/%zz", "/%+1", "/%ff", "/%C3", "/a%80b", "/a%00"] {
            assert_eq!(check_path(bad).unwrap_err().status(), 400, "{bad}");
        }
    }
}
