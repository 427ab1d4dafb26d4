//! Requests below the static files' prefix.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use percent_encoding::percent_decode_str;
use quintet_core::{Error, Result};

use super::{
    Statics,
    respond::{Asked, respond},
};

impl Statics {
    /// Is the address one of theirs?
    pub(crate) fn has(&self, uri: &Uri) -> bool {
        uri.path().starts_with(self.prefix())
    }

    /// The file that is asked for, or why not.
    pub(crate) async fn serve<B>(self: Arc<Self>, request: Request<B>) -> Response {
        let (parts, _) = request.into_parts();
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            let allow = [(header::ALLOW, HeaderValue::from_static("GET, HEAD"))];
            return (StatusCode::METHOD_NOT_ALLOWED, allow).into_response();
        }
        let answer = self.answer(&parts.uri, &parts.method, &parts.headers).await;
        answer.unwrap_or_else(IntoResponse::into_response)
    }

    async fn answer(&self, uri: &Uri, method: &Method, headers: &HeaderMap) -> Result<Response> {
        let path = uri.path().strip_prefix(self.prefix()).unwrap_or_default();
        // Decoded once and only then looked at: `%2e%2e%2f` is `../`.
        let name = percent_decode_str(path).decode_utf8().map_err(|_| Error::not_found(""))?;
        let Some(file) = self.files.find(&name) else {
            return Err(Error::not_found("").with_detail("static file", format!("no app has `{name}`")));
        };
        let version = uri.query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("v=")));
        respond(file, &Asked { method, headers, version, name: &name }).await
    }
}
