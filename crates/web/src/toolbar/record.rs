//! What is remembered of one request.

use std::time::Duration;

use http::{HeaderMap, header, response::Parts};
use jiff::Timestamp;
use quintet_core::{
    clock::Clock,
    debug::{MASK, Trace, is_secret},
};

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
            address: mask::address(facts.uri()),
            status: parts.status.as_u16(),
            kind: kind.split(';').next().unwrap_or_default().trim().to_owned(),
            location: text(header::LOCATION).and_then(|l| Some(mask::address(&l.parse().ok()?))),
            took: trace.begun().elapsed(),
            route: found.map(|found| found.route.describe().to_string()),
            place: found.map(|found| found.route.place().to_string()),
            params: found.map(|found| masked(&found.params)).unwrap_or_default(),
            query: mask::query(facts.uri()),
            sent: facts.headers().map(headers).unwrap_or_default(),
            answered: headers(&parts.headers),
            messages: facts.notes().seen(),
            trace,
        }
    }
}

fn masked(rows: &Rows) -> Rows {
    rows.iter().map(|(name, value)| (name.clone(), mask::shown(name, value).to_owned())).collect()
}

/// Of those that let one in only the fact that they are there.
fn headers(headers: &HeaderMap) -> Rows {
    let rows = headers.iter().map(|(name, value)| {
        let text = if is_secret(name.as_str()) {
            MASK.to_owned()
        } else if *name == header::REFERER || *name == header::LOCATION {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.parse().map_or_else(|_| text.clone().into_owned(), |uri| whole_address(&uri))
        } else {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        (name.as_str().to_owned(), text)
    });
    rows.collect()
}

/// With scheme and host, if it has them.
fn whole_address(uri: &http::Uri) -> String {
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(host)) => format!("{scheme}://{host}{}", mask::address(uri)),
        _ => mask::address(uri),
    }
}
