//! How large a body may be: that of the site, or that of its route.

use axum::{body::Body, extract::DefaultBodyLimit};
use http::{Request, StatusCode, header};
use http_body::Body as HttpBody;
use http_body_util::Limited;
use quintet_core::{Error, Result};

/// Refuses a body that is said to be too large before a byte of it is read.
pub(crate) fn check<B: HttpBody>(request: &Request<B>, max: u64) -> Result {
    if request.body().is_end_stream() {
        return Ok(());
    }
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    match length {
        Some(length) if length > max => Err(Error::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body has {length} bytes; at most {max} are taken."),
        )),
        _ => Ok(()),
    }
}

/// How much a body may have where the route says nothing: in the extensions of requests whose body was let in for a route
/// that takes more.
#[derive(Clone, Copy)]
struct Usual(u64);

/// Leaves it to the routes to keep to what is usual.
pub(crate) fn leave_to_routes(request: &mut Request<Body>, usual: u64) {
    if !request.body().is_end_stream() {
        request.extensions_mut().insert(Usual(usual));
    }
}

/// Bounds the body to what its route takes.
///
/// # Errors
/// 413 if it is said to be larger.
pub(crate) fn of_route(request: &mut Request<Body>, own: Option<u64>) -> Result {
    if request.body().is_end_stream() {
        return Ok(());
    }
    let Some(most) = own.or_else(|| request.extensions().get::<Usual>().map(|usual| usual.0)) else {
        return Ok(());
    };
    check(request, most)?;
    let body = std::mem::replace(request.body_mut(), Body::empty());
    *request.body_mut() = Body::new(Limited::new(body, usize::try_from(most).unwrap_or(usize::MAX)));
    DefaultBodyLimit::disable().apply(request);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_above_the_limit_is_refused_unread() {
        let announced =
            |n: &str| Request::builder().header("content-length", n).body(Body::from("..")).unwrap();
        assert_eq!(check(&announced("11"), 10).unwrap_err().status(), 413);
        assert!(check(&announced("10"), 10).is_ok());
    }
}
