//! The toolbar of a development site: what each of the last requests did, at the edge of every page.
//!
//! The gate asks [`Toolbar::watch`] whether a request is watched (`access`: only a developer's own). If so it runs with a
//! [`Trace`], into which rooms note what they do, and at the end [`Toolbar::keep`] makes a `record` of it, gives the answer a
//! `Server-Timing` header and pages the script. The script (`client.js`) asks [`Toolbar::answer`] for records as JSON (`json`), and builds
//! the toolbar in an element of its own, which the page's style and layout know nothing of.
//!
//! In a release none of this is ever made: [`Toolbar::of`] says so.
mod access;
mod json;
mod record;

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http::{HeaderValue, Method, Request, StatusCode, header, response::Parts};
use quintet_core::{
    BoxFuture, Error, Result, Services,
    debug::{DebugPanels, Trace},
    settings::Settings,
};
use quintet_macros::Settings as Section;

use crate::facts::Facts;
use record::Record;

/// What its element looks like.
const STYLE: &str = concat!(include_str!("../palette.css"), include_str!("style.css"));

/// What all addresses of the toolbar begin with.
const PREFIX: &str = "/__quintet/toolbar/";

/// `[toolbar]` in `quintet.toml`: what developers see at the edge of each page. There is none unless `debug = true`, and none in a
/// release.
#[derive(Debug, Clone, Section)]
#[settings("toolbar")]
pub struct ToolbarSettings {
    /// Is there a toolbar?
    #[setting(default = true)]
    pub enabled: bool,
    /// How many requests it remembers.
    #[setting(default = 50)]
    pub requests: usize,
    /// Addresses of clients on other machines that see it: that of a container's host.
    #[setting(default)]
    pub clients: Vec<String>,
}

/// The toolbar of a site.
pub(crate) struct Toolbar {
    services: Services,
    clients: Vec<IpAddr>,
    most: usize,
    records: Mutex<VecDeque<Arc<Record>>>,
}

impl Toolbar {
    /// The toolbar, if this is a development site and its settings want one.
    ///
    /// # Errors
    /// If the settings are wrong.
    pub(crate) fn of(services: &Services) -> Result<Option<Arc<Toolbar>>> {
        // What is compiled without checks is a release, whatever its settings say.
        let Some(settings) = services.get::<Settings>().filter(|s| cfg!(debug_assertions) && s.debug())
        else {
            return Ok(None);
        };
        let own: ToolbarSettings = settings.get()?;
        if !own.enabled || own.requests == 0 {
            return Ok(None);
        }
        let address = |text: &String| {
            text.parse::<IpAddr>().map_err(|_| {
                Error::settings(format!(
                    "`toolbar.clients` has `{text}`, which is no IP address: say `172.17.0.1`"
                ))
            })
        };
        let clients = own.clients.iter().map(address).collect::<Result<_>>()?;
        Ok(Some(Arc::new(Toolbar {
            services: services.clone(),
            clients,
            most: own.requests,
            records: Mutex::default(),
        })))
    }

    /// Begins to watch a request, if its client may see what it did.
    pub(crate) fn watch<B>(&self, request: &Request<B>) -> Option<Trace> {
        access::is_developer(request, &self.clients).then(Trace::new)
    }

    /// Remembers what a request did, and says so in its answer.
    pub(crate) fn keep(&self, facts: &Facts, parts: &mut Parts) {
        let Some(trace) = facts.trace() else { return };
        let record = Record::of(facts, trace.clone(), parts);
        if let Ok(timing) = HeaderValue::try_from(json::server_timing(&record)) {
            parts.headers.append("server-timing", timing);
        }
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        while records.len() >= self.most {
            records.pop_front();
        }
        records.push_back(Arc::new(record));
    }

    /// The element that loads the toolbar: the same for all pages, so that their tags stay what they are.
    pub(crate) fn script() -> String {
        format!("<script src=\"{PREFIX}client.js\" async></script>\n")
    }

    fn all(&self) -> Vec<Arc<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn record(&self, id: &str) -> Option<Arc<Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().find(|r| r.id == id).cloned()
    }

    /// The answer to a request for the toolbar itself; `None` if it is one for the site. Who may not see it gets what the site answers
    /// where nothing is.
    pub(crate) fn answer<B>(self: &Arc<Self>, request: &Request<B>) -> Option<BoxFuture<'static, Response>> {
        let rest = request.uri().path().strip_prefix(PREFIX)?;
        if !access::is_developer(request, &self.clients) || !access::is_own_page(request.headers()) {
            return None;
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let refused = (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
            return Some(Box::pin(std::future::ready(refused)));
        }
        let parts: Vec<&str> = rest.split('/').collect();
        let answer = match parts.as_slice() {
            [""] => Some(file("text/html; charset=utf-8", include_str!("page.html"))),
            ["client.js"] => Some(file("text/javascript; charset=utf-8", include_str!("client.js"))),
            ["style.css"] => Some(file("text/css; charset=utf-8", STYLE)),
            ["requests"] => Some(answer(&json::list(&self.all()))),
            ["requests", id] => self.record(id).map(|record| answer(&json::whole(&record, &self.services))),
            ["requests", id, index] => {
                let note = self.record(id).and_then(|r| r.trace.notes().into_iter().nth(index.parse().ok()?));
                let services = self.services.clone();
                return Some(Box::pin(
                    async move {
                        let Some((panel, note)) = note else { return StatusCode::NOT_FOUND.into_response() };
                        let panels = services.get::<DebugPanels>().cloned().unwrap_or_default();
                        let Some(room) = panels.0.iter().find(|room| room.panel() == panel) else {
                            return StatusCode::NOT_FOUND.into_response();
                        };
                        let (text, failed) = match room.ask(&note, &services).await {
                            Ok(text) => (text, false),
                            Err(error) => (error.to_string(), true),
                        };
                        answer(&serde_json::json!({ "text": text, "failed": failed }))
                    }
                    .map(uncached),
                ));
            }
            _ => None,
        };
        let response = answer.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response());
        Some(Box::pin(std::future::ready(uncached(response))))
    }
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

fn answer(value: &serde_json::Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], Body::from(value.to_string())).into_response()
}

fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
