//! Around routes.

use std::{
    convert::Infallible,
    fmt::Write as _,
    sync::atomic::{AtomicI64, Ordering},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use quintet_core::{
    BoxFuture, Error, ErrorKind, Result, Services,
    audit::{What, network_of},
    clock,
};
use sha2::{Digest as _, Sha256};
use tower::{Layer, Service};

use super::{By, RateLimit, RateStore};
use crate::{
    audit::{self, security_event},
    extract::{Session, client_address},
};

const RATE: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

impl<S> Layer<S> for RateLimit {
    type Service = RateLimited<S>;

    fn layer(&self, inner: S) -> RateLimited<S> {
        RateLimited { limit: self.clone(), inner }
    }
}

/// What a [`RateLimit`] stands before.
#[derive(Clone, Debug)]
pub struct RateLimited<S> {
    limit: RateLimit,
    inner: S,
}

/// What is left in a bucket, and how long until it is full.
pub(super) struct Left {
    requests: u32,
    full_in: Duration,
}

/// Takes one, or says how long to wait.
pub(super) async fn take(limit: &RateLimit, parts: &Parts) -> Result<Result<Left, Duration>> {
    let services = Services::of_request(parts)?;
    let Some(key) = key(limit, parts, services).await? else {
        // Who comes over no network is in this process.
        return Ok(Ok(Left { requests: limit.limit.burst(), full_in: Duration::ZERO }));
    };
    if limit.limit.burst() == 0 {
        return Ok(Err(Duration::from_secs(60)));
    }
    let (store, now) = (services.require::<RateStore>()?.0.clone(), clock::now());
    let taken = match store.take_counted(&key, limit.limit, now).await {
        // Whoever waits for a Redis that is away would wait for all of them.
        Err(error) if *error.kind() == ErrorKind::Unavailable => {
            uncounted(&error);
            return Ok(Ok(Left { requests: limit.limit.burst(), full_in: Duration::ZERO }));
        }
        taken => taken?,
    };
    Ok(taken.map(|full_at| {
        let now = now.as_millisecond();
        let full_in = Duration::from_millis(full_at.saturating_sub(now).max(0).unsigned_abs());
        Left { requests: limit.limit.left(full_at, now), full_in }
    }))
}

/// Tells of it, once a second.
#[cold]
fn uncounted(error: &Error) {
    static TOLD: AtomicI64 = AtomicI64::new(0);
    let second = clock::now().as_second();
    if TOLD.swap(second, Ordering::Relaxed) != second {
        tracing::warn!(%error, "requests are not counted: where rates are kept can't be reached");
    }
}

/// The bucket's.
async fn key(limit: &RateLimit, parts: &Parts, services: &Services) -> Result<Option<String>> {
    let own = match &limit.by {
        By::Network => None,
        By::User => Session::of(parts)?.user().await?.map(|user| format!("user:{user}")),
        By::Key(key) => key(parts).map(|key| match key.len() {
            0..=64 => format!("key:{key}"),
            // As short as the others, whatever clients send.
            _ => format!("key#{}", URL_SAFE_NO_PAD.encode(Sha256::digest(key))),
        }),
    };
    let from = || client_address(parts, services).map(|address| format!("net:{}", network_of(address)));
    let mut bucket = format!("rate:{}:", limit.name);
    let Some(of) = own.or_else(from) else { return Ok(None) };
    bucket.push_str(&of);
    Ok(Some(bucket))
}

/// Whole seconds, never fewer than it takes.
fn seconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}

impl RateLimit {
    fn say(&self, response: &mut Response, left: u32, time: Duration) {
        let mut text = String::with_capacity(48);
        // Writing to a String can't fail.
        let _ = write!(text, "\"{}\";r={left};t={}", self.name, seconds(time));
        let headers = response.headers_mut();
        // Several limits are one list.
        headers.append(POLICY, self.policy.clone());
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.append(RATE, value);
        }
    }

    fn refuse(&self, parts: &Parts, wait: Duration) -> Response {
        let event = security_event(parts, What::RateLimited).with("limit", &*self.name);
        if let Ok(services) = Services::of_request(parts) {
            audit::tell(event, services);
        }
        let wait_for = seconds(wait).max(1);
        let s = if wait_for == 1 { "" } else { "s" };
        let text = format!("Too many requests. Try again in {wait_for} second{s}.");
        let mut response = Error::new(StatusCode::TOO_MANY_REQUESTS, text).into_response();
        response.headers_mut().insert(header::RETRY_AFTER, wait_for.into());
        self.say(&mut response, 0, wait);
        response
    }
}

impl<S> Service<Request> for RateLimited<S>
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

    fn call(&mut self, request: Request) -> Self::Future {
        // The one that is ready is used, and a clone waits for the next request.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let limit = self.limit.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            match take(&limit, &parts).await {
                Ok(Ok(left)) => {
                    let mut response = inner.call(Request::from_parts(parts, body)).await?;
                    limit.say(&mut response, left.requests, left.full_in);
                    Ok(response)
                }
                Ok(Err(wait)) => Ok(limit.refuse(&parts, wait)),
                Err(error) => Ok(error.into_response()),
            }
        })
    }
}
