//! When a request's session is written, and how its answer tells.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http::{HeaderValue, header};
use quintet_core::BoxFuture;

use crate::{csrf, errors, facts::Facts};

/// Writes what was changed, before the answer goes out: it must not say what is not so. What failed leaves the session as it was.
pub(crate) async fn keep(response: Response, facts: &Facts) -> Response {
    let Some(state) = facts.session().get() else { return response };
    if response.status().is_server_error() {
        state.forget_changes();
        return response;
    }
    match state.commit().await {
        Ok(()) => response,
        Err(error) => {
            state.forget_changes();
            errors::finish(error.into_response(), facts)
        }
    }
}

/// Tells the browser and everybody between.
pub(crate) fn note(response: &mut Response, facts: &Facts) {
    let Some(state) = facts.session().get() else { return };
    if state.is_alone() {
        csrf::keep_private(response.headers_mut());
    }
    let cookie = state.cookie();
    if !state.was_read() && cookie.is_none() {
        return;
    }
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("cookie"));
    let Some((_, _, text)) = cookie else { return };
    csrf::keep_private(headers);
    match HeaderValue::try_from(text) {
        Ok(value) => {
            headers.append(header::SET_COOKIE, value);
        }
        Err(error) => tracing::error!(%error, "the cookie of a session can't be written"),
    }
}

/// `work`, and its session written at the end. Costs nothing where nobody has asked for the session.
pub(crate) fn kept<F: Future<Output = Response>>(work: F, facts: Facts) -> Kept<F> {
    Kept::Working { work, facts: Some(facts) }
}

pin_project_lite::pin_project! {
    /// See [`kept`].
    #[project = Project]
    pub(crate) enum Kept<F> {
        Working {
            #[pin]
            work: F,
            facts: Option<Facts>,
        },
        Keeping { work: BoxFuture<'static, Response> },
    }
}

impl<F: Future<Output = Response>> Future for Kept<F> {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Response> {
        loop {
            let next = match self.as_mut().project() {
                Project::Keeping { work } => return work.poll_unpin(cx),
                Project::Working { work, facts } => {
                    let response = ready!(work.poll(cx));
                    let Some(facts) = facts.take().filter(|facts| facts.session().get().is_some()) else {
                        return Poll::Ready(response);
                    };
                    Box::pin(async move { keep(response, &facts).await })
                }
            };
            self.set(Kept::Keeping { work: next });
        }
    }
}
