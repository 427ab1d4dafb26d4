//! Topics in PostgreSQL, for a site of several processes that has no Redis.
//!
//! Logs, who is present, and which processes live are tables of its own, `quintet_channel_*` ([`tables`]). Whoever appends locks the
//! topic's row, so that the order of offsets is that of commits; what has happened is said by NOTIFY ([`notice`]), which all processes
//! hear on one connection each ([`server`]) — with the data where it is small, else for them to look it up.
mod notice;
mod presence;
mod server;
mod tables;

use quintet_core::{Error, Result};
use quintet_orm::{Db, Executor};

pub use super::served::Pace;
use super::{
    Retention,
    served::{Served, by_server},
};

/// Topics in PostgreSQL.
///
/// It makes its tables when it is started, in the schema that the connection creates tables in; sites that share a database have schemas
/// of their own.
///
/// The `Db` leads to the server itself: behind a pooler that gives each transaction another server (PgBouncer's `pool_mode =
/// transaction`) nothing is heard, and starting says so in the log. A site whose other queries go through such a pooler opens a second
/// `Db` for this.
///
/// ```no_run
/// # async fn doc() -> quintet_core::Result {
/// use quintet_orm::{Db, DbOptions};
/// use quintet_realtime::layer::postgres::{Postgres, PostgresOptions};
///
/// let db = Db::open("postgres://shop:secret@db.internal/shop", DbOptions::default()).await?;
/// let layer = Postgres::new(db, PostgresOptions::default())?;
/// # Ok(()) }
/// ```
pub struct Postgres {
    served: Served<server::PostgresServer>,
}

/// How topics are kept in PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PostgresOptions {
    /// For how long logs are kept.
    pub retention: Retention,
    /// How often and how long.
    pub pace: Pace,
}

impl Postgres {
    /// A layer on this database.
    ///
    /// # Errors
    /// If it is no PostgreSQL.
    pub fn new(db: Db, options: PostgresOptions) -> Result<Self> {
        let PostgresOptions { retention, pace } = options;
        let dialect = db.dialect().name;
        if dialect != "postgres" {
            return Err(Error::settings(format!(
                "topics can be kept in a PostgreSQL database, and this one is {dialect}: a site of one process keeps them in memory, one of \
                 several in Redis or PostgreSQL"
            )));
        }
        Ok(Postgres { served: Served::new(server::PostgresServer::new(db.outside(), retention, pace), pace) })
    }
}

by_server!(Postgres);

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}
