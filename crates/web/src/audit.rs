//! Security events of requests: what is known of a request is put into them here.

use std::net::IpAddr;

use axum::{body::Body, extract::FromRequestParts};
use http::{Request, request::Parts};
use quintet_core::{
    Error, Result, Service as _, Services,
    audit::{SecurityEvent, What},
};

use crate::{background::Background, extract::address_of, facts::Facts, session::Sessions};

/// An event of this request: with the network that it comes from, its id, method and path.
///
/// ```
/// use quintet_core::{Result, Services, audit::What};
/// use quintet_web::{axum::http::request::Parts, post, security_event};
///
/// #[post("/export/")]
/// async fn export(parts: Parts, services: Services) -> &'static str {
///     security_event(&parts, What::Other("exported")).user(7).tell(&services).await;
///     "…"
/// }
/// ```
#[must_use]
pub fn security_event(parts: &Parts, what: What) -> SecurityEvent {
    let Some(facts) = parts.extensions.get::<Facts>() else { return SecurityEvent::new(what) };
    event(what, facts, address_of(&parts.headers, &parts.extensions, facts.services()))
}

fn event(what: What, facts: &Facts, from: Option<IpAddr>) -> SecurityEvent {
    let event = SecurityEvent::new(what).from(from).at(facts.method().as_str(), &facts.shown_path());
    match facts.id() {
        Some(id) => event.request(id.as_str()),
        None => event,
    }
}

/// The same where a request is refused before anybody has taken it apart.
#[cold]
pub(crate) fn refused(what: What, facts: &Facts, request: &Request<Body>) -> SecurityEvent {
    event(what, facts, address_of(request.headers(), request.extensions(), facts.services()))
}

/// Tells an event where nobody waits: receivers hear of it after the answer.
pub(crate) fn tell(event: SecurityEvent, services: &Services) {
    event.log();
    if SecurityEvent::is_heard(services) {
        let background = services.get::<Background>().cloned().unwrap_or_default();
        background.spawn(services.clone().scope(event.hear(services.clone())));
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Sessions {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let sessions = Sessions::of(Services::of_request(parts)?)?;
        Ok(sessions.told_as(security_event(parts, What::SessionsEnded)))
    }
}
