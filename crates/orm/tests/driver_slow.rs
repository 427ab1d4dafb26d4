//! What takes long is logged with its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod driver_support;
mod postgres_support;

use std::{
    fmt::{Debug, Write},
    panic::Location,
    sync::{Arc, Mutex},
    time::Duration,
};

use driver_support::{TABLE, file};
use quintet_core::Value;
use quintet_orm::{Db, DbOptions, Executor, Stmt};
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

/// Opens a database with the table, with these limits, and forgets what was logged meanwhile.
struct Opened {
    url: String,
    insert: &'static str,
    warnings: Warnings,
}

impl Opened {
    async fn with(&self, slow_query: Duration, slow_transaction: Duration) -> Db {
        let name = "archive".to_owned();
        let options = DbOptions { name, slow_query, slow_transaction, ..DbOptions::default() };
        let db = Db::open(&self.url, options).await.unwrap();
        if self.url.contains(":memory:") {
            db.batch(TABLE.into()).await.unwrap();
        }
        self.warnings.0.lock().unwrap().clear();
        db
    }

    /// What was logged until the database was closed.
    async fn lines(&self, db: Db) -> Vec<String> {
        db.close().await;
        std::mem::take(&mut *self.warnings.0.lock().unwrap())
    }

    fn insert(&self) -> Stmt {
        Stmt::write(self.insert, vec![Value::Text("hunter2".into())])
    }

    async fn slow_is_told_and_quick_is_not(&self) {
        let (never, at_once) = (Duration::MAX, Duration::ZERO);
        let here = Location::caller();

        let db = self.with(at_once, never).await;
        db.execute(self.insert().at(here)).await.unwrap();
        let lines = self.lines(db).await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("slow query") && lines[0].contains("INSERT INTO note"), "{lines:?}");
        assert!(lines[0].contains(&here.to_string()) && lines[0].contains(" ms="), "{lines:?}");
        assert!(!lines[0].contains("hunter2"), "{lines:?}");
        assert!(lines[0].contains(" database=\"archive\""), "{lines:?}");

        let db = self.with(never, at_once).await;
        let begun_at = line!() + 1;
        db.atomic(async |tx| tx.execute(self.insert()).await).await.unwrap();
        db.transaction().read_only().run(async |tx| Ok(tx.dialect().name)).await.unwrap();
        let lines = self.lines(db).await;
        assert_eq!(lines.len(), 2, "{lines:?}");
        for (line, place) in lines.iter().zip([begun_at, begun_at + 1]) {
            assert!(line.contains("slow transaction") && line.contains(" ms="), "{line}");
            assert!(line.contains(&format!("driver_slow.rs:{place}:")), "{line}");
            assert!(line.contains(" database=\"archive\""), "{line}");
        }

        let db = self.with(never, never).await;
        db.atomic(async |tx| tx.execute(self.insert()).await).await.unwrap();
        db.transaction().read_only().run(async |tx| Ok(tx.dialect().name)).await.unwrap();
        let lines = self.lines(db).await;
        assert!(lines.is_empty(), "{lines:?}");
    }
}

#[tokio::test]
async fn slow_statements_and_transactions_are_logged_and_quick_ones_are_not() {
    let warnings = Warnings::default();
    tracing::subscriber::set_global_default(warnings.clone()).unwrap();
    let (directory, db) = file().await;
    db.close().await;
    let file = format!("sqlite://{}/notes.db", directory.path().display());
    let insert = "INSERT INTO note (text) VALUES (?1)";
    for url in ["sqlite::memory:".to_owned(), file] {
        Opened { url, insert, warnings: warnings.clone() }.slow_is_told_and_quick_is_not().await;
    }
    if let Some(bed) = postgres_support::bed().await {
        let (url, insert) = (bed.url.clone(), "INSERT INTO note (text) VALUES ($1)");
        Opened { url, insert, warnings }.slow_is_told_and_quick_is_not().await;
    }
}
