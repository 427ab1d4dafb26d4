//! What is remembered of a request, so that its failure can be told after the handler has consumed it.

use std::sync::Arc;

use axum::{
    RequestExt,
    extract::{RawPathParams, Request},
};
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use quintet_core::{Services, debug::DebugFacts, settings::Settings};

use super::accept;
use crate::{middleware::RequestId, routing::RouteInfo};

/// A request, seen from its response. Cheap to clone; in debug it knows more.
#[derive(Clone)]
pub(crate) struct Facts {
    seen: Arc<Seen>,
    route: Option<Arc<RouteInfo>>,
    /// The values of the path's parameters; in debug only.
    pub(super) params: Vec<(String, String)>,
    /// What rooms saw while the handler ran; in debug only.
    pub(super) watched: Option<(&'static str, Vec<(String, String)>)>,
    /// Is this a development site?
    pub(crate) debug: bool,
}

struct Seen {
    method: Method,
    uri: Uri,
    accept: Option<HeaderValue>,
    json: bool,
    id: Option<RequestId>,
    /// In debug only.
    headers: HeaderMap,
}

impl Facts {
    pub(crate) fn of(request: &Request, services: &Services) -> Self {
        let debug = services.get::<Settings>().is_some_and(Settings::debug);
        let headers = request.headers();
        Facts {
            seen: Arc::new(Seen {
                method: request.method().clone(),
                uri: request.uri().clone(),
                accept: headers.get(header::ACCEPT).cloned(),
                json: accept::is_json(headers.get(header::CONTENT_TYPE)),
                id: request.extensions().get().cloned(),
                headers: if debug { headers.clone() } else { HeaderMap::new() },
            }),
            route: None,
            params: Vec::new(),
            watched: None,
            debug,
        }
    }

    /// With the route that was found, and in debug the values in its path.
    pub(crate) async fn at(&self, route: &Arc<RouteInfo>, request: &mut Request) -> Self {
        let mut facts = Facts { route: Some(route.clone()), ..self.clone() };
        if self.debug
            && let Ok(params) = request.extract_parts::<RawPathParams>().await
        {
            facts.params = params.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        }
        facts
    }

    /// Does the work; in debug, rooms watch it.
    pub(crate) async fn watch<T: Send>(
        &mut self,
        services: &Services,
        work: impl Future<Output = T> + Send,
    ) -> T {
        let watcher = services.get::<Arc<dyn DebugFacts>>().filter(|_| self.debug);
        let Some(watcher) = watcher else { return work.await };
        // Two ways to the same future, so the work runs inside the watcher and leaves its result here.
        let mut out = None;
        let rows = watcher.watch(Box::pin(async { out = Some(work.await) })).await;
        self.watched = Some((watcher.title(), rows));
        match out {
            Some(out) => out,
            None => unreachable!("`DebugFacts::watch` of {} did not do the work", watcher.title()),
        }
    }

    pub(crate) fn method(&self) -> &Method {
        &self.seen.method
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.seen.uri
    }

    pub(crate) fn id(&self) -> Option<&RequestId> {
        self.seen.id.as_ref()
    }

    pub(crate) fn route(&self) -> Option<&Arc<RouteInfo>> {
        self.route.as_ref()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.seen.headers
    }

    pub(super) fn wants_json(&self) -> bool {
        accept::prefers_json(self.seen.accept.as_ref(), self.seen.json)
    }
}
