//! The statements of a request that failed, for the debug page.

use quintet_core::{BoxFuture, debug::DebugFacts};

use crate::db::{DEFAULT, QueryLog, QueryRecord};

/// Collects what a request asks the database.
pub(super) struct Statements;

impl DebugFacts for Statements {
    fn title(&self) -> &'static str {
        "Statements"
    }

    fn watch<'a>(&'a self, work: BoxFuture<'a, ()>) -> BoxFuture<'a, Vec<(String, String)>> {
        Box::pin(async move {
            let log = QueryLog::new();
            log.clone().scope(work).await;
            log.records().iter().map(fact).collect()
        })
    }
}

/// The time and the place, and the statement; of its values only their kinds, for they may be secret.
fn fact(record: &QueryRecord) -> (String, String) {
    let mut name = format!("{:.3} ms, {} rows", record.duration.as_secs_f64() * 1000.0, record.rows);
    if &*record.database != DEFAULT || record.replica.is_some() {
        name.push_str(&format!(", {}", record.database));
    }
    if let Some(number) = record.replica {
        name.push_str(&format!(" (replica {number})"));
    }
    if let Some(at) = record.at {
        name.push_str(&format!(", {at}"));
    }
    let mut text = record.sql.clone();
    if !record.kinds.is_empty() {
        text.push_str(&format!("\n-- with: {}", record.kinds.join(", ")));
    }
    if let Some(error) = &record.error {
        text.push_str(&format!("\n-- failed: {error}"));
    }
    (name, text)
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::{Db, DbOptions, Executor, Stmt};

    #[tokio::test]
    async fn statements_are_told_with_their_end_and_without_their_values() {
        let db = Db::open("sqlite::memory:", DbOptions::default()).await.unwrap();
        let work = async {
            let executor: &dyn Executor = &db;
            executor.rows(Stmt::read("SELECT ?1", vec!["hunter2".into()])).await.unwrap();
            executor.rows(Stmt::read("SELECT * FROM nowhere", vec![])).await.unwrap_err();
        };
        let facts = Statements.watch(Box::pin(work)).await;
        assert_eq!(facts.len(), 2);
        assert!(facts[0].0.contains("1 rows") && facts[0].1 == "SELECT ?1\n-- with: text", "{facts:?}");
        assert!(facts[1].1.contains("-- failed: ") && facts[1].1.contains("nowhere"), "{facts:?}");
    }
}
