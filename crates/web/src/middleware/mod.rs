//! What every request passes before the routes and every response after them, in this order:
//! [`request_id`] → [`limits`] → the routes → [`headers`] → [`access_log`].
//!
//! One plain function call each, in one future: a chain of boxed layers would cost more than the work.
pub mod access_log;
pub mod headers;
pub mod limits;
pub mod request_id;

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body, response::Response};
use http::{Method, Request};
use quintet_core::{Result, Services};
use tower::ServiceExt;

use crate::server::ServerSettings;
use access_log::{AccessLog, Entry};
pub use request_id::RequestId;

/// The way into a site: its routes behind the limits, ids, headers and log that every request gets.
#[derive(Clone)]
pub struct Gate {
    router: Router,
    services: Services,
    rules: Arc<Rules>,
}

struct Rules {
    max_body: u64,
    body_timeout: Duration,
    request_timeout: Duration,
    trust_request_id: bool,
    log: Option<AccessLog>,
}

impl Gate {
    /// Puts the gate before a site's routes. Requests are logged if there is a log.
    ///
    /// # Errors
    /// If the routes can't be put together.
    pub async fn open(
        services: &Services,
        settings: &ServerSettings,
        log: Option<AccessLog>,
    ) -> Result<Gate> {
        Ok(Gate {
            router: crate::service(services).await?,
            services: services.clone(),
            rules: Arc::new(Rules {
                max_body: settings.max_body_size.bytes(),
                body_timeout: settings.body_timeout,
                request_timeout: settings.request_timeout,
                trust_request_id: settings.trust_request_id,
                log,
            }),
        })
    }

    /// Answers a request.
    pub async fn answer(&self, mut request: Request<Body>) -> Response {
        let rules = &*self.rules;
        let entry = rules.log.as_ref().map(|log| Entry::start(log, &request));
        let id = request_id::assign(&mut request, rules.trust_request_id);
        let head = request.method() == Method::HEAD;
        let mut response = match limits::check_length(&request, rules.max_body) {
            Err(error) => crate::errors::respond(&self.services, &request, error),
            Ok(()) => {
                let request = limits::limit_body(request, rules.max_body, rules.body_timeout);
                self.route(request, rules.request_timeout).await
            }
        };
        request_id::show(&mut response, &id);
        headers::secure(&mut response);
        match entry {
            Some(entry) => entry.finish(response, &id, head),
            None => response,
        }
    }

    async fn route(&self, request: Request<Body>, limit: Duration) -> Response {
        let work = self.router.clone().oneshot(request);
        let answer = async { work.await.unwrap_or_else(|never| match never {}) };
        if limit.is_zero() {
            return answer.await;
        }
        match tokio::time::timeout(limit, answer).await {
            Ok(response) => response,
            Err(_) => limits::timed_out(limit),
        }
    }
}
