//! The way into a site's routes: [`service`].

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, header};
use quintet_core::{BoxFuture, Error, Result, Services};
use tower::Service;

use crate::{
    errors::{Facts, finish},
    routing::{Routes, caught},
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
    let router = services.require::<Router>()?.clone();
    let mut unmet = unmet(services);
    if unmet.len() > 1 {
        let all: Vec<String> = unmet.iter().map(ToString::to_string).collect();
        return Err(Error::internal(all.join("\n")));
    }
    if let Some(error) = unmet.pop() {
        return Err(error);
    }
    // Not `router.layer(..)`: axum puts layers inside of its tables of methods, where `Allow` is not yet known.
    Ok(Router::new().fallback_service(Entered { inner: router, services: services.clone() }))
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

#[derive(Clone)]
struct Entered<S> {
    inner: S,
    services: Services,
}

impl<S> Service<Request> for Entered<S>
where
    S: Service<Request, Error = Infallible> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        // The service that was polled ready is the one to be called.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        let services = self.services.clone();
        Box::pin(services.clone().scope(async move {
            let facts = Facts::of(&request, &services);
            let response = match check_path(request.uri().path()) {
                Err(error) => error.into_response(),
                Ok(()) => {
                    request.extensions_mut().insert(services.clone());
                    request.extensions_mut().insert(facts.clone());
                    caught(async move { inner.call(request).await.into_response() }).await
                }
            };
            let response = options(response, facts.method());
            Ok(bodiless(finish(response, &facts, &services), facts.method()))
        }))
    }
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
fn bodiless(mut response: Response, method: &Method) -> Response {
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
        for bad in ["/%", "/%2", "/%zz", "/%+1", "/%ff", "/%C3", "/a%80b"] {
            assert_eq!(check_path(bad).unwrap_err().status(), 400, "{bad}");
        }
    }
}
