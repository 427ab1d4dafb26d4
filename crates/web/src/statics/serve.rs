//! Static files before a router.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use futures_util::future::Either;
use http::{HeaderValue, Method, StatusCode, Uri, header};
use percent_encoding::percent_decode_str;
use quintet_core::{BoxFuture, Error, Result};
use tower::{Layer, Service};

use super::{
    Statics,
    respond::{Asked, respond},
};

/// Puts the static files before a service.
#[derive(Clone)]
pub(super) struct StaticLayer(pub(super) Arc<Statics>);

impl<S> Layer<S> for StaticLayer {
    type Service = BeforeRoutes<S>;

    fn layer(&self, inner: S) -> BeforeRoutes<S> {
        BeforeRoutes { inner, statics: self.0.clone() }
    }
}

/// Answers what is below the prefix, and hands on the rest.
#[derive(Clone)]
pub(super) struct BeforeRoutes<S> {
    inner: S,
    statics: Arc<Statics>,
}

impl<S> Service<Request> for BeforeRoutes<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response, Infallible>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if !request.uri().path().starts_with(self.statics.prefix()) {
            return Either::Left(self.inner.call(request));
        }
        let statics = self.statics.clone();
        Either::Right(Box::pin(async move {
            let (parts, _body) = request.into_parts();
            if !matches!(parts.method, Method::GET | Method::HEAD) {
                let allow = [(header::ALLOW, HeaderValue::from_static("GET, HEAD"))];
                return Ok((StatusCode::METHOD_NOT_ALLOWED, allow).into_response());
            }
            let answer = statics.answer(&parts.uri, &parts.method, &parts.headers).await;
            Ok(answer.unwrap_or_else(IntoResponse::into_response))
        }))
    }
}

impl Statics {
    async fn answer(&self, uri: &Uri, method: &Method, headers: &http::HeaderMap) -> Result<Response> {
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
