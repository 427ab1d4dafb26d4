//! Failures in the log: those of the site with everything, a client's only at debug level.

use http::StatusCode;
use quintet_core::Error;
use tracing::{Level, enabled};

use crate::{facts::Facts, told};

pub(super) fn log(error: &Error, status: StatusCode, facts: &Facts) {
    // A route was found, so a look-up in the handler failed: perhaps one that had nothing to do with the address.
    let of_use = || status == StatusCode::NOT_FOUND && facts.route().is_some() && enabled!(Level::DEBUG);
    if !status.is_server_error() && !of_use() {
        return;
    }
    let id = facts.id().map(|id| id.as_str()).unwrap_or_default();
    let (method, path) = (facts.method(), &*facts.shown_path());
    let route = facts.route().map(|route| route.path.as_str()).unwrap_or_default();
    if status.is_server_error() {
        let text = format!("{error:?}");
        let text = facts.cover(&text);
        tracing::error!(%method, path, route, request_id = id, status = status.as_u16(), "{text}");
        told::failed(error, &text, status, facts);
    } else {
        let at = error.location();
        let error = error.to_string();
        tracing::debug!(%method, path, route, request_id = id, "404 from {at}: {}", facts.cover(&error));
    }
}
