//! What the log tells of failures. Alone in its process, since tracing remembers for all of it who listens.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use quintet_core::{App, Error, OrStatus, Result, Site};
use quintet_web::{Path, Routing, get, routes};
use support::start;

#[get("/secret/")]
async fn secret() -> Result<&'static str> {
    Err(Error::internal("the password is hunter2").with_detail("SQL", "SELECT hunter2"))
}
#[get("/forbidden/")]
async fn forbidden() -> Result<&'static str> {
    Err(Error::forbidden("Only Ann may."))
}
#[get("/missing/{id}/")]
async fn missing(Path(id): Path<i64>) -> Result<String> {
    let found: Option<i64> = None;
    Ok(format!("{id} {}", found.or_404()?))
}

fn site() -> Site {
    Site::new().install(App::new("cinema").routes(routes![secret, forbidden, missing]))
}

/// Keeps the messages of the log.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<String>>>);

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target().starts_with("quintet")
    }

    fn event(&self, event: &tracing::Event<'_>) {
        struct Message(String);
        impl tracing::field::Visit for Message {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().unwrap().push(format!("{} {}", event.metadata().level(), message.0));
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn the_log_has_what_the_client_may_not_see() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let site = start(site()).await.unwrap();
    for uri in ["/secret/", "/missing/7/", "/nothing/", "/forbidden/"] {
        site.get(uri).await;
    }
    let lines = log.0.lock().unwrap().clone();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("ERROR the password is hunter2 [500, at "), "{lines:?}");
    assert!(lines[0].contains("SQL: SELECT hunter2"), "{lines:?}");
    // A look-up that failed may have had nothing to do with the address: where it was is told.
    assert!(lines[1].starts_with("DEBUG 404 from ") && lines[1].contains("tests/log.rs:"), "{lines:?}");
}
