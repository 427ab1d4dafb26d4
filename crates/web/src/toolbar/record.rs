//! What is remembered of one request.

use std::{sync::Arc, time::Duration};

use http::{header, response::Parts};
use jiff::Timestamp;
use quintet_core::{clock::Clock, debug::Trace, hidden::Conceals};

use crate::{debug::mask, facts::Facts, messages::Message};

/// Rows of names and values.
pub(super) type Rows = Vec<(String, String)>;

/// One request and its answer. What rooms noted may still grow: a page that is streamed reads on.
pub(super) struct Record {
    pub(super) id: String,
    pub(super) at: Timestamp,
    pub(super) method: String,
    pub(super) address: String,
    pub(super) status: u16,
    /// What the answer is: `text/html`.
    pub(super) kind: String,
    /// Where it redirects to.
    pub(super) location: Option<String>,
    pub(super) took: Duration,
    pub(super) route: Option<String>,
    pub(super) place: Option<String>,
    pub(super) params: Rows,
    pub(super) query: Rows,
    pub(super) sent: Rows,
    pub(super) answered: Rows,
    pub(super) messages: Vec<Message>,
    /// Who knows what of it must not be shown.
    pub(super) conceals: Arc<dyn Conceals>,
    pub(super) trace: Trace,
}

impl Record {
    pub(super) fn of(facts: &Facts, trace: Trace, parts: &Parts) -> Self {
        let services = facts.services();
        let found = facts.found();
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let kind = text(header::CONTENT_TYPE).unwrap_or_default();
        Record {
            id: facts.id().map(|id| id.as_str().to_owned()).unwrap_or_default(),
            at: services.get::<Clock>().cloned().unwrap_or_default().now(),
            method: facts.method().to_string(),
            address: mask::address(facts.uri(), services),
            status: parts.status.as_u16(),
            kind: kind.split(';').next().unwrap_or_default().trim().to_owned(),
            location: text(header::LOCATION).and_then(|l| Some(mask::address(&l.parse().ok()?, services))),
            took: trace.begun().elapsed(),
            route: found.map(|found| found.route.describe().to_string()),
            place: found.map(|found| found.route.place().to_string()),
            params: found.map(|found| mask::params(&found.params, &found.route)).unwrap_or_default(),
            query: mask::query(facts.uri()),
            sent: facts.headers().map(|sent| mask::headers(sent, services)).unwrap_or_default(),
            answered: mask::headers(&parts.headers, services),
            messages: facts.notes().seen(),
            conceals: facts.conceals(),
            trace,
        }
    }
}
