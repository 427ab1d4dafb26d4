//! Around routes of an app, or a router of axum.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{extract::Request, response::Response};
use quintet_core::BoxFuture;
use tower::{Layer, Service};

use super::Rules;

/// [`Cors`](super::Cors) as a tower layer.
#[derive(Clone, Debug)]
pub struct CorsLayer(Arc<Rules>);

impl CorsLayer {
    pub(crate) fn new(rules: Rules) -> Self {
        CorsLayer(Arc::new(rules))
    }
}

impl<S> Layer<S> for CorsLayer {
    type Service = CorsService<S>;

    fn layer(&self, inner: S) -> CorsService<S> {
        CorsService { rules: self.0.clone(), inner }
    }
}

/// What a [`CorsLayer`] stands around.
#[derive(Clone, Debug)]
pub struct CorsService<S> {
    rules: Arc<Rules>,
    inner: S,
}

impl<S> Service<Request> for CorsService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let grant = self.rules.grant(request.uri().path(), request.headers());
        let Some(grant) = grant else { return Box::pin(self.inner.call(request)) };
        if let Some(mut response) = self.rules.preflight(request.method(), request.headers(), &grant) {
            grant.dress(response.headers_mut());
            return Box::pin(std::future::ready(Ok(response)));
        }
        if let Some(granted) = grant.granted() {
            request.extensions_mut().insert(granted);
        }
        let answered = self.inner.call(request);
        Box::pin(async move {
            let mut response = answered.await?;
            grant.dress(response.headers_mut());
            Ok(response)
        })
    }
}
