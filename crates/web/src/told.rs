//! Signals about requests: [`RequestStarted`], [`RequestFinished`], [`RequestFailed`].

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use quintet_core::{
    Error, Services,
    signal::{
        Signals,
        request::{Asked, FailureWatch, RequestFailed, RequestFinished, RequestStarted},
    },
};

use crate::{background::Background, facts::Facts};

fn asked(facts: &Facts) -> Asked {
    Asked {
        method: facts.method().as_str().to_owned(),
        path: facts.shown_path().into_owned(),
        id: facts.id().map(|id| id.as_str().to_owned()),
    }
}

async fn emit<E: Send + Sync + 'static>(services: &Services, event: E) {
    let Some(signals) = services.get::<Signals>() else { return };
    if let Err(error) = signals.emit(services, event).await {
        let signal = std::any::type_name::<E>();
        tracing::error!(?error, signal, "a receiver of a signal about requests failed");
    }
}

/// Beside the request, with the site's services; the server waits for it when it stops.
fn beside(facts: &Facts, work: impl Future<Output = ()> + Send + 'static) {
    let services = facts.services();
    let background = services.get::<Background>().cloned().unwrap_or_default();
    background.spawn(services.clone().scope(work));
}

/// It has come. What fails in a receiver is no reason to refuse it.
#[cold]
pub(crate) async fn started(facts: &Facts) {
    emit(facts.services(), RequestStarted { request: asked(facts) }).await;
}

/// It has its answer.
pub(crate) fn finished(facts: &Facts, response: &Response) {
    let Some(began) = facts.began() else { return };
    let route = facts.route().cloned().or_else(|| facts.found().map(|found| found.route.clone()));
    let event = RequestFinished {
        request: asked(facts),
        route: route.map(|route| route.path.clone()),
        status: response.status().as_u16(),
        took: began.elapsed(),
    };
    let services = facts.services().clone();
    beside(facts, async move { emit(&services, event).await });
}

/// It has failed; `text` is the error as the log has it.
#[cold]
pub(crate) fn failed(error: &Error, text: &str, status: StatusCode, facts: &Facts) {
    let services = facts.services();
    let watch = services.get::<Arc<dyn FailureWatch>>().cloned();
    if watch.is_none() && !services.get::<Signals>().is_some_and(Signals::is_heard::<RequestFailed>) {
        return;
    }
    let place = error.place().map_or_else(|| error.location().to_string(), ToString::to_string);
    let event = RequestFailed {
        request: asked(facts),
        route: facts.route().map(|route| route.path.clone()),
        status: status.as_u16(),
        error: text.to_owned(),
        place,
    };
    let services = services.clone();
    beside(facts, async move {
        if let Some(watch) = watch {
            watch.failed(&services, &event).await;
        }
        emit(&services, event).await;
    });
}
