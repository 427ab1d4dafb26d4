//! The bridge to axum: an [`Error`] is a response.

use std::sync::Arc;

use axum_core::response::{IntoResponse, Response};
use http::{HeaderValue, header};

use super::Error;

/// Plain text with the public message; a site renders it better.
///
/// The error itself travels in the response's extensions as `Arc<Error>`, where the site's error layer
/// finds it and makes a page or a problem document of it. In a plain axum router the text remains.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = Response::new(axum_core::body::Body::from(self.public_message().into_owned()));
        *response.status_mut() = self.status();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        for (name, value) in self.headers() {
            response.headers_mut().append(name, value.clone());
        }
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}
