//! A path that no route takes: the same with a slash at its end, or 404.

use std::sync::Arc;

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use quintet_core::{Error, Services};

use crate::{errors::Unmatched, routing::Routes};

pub(super) async fn answer(request: Request) -> Response {
    let routes = request.extensions().get::<Services>().and_then(|s| s.get::<Arc<Routes>>());
    if let Some(response) = routes.and_then(|routes| with_slash(routes, request.method(), request.uri())) {
        return response;
    }
    let mut response = Error::not_found("").into_response();
    response.extensions_mut().insert(Unmatched);
    response
}

/// The redirect to the route that is there with a slash at the end, as Django's `APPEND_SLASH`.
fn with_slash(routes: &Routes, method: &Method, uri: &Uri) -> Option<Response> {
    let path = uri.path();
    // `//evil.example` and `/\evil.example` would be other hosts to a browser.
    let one_slash = path.starts_with('/') && !path.starts_with("//") && !path.starts_with("/\\");
    if path.ends_with('/') || !one_slash {
        return None;
    }
    let path = format!("{path}/");
    if !routes.takes(&path) {
        return None;
    }
    let target = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    // 308 keeps method and body.
    let status = match *method {
        Method::GET | Method::HEAD => StatusCode::MOVED_PERMANENTLY,
        _ => StatusCode::PERMANENT_REDIRECT,
    };
    let location = HeaderValue::from_str(&target).ok()?;
    Some((status, [(header::LOCATION, location)]).into_response())
}
