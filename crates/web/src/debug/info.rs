use std::sync::Arc;

use http::{Method, StatusCode, Uri};
use quintet_core::{Error, settings::Settings, template::Renderer};

use super::mask;
use crate::{
    facts::Facts,
    routing::{RouteInfo, Routes},
};

/// Everything that the debug page shows about a failed request. Made in debug only; secrets are masked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DebugInfo {
    /// What failed, with its place in the program, its details and causes.
    pub error: Arc<Error>,
    /// The status of the response.
    pub status: StatusCode,
    /// The request's method.
    pub method: Method,
    /// The request's address. Its secret parts are in it.
    pub uri: Uri,
    /// The address as pages may show it.
    pub address: String,
    /// What must not be shown, wherever it stands.
    pub hidden: Vec<String>,
    /// The request's headers, in order.
    pub headers: Vec<(String, String)>,
    /// The id that the access log has for the request.
    pub request_id: Option<String>,
    /// The route that answered, if one was found.
    pub route: Option<Arc<RouteInfo>>,
    /// The values of the parameters in its path.
    pub params: Vec<(String, String)>,
    /// What rooms saw while the handler ran: the statements of the database.
    pub watched: Option<FactTable>,
    /// What the names of a template held where it failed.
    pub values: Vec<(String, String)>,
    /// If no route took the path: all routes there are.
    pub routes: Vec<Arc<RouteInfo>>,
    /// The types of the site's services.
    pub services: Vec<&'static str>,
    /// The settings that hold: name and value.
    pub settings: Vec<(String, String)>,
}

/// Rows under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactTable {
    /// The heading.
    pub title: &'static str,
    /// Names and texts.
    pub rows: Vec<(String, String)>,
}

impl DebugInfo {
    pub(crate) fn of(error: &Arc<Error>, status: StatusCode, facts: &Facts, unmatched: bool) -> Self {
        let services = facts.services();
        let routes =
            services.get::<Arc<Routes>>().filter(|_| unmatched).map(|r| r.all().to_vec()).unwrap_or_default();
        let rows = services.get::<Settings>().map(Settings::rows).unwrap_or_default();
        let setting = |row: quintet_core::settings::Row| {
            let name = if row.section.is_empty() {
                row.key.to_owned()
            } else {
                format!("{}.{}", row.section, row.key)
            };
            (name, mask::setting(row))
        };
        DebugInfo {
            error: error.clone(),
            status,
            method: facts.method().clone(),
            uri: facts.uri().clone(),
            address: mask::address(facts.uri(), services),
            hidden: facts.conceals().values(),
            headers: facts.headers().map(|h| mask::headers(h, services)).unwrap_or_default(),
            request_id: facts.id().map(|id| id.as_str().to_owned()),
            route: facts.route().cloned(),
            params: facts.route().map(|route| mask::params(facts.params(), route)).unwrap_or_default(),
            watched: facts.watched().cloned().map(|(title, rows)| FactTable { title, rows }),
            values: services.get::<Arc<dyn Renderer>>().map(|r| r.values_at(error)).unwrap_or_default(),
            routes,
            services: services.names(),
            settings: rows.into_iter().map(setting).collect(),
        }
    }
}
