use std::{fmt, path::Path, time::Duration};

use quintet_macros::Settings;

use crate::db::{DbOptions, url::masked};

/// `[database]` in `quintet.toml`.
#[derive(Clone, Settings)]
#[settings("database")]
pub struct DatabaseSettings {
    /// Where the data is: "sqlite://site.db" is a file beside quintet.toml.
    #[setting(default = "sqlite://site.db", env = "DATABASE_URL", secret)]
    pub url: String,
    /// Copies that the server keeps up to date: reads outside of transactions go to one after the other.
    #[setting(default, env = "DATABASE_REPLICAS", secret)]
    pub replicas: Vec<String>,
    /// SQLite: most threads that read at the same time. As many as cores if not set, at most 4.
    pub readers: Option<u16>,
    /// SQLite: how many steps of a query are run on the thread that asks for it; 0 for files on slow disks.
    #[setting(default = 4000)]
    pub inline_steps: u32,
    /// How long a write waits for others before it fails with 503.
    #[setting(default = "5s")]
    pub writer_wait: Duration,
    /// PostgreSQL: connections that all single statements share. As many as cores if not set, between 2 and 4.
    pub lanes: Option<u16>,
    /// PostgreSQL: most connections for transactions and long statements.
    #[setting(default = 10)]
    pub connections: u16,
    /// PostgreSQL: how long to wait for a connection before failing with 503.
    #[setting(default = "5s")]
    pub connection_wait: Duration,
    /// PostgreSQL: how long a statement may take before the server ends it; "0s" is as long as it likes.
    #[setting(default = "30s")]
    pub statement_timeout: Duration,
    /// PostgreSQL: the same for statements marked as long.
    #[setting(default = "10m")]
    pub long_timeout: Duration,
    /// Are requests that change something (POST, PUT, PATCH, DELETE) one transaction each, where neither route nor app says?
    #[setting(default = false)]
    pub atomic_requests: bool,
    /// Do migrations look after its tables? Not where others do: they leave it alone then.
    #[setting(default = true)]
    pub migrate: bool,
    /// Statements that take longer are logged as warnings.
    #[setting(default = "200ms")]
    pub slow_query: Duration,
    /// Transactions that take longer are logged as warnings.
    #[setting(default = "1s")]
    pub slow_transaction: Duration,
}

impl DatabaseSettings {
    /// As options of the database of this name, with paths below the site's directory.
    #[must_use]
    pub fn options(&self, name: &str, root: &Path) -> DbOptions {
        let default = DbOptions::default();
        DbOptions {
            name: name.to_owned(),
            replicas: self.replicas.clone(),
            migrate: self.migrate,
            root: root.to_owned(),
            readers: self.readers.map_or(default.readers, usize::from),
            inline_steps: self.inline_steps,
            writer_wait: self.writer_wait,
            lanes: self.lanes.map_or(default.lanes, usize::from),
            connections: usize::from(self.connections),
            connection_wait: self.connection_wait,
            statement_timeout: self.statement_timeout,
            long_timeout: self.long_timeout,
            slow_query: self.slow_query,
            slow_transaction: self.slow_transaction,
            ..default
        }
    }
}

impl fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseSettings").field("url", &masked(&self.url)).finish_non_exhaustive()
    }
}
