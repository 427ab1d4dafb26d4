//! The statements of a request: of one that failed for the debug page, of all for the toolbar, with their plans if it asks.

use std::sync::atomic::{AtomicU64, Ordering};

use quintet_core::{
    BoxFuture, Result, Services, Value,
    debug::{DebugFacts, DebugPanel, Note, Panel},
};

use crate::{
    Db, Executor, Stmt,
    db::{DEFAULT, QUERIES, QueryLog, QueryRecord},
};

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

impl DebugPanel for Statements {
    fn panel(&self) -> &'static Panel {
        &QUERIES
    }

    /// The plan that the database has for the statement, whatever the values are: nobody keeps them. It is not run.
    fn ask<'a>(&'a self, note: &'a Note, services: &'a Services) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let fact =
                |name: &str| note.facts.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str());
            let site = services.require::<Db>()?.outside();
            let db = site.using(fact("database").unwrap_or(DEFAULT))?;
            let values = fact("values").map_or(0, |kinds| kinds.split(", ").count());
            plan(&db, &note.text, values).await
        })
    }
}

async fn plan(db: &dyn Executor, sql: &str, values: usize) -> Result<String> {
    let dialect = db.dialect();
    let nothing = vec![Value::Null; values];
    if !dialect.plans_by_values() {
        let explained = format!("{}{sql}", dialect.explain);
        // The driver holds what explains a write for one.
        return match sql.starts_with("SELECT") {
            true => text(db, Stmt::read(explained, nothing)).await,
            false => text(db, Stmt::write(explained, nothing)).await,
        };
    }
    // With NULLs for values it would see that nothing is equal to them: the plan is that of a prepared statement.
    // It would outlive the transaction, so it has a name of its own and is dropped by it.
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!("quintet_plan_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let tx = db.begin().await?;
    tx.batch(format!("SET LOCAL plan_cache_mode = force_generic_plan; PREPARE {name} AS {sql}")).await?;
    let call = if values == 0 { String::new() } else { format!("({})", vec!["NULL"; values].join(", ")) };
    let part = tx.begin().await?;
    let told = text(&*part, Stmt::read(format!("{}EXECUTE {name}{call}", dialect.explain), Vec::new())).await;
    // After an error the part takes no more statements; what is around it does.
    drop(part);
    tx.batch(format!("DEALLOCATE {name}")).await?;
    told
}

/// The last column of each row: where there are others, they are numbers.
async fn text(db: &dyn Executor, stmt: Stmt) -> Result<String> {
    let rows = db.rows(stmt).await?;
    let lines: Vec<String> = rows
        .into_iter()
        .filter_map(|row| match row.into_iter().next_back() {
            Some(Value::Text(line)) => Some(line),
            _ => None,
        })
        .collect();
    Ok(if lines.is_empty() { "There is nothing to plan.".to_owned() } else { lines.join("\n") })
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
    #[tokio::test]
    async fn what_is_noted_can_be_asked_for_its_plan_and_is_not_run() {
        use quintet_core::debug::Trace;
        let db = Db::open("sqlite::memory:", DbOptions::default()).await.unwrap();
        let executor: &dyn Executor = &db;
        executor.batch("CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT)".to_owned()).await.unwrap();
        let trace = Trace::new();
        let work = async {
            executor
                .execute(Stmt::write("INSERT INTO a (b) VALUES (?1)", vec!["hunter2".into()]))
                .await
                .unwrap();
            executor.rows(Stmt::read("SELECT * FROM a WHERE id = ?1", vec![7.into()])).await.unwrap();
            executor.rows(Stmt::read("PRAGMA user_version", vec![])).await.unwrap();
            executor.rows(Stmt::read("SELECT * FROM nowhere", vec![])).await.unwrap_err();
        };
        trace.clone().scope(work).await;
        let notes: Vec<Note> = trace.notes().into_iter().map(|(_, note)| note).collect();
        assert!(!format!("{notes:?}").contains("hunter2"));
        assert_eq!(
            notes.iter().map(|note| note.ask.is_some()).collect::<Vec<_>>(),
            [true, true, false, true]
        );
        let mut services = quintet_core::ServicesBuilder::default();
        services.insert(db.clone());
        let services = services.build();
        let plan = Statements.ask(&notes[1], &services).await.unwrap();
        assert!(plan.contains("SEARCH a USING INTEGER PRIMARY KEY"), "{plan}");
        assert_eq!(Statements.ask(&notes[0], &services).await.unwrap(), "There is nothing to plan.");
        assert_eq!(executor.rows(Stmt::read("SELECT * FROM a", vec![])).await.unwrap().len(), 1);
        assert!(Statements.ask(&notes[3], &services).await.unwrap_err().to_string().contains("nowhere"));
        assert!(trace.notes().len() == 4, "what the toolbar asks is no part of the request");
    }
}
