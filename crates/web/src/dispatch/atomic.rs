use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use quintet_core::atomic::AtomicRequests;

use crate::routing::RouteInfo;

/// Has the request answered in one transaction. It is kept if the response is no error; if that fails, the response is the
/// error of the commit.
pub(super) async fn run(
    runner: &dyn AtomicRequests,
    route: Arc<RouteInfo>,
    work: impl Future<Output = Response> + Send,
) -> Response {
    let mut answer = None;
    let work = async {
        let response = work.await;
        let keep = response.status() < StatusCode::BAD_REQUEST;
        answer = Some(response);
        keep
    };
    let ended = runner.run(route, Box::pin(work)).await;
    match (ended, answer) {
        (Ok(()), Some(response)) => response,
        (Err(error), _) => error.into_response(),
        (Ok(()), None) => unreachable!("`AtomicRequests::run` did not do the work"),
    }
}
