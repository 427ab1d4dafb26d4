//! The tables, made when they are not there.
use quintet_core::{Error, Result, Value};
use quintet_orm::{Db, Executor, Stmt};

use crate::layer::new_epoch;

/// One at a time makes them: "QChannel".
const LOCK: i64 = 0x5143_6861_6e6e_656c;

/// A log is known by its epoch, so that one that begins anew has nothing of the one before. `quintet_channel_site` has one row: what
/// tells sites apart that share a database, as channels of NOTIFY are the database's.
const TABLES: &str = r#"
CREATE TABLE IF NOT EXISTS quintet_channel_site (
    one BOOLEAN PRIMARY KEY DEFAULT true CHECK (one),
    id BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS quintet_channel_topic (
    name TEXT COLLATE "C" PRIMARY KEY,
    epoch BIGINT NOT NULL,
    last BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 0,
    used TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);
CREATE INDEX IF NOT EXISTS quintet_channel_topic_used ON quintet_channel_topic (used);
CREATE TABLE IF NOT EXISTS quintet_channel_event (
    epoch BIGINT NOT NULL,
    number BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    data BYTEA NOT NULL,
    not_to UUID,
    PRIMARY KEY (epoch, number)
);
CREATE INDEX IF NOT EXISTS quintet_channel_event_at ON quintet_channel_event (at);
CREATE TABLE IF NOT EXISTS quintet_channel_here (
    topic TEXT COLLATE "C" NOT NULL,
    id UUID NOT NULL,
    node UUID NOT NULL,
    since BIGINT GENERATED ALWAYS AS IDENTITY,
    meta BYTEA NOT NULL,
    PRIMARY KEY (topic, id)
);
CREATE INDEX IF NOT EXISTS quintet_channel_here_node ON quintet_channel_here (node);
CREATE TABLE IF NOT EXISTS quintet_channel_node (
    id UUID PRIMARY KEY,
    until TIMESTAMPTZ NOT NULL
);
"#;

/// The site's id, where the tables are there.
pub(super) async fn find(on: &dyn Executor) -> Result<Option<i64>> {
    let there = Stmt::write(
        "SELECT to_regclass('quintet_channel_node') IS NOT NULL AND to_regclass('quintet_channel_site') IS NOT NULL",
        Vec::new(),
    );
    match rows(on, there).await?.first().map(Vec::as_slice) {
        Some([Value::Bool(true)]) => site(on).await,
        _ => Ok(None),
    }
}

/// Makes the tables, and gives the site's id.
pub(super) async fn make(db: &Db) -> Result<i64> {
    let tx = db.begin().await?;
    rows(&tx, Stmt::write("SELECT pg_advisory_xact_lock($1)::text", vec![Value::Int(LOCK)])).await?;
    // Another one was faster.
    if let Some(id) = find(&tx).await? {
        return Ok(id);
    }
    tracing::info!("making the tables quintet_channel_*");
    tx.batch(TABLES.to_owned()).await?;
    let own = i64::try_from(new_epoch()?).unwrap_or(1);
    let first = "INSERT INTO quintet_channel_site (id) VALUES ($1) ON CONFLICT DO NOTHING";
    tx.execute(Stmt::write(first, vec![Value::Int(own)])).await?;
    let id = site(&tx).await?;
    tx.commit().await?;
    id.ok_or_else(|| Error::database("the table quintet_channel_site is empty"))
}

async fn site(on: &dyn Executor) -> Result<Option<i64>> {
    let found = rows(on, Stmt::write("SELECT id FROM quintet_channel_site", Vec::new())).await?;
    Ok(found.first().and_then(|row| row.first()).and_then(Value::as_int))
}

pub(super) async fn rows(on: &dyn Executor, stmt: Stmt) -> Result<Vec<Vec<Value>>> {
    on.rows(stmt).await
}
