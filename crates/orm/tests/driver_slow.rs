//! What takes long is logged with its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod driver_support;

use std::{
    fmt::{Debug, Write},
    panic::Location,
    sync::{Arc, Mutex},
    time::Duration,
};

use driver_support::{TABLE, insert};
use quintet_orm::{Db, DbOptions, Executor};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Warnings as lines. The driver's threads log, so it has to be the subscriber of the whole process: hence one test.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn slow_statements_and_transactions_are_logged_and_quick_ones_are_not() {
    let warnings = Warnings::default();
    tracing::subscriber::set_global_default(warnings.clone()).unwrap();
    let open = async |slow_query: Duration, slow_transaction: Duration| {
        let options = DbOptions { slow_query, slow_transaction, ..DbOptions::default() };
        let db = Db::open("sqlite::memory:", options).await.unwrap();
        db.batch(TABLE.into()).await.unwrap();
        warnings.0.lock().unwrap().clear();
        db
    };
    let (never, at_once) = (Duration::MAX, Duration::ZERO);
    let here = Location::caller();

    let db = open(at_once, never).await;
    db.execute(insert("a").at(here)).await.unwrap();
    db.close().await;
    let lines = std::mem::take(&mut *warnings.0.lock().unwrap());
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("slow query") && lines[0].contains("INSERT INTO note"), "{lines:?}");
    assert!(lines[0].contains(&here.to_string()) && !lines[0].contains("\"a\""), "{lines:?}");

    let db = open(never, at_once).await;
    let begun_at = line!() + 1;
    db.atomic(async |tx| tx.execute(insert("a")).await).await.unwrap();
    db.close().await;
    let lines = std::mem::take(&mut *warnings.0.lock().unwrap());
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("slow transaction"), "{lines:?}");
    assert!(lines[0].contains(&format!("driver_slow.rs:{begun_at}:")), "{lines:?}");

    let db = open(never, never).await;
    db.atomic(async |tx| tx.execute(insert("a")).await).await.unwrap();
    db.close().await;
    assert!(warnings.0.lock().unwrap().is_empty());
}
